"""Lengths of time as people write them in YAML: ``15m``, ``72h``, ``2d``.

Used by whatever a file may say: feeds, limits, the desk's policy.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LENGTH = re.compile(r"(\d{1,9})\s*([smhdw])")


def length(value: Any) -> Any:
    """A length of time from how it is written; what is one already stays as it is.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, timedelta):
        return value
    said = LENGTH.fullmatch(value.strip()) if isinstance(value, str) else None
    if said is None:
        raise ValueError("must be a time: a number and one of s, m, h, d, w, as in 15m or 2d")
    return timedelta(seconds=min(int(said[1]) * UNITS[said[2]], 10**10))


def spelled(value: timedelta) -> str:
    """How a length is written."""
    return f"{int(value.total_seconds())}s"


Length = Annotated[timedelta, BeforeValidator(length), PlainSerializer(spelled, when_used="json")]
