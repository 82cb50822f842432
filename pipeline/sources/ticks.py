"""Ticks: the beat that drives the graph. One for a bounded run; one every few seconds where it runs for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.utils.timestamp import Duration, Timestamp

import transforms.coder  # noqa: F401 - registers how the models travel
from transforms.article import Tick

FOR_EVER = 2**62
TIDY = timedelta(hours=1)
"""How often the store is told to forget what is old."""


class Once(beam.PTransform):
    """PBegin -> PCollection[Tick] with one tick.

    Args:
        at: the time of it.
        first: whether what other runs left in hand is taken up at once.
        tidy: whether the store is to forget what is old.
    """

    def __init__(self, at: datetime, *, first: bool = True, tidy: bool = False):
        super().__init__()
        self.tick = Tick(at=at, first=first, tidy=tidy)

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Tick]:
        return begin | "once" >> beam.Create([self.tick], reshuffle=False).with_output_types(Tick)


class Every(beam.PTransform):
    """PBegin -> PCollection[Tick], a tick every so often, for ever; a job that is drained gets no more of them.

    Ticks that were missed, because the job stood still, are passed over.

    Args:
        every: the time between two ticks.
    """

    def __init__(self, every: timedelta):
        super().__init__()
        self.every = every

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[Tick]:
        return (
            begin
            # Not Create: a label inside it names a line of Beam's source, and would change with it.
            | "begin" >> beam.Impulse()
            | "every" >> beam.Map(_seconds, self.every.total_seconds()).with_output_types(float)
            | "tick" >> beam.ParDo(_Ticks()).with_output_types(Tick)
        )


def _seconds(_: bytes, every: float) -> float:
    return every


class _ForEver(RestrictionProvider):
    """Ticks by their number, from 0."""

    def initial_restriction(self, element: float) -> OffsetRange:  # noqa: ARG002 - Beam's signature
        return OffsetRange(0, FOR_EVER)

    def create_tracker(self, restriction: OffsetRange) -> OffsetRestrictionTracker:
        return OffsetRestrictionTracker(restriction)

    def restriction_size(self, element: float, restriction: OffsetRange) -> int:  # noqa: ARG002 - the same
        return 1

    def truncate(self, element: float, restriction: OffsetRange) -> None:
        """Nothing is left when the job is drained."""


# Beam reads these from the defaults of ``process``.
_NUMBERS = beam.DoFn.RestrictionParam(_ForEver())
_REACHED = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider())


class _Ticks(beam.DoFn):
    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        every: float,
        tracker: Any = _NUMBERS,
        watermark: Any = _REACHED,
    ) -> Iterator[Tick]:
        number = tracker.current_restriction().start
        if not tracker.try_claim(number):
            return
        now = time.time()
        tidy = number % max(1, int(TIDY.total_seconds() / every)) == 0
        yield Tick(at=datetime.fromtimestamp(now, UTC), first=number == 0, tidy=tidy)
        watermark.set_watermark(Timestamp.of(now))
        tracker.defer_remainder(Duration(every))
