"""The desk's policy at work: virtual days through the store, told to listeners, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.pipeline.room import Room
from transforms.article import Receipt
from transforms.desk import Desk, Route, Silence
from transforms.watch import Rules

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


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
