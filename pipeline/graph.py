"""The whole pipeline on one screen: every step once, in the order in which an article meets them.

Sources differ, the graph does not: replay, one round of feeds and a queue all give Documents.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import apache_beam as beam

from pipeline.archive import Archive
from pipeline.delivery import Deliver
from pipeline.newsdesk import LinkAndDecide
from pipeline.sinks import Sink
from pipeline.store import Store
from pipeline.store.steps import Bury, New, Settle
from transforms import coder  # noqa: F401 - tells Beam how the models travel
from transforms.clean import Clean
from transforms.match import MatchWatches
from transforms.parse import Parse
from transforms.read import Read
from transforms.screen import ScreenOut
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
        screened: False reads every article, for measuring what the screen saves.
    """

    rules: Callable[[], Rules]
    store: Callable[[], Store]
    sinks: Callable[[], Mapping[str, Sink]]
    sink_names: tuple[str, ...]
    clock: Callable[[], datetime]
    window: timedelta = timedelta(hours=72)
    screened: bool = True


class Laid(NamedTuple):
    """What a laid graph lets others hang on: the source's outputs, and the ends of everything that follows."""

    source: beam.pvalue.DoOutputsTuple
    ends: tuple[beam.PCollection, ...]


def build(
    pipeline: beam.Pipeline, house: House, source: beam.PTransform, archive: Path | None = None
) -> Laid:
    """Lay the whole graph into the pipeline.

    Args:
        pipeline: where it is laid.
        house: what the steps need.
        source: gives PCollection[Document] as its main output and dead letters as ``dead``.
        archive: the file that takes all parsed articles, or None.

    Returns:
        what the source gave, and what has an end when every article is through.
    """
    documents = pipeline | "source" >> source
    parsed = documents.main | "parse" >> Parse()
    cleaned = parsed.main | "clean" >> Clean()
    if archive is not None:
        cleaned.main | "archive" >> Archive(archive)
    new = cleaned.main | "new?" >> New(house.store, house.clock, run=uuid.uuid4().hex)
    screened = new | "screen" >> ScreenOut(house.rules)
    readings = (screened.on if house.screened else new) | "read" >> Read(house.rules)
    matched = readings | "match" >> MatchWatches(house.rules)
    decided = matched.on | "link + decide" >> LinkAndDecide(
        house.store, house.rules, house.sink_names, house.clock, house.window
    )
    # One beat a sink: what an earlier run left in the outbox is delivered although nothing matched now.
    beats = pipeline | "sinks" >> beam.Create([(name, "") for name in house.sink_names])
    rings = (decided, beats) | "ring" >> beam.Flatten()
    delivered = rings | "deliver" >> Deliver(house.store, house.sinks, house.clock)

    stopped = (screened.stopped, matched.stopped) | "went no further" >> beam.Flatten()
    settled = stopped | "settle" >> Settle(house.store, house.clock)
    dead = (documents.dead, parsed.dead, cleaned.dead) | "cannot be read" >> beam.Flatten()
    buried = dead | "dead letters" >> Bury(house.store, house.clock)
    return Laid(documents, (delivered, settled, buried))
