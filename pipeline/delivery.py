"""Deliver: what the outbox holds is due, leased, said, and recorded, each sink at its own pace.

Nothing here waits for a better time: what cannot be said now gets a later ``due_at``, and the next round finds
it. A message is leased before it is said and recorded after, so that a killed process leaves behind either a
message that is still due or one of which the sink can be asked whether it was heard.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import apache_beam as beam
from apache_beam.metrics import Metrics

from pipeline.sinks import Sink
from pipeline.store import LEASE, Store
from pipeline.store.steps import WithStore
from transforms.article import Delivery
from transforms.errors import Poison, Refused, Retry, StoreError

TRIES = 30
"""Attempts before a message becomes a dead letter: about six hours of a sink that does not answer."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)

A_DAY = timedelta(days=1)
"""The longest wait that a sink can ask for."""

FAILING = 3
"""Messages in a row that a sink cannot take: the rest of its messages wait for the next round."""

Result = Literal["sent", "found", "postponed", "refused", "poison", "gave-up"]

log = logging.getLogger(__name__)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubled each time, up to ``LONGEST_WAIT``."""
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


def deliver_due(
    store: Store, sinks: Mapping[str, Sink], clock: Callable[[], datetime], *, lease: timedelta = LEASE
) -> Counter[tuple[str, Result]]:
    """Say everything that is due to these sinks, and record what they answered.

    Each sink is served on its own, so that one that hangs or fails does not hold up another.

    Returns:
        how many messages of each sink came to which end.

    Raises:
        StoreError: the store failed; what was said and not recorded is asked for by the next round.
    """
    rounds = [_Round(store, name, sink, clock, lease) for name, sink in sinks.items()]
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
    results: Counter[Result] = field(default_factory=Counter)
    said: set[str] = field(default_factory=set)

    def run(self) -> None:
        failures = 0
        while failures < FAILING:
            leased = self.store.due(self.name, self.clock(), self.lease, limit=1)
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
    """Say what is due, once all deciding is done.

    PCollection[tuple[str, str]], (sink, alert id) and one heartbeat (sink, "") for every sink, so that what an
    earlier run left is said too -> an empty PCollection. What is due is asked of the store, not of the input.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
        open_sinks: opens the sinks, by name; the same.
        clock: gives the time.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        open_sinks: Callable[[], Mapping[str, Sink]],
        clock: Callable[[], datetime],
    ):
        super().__init__()
        self._deliver = _Deliver(open_store, open_sinks, clock)

    def expand(self, told: beam.PCollection[tuple[str, str]]) -> beam.PCollection[None]:
        return told | "by sink" >> beam.GroupByKey() | "deliver" >> beam.ParDo(self._deliver)


class _Deliver(WithStore):
    def __init__(
        self,
        open_store: Callable[[], Store],
        open_sinks: Callable[[], Mapping[str, Sink]],
        clock: Callable[[], datetime],
    ):
        super().__init__(open_store, clock)
        self._open_sinks = open_sinks
        self._sinks: Mapping[str, Sink] = {}
        self._called: set[str] = set()

    def setup(self) -> None:
        super().setup()
        self._sinks = self._open_sinks()

    def start_bundle(self) -> None:
        self._called = set()

    def process(self, element: tuple[str, Iterable[str]]) -> Iterable[None]:
        name, _ = element
        if name in self._sinks:
            self._called.add(name)
        else:
            Metrics.counter("deliver", "stopped:unknown-sink").inc()
            log.error("sink %s: the configuration does not have it; its messages wait in the outbox", name)
        return ()

    def finish_bundle(self) -> None:
        # All sinks of the bundle at once: one after the other, a sink that hangs would hold up the next.
        called = {name: self._sinks[name] for name in sorted(self._called)}
        for (_, result), many in sorted(deliver_due(self._store, called, self._clock).items()):
            # Messages that were due, not what was decided: more coverage of one run joins one message.
            Metrics.counter("deliver", "in").inc(many)
            name = "on" if result in {"sent", "found"} else f"stopped:{result}"
            Metrics.counter("deliver", name).inc(many)

    def teardown(self) -> None:
        for sink in self._sinks.values():
            sink.close()
        self._sinks = {}
        super().teardown()
