"""The stream for ever: so many articles each second into the graph on Prism, at the pace of a million an hour."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.pvalue import TaggedOutput
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.utils.timestamp import Duration, Timestamp

from benchmarks.modes import Bench
from pipeline.cli.for_ever import A_CALL, BEAT
from pipeline.cli.house import now
from pipeline.graph import build
from pipeline.runners import start
from pipeline.sources.files import documents
from pipeline.sources.found import listing
from pipeline.sources.ticks import Every
from pipeline.store import Store
from transforms.article import Document, Tick

A_SECOND = 278
"""Articles a second that make a million an hour."""

LONGEST = 120.0
"""Seconds after the last article was poured, until all of them have to be settled."""


class Pour(beam.PTransform):
    """PCollection[Tick] -> ``main``: PCollection[Document], ``dead``: nothing.

    Args:
        path: a file of JSON Lines.
        count: how many lines it has.
    """

    def __init__(self, path: str, count: int):
        super().__init__()
        self.path, self.count = path, count

    def expand(self, ticks: beam.PCollection[Tick]) -> Any:
        return (
            ticks.pipeline
            | "stream" >> beam.Create([(self.path, self.count)], reshuffle=False)
            | "pour" >> beam.ParDo(_Pour()).with_outputs("dead", main="main")
        )


class _Seconds(RestrictionProvider):
    def initial_restriction(self, element: tuple[str, int]) -> OffsetRange:
        return OffsetRange(0, -(-element[1] // A_SECOND))

    def create_tracker(self, restriction: OffsetRange) -> OffsetRestrictionTracker:
        return OffsetRestrictionTracker(restriction)

    def restriction_size(self, element: tuple[str, int], restriction: OffsetRange) -> int:  # noqa: ARG002
        return int(restriction.size())


_SECONDS = beam.DoFn.RestrictionParam(_Seconds())
_REACHED = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider())


class _Pour(beam.DoFn):
    @beam.DoFn.unbounded_per_element()
    def process(
        self, element: tuple[str, int], tracker: Any = _SECONDS, watermark: Any = _REACHED
    ) -> Iterator[Document | TaggedOutput[str, None]]:
        second = tracker.current_restriction().start
        if not tracker.try_claim(second):
            return
        begun = time.time()
        # Read from its beginning each time: cheap beside what the graph does with it, and nothing is kept.
        lines = documents(listing([element[0]]), now())
        for document in itertools.islice(lines, second * A_SECOND, (second + 1) * A_SECOND):
            if isinstance(document, Document):
                yield document
        watermark.set_watermark(Timestamp.of(begun))
        tracker.defer_remainder(Duration(max(0.0, begun + 1 - time.time())))


def poured(bench: Bench) -> dict[str, Any]:
    """Pour the stream, and wait until every article of it is settled.

    Returns:
        how many articles, and how long the last of them took after it was poured.
    """
    (stream,) = bench.streams
    with stream.open("rb") as lines:
        count = sum(1 for _ in lines)
    house = replace(bench.house(), a_beat=A_CALL)
    began = time.time()
    job = start(lambda pipeline: build(pipeline, house, Every(BEAT), Pour(str(stream), count)), "prism")
    try:
        settled = _settled(bench, count, time.monotonic() + count / A_SECOND + LONGEST)
        done = time.time()
    finally:
        job.drain()
        job.close()
    if settled < count:
        raise SystemExit(f"{settled:,} of {count:,} poured articles were settled in time")
    with Store.open(bench.store) as store:
        covered = sum(len(standing.alert.coverage) for standing in store.alerts())
    return {"articles": count, "covered": covered, "late": done - began - count / A_SECOND, "done": done}


def _settled(bench: Bench, count: int, end: float) -> int:
    # Nothing is asked while it pours: the store's load is measured.
    time.sleep(count / A_SECOND)
    with Store.open(bench.store) as store:
        while True:
            status = store.summary()
            settled = status.articles - status.pending
            if settled >= count or time.monotonic() > end:
                return settled
            time.sleep(1)
