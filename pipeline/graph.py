"""The whole pipeline on one screen: every step once, in the order in which an article meets them.

Sources differ, the graph does not: replay, rounds of feeds and queues, for once or for ever, all give Documents.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import apache_beam as beam

from pipeline.archive import Archive
from pipeline.delivery import Beat, Deliver
from pipeline.house import House
from pipeline.intake import TakeIn, TakeUp, Taking
from pipeline.newsdesk import LinkAndDecide
from pipeline.store.steps import Bury, Forget, Settle
from transforms import coder  # noqa: F401 - tells Beam how the models travel
from transforms.steps import MatchWatches, Read


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
