"""When the desk is told: first coverage is gathered, edits are spaced, quiet hours and digests are kept.

Pure arithmetic on the clock that is given; days are those of the policy's time zone, also where clocks change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from transforms.article import Model, Moment, Severity
from transforms.policy import Digests, Policy, Quiet, Zone, rank

Held = Literal["wait", "update-every", "quiet-hours", "digest"]
"""Why a message is not due yet."""

_DAY = timedelta(days=1)


class Due(Model):
    """When a message may leave, and what it waits for; None where it waits for nothing."""

    at: Moment
    held: Held | None = None


def first_message(policy: Policy, severity: Severity, opened: datetime, now: datetime) -> Due:
    """When the first message of a story may leave.

    Args:
        policy: of its channel.
        severity: how loud it is.
        opened: when the first of what it tells was decided.
        now: the clock.
    """
    due = Due(at=now)
    if opened + policy.wait > now:
        due = Due(at=opened + policy.wait, held="wait")
    if policy.digest is not None and not _loud(severity, policy.digest.except_):
        due = Due(at=next_digest(policy.digest, max(due.at, opened)), held="digest")
    return _quiet(policy, severity, due)


def edit(policy: Policy, last: datetime, now: datetime, *, material: bool) -> Due:
    """When an edit may be made: at once where a reply follows it, else spaced from what was last heard.

    Edits wake nobody: they are made in quiet hours, too.
    """
    if material or last + policy.update_every <= now:
        return Due(at=now)
    return Due(at=last + policy.update_every, held="update-every")


def reply(policy: Policy, severity: Severity, now: datetime) -> Due:
    """When something may be told in a thread."""
    return _quiet(policy, severity, Due(at=now))


def _quiet(policy: Policy, severity: Severity, due: Due) -> Due:
    if policy.quiet is None or _loud(severity, policy.quiet.except_):
        return due
    end = quiet_until(policy.quiet, due.at)
    return due if end is None else Due(at=end, held="quiet-hours")


def _loud(severity: Severity, least: Severity | None) -> bool:
    return least is not None and rank(severity) >= rank(least)


def quiet_until(quiet: Quiet, now: datetime) -> datetime | None:
    """When the quiet hours end that ``now`` lies in; None where it lies in none."""
    today = now.astimezone(quiet.zone).date()
    for day in (today - _DAY, today):
        start = _at(day, quiet.from_, quiet.zone)
        end = _at(day + (_DAY if quiet.to <= quiet.from_ else timedelta(0)), quiet.to, quiet.zone)
        if start <= now < end:
            return end
    return None


def next_digest(digests: Digests, after: datetime) -> datetime:
    """When the next digest comes, at ``after`` or later."""
    if digests.every == "hour":
        full = after.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return full if full == after else full + timedelta(hours=1)
    today = after.astimezone(digests.zone).date()
    times = (_at(today + days * _DAY, digests.at, digests.zone) for days in range(3))
    return next(at for at in times if at >= after)


def _at(day: date, minutes: int, zone: Zone) -> datetime:
    """A time of a day; one that the clocks jump over is as much later."""
    local = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone)
    return local.astimezone(UTC)
