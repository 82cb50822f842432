"""When the desk is told: table tests over virtual days, on a clock that is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from transforms.article import Severity
from transforms.desk.timing import edit, first_message, next_digest, quiet_until, reply
from transforms.policy import Desk, Digests, Escalation, Policy, Quiet, Route

DAY = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NIGHT = Quiet.model_validate({"from": "22:00", "to": "07:00"})
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(hours: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hours)


@pytest.mark.parametrize(
    ("said", "severity", "opened", "now", "due", "held"),
    [
        ({}, "normal", at(12), at(12), at(12), None),
        ({"wait": "10m"}, "normal", at(12), at(12), at(12) + 10 * MINUTE, "wait"),
        ({"wait": "10m"}, "normal", at(12), at(12) + 9 * MINUTE, at(12) + 10 * MINUTE, "wait"),
        ({"wait": "10m"}, "normal", at(12), at(13), at(13), None),
        # Quiet hours: until the morning, also where the wait alone would lead into them; the loud ones ring.
        ({"quiet": NIGHT}, "normal", at(23), at(23), at(7, 1), "quiet-hours"),
        ({"quiet": NIGHT}, "normal", at(3), at(3), at(7), "quiet-hours"),
        ({"quiet": NIGHT}, "normal", at(7), at(7), at(7), None),
        ({"quiet": NIGHT}, "normal", at(21.99), at(21.99), at(21.99), None),
        ({"quiet": NIGHT, "wait": "30m"}, "low", at(21.75), at(21.75), at(7, 1), "quiet-hours"),
        ({"quiet": NIGHT}, "high", at(23), at(23), at(23), None),
        ({"quiet": NIGHT.model_copy(update={"except_": None})}, "high", at(23), at(23), at(7, 1), "quiet-hours"),
        # Digests: at the full hour, or once a day; a digest that falls into the night comes in the morning.
        ({"digest": {"every": "hour"}}, "normal", at(12.2), at(12.2), at(13), "digest"),
        ({"digest": {"every": "hour"}}, "normal", at(13), at(13), at(13), "digest"),
        ({"digest": {"every": "day", "at": "08:30"}}, "normal", at(9), at(9), at(8.5, 1), "digest"),
        ({"digest": {"every": "day", "at": "08:30"}}, "high", at(9), at(9), at(9), None),
        ({"digest": {"every": "day", "at": "08:30", "except": None}}, "high", at(9), at(9), at(8.5, 1), "digest"),
        ({"digest": {"every": "hour"}, "quiet": NIGHT}, "normal", at(21.5), at(21.5), at(7, 1), "quiet-hours"),
    ],
)  # fmt: skip
def test_the_first_message_of_a_story_leaves(
    said: dict[str, object],
    severity: Severity,
    opened: datetime,
    now: datetime,
    due: datetime,
    held: str | None,
) -> None:
    told = first_message(Policy.model_validate(said), severity, opened, now)
    assert (told.at, told.held) == (due, held)


def test_edits_are_spaced_unless_something_material_happened() -> None:
    policy = Policy.model_validate({"update_every": "5m", "quiet": NIGHT})
    assert edit(policy, at(12), at(12) + MINUTE, material=False).at == at(12) + 5 * MINUTE
    assert edit(policy, at(12), at(12) + MINUTE, material=False).held == "update-every"
    assert edit(policy, at(12), at(12) + MINUTE, material=True).at == at(12) + MINUTE
    assert edit(policy, at(12), at(13), material=False).held is None
    # An edit wakes nobody, a reply does.
    assert edit(policy, at(12), at(23), material=True).at == at(23)
    assert (reply(policy, "normal", at(23)).at, reply(policy, "normal", at(23)).held) == (
        at(7, 1),
        "quiet-hours",
    )
    assert reply(policy, "high", at(23)).at == at(23)


def test_days_are_those_of_the_zone_also_where_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = Quiet.model_validate({"from": "22:00", "to": "07:00", "zone": "Europe/Berlin"})
    spring = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # clocks went from 02:00 to 03:00 half an hour before
    assert quiet_until(night, spring) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    autumn = datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    assert quiet_until(night, autumn) == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
    daily = Digests.model_validate({"every": "day", "at": "02:30", "zone": "Europe/Berlin"})
    skipped = next_digest(daily, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert skipped.astimezone(berlin).date().isoformat() == "2026-03-29"


@given(
    some.integers(0, 24 * 60 - 1),
    some.integers(0, 24 * 60 - 1),
    some.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
    some.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_quiet_hours_end_within_a_day_and_are_over_at_their_end(
    start: int, end: int, now: datetime, zone: str
) -> None:
    if start == end:
        return
    quiet = Quiet.model_validate({"from": start, "to": end, "zone": zone})
    over = quiet_until(quiet, now)
    if over is not None:
        assert now < over <= now + timedelta(hours=25)
        assert quiet_until(quiet, over) is None
    for every in ("hour", "day"):
        digests = Digests.model_validate({"every": every, "at": end, "zone": zone})
        comes = next_digest(digests, now)
        assert now <= comes <= now + timedelta(hours=26)
        assert next_digest(digests, comes) == comes


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"wait": "ten"}, "must be a time"),
        ({"quiet": {"from": "22:00", "to": "22:00"}}, "quiet hours have a length"),
        ({"quiet": {"from": "25:00", "to": "07:00"}}, "time of day"),
        ({"quiet": {"from": "22:00", "to": "07:00", "zone": "Berlin"}}, "no time zone"),
        ({"escalate": [{"to": "high"}]}, "says nothing of when"),
        ({"escalate": [{"independent": 2, "within": "1h"}]}, "belongs to outlets"),
        ({"digest": {"every": "week"}}, "hour"),
        ({"wiat": "10m"}, "wiat"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(said: dict[str, object], wrong: str) -> None:
    with pytest.raises(ValidationError, match=wrong):
        Policy.model_validate(said)


def test_a_channel_states_what_differs_and_routes_add_channels() -> None:
    desk = Desk(
        Policy.model_validate({"wait": "2m", "update_every": "5m"}),
        {"#night": Policy.model_validate({"wait": "0s"})},
        (
            Route(channel="#all", severity="high"),
            Route(channel="#cyber", watches=("hacks",)),
            Route(channel="#all", watches=("hacks",)),
        ),
    )
    assert desk.of("#day").wait == 2 * MINUTE
    assert (desk.of("#night").wait, desk.of("#night").update_every) == (timedelta(0), 5 * MINUTE)
    assert desk.further("wildfires", "normal", "#fires") == ()
    assert desk.further("wildfires", "high", "#fires") == ("#all",)
    assert desk.further("hacks", "low", "#cyber") == ("#all",)
    assert not desk.inhibits
    assert Desk(Policy(), {"#a": Policy(inhibit=True)}).inhibits


def test_escalation_needs_a_step_that_says_when() -> None:
    assert Escalation(independent=2).to == "high"
