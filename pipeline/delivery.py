"""Deliver: what the outbox holds is due, leased, said, and recorded, each sink at its own pace.

Nothing here waits for a better time: what cannot be said now gets a later ``due_at``, and the next round finds
it. A message is leased before it is said and recorded after, so that a killed process leaves behind either a
message that is still due or one of which the sink can be asked whether it was heard.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipeline.keyed import as_they_come
from pipeline.sinks import Sink
from pipeline.store import LEASE, Store
from pipeline.store.steps import WithStore
from transforms.article import Delivery, Tick
from transforms.errors import Poison, Refused, Retry, StoreError

TRIES = 30
"""Attempts before a message becomes a dead letter: about six hours of a sink that does not answer."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)

A_DAY = timedelta(days=1)
"""The longest wait that a sink can ask for."""

FAILING = 3
"""Messages in a row that a sink cannot take: the rest of its messages wait for the next round."""

Place: TypeAlias = tuple[str, str]
"""Who is told where: a sink and a channel."""

Result = Literal["sent", "found", "postponed", "refused", "poison", "gave-up"]

log = logging.getLogger(__name__)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubled each time, up to ``LONGEST_WAIT``."""
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


def deliver_due(
    store: Store,
    sinks: Mapping[str, Sink],
    clock: Callable[[], datetime],
    *,
    lease: timedelta = LEASE,
    channels: Mapping[str, Sequence[str]] | None = None,
    at_most: timedelta | None = None,
) -> Counter[tuple[str, Result]]:
    """Say everything that is due to these sinks, and record what they answered.

    Each sink is served on its own, so that one that hangs or fails does not hold up another.

    Args:
        store: the memory.
        sinks: who is told, by name.
        clock: gives the time.
        lease: how long saying one message may take.
        channels: of each sink the channels to serve, one after the other; all at once where it is None.
        at_most: when to stop beginning new messages; the rest waits for the next beat.

    Returns:
        how many messages of each sink came to which end.

    Raises:
        StoreError: the store failed; what was said and not recorded is asked for by the next round.
    """
    rounds = [
        _Round(store, name, sink, clock, lease, tuple(channels[name]) if channels else (None,), at_most)
        for name, sink in sinks.items()
    ]
    if len(rounds) > 1:
        with ThreadPoolExecutor(len(rounds), thread_name_prefix="deliver") as pool:
            for done in [pool.submit(each.run) for each in rounds]:
                done.result()
    else:
        for each in rounds:
            each.run()
    return Counter({(each.name, result): many for each in rounds for result, many in each.results.items()})


@dataclass
class _Round:
    """One round of one sink."""

    store: Store
    name: str
    sink: Sink
    clock: Callable[[], datetime]
    lease: timedelta
    channels: tuple[str | None, ...] = (None,)
    at_most: timedelta | None = None
    results: Counter[Result] = field(default_factory=Counter)
    said: set[str] = field(default_factory=set)

    def run(self) -> None:
        end = None if self.at_most is None else self.clock() + self.at_most
        for channel in self.channels:
            self.serve(channel, end)

    def serve(self, channel: str | None, end: datetime | None) -> None:
        failures = 0
        while failures < FAILING and (end is None or self.clock() < end):
            leased = self.store.due(self.name, self.clock(), self.lease, limit=1, channel=channel)
            if not leased:
                return
            result = self.one(leased[0])
            self.results[result] += 1
            failures = failures + 1 if result == "postponed" else 0

    def one(self, delivery: Delivery) -> Result:
        try:
            # Only where an attempt may have been heard: the sink's memory is slow to ask.
            receipt = self.sink.find(delivery) if delivery.attempted is not None else None
            result: Result = "found" if receipt is not None else "sent"
            if receipt is None:
                receipt = self.sink.send(delivery)
        except Retry as error:
            return self.later(delivery, str(error), after=error.after, unknown=error.unknown)
        except Refused as error:
            return self.never(delivery, "refused", "refused", str(error))
        except Poison as error:
            return self.never(delivery, "poison", error.reason, error.message)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a sink's library raises, the alert is not lost for it
            self.loud(f"{type(error).__name__}: {error}")
            return self.later(delivery, f"{type(error).__name__}: {error}", after=None, unknown=True)
        self.store.delivered(delivery, receipt, self.clock())
        return result

    def later(self, delivery: Delivery, message: str, *, after: float | None, unknown: bool) -> Result:
        if delivery.attempts + 1 >= TRIES:
            return self.never(
                delivery, "gave-up", "gave-up", f"{TRIES} attempts failed, the last one: {message}"
            )
        now = self.clock()
        wait = (
            min(timedelta(seconds=max(0.0, min(after, 1e9))), A_DAY)
            if after is not None
            else wait_after(delivery.attempts)
        )
        self.store.postponed(delivery, now + wait, message, now, unknown=unknown)
        return "postponed"

    def never(self, delivery: Delivery, result: Result, reason: str, message: str) -> Result:
        self.store.undeliverable(delivery, reason, message, self.clock())
        self.loud(message)
        return result

    def loud(self, message: str) -> None:
        """One line, and the same line once a round, however many messages it stops."""
        said, name = " ".join(message.split()), f"sink {self.name}: "
        line = said if said.startswith(name) else name + said
        if line not in self.said:
            self.said.add(line)
            log.error(line)


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
