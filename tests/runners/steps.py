"""Small graphs for the tests on engines; in a module of their own, so that a worker elsewhere can load them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.metrics import Metrics
from apache_beam.utils.timestamp import Duration

from transforms.errors import StoreError


class _ForEver(beam.transforms.core.RestrictionProvider):
    def initial_restriction(self, element: Any) -> OffsetRange:  # noqa: ARG002
        return OffsetRange(0, 2**62)

    def create_tracker(self, restriction: OffsetRange) -> OffsetRestrictionTracker:
        return OffsetRestrictionTracker(restriction)

    def restriction_size(self, element: Any, restriction: OffsetRange) -> int:  # noqa: ARG002
        return 1


class Ticks(beam.DoFn):
    """A number each so many seconds, for ever."""

    def __init__(self, every: float) -> None:
        self.every = every

    @beam.DoFn.unbounded_per_element()
    def process(
        self,
        element: bytes,  # noqa: ARG002
        tracker: Any = beam.DoFn.RestrictionParam(_ForEver()),  # noqa: B008 - Beam's way
    ) -> Iterator[int]:
        tick = tracker.current_restriction().start
        if tracker.try_claim(tick):
            Metrics.counter("source", "in").inc()
            yield tick
            tracker.defer_remainder(Duration(self.every))


class Write(beam.DoFn):
    """Appends what it is given to a file, with the time."""

    def __init__(self, path: str, poison: int = -1) -> None:
        self.path, self.poison = path, poison

    def process(self, element: int) -> Iterator[int]:
        if element == self.poison:
            raise StoreError("the store is full: make room")
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write(f"{element} {time.time()}\n")
        Metrics.counter("deliver", "on").inc()
        yield element


def ticking(pipeline: beam.Pipeline, path: str, every: float = 0.5, poison: int = -1) -> object:
    return (
        pipeline
        | beam.Impulse()
        | "tick" >> beam.ParDo(Ticks(every)).with_output_types(int)
        | beam.Reshuffle()
        | "write" >> beam.ParDo(Write(path, poison)).with_output_types(int)
    )


def ticks(path: Path) -> list[int]:
    """What was written, in order."""
    if not path.exists():
        return []
    return [int(line.split()[0]) for line in path.read_text(encoding="utf-8").splitlines()]
