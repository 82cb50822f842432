"""The outbox, looked at: what a sink may be told now, and when the next may leave. Nothing here changes anything.

A sink with a pace has at most one message of each channel that may leave. Each channel is asked for its own, so that
ten thousand rows that wait cost no more than ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, or_, select, true
from sqlalchemy.sql.expression import ScalarSelect

from pipeline.store import lease as leases
from pipeline.store.outbox import pace as paces
from pipeline.store.outbox.states import MESSAGE, WAITING, Pace
from pipeline.store.schema import deliveries
from pipeline.store.schema import paces as free

OTHERS = 200
"""Messages in the hands of other processes that are looked past to find free ones, where a sink has no pace."""

ASKED = 500
"""Values of one question at most."""


@dataclass(frozen=True)
class Ready:
    """What a sink may be told now.

    Attributes:
        sink: its name.
        channel: in this channel alone; None in all.
        pace: of the sink.
        found: the messages that may leave, the oldest first.
        held: whether something was held until now, and is to be told in digests.
        lost: messages in the hands of processes that died.
        room: how many edits may be made; None where nothing limits them.
    """

    sink: str
    channel: str | None
    pace: Pace | None
    found: Sequence[str] = ()
    held: bool = False
    lost: Sequence[str] = ()
    room: float | None = None

    def __bool__(self) -> bool:
        return bool(self.found or self.held or self.lost)


def look(
    tx: Connection,
    sink: str,
    now: datetime,
    channel: str | None = None,
    pace: Pace | None = None,
    limit: int = 1,
) -> Ready:
    """What this sink may be told now, in one channel or in all: of each alert the lowest number not done.

    With a pace: of each channel that may be told again one message, and edits only while there may be more.
    """
    held = bool(tx.scalar(select(exists().where(was_held(sink, now, channel)))))
    if pace is None:
        found = tx.scalars(_all(sink, now, channel).limit(limit + OTHERS)).all()
        return Ready(sink, channel, pace, found, held)
    room = paces.edits_left(tx, sink, pace, now)
    heads = [each for each in tx.scalars(_heads(sink, now, channel, room)) if each is not None]
    found = heads if len(heads) <= limit else _oldest_first(tx, heads)
    return Ready(sink, channel, pace, found, held, _lost(tx, sink, channel), room)


def due(sink: str, now: datetime, channel: str | None = None) -> list[Any]:
    """The conditions of what waits for this sink and is due."""
    conditions = [deliveries.c.sink == sink, deliveries.c.state == WAITING, deliveries.c.due_at <= now]
    return conditions if channel is None else [*conditions, deliveries.c.channel == channel]


def was_held(sink: str, now: datetime, channel: str | None) -> ColumnElement[bool]:
    """What was held for a digest, or over quiet hours, until now, and that nobody has begun to say."""
    return and_(
        deliveries.c.sink == sink,
        _unindexed(deliveries.c.state) == WAITING,
        _unindexed(deliveries.c.due_at) <= now,
        _unindexed(deliveries.c.channel) == channel if channel is not None else true(),
        deliveries.c.held.in_(("digest", "quiet-hours")),
        deliveries.c.kind == MESSAGE,
        deliveries.c.owner.is_(None),
        deliveries.c.attempted.is_(None),
        deliveries.c.attempts == 0,
    )


_ORDER = deliveries.c.due_at, deliveries.c.made, deliveries.c.sequence, deliveries.c.delivery
_IN_CHANNEL = (deliveries.c.due_at,)
"""As the index has them: neither sorted, nor read past the words of a message, which may be long."""

_IS_EDIT = and_(deliveries.c.sequence > 1, deliveries.c.kind == MESSAGE)


def _unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, and no index of it: for a question that has a better one, whatever the database guesses."""
    return func.coalesce(column, column)


def _is_first() -> ColumnElement[bool]:
    """Nothing of its alert with a lower number still waits."""
    same = deliveries.alias()
    # A question of its own for each row, never a join: without statistics PostgreSQL joins all with all.
    lowest = select(func.min(same.c.sequence)).where(
        same.c.alert == deliveries.c.alert,
        same.c.sink == deliveries.c.sink,
        _unindexed(same.c.state) == WAITING,
    )
    return deliveries.c.sequence == lowest.correlate(deliveries).scalar_subquery()


def _all(sink: str, now: datetime, channel: str | None) -> Any:
    return select(deliveries.c.delivery).where(*due(sink, now, channel), _is_first()).order_by(*_ORDER)


def _heads(sink: str, now: datetime, channel: str | None, room: float | None) -> Any:
    """The message of each free channel that is next."""
    places = _places(sink, channel)
    # That nobody has it in hand needs no question: else its channel were not free.
    conditions = [*due(sink, now), deliveries.c.channel == places.c.channel, _is_first()]
    if room is not None and room < 1:
        # Edits have to rest, what is new has not.
        conditions.append(~_IS_EDIT)
    head = select(deliveries.c.delivery).where(*conditions).order_by(*_IN_CHANNEL).limit(1)
    return select(_of(places, head)).where(
        places.c.channel.is_not(None), paces.is_free(places.c.channel, sink, now)
    )


def _of(places: Any, query: Any) -> ScalarSelect[Any]:
    """The answer to this question about one of these channels."""
    found: ScalarSelect[Any] = query.correlate(places).scalar_subquery()
    return found


def _places(sink: str, channel: str | None) -> Any:
    """All channels of a sink, one seek in the index each: a list of all its messages is never read."""
    if channel is not None:
        return select(literal(channel).label("channel")).cte("places")
    places = (
        select(func.min(deliveries.c.channel).label("channel"))
        .where(deliveries.c.sink == sink)
        .cte("places", recursive=True)
    )
    after = select(func.min(deliveries.c.channel)).where(
        deliveries.c.sink == sink, deliveries.c.channel > places.c.channel
    )
    return places.union_all(select(_of(places, after)).where(places.c.channel.is_not(None)))


def _oldest_first(tx: Connection, ids: Sequence[str]) -> list[str]:
    rows = [
        row
        for start in range(0, len(ids), ASKED)
        for row in tx.execute(
            select(deliveries.c.due_at, deliveries.c.made, deliveries.c.delivery).where(
                deliveries.c.delivery.in_(ids[start : start + ASKED])
            )
        )
    ]
    return [row.delivery for row in sorted(rows, key=tuple)]


def _lost(tx: Connection, sink: str, channel: str | None) -> list[str]:
    """Messages in the hands of processes that are gone. Of those on other hosts nobody knows: their leases end."""
    query = select(deliveries.c.delivery, deliveries.c.owner).where(
        deliveries.c.sink == sink,
        _unindexed(deliveries.c.state) == WAITING,
        deliveries.c.owner.is_not(None),
        deliveries.c.owner != leases.me(),
    )
    if channel is not None:
        query = query.where(_unindexed(deliveries.c.channel) == channel)
    rows = tx.execute(query).all()
    gone = {owner for owner in {row.owner for row in rows} if not leases.may_live(owner)}
    return [row.delivery for row in rows if row.owner in gone]


# who is due


def channels_due(tx: Connection, sink: str, now: datetime) -> list[str]:
    """The channels in which something waits for this sink."""
    return list(
        tx.scalars(
            select(deliveries.c.channel).where(*due(sink, now)).distinct().order_by(deliveries.c.channel)
        )
    )


def free_at(tx: Connection, sinks: Iterable[str], by: datetime) -> datetime | None:
    """When the first message that becomes due until ``by`` may leave, looking at due times and paces; None: none.

    What waits for an earlier message of its alert leaves no sooner than that one, and does not count.
    """
    times = [at for sink in sinks for at in _leave_at(tx, sink, by)]
    return min(times, default=None)


def _leave_at(tx: Connection, sink: str, by: datetime) -> list[datetime]:
    """Of each channel of a sink when its first message may leave."""
    found = _first_of_each(tx, sink, by)
    edits = paces.at_of(tx, sink, paces.EDITS)
    if edits is None or not found or edits <= min(found):
        return found
    # Edits have to rest: what is no edit may leave before them.
    first_edit = min(_first_of_each(tx, sink, by, _IS_EDIT), default=None)
    others = _first_of_each(tx, sink, by, ~_IS_EDIT)
    return others if first_edit is None else [*others, max(first_edit, edits)]


def _first_of_each(tx: Connection, sink: str, by: datetime, *conditions: Any) -> list[datetime]:
    places = _places(sink, None)
    waits = (
        select(deliveries.c.due_at)
        .where(
            *due(sink, by),
            deliveries.c.channel == places.c.channel,
            or_(deliveries.c.owner.is_(None), deliveries.c.leased_until <= by),
            _is_first(),
            *conditions,
        )
        .order_by(*_IN_CHANNEL)
        .limit(1)
    )
    rest = select(free.c.free_at).where(free.c.sink == sink, free.c.place == places.c.channel)
    rows = tx.execute(
        select(_of(places, waits).label("due"), _of(places, rest).label("rest")).where(
            places.c.channel.is_not(None)
        )
    )
    return [row.due if row.rest is None else max(row.due, row.rest) for row in rows if row.due is not None]
