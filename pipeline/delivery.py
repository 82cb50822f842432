"""Deliver, in the graph: where something rang, or is due by now, it is said; each place by one worker at a time.

``courier`` says it: once through here, where a runner waits, and at each sink's pace in the shell.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipeline.courier import deliver_due
from pipeline.keyed import as_they_come
from pipeline.sinks import Sink
from pipeline.store import Store
from pipeline.store.steps import WithStore
from transforms.article import Tick

Place: TypeAlias = tuple[str, str]
"""Who is told where: a sink and a channel."""

log = logging.getLogger(__name__)


class Deliver(beam.PTransform):
    """Say what is due, once all deciding is done; where the source never ends, as it is decided.

    PCollection[tuple[Place, str]], the place (sink, channel) and what rang there -> an empty PCollection. What is due
    is asked of the store, not of the input. A place is served by one worker at a time, and a slow one delays no other.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
        open_sinks: opens the sinks, by name; the same.
        clock: gives the time.
        at_most: how long one call goes on, where a runner waits for it with its checkpoints; None: to the end.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        open_sinks: Callable[[], Mapping[str, Sink]],
        clock: Callable[[], datetime],
        at_most: timedelta | None = None,
    ):
        super().__init__()
        self._deliver = _Deliver(open_store, open_sinks, clock, at_most)

    def expand(self, told: beam.PCollection[tuple[Place, str]]) -> beam.PCollection[None]:
        return (
            told
            | "as they come" >> as_they_come()
            | "by channel" >> beam.GroupByKey()
            | "deliver" >> beam.ParDo(self._deliver)
        )


class Beat(beam.PTransform):
    """Where something is due by now: what an earlier run left, and what was put off.

    PCollection[Tick] -> PCollection[tuple[Place, str]].

    Args:
        open_store: as of ``Deliver``.
        sinks: the names of all sinks.
        clock: gives the time.
    """

    def __init__(
        self, open_store: Callable[[], Store], sinks: tuple[str, ...], clock: Callable[[], datetime]
    ):
        super().__init__()
        self._beat = _Beat(open_store, sinks, clock)

    def expand(self, ticks: beam.PCollection[Tick]) -> beam.PCollection[tuple[Place, str]]:
        return ticks | "who is due" >> beam.ParDo(self._beat).with_output_types(tuple[Place, str])


class _Beat(WithStore):
    def __init__(
        self, open_store: Callable[[], Store], sinks: tuple[str, ...], clock: Callable[[], datetime]
    ):
        super().__init__(open_store, clock)
        self._sinks = sinks

    def process(self, _tick: Tick) -> Iterator[tuple[Place, str]]:
        # A job that stands still is known by this: see ``for_ever``.
        Metrics.counter("tick", "in").inc()
        for sink in self._sinks:
            for channel in self._store.channels_due(sink, self._clock()):
                yield (sink, channel), ""


class _Deliver(WithStore):
    def __init__(
        self,
        open_store: Callable[[], Store],
        open_sinks: Callable[[], Mapping[str, Sink]],
        clock: Callable[[], datetime],
        at_most: timedelta | None,
    ):
        super().__init__(open_store, clock)
        self._open_sinks, self._at_most = open_sinks, at_most
        self._sinks: Mapping[str, Sink] = {}
        self._called: dict[str, set[str]] = {}

    def setup(self) -> None:
        super().setup()
        self._sinks = self._open_sinks()

    def start_bundle(self) -> None:
        self._called = {}

    def process(self, element: tuple[Place, Iterable[str]]) -> Iterable[None]:
        (name, channel), _ = element
        if name in self._sinks:
            self._called.setdefault(name, set()).add(channel)
        else:
            Metrics.counter("deliver", "stopped:unknown-sink").inc()
            log.error("sink %s: the configuration does not have it; its messages wait in the outbox", name)
        return ()

    def finish_bundle(self) -> None:
        # All sinks of the bundle at once: one after the other, a sink that hangs would hold up the next.
        called = {name: self._sinks[name] for name in sorted(self._called)}
        channels = {name: sorted(self._called[name]) for name in called}
        told = deliver_due(self._store, called, self._clock, channels=channels, at_most=self._at_most)
        for (_, result), many in sorted(told.items()):
            # Messages that were due, not what was decided: more coverage of one run joins one message.
            Metrics.counter("deliver", "in").inc(many)
            name = "on" if result in {"sent", "found"} else f"stopped:{result}"
            Metrics.counter("deliver", name).inc(many)

    def teardown(self) -> None:
        for sink in self._sinks.values():
            sink.close()
        self._sinks = {}
        super().teardown()
