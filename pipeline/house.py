"""The house: what the steps of the graph need from the world, given to them as functions.

Apart from the graph, so that a command which only sends or remembers need not wait for Beam and spaCy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.settings.model import NO_MODEL
from pipeline.sinks import Sink
from pipeline.store import Store
from pipeline.store.hand import GRACE
from pipeline.store.retention import CutOffs
from transforms.watch import Rules

if TYPE_CHECKING:
    from spacy.language import Language


def language_of(model: str = NO_MODEL) -> Language:
    """The spaCy pipeline of this name, loaded where it is used.

    Raises:
        Fault: it is not installed, or cannot be loaded.
    """
    from pipeline.models import load_model  # noqa: PLC0415 - spaCy takes a second to import

    return load_model(model)


@dataclass(frozen=True)
class House:
    """What the steps need from the world, as functions that a worker calls in its set-up.

    Attributes:
        rules: loads watches, topics and entities.
        store: opens the memory.
        sinks: opens the sinks, by name.
        sink_names: whom an alert is delivered to.
        clock: the time now.
        window: how far apart in time two articles of one story may be.
        grace: how long an article may be in hand before it is taken up again.
        a_beat: how long one call of deliver may go on; None where nobody waits for it.
        cut_offs: what the store may forget by now; None: it forgets nothing.
        language: loads the spaCy pipeline that names people, organisations and places.
        screened: False reads every article, for measuring what the screen saves.
    """

    rules: Callable[[], Rules]
    store: Callable[[], Store]
    sinks: Callable[[], Mapping[str, Sink]]
    sink_names: tuple[str, ...]
    clock: Callable[[], datetime]
    window: timedelta = timedelta(hours=72)
    grace: timedelta = GRACE
    a_beat: timedelta | None = None
    cut_offs: Callable[[datetime], CutOffs] | None = None
    language: Callable[[], Language] = language_of
    screened: bool = True
