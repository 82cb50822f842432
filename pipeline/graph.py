"""The whole pipeline on one screen: every step once, in the order in which an article meets them.

Sources differ, the graph does not: replay, rounds of feeds and queues, for once or for ever, all give Documents.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import apache_beam as beam
from spacy.language import Language

from pipeline.archive import Archive
from pipeline.delivery import Beat, Deliver
from pipeline.intake import TakeIn, TakeUp, Taking
from pipeline.newsdesk import LinkAndDecide
from pipeline.sinks import Sink
from pipeline.store import Store
from pipeline.store.hand import GRACE
from pipeline.store.retention import CutOffs
from pipeline.store.steps import Bury, Forget, Settle
from transforms import coder  # noqa: F401 - tells Beam how the models travel
from transforms.match import MatchWatches
from transforms.read import Read, blank_pipeline
from transforms.watch import Rules


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
    language: Callable[[], Language] = blank_pipeline
    screened: bool = True


def build(
    pipeline: beam.Pipeline,
    house: House,
    ticks: beam.PTransform,
    source: beam.PTransform,
    archive: Path | None = None,
) -> None:
    """Lay the whole graph into the pipeline.

    Args:
        pipeline: where it is laid.
        house: what the steps need.
        ticks: gives PCollection[Tick]: one of a bounded run, or for ever.
        source: of the ticks makes PCollection[Document] as ``main`` and dead letters as ``dead``.
        archive: the file that takes all parsed articles, or None.
    """
    taking = Taking(house.store, house.rules, house.clock, uuid.uuid4().hex, house.grace, house.screened)
    beats = pipeline | "ticks" >> ticks
    documents = beats | "source" >> source
    taken = documents.main | "take in" >> TakeIn(taking, all_articles=archive is not None)
    if archive is not None:
        taken.articles | "archive" >> Archive(archive)
    again = beats | "take up" >> TakeUp(taking)
    in_hand = (taken.main, again) | "in hand" >> beam.Flatten()
    readings = in_hand | "share" >> beam.Reshuffle() | "read" >> Read(house.rules, house.language)
    matched = readings.main | "match" >> MatchWatches(house.rules)
    rings = matched.on | "link + decide" >> LinkAndDecide(
        house.store, house.rules, house.sink_names, house.clock, house.window
    )
    due = beats | "beat" >> Beat(house.store, house.sink_names, house.clock)
    told = (rings, due) | "ring" >> beam.Flatten()
    told | "deliver" >> Deliver(house.store, house.sinks, house.clock, house.a_beat)

    matched.stopped | "settle" >> Settle(house.store, house.clock)
    dead = (documents.dead, readings.dead) | "cannot be read" >> beam.Flatten()
    dead | "dead letters" >> Bury(house.store, house.clock)
    if house.cut_offs is not None:
        beats | "forget" >> Forget(house.store, house.clock, house.cut_offs)
