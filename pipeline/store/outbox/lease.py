"""The outbox, handed out: what a sink is due, at its pace, less what a person silenced, in digests where it was held.

Whoever leases a message has it to say; a lease that was never given back is an attempt of which nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from pipeline.store import lease as leases
from pipeline.store.outbox import pace as paces
from pipeline.store.outbox.record import withhold
from pipeline.store.outbox.states import DIGEST, DIGESTED, MESSAGE, REPLY, SENT, WAITING, Pace, alert_in
from pipeline.store.schema import deliveries
from pipeline.store.silences import muting
from transforms.article import Alert, Delivery, Digest, Receipt, Reply, fingerprint
from transforms.desk.mute import Silence, silenced
from transforms.policy import rank

OTHERS = 200
"""Messages in the hands of other processes that are looked past to find free ones."""

ON_ITS_WAY = timedelta(seconds=10)
"""How long a request may be under way of which the process died that sent it."""

TOGETHER = 60
"""Stories that a digest names at most."""


def due(
    tx: Connection,
    sink: str,
    now: datetime,
    lease: timedelta,
    limit: int,
    channel: str | None = None,
    pace: Pace | None = None,
) -> list[Delivery]:
    """Lease what this sink is due, in one channel or in all: of each alert the lowest number not done, oldest first.

    With a pace: of each channel that may be told again one message, and no more edits than there may be.
    """
    _put_together(tx, sink, now, channel)
    room = None if pace is None else paces.edits_left(tx, sink, pace, now)
    found = tx.scalars(_heads(sink, now, channel, pace, room).limit(limit + OTHERS)).all()
    leasing = _Leasing(tx, now, lease, muting(tx, now), pace, room)
    taken: list[Delivery] = []
    for delivery in found:
        if len(taken) == limit:
            break
        made = leasing.take(delivery)
        if made is not None:
            taken.append(made)
    return taken


@dataclass
class _Leasing:
    """One round of leasing: what holds for all of its messages, and how many edits it may still give out."""

    tx: Connection
    now: datetime
    lease: timedelta
    silences: Sequence[Silence]
    pace: Pace | None
    room: float | None

    def take(self, delivery: str) -> Delivery | None:
        """Lease this one; None where it is another's, silenced, or has to rest."""
        # Whoever changes it now has it; what it says is read when nobody else can change it any more.
        row = self.tx.execute(_MINE, {"_delivery": delivery, "_now": self.now}).one_or_none()
        if row is None:
            return None
        if row.owner is not None and row.leased_until > self.now and leases.may_live(row.owner):
            return None
        # A lease that was never given back is an attempt of which nobody knows what came.
        lost = row.owner is not None
        if lost and self.pace is not None and row.leased_at + ON_ITS_WAY > self.now:
            self._let_arrive(row)
            return None
        made = _delivery(self.tx, row, row.attempts + lost, row.leased_at if lost else row.attempted)
        if self._muted(made) or not self._has_room(made):
            return None
        values = {
            "attempts": made.attempts,
            "attempted": made.attempted,
            "owner": leases.me(),
            "leased_at": self.now,
            "leased_until": self.now + self.lease,
        }
        self.tx.execute(update(deliveries).where(deliveries.c.delivery == row.delivery).values(values))
        return made

    def _let_arrive(self, row: Row[Any]) -> None:
        """What a process that died had just sent may still be on its way: who looks for it too early, doubles it."""
        values = {
            "attempts": row.attempts + 1,
            "attempted": func.coalesce(deliveries.c.attempted, deliveries.c.leased_at),
            "due_at": row.leased_at + ON_ITS_WAY,
            "owner": None,
            "leased_at": None,
            "leased_until": None,
        }
        self.tx.execute(update(deliveries).where(deliveries.c.delivery == row.delivery).values(values))

    def _muted(self, made: Delivery) -> bool:
        """Withhold it where a silence says so. An edit of what stands there wakes nobody, and keeps it true."""
        if not self.silences or made.digest is not None or is_edit(made) or made.attempted is not None:
            return False
        silence = silenced(made.alert, self.silences, self.now)
        if silence is None:
            return False
        withhold(self.tx, made.id, "silenced", silence.id)
        return True

    def _has_room(self, made: Delivery) -> bool:
        if self.pace is None:
            return True
        edits = is_edit(made)
        if edits and self.room is not None:
            if self.room < 1:
                return False
            self.room -= 1
        return paces.take(self.tx, made, self.pace, self.now, edits=edits)


def is_edit(delivery: Delivery) -> bool:
    """Whether it changes a message that stands there."""
    return delivery.previous is not None and delivery.reply is None and delivery.digest is None


def _heads(sink: str, now: datetime, channel: str | None, pace: Pace | None, room: float | None) -> Any:
    earlier = deliveries.alias()
    blocked = exists().where(
        and_(
            earlier.c.alert == deliveries.c.alert,
            earlier.c.sink == deliveries.c.sink,
            earlier.c.sequence < deliveries.c.sequence,
            earlier.c.state == WAITING,
        )
    )
    order = deliveries.c.due_at, deliveries.c.made, deliveries.c.sequence, deliveries.c.delivery
    conditions = [*_due(sink, now, channel), ~blocked]
    if pace is None:
        return select(deliveries.c.delivery).where(*conditions).order_by(*order)
    conditions.append(paces.is_free(deliveries.c.channel, sink, now))
    if room is not None and room < 1:
        # Edits have to rest, what is new has not.
        conditions.append(or_(deliveries.c.sequence == 1, deliveries.c.kind != MESSAGE))
    conditions.append(or_(deliveries.c.owner.is_(None), deliveries.c.leased_until <= now, _elsewhere()))
    place = func.row_number().over(partition_by=deliveries.c.channel, order_by=order).label("place")
    heads = (
        select(deliveries.c.delivery, deliveries.c.due_at, deliveries.c.made, place)
        .where(*conditions)
        .subquery()
    )
    return (
        select(heads.c.delivery)
        .where(heads.c.place == 1)
        .order_by(heads.c.due_at, heads.c.made, heads.c.delivery)
    )


def _elsewhere() -> ColumnElement[bool]:
    """In another process's hands: whether that process still lives is looked at one by one."""
    return deliveries.c.owner.is_not(None) & (deliveries.c.owner != leases.me())


_MINE = (
    select(deliveries)
    .where(
        deliveries.c.delivery == bindparam("_delivery"),
        deliveries.c.state == WAITING,
        deliveries.c.due_at <= bindparam("_now"),
    )
    .with_for_update(skip_locked=True)
)


def _delivery(tx: Connection, row: Row[Any], attempts: int, attempted: datetime | None) -> Delivery:
    digest = Digest.model_validate_json(row.body) if row.kind == DIGEST else None
    alert = digest.alerts[0] if digest is not None else alert_in(row.body)
    before = tx.scalar(_BEFORE, {"alert": row.alert, "sink": row.sink, "sequence": row.sequence})
    return Delivery(
        id=row.delivery,
        sink=row.sink,
        channel=row.channel or alert.channel,
        sequence=row.sequence,
        alert=alert,
        previous=Receipt.model_validate_json(before) if before else None,
        attempts=attempts,
        attempted=attempted,
        reply=Reply.model_validate_json(row.reply) if row.kind == REPLY else None,
        digest=digest,
    )


_BEFORE = (
    select(deliveries.c.receipt)
    .where(
        deliveries.c.alert == bindparam("alert"),
        deliveries.c.sink == bindparam("sink"),
        deliveries.c.sequence < bindparam("sequence"),
        deliveries.c.state == SENT,
        deliveries.c.kind == MESSAGE,
    )
    .order_by(deliveries.c.sequence.desc())
    .limit(1)
)
"""The message that is edited, or replied to: the last that was sent of this alert."""


# digests


def _put_together(tx: Connection, sink: str, now: datetime, channel: str | None) -> None:
    """Make digests of what was held for them and is due now, one a channel."""
    held = deliveries.c.held.in_(("digest", "quiet-hours"))
    free = and_(*_due(sink, now, channel), held, deliveries.c.kind == MESSAGE, deliveries.c.owner.is_(None))
    free = and_(free, deliveries.c.attempted.is_(None), deliveries.c.attempts == 0)
    if not tx.scalar(select(exists().where(free))):
        return
    rows = tx.execute(
        select(deliveries)
        .where(free)
        .order_by(deliveries.c.channel, deliveries.c.made)
        .with_for_update(skip_locked=True)
    ).all()
    by_channel: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel].append(row)
    silences = muting(tx, now)
    for name, held_rows in by_channel.items():
        ring: list[Row[Any]] = []
        for row in held_rows:
            silence = silenced(alert_in(row.body), silences, now)
            if silence is None:
                ring.append(row)
            else:
                withhold(tx, row.delivery, "silenced", silence.id)
        hours = [row for row in ring if row.held == "quiet-hours"]
        if len(ring) == len(hours) == 1:
            # One story alone is better told as itself: its message is live.
            _mark(tx, [ring[0].delivery], held=None)
        elif ring:
            _make_digest(tx, sink, name, ring, now, "Overnight" if len(hours) == len(ring) else "Digest")


def _make_digest(
    tx: Connection, sink: str, channel: str, rows: Sequence[Row[Any]], now: datetime, title: str
) -> None:
    alerts = sorted(
        map(_alert, rows), key=lambda alert: (-rank(alert.severity), -alert.independent, -alert.outlets)
    )
    identity = fingerprint("digest", sink, channel, rows[0].delivery)
    digest = Digest(
        id=identity,
        channel=channel,
        title=title,
        since=min(row.made for row in rows),
        at=now,
        alerts=tuple(alerts[:TOGETHER]),
        more=max(0, len(alerts) - TOGETHER),
    )
    delivery = fingerprint("delivery", identity, sink, "1")
    tx.execute(
        deliveries.insert(),
        {
            "delivery": delivery,
            "alert": identity,
            "sink": sink,
            "channel": channel,
            "sequence": 1,
            "kind": DIGEST,
            "state": WAITING,
            "body": digest.model_dump_json(),
            "made": now,
            "due_at": now,
            "attempts": 0,
        },
    )
    _mark(tx, [row.delivery for row in rows], state=DIGESTED, by=delivery)


def _alert(row: Row[Any]) -> Alert:
    return alert_in(row.body)


def _mark(tx: Connection, ids: Sequence[str], **values: Any) -> None:
    for start in range(0, len(ids), 500):
        some = deliveries.c.delivery.in_(ids[start : start + 500])
        tx.execute(update(deliveries).where(some).values(**values))


# who is due


def any_due(tx: Connection, sink: str, now: datetime, channel: str | None = None) -> bool:
    """Whether anything waits for this sink, asked without taking the writer's place."""
    return bool(tx.scalar(select(exists().where(*_due(sink, now, channel)))))


def channels_due(tx: Connection, sink: str, now: datetime) -> list[str]:
    """The channels in which something waits for this sink."""
    return list(
        tx.scalars(
            select(deliveries.c.channel).where(*_due(sink, now)).distinct().order_by(deliveries.c.channel)
        )
    )


def free_at(tx: Connection, sinks: Iterable[str], by: datetime) -> datetime | None:
    """When the first message that becomes due until ``by`` may leave, looking at due times and paces; None: none."""
    times = [
        at
        for sink in sinks
        for at in (
            tx.scalar(
                select(func.min(paces.leaves_at(deliveries.c.channel, sink, deliveries.c.due_at))).where(
                    deliveries.c.sink == sink,
                    deliveries.c.state == WAITING,
                    deliveries.c.due_at <= literal(by, deliveries.c.due_at.type),
                )
            ),
        )
        if at is not None
    ]
    return min(times, default=None)


def _due(sink: str, now: datetime, channel: str | None = None) -> list[Any]:
    conditions = [deliveries.c.sink == sink, deliveries.c.state == WAITING, deliveries.c.due_at <= now]
    return conditions if channel is None else [*conditions, deliveries.c.channel == channel]
