"""The desk's policy at work: virtual days through the store, told to listeners, on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipeline.courier import Courier, Speaker, deliver_due
from pipeline.newsdesk import decide_match
from pipeline.newsdesk.telling import Outcome
from pipeline.store import Store
from pipeline.store.outbox import Done, Pace
from pipeline.store.outbox.lease import ON_ITS_WAY
from transforms.article import Delivery, Match, Receipt
from transforms.desk import Desk, Policy, Route, Silence
from transforms.errors import Refused, Retry
from transforms.watch import Rules, Watch

Make = Callable[..., Match]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Listener:
    """A sink that writes down what it hears."""

    def __init__(self, name: str = "desk", pace: Pace | None = None):
        self.name, self.pace = name, pace
        self.heard: list[Delivery] = []

    def send(self, delivery: Delivery) -> Receipt:
        self.heard.append(delivery)
        return Receipt(channel=delivery.channel, message=str(len(self.heard)))

    def find(self, delivery: Delivery) -> Receipt | None:
        del delivery
        return None

    def close(self) -> None:
        """Nothing is held."""

    @property
    def said(self) -> list[str]:
        """What was heard, in a word each."""
        return [_word(each) for each in self.heard]


def _word(delivery: Delivery) -> str:
    if delivery.digest is not None:
        return f"digest of {len(delivery.digest.alerts)}"
    if delivery.reply is not None:
        return f"reply {delivery.reply.reason}"
    return delivery.alert.kind if delivery.previous is None else f"edit {delivery.alert.kind}"


class Room:
    """A newsroom on a virtual clock."""

    def __init__(self, store: Store, watch: Watch, match: Make, now: datetime):
        self.store, self.watch, self.match, self.now = store, watch, match, now
        self.rules = Rules(watches={watch.id: watch})
        self.desk = Listener()

    def clock(self) -> datetime:
        return self.now

    def policy(
        self, routes: tuple[Route, ...] = (), channels: dict[str, Any] | None = None, **said: Any
    ) -> None:
        """The policy from now on."""
        desk = Desk(
            Policy.model_validate(said),
            {name: Policy.model_validate(each) for name, each in (channels or {}).items()},
            routes,
        )
        self.rules = Rules(watches=self.rules.watches, desk=desk)

    def also(self, name: str, **changes: Any) -> Watch:
        """A further watch."""
        other = self.watch.model_copy(update={"id": name} | changes)
        self.rules = Rules(watches={**self.rules.watches, name: other}, desk=self.rules.desk)
        return other

    def comes(self, name: str, outlet: str, cites: str | None = None, watch: Watch | None = None) -> Outcome:
        """An article comes in, and what is due is said; one that cites nobody tells it in its own words."""
        watch = watch or self.watch
        made = self.match(name, outlet, cites=cites or "").model_copy(update={"watch": watch.id})
        if cites is None:
            article = made.reading.article
            words = random.Random(outlet).sample(article.text.split(), len(article.text.split()))  # noqa: S311 - not a secret
            own = article.model_copy(update={"text": " ".join(words)})
            made = made.model_copy(update={"reading": made.reading.model_copy(update={"article": own})})
        outcome = decide_match(self.store, made, watch, ("desk",), self.now, rules=self.rules)
        self.deliver()
        return outcome

    def wait(self, wait: timedelta) -> None:
        self.now += wait
        self.deliver()

    def deliver(self) -> None:
        deliver_due(self.store, {"desk": self.desk}, self.clock)

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every row, in their order."""
        return [(each.state, each.held) for each in reversed(self.store.messages())]


@pytest.fixture
def room(store: Store, watch: Watch, match: Make, noon: datetime) -> Room:
    return Room(store, watch.model_copy(update={"severity": "normal"}), match, noon)


def test_a_story_gathers_its_first_coverage_and_rings_once(room: Room) -> None:
    room.policy(wait="10m")
    room.comes("a", "CNN")
    room.wait(9 * MINUTE)
    room.comes("b", "Voz", "CNN")
    assert (room.desk.said, room.states()) == ([], [("waiting", "wait")])
    room.wait(MINUTE)
    assert room.desk.said == ["new"]
    assert len(room.desk.heard[0].alert.coverage) == 2


def test_edits_are_spaced_and_the_last_tells_all(room: Room) -> None:
    room.policy(update_every="5m")
    room.comes("a", "CNN")
    for number, name in enumerate("bcd"):
        room.now += MINUTE
        room.comes(name, f"Outlet {number}", "CNN")
    assert room.desk.said == ["new"]
    assert room.states()[-1] == ("waiting", "update-every")
    room.wait(2 * MINUTE)
    assert room.desk.said == ["new", "edit update"]
    assert len(room.desk.heard[-1].alert.coverage) == 4


def test_a_confirmation_is_an_edit_at_once_and_a_reply_after_it(room: Room) -> None:
    room.policy(update_every="1h")
    room.comes("a", "CNN")
    room.wait(MINUTE)
    room.comes("b", "The Hill")
    assert room.desk.said == ["new", "edit update", "reply independent-confirmation"]
    assert room.desk.heard[2].previous == Receipt(channel="#energy", message="2")


def test_a_confirmation_before_the_first_message_needs_no_reply(room: Room) -> None:
    room.policy(wait="10m")
    room.comes("a", "CNN")
    room.comes("b", "The Hill")
    room.wait(HOUR)
    assert room.desk.said == ["new"]
    assert room.desk.heard[0].alert.independent == 2


def test_a_story_that_still_grows_is_told_again_after_a_while(room: Room) -> None:
    room.policy(repeat="6h")
    room.comes("a", "CNN")
    room.now += 5 * HOUR
    room.comes("b", "Voz", "CNN")
    room.now += HOUR
    room.comes("c", "Junction", "CNN")
    room.now += 5 * HOUR
    room.comes("d", "Delo", "CNN")
    assert room.desk.said == ["new", "edit update", "edit update", "reply still-growing", "edit update"]


def test_the_night_is_quiet_and_the_morning_has_one_digest(room: Room) -> None:
    room.policy(quiet={"from": "22:00", "to": "07:00"}, group=False)
    room.now = room.now.replace(hour=23)
    others = [room.also(f"other-{number}") for number in range(2)]
    room.rules = Rules(
        watches=room.rules.watches, desk=Desk(room.rules.desk.policy.model_copy(update={"group": False}))
    )
    room.comes("a", "CNN")
    for other in others:
        room.comes("a", "CNN", watch=other)
    loud = room.also("loud", severity="high")
    room.comes("a", "CNN", watch=loud)
    assert room.desk.said == ["new"]
    assert [held for _, held in room.states()][:3] == ["quiet-hours"] * 3
    room.now = room.now.replace(hour=6, minute=59) + timedelta(days=1)
    room.deliver()
    assert room.desk.said == ["new"]
    room.wait(MINUTE)
    assert room.desk.said == ["new", "digest of 3"]
    room.wait(HOUR)
    assert room.desk.said == ["new", "digest of 3"]
    # What was told in a digest has a message of its own from its next coverage on.
    room.comes("b", "Voz", "CNN")
    assert room.desk.said[2:] == ["update"]


def test_one_story_of_the_night_is_its_own_live_message_in_the_morning(room: Room) -> None:
    room.policy(quiet={"from": "22:00", "to": "07:00"})
    room.now = room.now.replace(hour=23)
    room.comes("a", "CNN")
    room.wait(9 * HOUR)
    assert room.desk.said == ["new"]


def test_edits_go_on_in_the_night_and_replies_wait(room: Room) -> None:
    room.policy(quiet={"from": "22:00", "to": "07:00"})
    room.comes("a", "CNN")
    room.now = room.now.replace(hour=23)
    room.comes("b", "The Hill")
    assert room.desk.said == ["new", "edit update"]
    room.wait(8 * HOUR)
    assert room.desk.said == ["new", "edit update", "reply independent-confirmation"]


def test_an_hourly_digest_has_all_that_is_new_and_not_what_is_loud(room: Room) -> None:
    room.policy(digest={"every": "hour"}, group=False)
    room.now += 10 * MINUTE
    room.comes("a", "CNN")
    loud = room.also("loud", severity="high")
    room.comes("a", "CNN", watch=loud)
    assert room.desk.said == ["new"]
    room.wait(50 * MINUTE)
    assert room.desk.said == ["new", "digest of 1"]
    digest = room.desk.heard[1].digest
    assert digest is not None
    assert (digest.title, digest.alerts[0].watch, digest.more) == ("Digest", room.watch.id, 0)
    assert {state for state, _ in room.states()} == {"sent", "digested"}


def test_escalation_makes_a_waiting_story_ring_through_the_night(room: Room) -> None:
    room.policy(quiet={"from": "22:00", "to": "07:00"}, escalate=[{"independent": 2, "to": "high"}])
    room.now = room.now.replace(hour=23)
    room.comes("a", "CNN")
    assert room.desk.said == []
    room.comes("b", "The Hill")
    assert room.desk.said == ["new"]
    assert room.desk.heard[0].alert.severity == "high"


def test_watches_that_ring_for_one_story_in_one_channel_are_one_message(room: Room) -> None:
    other = room.also("other")
    room.comes("a", "CNN")
    outcome = room.comes("a", "CNN", watch=other)
    assert room.desk.said == ["new", "edit update"]
    told = room.desk.heard[-1].alert
    assert (told.watch, [each.watch for each in told.also]) == (room.watch.id, ["other"])
    assert told.also[0].why
    assert outcome.alert is not None
    assert outcome.alert.id == told.id
    # Coverage that only the other watch matched stands in the same message; so does what only the first one has.
    room.comes("b", "Voz", "CNN", watch=other)
    room.comes("c", "Junction", "CNN")
    assert {piece.article[0] for piece in room.desk.heard[-1].alert.coverage} == {"a", "b", "c"}
    assert [each.watch for each in room.desk.heard[-1].alert.also] == ["other"]
    assert len(room.store.alerts()) == 1


def test_without_groups_each_watch_has_its_message(room: Room) -> None:
    room.policy(group=False)
    other = room.also("other")
    room.comes("a", "CNN")
    room.comes("a", "CNN", watch=other)
    assert room.desk.said == ["new", "new"]


def test_watches_of_different_channels_are_not_one_message(room: Room) -> None:
    other = room.also("other", channel="#elsewhere")
    room.comes("a", "CNN")
    room.comes("a", "CNN", watch=other)
    assert [each.channel for each in room.desk.heard] == ["#energy", "#elsewhere"]


@pytest.mark.parametrize("order", ["the loud first", "the quiet first"])
def test_a_louder_watch_mutes_a_quieter_one_on_the_same_story(room: Room, order: str) -> None:
    room.policy(inhibit=True, wait="5m")
    loud = room.also("loud", severity="high", channel="#loud")
    both = [loud, room.watch] if order == "the loud first" else [room.watch, loud]
    for watch in both:
        room.comes("a", "CNN", watch=watch)
    room.wait(HOUR)
    assert [each.alert.watch for each in room.desk.heard] == ["loud"]
    assert ("withheld", "inhibited") in room.states()
    (withheld,) = room.store.messages(("withheld",))
    assert withheld.by == room.desk.heard[0].alert.id


def test_a_route_tells_what_is_loud_in_a_further_channel(room: Room) -> None:
    room.policy(routes=(Route(channel="#all", severity="high"),), escalate=[{"independent": 2}])
    room.comes("a", "CNN")
    assert [each.channel for each in room.desk.heard] == ["#energy"]
    room.comes("b", "The Hill")
    assert [(each.channel, each.alert.kind) for each in room.desk.heard if each.previous is None] == [
        ("#energy", "new"),
        ("#all", "new"),
    ]
    assert len({each.alert.id for each in room.desk.heard}) == 2


def silence(room: Room, **named: str) -> Silence:
    said = {"id": "quiet", "owner": "ann", "reason": "known", "made": room.now, "until": room.now + HOUR}
    made = Silence.model_validate(said | named)
    room.store.silence(made)
    return made


def test_a_silence_withholds_what_is_new_and_the_next_coverage_rings_as_new(room: Room) -> None:
    silence(room, watch=room.watch.id)
    room.comes("a", "CNN")
    assert (room.desk.said, room.states()) == ([], [("withheld", "silenced")])
    assert room.store.messages()[0].by == "quiet"
    room.wait(HOUR)
    assert room.desk.said == []
    room.comes("b", "Voz", "CNN")
    assert room.desk.said == ["new"]
    assert len(room.desk.heard[0].alert.coverage) == 2


def test_a_silence_that_comes_while_a_message_waits_holds_for_it_too(room: Room) -> None:
    room.policy(wait="10m")
    room.comes("a", "CNN")
    silence(room, story=room.store.alerts()[0].story)
    room.wait(10 * MINUTE)
    assert (room.desk.said, room.states()) == ([], [("withheld", "silenced")])


def test_a_silence_mutes_replies_and_never_edits(room: Room) -> None:
    room.comes("a", "CNN")
    silence(room, watch=room.watch.id)
    room.comes("b", "The Hill")
    assert room.desk.said == ["new", "edit update"]
    assert room.states()[-1] == ("withheld", "silenced")


def test_a_silence_that_is_ended_mutes_no_longer(room: Room) -> None:
    silence(room, watch=room.watch.id)
    room.now += MINUTE
    assert room.store.end_silence("quiet", room.now)
    assert not room.store.end_silence("quiet", room.now)
    room.comes("a", "CNN")
    assert room.desk.said == ["new"]
    assert [each.until for each in room.store.silences()] == [room.now]


def test_a_channel_is_told_by_the_sinks_that_its_policy_names(room: Room) -> None:
    room.policy(channels={"#energy": {"sinks": ["nobody"]}})
    assert room.comes("a", "CNN").rings == ()
    assert room.desk.said == []


# pace


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
