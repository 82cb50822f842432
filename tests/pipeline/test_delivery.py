"""Deliver: each message is heard once, at its time, whatever a sink answers and whoever dies in between."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.courier import FAILING, LONGEST_WAIT, TRIES, deliver_due, wait_after
from pipeline.delivery import Beat, Deliver
from pipeline.newsdesk import decide_match
from pipeline.sources.ticks import Once
from pipeline.store import Store
from transforms.article import Delivery, Match, Receipt
from transforms.errors import Poison, Refused, Retry, StoreError
from transforms.watch import Watch

Make = Callable[..., Match]
Answer = Exception | None


class Listener:
    """A sink that answers what it is told to, in turn, and remembers what it heard."""

    def __init__(
        self, name: str = "desk", answers: Iterable[Answer] = (), *, heard_all_the_same: bool = False
    ):
        self.name = name
        self.heard: list[Delivery] = []
        self.asked: list[str] = []
        self.tried = 0
        self.closed = False
        self._answers = iter(answers)
        self._deaf = not heard_all_the_same

    def send(self, delivery: Delivery) -> Receipt:
        self.tried += 1
        answer = next(self._answers, None)
        if answer is None or not self._deaf:
            self.heard.append(delivery)
        if answer is not None:
            raise answer
        return Receipt(channel=delivery.channel, message=str(len(self.heard)))

    def find(self, delivery: Delivery) -> Receipt | None:
        self.asked.append(delivery.id)
        places = [place for place, heard in enumerate(self.heard, 1) if heard.id == delivery.id]
        return Receipt(channel=delivery.channel, message=str(places[0])) if places else None

    def close(self) -> None:
        self.closed = True


class Clock:
    def __init__(self, now: datetime):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, wait: timedelta) -> None:
        self.now += wait


@pytest.fixture
def clock(noon: datetime) -> Clock:
    return Clock(noon)


@pytest.fixture
def ring(store: Store, watch: Watch, match: Make, noon: datetime) -> Callable[..., None]:
    """Alerts for these sinks: one for each channel."""

    def put(*sinks: str, channels: Iterable[str] = ("#energy",), name: str = "a") -> None:
        for number, channel in enumerate(channels):
            there = watch.model_copy(update={"id": f"grid-{number}", "channel": channel})
            decide_match(store, match(name, f"Outlet {name}"), there, sinks, noon)

    return put


def test_what_is_due_is_said_once_and_its_receipt_is_kept(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    desk = Listener()
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}
    assert deliver_due(store, {"desk": desk}, clock) == {}
    assert (len(desk.heard), desk.asked) == (1, [])
    ring("desk", name="b")
    deliver_due(store, {"desk": desk}, clock)
    assert desk.heard[1].previous == Receipt(channel="#energy", message="1")


def test_a_sink_that_cannot_now_is_tried_later_and_not_before(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    desk = Listener(answers=[Retry("slow down", after=40)])
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "postponed"): 1}
    clock.wait(timedelta(seconds=39))
    assert deliver_due(store, {"desk": desk}, clock) == {}
    clock.wait(timedelta(seconds=1))
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}
    assert (desk.heard[0].attempts, desk.asked) == (1, [])


def test_a_message_that_waits_for_its_next_try_takes_up_what_is_new(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    desk = Listener(answers=[Retry("no connection")])
    deliver_due(store, {"desk": desk}, clock)
    ring("desk", name="b")
    clock.wait(wait_after(0))
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}
    assert (desk.heard[0].alert.kind, len(desk.heard[0].alert.coverage)) == ("new", 2)


@pytest.mark.parametrize("after", [1e300, float("inf"), float("nan"), -5])
def test_a_sink_that_asks_for_a_strange_wait_is_tried_within_a_day(
    store: Store, ring: Callable[..., None], clock: Clock, after: float
) -> None:
    ring("desk")
    desk = Listener(answers=[Retry("slow down", after=after)])
    deliver_due(store, {"desk": desk}, clock)
    clock.wait(timedelta(days=1))
    deliver_due(store, {"desk": desk}, clock)
    assert len(desk.heard) == 1


def test_an_answer_that_was_lost_is_looked_for_and_not_said_twice(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    desk = Listener(answers=[Retry("timed out", unknown=True)], heard_all_the_same=True)
    deliver_due(store, {"desk": desk}, clock)
    ring("desk", name="b")
    clock.wait(wait_after(0))
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "found"): 1, ("desk", "sent"): 1}
    assert [(each.sequence, each.alert.kind) for each in desk.heard] == [(1, "new"), (2, "update")]
    assert desk.heard[1].previous == Receipt(channel="#energy", message="1")


def test_a_message_that_was_not_heard_after_all_is_said_again(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    desk = Listener(answers=[Retry("timed out", unknown=True)])
    deliver_due(store, {"desk": desk}, clock)
    clock.wait(wait_after(0))
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}
    assert desk.asked == [desk.heard[0].id]


def test_waiting_grows_and_ends_in_a_dead_letter(
    store: Store, ring: Callable[..., None], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    waits = [wait_after(attempts) for attempts in range(TRIES)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    ring("desk")
    desk = Listener(answers=[Retry("no connection") for _ in range(TRIES)])
    for _ in range(TRIES + 5):
        deliver_due(store, {"desk": desk}, clock)
        clock.wait(LONGEST_WAIT)
    assert (desk.tried, desk.heard) == (TRIES, [])
    (letter,) = store.dead_letters()
    assert (letter.step, letter.reason) == ("deliver", "gave-up")
    assert "no connection" in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Refused("channel #energy is not there: change channel in the watch"), "refused"),
        (Poison("blocks", "the blocks are invalid"), "blocks"),
    ],
)
def test_what_cannot_work_is_a_dead_letter_at_once_and_said_loudly_once(
    store: Store,
    ring: Callable[..., None],
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    answer: Exception,
    reason: str,
) -> None:
    ring("desk", channels=["#energy", "#desk"])
    with caplog.at_level(logging.ERROR):
        deliver_due(store, {"desk": Listener(answers=[answer, answer])}, clock)
    assert {letter.reason for letter in store.dead_letters()} == {reason}
    assert [record.getMessage() for record in caplog.records] == [
        f"sink desk: {getattr(answer, 'message', answer)}"
    ]
    clock.wait(timedelta(days=1))
    assert deliver_due(store, {"desk": Listener()}, clock) == {}


def test_a_dead_delivery_is_due_again_when_its_letter_is_replayed(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    deliver_due(store, {"desk": Listener(answers=[Refused("no such channel")])}, clock)
    store.resurrected(store.dead_letters()[0].id, clock())
    desk = Listener()
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}
    assert desk.heard[0].alert.kind == "new"


def test_after_a_dead_first_message_the_next_is_new_to_the_desk(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    deliver_due(store, {"desk": Listener(answers=[Refused("no such channel")])}, clock)
    ring("desk", name="b")
    desk = Listener()
    deliver_due(store, {"desk": desk}, clock)
    assert [(each.sequence, each.alert.kind, len(each.alert.coverage)) for each in desk.heard] == [
        (2, "new", 2)
    ]


def test_a_sink_that_fails_is_left_alone_for_this_round(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk", channels=[f"#{number}" for number in range(9)])
    desk = Listener(answers=[Retry("down") for _ in range(9)])
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "postponed"): FAILING}


def test_an_unexpected_error_of_a_sink_loses_nothing(
    store: Store, ring: Callable[..., None], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ring("desk")
    desk = Listener(answers=[KeyError("ts")])
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "postponed"): 1}
    assert "KeyError" in caplog.text
    clock.wait(wait_after(0))
    assert deliver_due(store, {"desk": desk}, clock) == {("desk", "sent"): 1}


def test_a_sink_that_hangs_does_not_hold_up_another(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("fast", "hanging")
    fast, heard = Listener("fast"), threading.Event()

    class Hanging(Listener):
        def send(self, delivery: Delivery) -> Receipt:
            deadline = time.monotonic() + 10
            while not fast.heard and time.monotonic() < deadline:
                time.sleep(0.005)
            if fast.heard:
                heard.set()
            return super().send(delivery)

    deliver_due(store, {"hanging": Hanging("hanging"), "fast": fast}, clock)
    assert heard.is_set()


def test_a_store_that_fails_is_not_taken_for_a_failing_sink(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")

    class Vanishing(Listener):
        def send(self, delivery: Delivery) -> Receipt:
            with store.transaction() as tx:
                tx.exec_driver_sql("ALTER TABLE deliveries RENAME TO elsewhere")
            return super().send(delivery)

    with pytest.raises(StoreError, match=r"no such table|a table is missing"):
        deliver_due(store, {"desk": Vanishing()}, clock)


def test_a_lease_of_this_process_holds_until_it_ends(
    store: Store, ring: Callable[..., None], clock: Clock
) -> None:
    ring("desk")
    (leased,) = store.due("desk", clock(), timedelta(minutes=2))
    assert store.due("desk", clock()) == []
    clock.wait(timedelta(minutes=2))
    (again,) = store.due("desk", clock())
    assert (again.id, again.attempts, again.attempted) == (leased.id, 1, clock() - timedelta(minutes=2))


LISTENERS: dict[str, Listener] = {}


def listeners() -> Mapping[str, Listener]:
    return LISTENERS


@pytest.fixture
def desks() -> Iterator[dict[str, Listener]]:
    LISTENERS.update(desk=Listener(), log=Listener("log", [Retry("full", after=5)]))
    yield LISTENERS
    LISTENERS.clear()


def test_in_the_graph_each_sink_hears_what_is_due_and_it_is_counted(
    watch: Watch, match: Make, noon: datetime, desks: dict[str, Listener]
) -> None:
    url = "sqlite://?name=delivery"
    with Store.open(url) as store:
        outcome = decide_match(store, match("a"), watch, ("desk", "log"), noon)
        assert outcome.alert is not None
        pipeline = beam.Pipeline(FnApiRunner())
        told = [(("desk", "#energy"), outcome.alert.id), (("log", "#energy"), outcome.alert.id)]
        beats = [(("desk", "#energy"), ""), (("desk", "#other"), ""), (("removed", "#energy"), "")]
        _ = (
            pipeline
            | beam.Create(told + beats)
            | Deliver(partial(Store.open, url), listeners, partial(at, noon))
        )
        result = pipeline.run()
        result.wait_until_finish()
        (standing,) = store.alerts()
    counters = result.metrics().query()["counters"]
    assert {c.key.metric.name: c.committed for c in counters if c.key.metric.namespace == "deliver"} == {
        "in": 2,
        "on": 1,
        "stopped:postponed": 1,
        "stopped:unknown-sink": 1,
    }
    assert [each.state for each in standing.deliveries] == ["sent", "waiting"]
    assert (len(desks["desk"].heard), desks["desk"].closed, desks["log"].closed) == (1, True, True)


def test_in_the_graph_a_heartbeat_alone_says_what_an_earlier_run_left(
    watch: Watch, match: Make, noon: datetime, desks: dict[str, Listener]
) -> None:
    url = "sqlite://?name=heartbeat"
    with Store.open(url) as store:
        decide_match(store, match("a"), watch, ("desk",), noon)
        with beam.Pipeline(FnApiRunner()) as pipeline:
            _ = (
                pipeline
                | Once(noon)
                | Beat(partial(Store.open, url), ("desk", "log"), partial(at, noon))
                | Deliver(partial(Store.open, url), listeners, partial(at, noon))
            )
        assert len(desks["desk"].heard) == 1


def at(now: datetime) -> datetime:
    return now
