"""When a message leaves: at each channel's pace, once, and after one that died or failed, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipeline.courier import Courier, Speaker
from pipeline.newsdesk import decide_match
from pipeline.store import Store
from pipeline.store.outbox import Done, Pace
from pipeline.store.outbox.lease import ON_ITS_WAY
from tests.pipeline.room import Listener, Make, Room
from transforms.article import Delivery, Receipt
from transforms.errors import Refused, Retry
from transforms.watch import Watch

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_a_channel_is_told_at_its_pace_and_another_does_not_wait_for_it(room: Room) -> None:
    room.policy(group=False)
    room.desk.pace = Pace(channel=timedelta(seconds=1))
    for number in range(3):
        room.comes("a", "CNN", watch=room.also(f"here-{number}"))
        room.comes("a", "CNN", watch=room.also(f"there-{number}", channel="#there"))
    assert sorted(each.channel for each in room.desk.heard) == ["#energy", "#there"]
    for seconds in range(1, 4):
        room.wait(timedelta(seconds=1))
        assert len(room.desk.heard) == min(2 * (seconds + 1), 6)


def test_edits_of_all_channels_share_a_pace_and_what_is_new_passes_them(room: Room) -> None:
    room.policy(group=False)
    room.desk.pace = Pace(channel=timedelta(0), edits=timedelta(minutes=1), burst=2)
    there = [room.also(f"there-{number}", channel=f"#{number}") for number in range(4)]
    for watch in there:
        room.comes("a", "CNN", watch=watch)
    for watch in there:
        room.comes("b", "Voz", "CNN", watch=watch)
    assert room.desk.said == ["new"] * 4 + ["edit update"] * 2
    room.comes("a", "CNN", watch=room.also("fifth", channel="#5"))
    assert room.desk.said[6:] == ["new"]
    room.wait(MINUTE)
    room.wait(MINUTE)
    assert room.desk.said[7:] == ["edit update"] * 2


def test_a_channel_that_asked_to_wait_is_left_alone_with_all_its_messages(room: Room) -> None:
    room.policy(group=False)

    class Busy(Listener):
        def send(self, delivery: Delivery) -> Receipt:
            if not self.heard:
                self.heard.append(delivery)
                raise Retry("slow down", after=30)
            return super().send(delivery)

    room.desk = Busy(pace=Pace(channel=timedelta(0)))
    room.comes("a", "CNN")
    room.comes("a", "CNN", watch=room.also("other"))
    assert room.desk.said == ["new"]
    room.wait(timedelta(seconds=29))
    assert room.desk.said == ["new"]
    room.wait(timedelta(seconds=1))
    assert sorted(each.alert.watch for each in room.desk.heard[1:]) == sorted(["other", room.watch.id])


def test_what_failed_for_good_is_retried_when_a_person_says_so(room: Room) -> None:
    class Shut(Listener):
        open = False

        def send(self, delivery: Delivery) -> Receipt:
            if not self.open:
                raise Refused("invite the app to #energy")
            return super().send(delivery)

    shut = Shut()
    room.desk = shut
    room.comes("a", "CNN")
    (dead,) = room.store.messages(("dead",))
    assert dead.error == "refused: invite the app to #energy"
    shut.open = True
    room.wait(HOUR)
    assert shut.said == []
    room.store.retry([dead.id], room.now)
    room.deliver()
    assert shut.said == ["new"]
    assert room.store.dead_letters()[0].resurrected_at == room.now


def test_a_courier_serves_many_channels_and_ends_when_nothing_can_leave(
    store: Store, watch: Watch, match: Make
) -> None:
    from datetime import UTC  # noqa: PLC0415 - the one test on the real clock

    begun = datetime.now(UTC)
    desk, log = Listener("desk", Pace(channel=timedelta(milliseconds=50))), Listener("log")
    for number in range(30):
        there = watch.model_copy(update={"id": f"w-{number}", "channel": f"#{number % 10}"})
        decide_match(store, match("a", "CNN"), there, ("desk", "log"), begun)
    told = Courier(store, {"desk": desk, "log": log}, lambda: datetime.now(UTC)).run(timedelta(seconds=2))
    assert told == {("desk", "sent"): 30, ("log", "sent"): 30}
    assert {each.id for each in desk.heard}.isdisjoint({each.id for each in log.heard})
    assert not store.undelivered()


def test_what_a_process_that_died_had_sent_is_looked_for_when_it_must_have_arrived(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.desk.pace = Pace(channel=timedelta(0))
    decide_match(room.store, room.match("a", "CNN"), room.watch, ("desk",), room.now)
    with monkeypatch.context() as other:
        other.setattr("pipeline.store.lease.me", lambda: "elsewhere/boot/ns|1|1")
        other.setattr("pipeline.store.lease.may_live", lambda _: True)
        (leased,) = room.store.due("desk", room.now, pace=room.desk.pace)
    monkeypatch.setattr("pipeline.store.lease.may_live", lambda _: False)
    room.wait(timedelta(seconds=19))
    assert room.desk.said == []
    room.wait(timedelta(seconds=1))
    assert [each.id for each in room.desk.heard] == [leased.id]
    assert room.desk.heard[0].attempted is not None


def leased_by_a_process_that_died(
    room: Room, monkeypatch: pytest.MonkeyPatch, *, limit: int = 1
) -> list[Delivery]:
    """Messages in the hands of a process that is gone now."""
    with monkeypatch.context() as other:
        other.setattr("pipeline.store.lease.me", lambda: "elsewhere/boot/ns|1|1")
        leased = room.store.due("desk", room.now, limit=limit, pace=room.desk.pace)
    monkeypatch.setattr("pipeline.store.lease.may_live", lambda owner: not owner.startswith("elsewhere"))
    return leased


def test_a_channel_has_one_message_on_its_way_and_rests_from_its_answer_on(room: Room) -> None:
    room.policy(group=False)
    pace = Pace(channel=timedelta(seconds=1))
    for number in range(2):
        decide_match(room.store, room.match("a", "CNN"), room.also(f"w-{number}"), ("desk",), room.now)
    (first,) = room.store.due("desk", room.now, limit=9, pace=pace)
    slow = room.now + timedelta(seconds=15)
    assert room.store.due("desk", slow, limit=9, pace=pace) == []
    room.store.record([Done(first, receipt=Receipt(), rest=slow + pace.channel)], slow)
    assert room.store.due("desk", slow + timedelta(milliseconds=999), pace=pace) == []
    assert len(room.store.due("desk", slow + pace.channel, limit=9, pace=pace)) == 1


def test_the_channel_of_a_process_that_died_rests_and_is_then_told_what_else_waits(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.policy(group=False)
    room.desk.pace = Pace(channel=timedelta(seconds=1))
    for number in range(2):
        decide_match(room.store, room.match("a", "CNN"), room.also(f"w-{number}"), ("desk",), room.now)
    (lost,) = leased_by_a_process_that_died(room, monkeypatch, limit=9)
    room.deliver()
    assert room.desk.heard == []
    room.wait(timedelta(seconds=1))
    assert [each.id == lost.id for each in room.desk.heard] == [False]
    room.wait(timedelta(seconds=20))
    assert [each.id == lost.id for each in room.desk.heard] == [False, True]


def test_an_attempt_that_may_have_been_heard_stays_the_first_one_when_a_later_process_dies(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.desk.pace = Pace(channel=timedelta(0))
    decide_match(room.store, room.match("a", "CNN"), room.watch, ("desk",), room.now)
    begun = room.now
    (first,) = room.store.due("desk", begun, pace=room.desk.pace)
    room.store.record([Done(first, due_at=begun + HOUR, unknown=True, rest=begun)], begun)
    room.now += HOUR
    assert [each.id for each in leased_by_a_process_that_died(room, monkeypatch)] == [first.id]
    room.wait(MINUTE)
    assert [each.attempted for each in room.desk.heard] == [begun]


def test_what_waits_for_an_earlier_message_of_its_alert_does_not_keep_a_courier_at_work(room: Room) -> None:
    decide_match(room.store, room.match("a", "CNN"), room.watch, ("desk",), room.now)
    (first,) = room.store.due("desk", room.now)
    decide_match(room.store, room.match("b", "Voz", cites="CNN"), room.watch, ("desk",), room.now)
    later = room.now + HOUR
    room.store.record([Done(first, due_at=later)], room.now)
    assert room.store.leaves_at(["desk"], room.now + MINUTE) is None
    assert room.store.leaves_at(["desk"], later) == later


def test_edits_that_have_to_rest_leave_no_sooner_and_what_is_new_does(room: Room) -> None:
    room.policy(group=False)
    room.desk.pace = Pace(channel=timedelta(0), edits=HOUR)
    there = [room.also(f"there-{number}", channel=f"#{number}") for number in range(2)]
    for watch in there:
        room.comes("a", "CNN", watch=watch)
    for watch in there:
        room.comes("b", "Voz", "CNN", watch=watch)
    assert room.store.leaves_at(["desk"], room.now) == room.now + HOUR
    decide_match(room.store, room.match("a", "CNN"), room.also("new", channel="#new"), ("desk",), room.now)
    assert room.store.leaves_at(["desk"], room.now) == room.now


def test_what_may_have_been_heard_is_looked_for_no_sooner_than_it_must_have_arrived(room: Room) -> None:
    class Silent(Listener):
        def send(self, delivery: Delivery) -> Receipt:
            raise Retry("no answer", unknown=delivery.channel == "#energy")

    decide_match(room.store, room.match("a", "CNN"), room.watch, ("desk",), room.now)
    speaker = Speaker("desk", Silent(), room.clock, first_wait=timedelta(seconds=1))
    (leased,) = room.store.due("desk", room.now)
    assert speaker.say(leased)[1].due_at == room.now + ON_ITS_WAY
    clear = leased.model_copy(update={"channel": "#other"})
    assert speaker.say(clear)[1].due_at == room.now + timedelta(seconds=1)
