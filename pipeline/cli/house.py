"""The house as a command sets it up: settings, rules, store and sinks, made into what the graph needs.

The functions here are what workers call: picklable, holding names and paths, never a connection or a secret.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pipeline.cli.terminal import say
from pipeline.graph import House
from pipeline.settings import Settings, rules_loader
from pipeline.sinks import JsonlSpec, Sink, SinkSpec, open_sinks
from pipeline.store import Store
from transforms.errors import Fault


def now() -> datetime:
    """The clock of a live house."""
    return datetime.now(UTC)


def sinks_of_worker(specs: Sequence[SinkSpec]) -> Mapping[str, Sink]:
    """The sinks, opened where the worker runs; what is to be said of them was said at the start."""
    return open_sinks(specs, os.environ, lambda _: None)


def house_of(settings: Settings, store_url: str, specs: Sequence[SinkSpec]) -> House:
    """What the graph needs, from settings that were read without a fault.

    Raises:
        Fault: two sinks have one name, or a token cannot be one.
    """
    for sink in open_sinks(specs, os.environ, say).values():
        sink.close()
    return House(
        rules=rules_loader(settings),
        store=partial(Store.open, store_url),
        sinks=partial(sinks_of_worker, tuple(specs)),
        sink_names=tuple(spec.name for spec in specs),
        clock=now,
        window=settings.link.window,
    )


def also_alerts(specs: Sequence[SinkSpec], alerts: Path | None) -> tuple[SinkSpec, ...]:
    """The sinks, and the file that ``--alerts`` names.

    Raises:
        Fault: it cannot be written.
    """
    if alerts is None:
        return tuple(specs)
    try:
        alerts.parent.mkdir(parents=True, exist_ok=True)
        alerts.open("ab").close()
    except OSError as error:
        raise Fault(f"cannot be written: {error.strerror}; name another file", path=str(alerts)) from None
    return (*specs, JsonlSpec(path=str(alerts.absolute()), name=f"--alerts {alerts}"))


@contextmanager
def store_url(given: str | None) -> Iterator[str]:
    """The store's URL: the given one, else one that is forgotten at the end."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        yield f"sqlite:///{folder}/replay.db"


def without_screen(house: House) -> House:
    """The same house, reading every article."""
    return replace(house, screened=False)
