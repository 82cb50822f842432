"""Patience with a database that is away: the same work again, after growing pauses, until it is too long."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from pipeline.store.database import Away
from transforms.errors import StoreError

PATIENCE = timedelta(minutes=3)
"""How long a database may be away: longer than a restart, a failover, or a partition of a minute."""

OPENING = timedelta(seconds=20)
"""The same where it was never reached: a wrong address looks like a server that is about to start."""

FIRST, LONGEST = 0.05, 5.0
"""Seconds of pause at first, and at most."""

T = TypeVar("T")
log = logging.getLogger(__name__)
_inside = threading.local()


def pause(tries: int) -> float:
    """How many seconds to wait after so many tries: doubled each time, and spread, so that not all come at once."""
    longest = min(FIRST * (1 << min(tries, 12)), LONGEST)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load, it keeps no secret


def patiently(work: Callable[[], T], patience: timedelta, known: Callable[[], bool]) -> T:
    """Do this work, again from its beginning while the database is away.

    Args:
        work: transactions that may be done twice.
        patience: how long to go on.
        known: whether the database was ever reached; else ``OPENING`` is the patience, where that is shorter.

    Raises:
        StoreError: it took too long, or waiting does not help.
    """
    if getattr(_inside, "patient", False):
        # A part of work that is done again as a whole: two patiences would multiply.
        return work()
    began = time.monotonic()
    tries = 0
    _inside.patient = True
    try:
        while True:
            try:
                done = work()
            except Away as error:
                limit = patience if known() else min(patience, OPENING)
                wait = pause(tries)
                spent = time.monotonic() - began
                if spent + wait > limit.total_seconds():
                    raise StoreError(_gave_up(str(error), spent)) from None
                if tries == 0:
                    log.warning("%s (trying again for up to %.0f seconds)", error, limit.total_seconds())
                tries += 1
                time.sleep(wait)
            else:
                if tries:
                    log.info("the store answers again, after %.1f seconds", time.monotonic() - began)
                return done
    finally:
        _inside.patient = False


def _gave_up(said: str, spent: float) -> str:
    return f"{said} (tried for {spent:.0f} seconds; nothing that was kept is lost)"
