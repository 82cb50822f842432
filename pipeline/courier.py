"""The courier: what the outbox holds is due, leased, said, and recorded, each sink at its own pace.

Nothing here waits for a better time but ``Courier.run``, which the shell calls: what cannot be said now gets a later
``due_at``. A message is leased before it is said and recorded after, so that a killed process leaves behind either a
message that is still due or one of which the sink can be asked whether it was heard.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pipeline.sinks import Sink
from pipeline.store import LEASE, Store
from pipeline.store.outbox import Done, Pace
from pipeline.store.outbox.lease import ON_ITS_WAY
from transforms.article import Delivery
from transforms.errors import Poison, Refused, Retry, StoreError

TRIES = 30
"""Attempts before a message becomes a dead letter: about six hours of a sink that does not answer."""

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)

A_DAY = timedelta(days=1)
"""The longest wait that a sink can ask for."""

FAILING = 3
"""Messages in a row that a sink cannot take: the rest of its messages wait for the next round."""

AT_ONCE = 64
"""Messages of one sink on their way at once, each to another channel: two hundred a second, each with a third of a
second to be answered in. A sink without a pace takes them in turn."""

Result = Literal["sent", "found", "postponed", "refused", "poison", "gave-up"]

log = logging.getLogger(__name__)


def wait_after(attempts: int, first: timedelta = FIRST_WAIT) -> timedelta:
    """How long to wait after so many attempts: ``first``, then doubled each time, up to ``LONGEST_WAIT``."""
    return min(first * (1 << min(attempts, 10)), LONGEST_WAIT)


def pace_of(sink: Sink) -> Pace | None:
    """How fast a sink may be told; None where it takes all that comes."""
    pace: Pace | None = getattr(sink, "pace", None)
    return pace


@dataclass
class Speaker:
    """Says one message to one sink, and knows what to make of the answer. Threads may share it.

    Attributes:
        name: of the sink.
        sink: who is told.
        clock: gives the time.
        first_wait: until the second attempt, where the sink does not say when.
    """

    name: str
    sink: Sink
    clock: Callable[[], datetime]
    first_wait: timedelta = FIRST_WAIT
    _said: set[str] = field(default_factory=set)

    def say(self, delivery: Delivery) -> tuple[Result, Done]:
        """Say it once; what came of it, to be recorded.

        Raises:
            StoreError: a sink that is a store failed as one.
        """
        result, done = self._say(delivery)
        pace = pace_of(self.sink)
        # From the answer on, which came after the request did: so two requests are never nearer than the pace.
        return result, done if pace is None else replace(done, rest=self.clock() + pace.channel)

    def _say(self, delivery: Delivery) -> tuple[Result, Done]:
        try:
            # Only where an attempt may have been heard: the sink's memory is slow to ask.
            receipt = self.sink.find(delivery) if delivery.attempted is not None else None
            result: Result = "found" if receipt is not None else "sent"
            if receipt is None:
                receipt = self.sink.send(delivery)
        except Retry as error:
            return self._later(delivery, str(error), after=error.after, unknown=error.unknown)
        except Refused as error:
            return self._never(delivery, "refused", "refused", str(error))
        except Poison as error:
            return self._never(delivery, "poison", error.reason, error.message)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a sink's library raises, the alert is not lost for it
            self._loud(f"{type(error).__name__}: {error}")
            return self._later(delivery, f"{type(error).__name__}: {error}", after=None, unknown=True)
        return result, Done(delivery, receipt=receipt)

    def _later(
        self, delivery: Delivery, message: str, *, after: float | None, unknown: bool
    ) -> tuple[Result, Done]:
        if delivery.attempts + 1 >= TRIES:
            said = f"{TRIES} attempts failed, the last one: {message}"
            return self._never(delivery, "gave-up", "gave-up", said)
        if after is not None:
            wait = min(timedelta(seconds=max(0.0, min(after, 1e9))), A_DAY)
        else:
            wait = wait_after(delivery.attempts, self.first_wait)
            # What may be heard late is looked for when it must have been: who looks too early, doubles it.
            wait = max(wait, ON_ITS_WAY) if unknown else wait
        done = Done(
            delivery,
            due_at=self.clock() + wait,
            message=message,
            unknown=unknown,
            asked=after is not None and pace_of(self.sink) is not None,
        )
        return "postponed", done

    def _never(self, delivery: Delivery, result: Result, reason: str, message: str) -> tuple[Result, Done]:
        self._loud(message)
        return result, Done(delivery, reason=reason, message=message)

    def _loud(self, message: str) -> None:
        """One line, and the same line once, however many messages it stops."""
        said, name = " ".join(message.split()), f"sink {self.name}: "
        line = said if said.startswith(name) else name + said
        if line not in self._said:
            self._said.add(line)
            log.error(line)


def deliver_due(
    store: Store,
    sinks: Mapping[str, Sink],
    clock: Callable[[], datetime],
    *,
    lease: timedelta = LEASE,
    channels: Mapping[str, Sequence[str]] | None = None,
    at_most: timedelta | None = None,
) -> Counter[tuple[str, Result]]:
    """Say everything that is due to these sinks and may leave now, and record what they answered.

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
        _Round(
            store,
            Speaker(name, sink, clock),
            lease,
            tuple(channels[name]) if channels else (None,),
            at_most,
        )
        for name, sink in sinks.items()
    ]
    if len(rounds) > 1:
        with ThreadPoolExecutor(len(rounds), thread_name_prefix="deliver") as pool:
            for done in [pool.submit(each.run) for each in rounds]:
                done.result()
    else:
        for each in rounds:
            each.run()
    return Counter(
        {(each.speaker.name, result): many for each in rounds for result, many in each.results.items()}
    )


@dataclass
class _Round:
    """One round of one sink, message after message."""

    store: Store
    speaker: Speaker
    lease: timedelta
    channels: tuple[str | None, ...] = (None,)
    at_most: timedelta | None = None
    results: Counter[Result] = field(default_factory=Counter)

    def run(self) -> None:
        clock = self.speaker.clock
        end = None if self.at_most is None else clock() + self.at_most
        for channel in self.channels:
            self.serve(channel, end)

    def serve(self, channel: str | None, end: datetime | None) -> None:
        failures, clock, pace = 0, self.speaker.clock, pace_of(self.speaker.sink)
        while failures < FAILING and (end is None or clock() < end):
            leased = self.store.due(self.speaker.name, clock(), self.lease, 1, channel, pace)
            if not leased:
                return
            result, done = self.speaker.say(leased[0])
            self.store.record([done], clock())
            self.results[result] += 1
            failures = failures + 1 if result == "postponed" else 0


@dataclass
class Courier:
    """Delivers for as long as it is let, at each sink's pace, to many channels at once; one thread a sink, and helpers.

    Attributes:
        store: the memory.
        sinks: who is told, by name.
        clock: gives the time.
        stop: ends the work; what is on its way is waited for and recorded.
        lease: how long saying one message may take.
        first_wait: of ``Speaker``.
    """

    store: Store
    sinks: Mapping[str, Sink]
    clock: Callable[[], datetime]
    stop: threading.Event = field(default_factory=threading.Event)
    lease: timedelta = LEASE
    first_wait: timedelta = FIRST_WAIT
    results: Counter[tuple[str, Result]] = field(default_factory=Counter)

    def run(self, idle: timedelta | None = None) -> Counter[tuple[str, Result]]:
        """Deliver until ``stop``; with ``idle``, end as soon as nothing can leave within that time.

        Raises:
            StoreError: the store failed; what was said and not recorded is asked for later.
        """
        with ThreadPoolExecutor(max(1, len(self.sinks)), thread_name_prefix="courier") as pool:
            served = [pool.submit(self._serve, name, sink, idle) for name, sink in self.sinks.items()]
            try:
                for each in served:
                    each.result()
            except BaseException:
                self.stop.set()
                raise
        return self.results

    def _serve(self, name: str, sink: Sink, idle: timedelta | None) -> None:
        many = AT_ONCE if pace_of(sink) is not None else 1
        with ThreadPoolExecutor(many, thread_name_prefix=f"say-{name}") as pool:
            _Rounds(self, Speaker(name, sink, self.clock, self.first_wait), pool, many).run(idle)


@dataclass
class _Rounds:
    """The work of one sink: messages on their way, and when to look for more."""

    courier: Courier
    speaker: Speaker
    pool: ThreadPoolExecutor
    many: int
    away: set[Future[tuple[Result, Done]]] = field(default_factory=set)
    failures: int = 0

    def run(self, idle: timedelta | None) -> None:
        courier = self.courier
        try:
            while not courier.stop.is_set():
                if self._lease() or self.away:
                    self._gather(BREATH)
                elif not self._rest(idle):
                    return
                if self.failures >= self.many + FAILING:
                    # It cannot be reached: its other messages need not try, each for itself.
                    self.failures = 0
                    courier.stop.wait(RESTS)
        finally:
            while self.away:
                self._gather(BREATH)

    def _lease(self) -> int:
        courier = self.courier
        room = self.many - len(self.away)
        if not room:
            return 0
        sink = self.speaker.sink
        leased = courier.store.due(
            self.speaker.name, courier.clock(), courier.lease, room, None, pace_of(sink)
        )
        self.away |= {self.pool.submit(self.speaker.say, delivery) for delivery in leased}
        return len(leased)

    def _gather(self, seconds: float) -> None:
        """Record what has come back within this time, all of it in one transaction."""
        done, self.away = wait(self.away, seconds, ALL_COMPLETED)
        if not done:
            return
        came = [future.result() for future in done]
        self.courier.store.record([each for _, each in came], self.courier.clock())
        for result, _ in came:
            self.courier.results[self.speaker.name, result] += 1
            self.failures = self.failures + 1 if result == "postponed" else 0

    def _rest(self, idle: timedelta | None) -> bool:
        """Wait for what comes next; False where nothing can leave within ``idle``."""
        courier, now = self.courier, self.courier.clock()
        horizon = now + (LOOK_AHEAD if idle is None else idle)
        at = courier.store.leaves_at([self.speaker.name], horizon)
        if idle is not None and (at is None or at > horizon):
            return False
        wait_for = LOOK if at is None else min(max((at - now).total_seconds(), SHORTEST), LOOK)
        courier.stop.wait(wait_for)
        return True


BREATH = 0.03  # seconds in which answers are gathered for one transaction
SHORTEST, LOOK = 0.02, 1.0  # seconds between two looks at an outbox of which nothing may leave
LOOK_AHEAD = timedelta(seconds=5)
RESTS = 5.0  # seconds that a sink is left alone which cannot be reached
