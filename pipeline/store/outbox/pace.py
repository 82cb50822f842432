"""The outbox, its pace: when a channel may be told again, and how many edits a workspace still takes.

One time for each place, from which on the next is free (the generic cell rate algorithm, ITU-T I.371): the store keeps
it, so that several processes share one pace.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, func, literal, select, update

from pipeline.store.outbox.states import Pace
from pipeline.store.schema import Utc, paces
from transforms.article import Delivery

EDITS = "\x01edits"
"""In place of a channel's name: all edits of a sink together. No channel is called so."""


def is_free(channel: ColumnElement[str], sink: str, now: datetime) -> ColumnElement[bool]:
    """Whether a channel may be told now."""
    return ~exists().where(and_(paces.c.sink == sink, paces.c.place == channel, paces.c.free_at > now))


def leaves_at(channel: ColumnElement[str], sink: str, due_at: ColumnElement[datetime]) -> ColumnElement[Any]:
    """When what is due at some time may leave: then, or when its channel is free."""
    free = select(paces.c.free_at).where(paces.c.sink == sink, paces.c.place == channel).scalar_subquery()
    later = func.coalesce(free, due_at)
    return case((later > due_at, later), else_=due_at)


def edits_left(tx: Connection, sink: str, pace: Pace, now: datetime) -> float | None:
    """How many edits may be made now; None where nothing limits them."""
    if not pace.edits:
        return None
    at = tx.scalar(_FREE, {"sink": sink, "place": EDITS})
    if at is None:
        return pace.burst
    # ``at`` is when one is free; each further one takes ``pace.edits`` longer to come.
    return float(min(pace.burst, 1 + (now - at) // pace.edits if at <= now else 0))


def take(tx: Connection, delivery: Delivery, pace: Pace, now: datetime, *, edits: bool) -> bool:
    """Take the place of one message in its channel, and of one edit; False where another process was first."""
    if not _take(tx, delivery.sink, delivery.channel, pace.channel, 1, now):
        return False
    if edits and pace.edits:
        _take(tx, delivery.sink, EDITS, pace.edits, pace.burst, now)
    return True


def _take(tx: Connection, sink: str, place: str, interval: timedelta, burst: int, now: datetime) -> bool:
    at = tx.scalar(_FREE.with_for_update(), {"sink": sink, "place": place})
    if at is not None and at > now:
        return False
    rested = now - (burst - 1) * interval
    _put(tx, sink, place, max(at or rested, rested) + interval, new=at is None)
    return True


def hold_back(tx: Connection, sink: str, channel: str, until: datetime) -> None:
    """Nothing more is told in this channel before then: the sink asked for it."""
    at = tx.scalar(_FREE.with_for_update(), {"sink": sink, "place": channel})
    if at is None or at < until:
        _put(tx, sink, channel, until, new=at is None)


_FREE = select(paces.c.free_at).where(paces.c.sink == bindparam("sink"), paces.c.place == bindparam("place"))


def _put(tx: Connection, sink: str, place: str, at: datetime, *, new: bool) -> None:
    values: Mapping[str, Any] = {"sink": sink, "place": place, "free_at": at}
    if new:
        tx.execute(paces.insert(), values)
    else:
        here = and_(paces.c.sink == sink, paces.c.place == place)
        tx.execute(update(paces).where(here).values(free_at=literal(at, Utc())))
