"""Parse, the date as the outlet says it: ISO 8601, RFC 2822 and what feeds make of them.

A date is never replaced by another: one that cannot be read is None. A clock time or a day without a zone
is read as UTC, which is wrong by 14 hours at most, where dropping it would lose the day altogether; it is said
so beside it, so that nobody takes it for exact.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

LONGEST = 80
ZONES = {  # names that mean one zone only; IST, BST (Bangladesh), CST (China) and AST do not all, see below
    "CET": 60, "CEST": 120, "WET": 0, "WEST": 60, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "PKT": 300,
    "HKT": 480, "SGT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "BST": 60,
}  # fmt: skip
NAMED = re.compile(r"(.{6,60}) \(?([A-Z]{3,4})\)?")
COMMENT = re.compile(r" ?\([A-Za-z ]{1,40}\)$")


class Said(NamedTuple):
    """A date as it was said: the moment, and whether its zone was said too."""

    moment: datetime
    zoned: bool


def moment(said: str) -> Said | None:
    """The moment that these words name, in UTC; None where they name none."""
    said = " ".join(said[: LONGEST + 1].split())
    if not said or len(said) > LONGEST:
        return None
    for reader in (_iso, _named, _mail):
        try:
            found = reader(said)
            if found is not None:
                zoned = found.tzinfo is not None
                return Said((found if zoned else found.replace(tzinfo=UTC)).astimezone(UTC), zoned)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _iso(said: str) -> datetime | None:
    return datetime.fromisoformat(said)


def _mail(said: str) -> datetime | None:
    found = parsedate_to_datetime(said)
    # the mail format's -0000 means UTC without a place: the moment itself is exact
    return found.replace(tzinfo=UTC) if found.tzinfo is None and said.endswith("-0000") else found


def _named(said: str) -> datetime | None:
    found = NAMED.fullmatch(said)
    if found is None or found[2] not in ZONES:
        return None
    bare = COMMENT.sub("", found[1])
    try:
        read = datetime.fromisoformat(bare)
    except ValueError:
        read = parsedate_to_datetime(bare)
    return read.replace(tzinfo=timezone(timedelta(minutes=ZONES[found[2]])))
