"""The outbox: what each sink is still to hear, who is saying it now, and what came of it.

One row is one message or edit of one alert in one sink, numbered in ``sequence``. A row that nobody has
touched takes up newer states of its alert; from the first attempt on its words stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from pipeline.store import lease as leases
from pipeline.store.schema import Utc, deliveries
from transforms.article import Alert, AlertKind, Delivery, Receipt, fingerprint

OTHERS = 200
"""Messages in the hands of other processes that are looked past to find free ones."""

WAITING, SENT, DEAD = "waiting", "sent", "dead"
LOUDNESS: tuple[AlertKind, ...] = ("update", "correction", "escalation", "new")


@lru_cache(maxsize=256)  # every sink of an alert, and the alert itself, are kept in the same words
def alert_in(body: str) -> Alert:
    """The alert that is kept in these words."""
    return Alert.model_validate_json(body)


def enqueue(tx: Connection, alert: Alert, sinks: Sequence[str], now: datetime) -> Alert:
    """Write what each sink shall hear; the alert comes back as the desk will hear it.

    A first message stays ``new`` however often the alert grew before it was sent.
    """
    rows = tx.execute(_TOLD, {"alert": alert.id, "sinks": sinks}).all()
    told = [_enqueue(tx, alert, sink, [row for row in rows if row.sink == sink], now) for sink in sinks]
    return min(told, key=lambda each: LOUDNESS.index(each.kind), default=alert)


_touched = or_(
    deliveries.c.state == SENT, deliveries.c.owner.is_not(None), deliveries.c.attempted.is_not(None)
)
_TOLD = (
    select(
        deliveries.c.delivery,
        deliveries.c.sink,
        deliveries.c.sequence,
        deliveries.c.state,
        _touched.label("touched"),
        # A long story has many edits behind it; their words are not needed again.
        case((_touched, None), else_=deliveries.c.body).label("body"),
    )
    .where(
        deliveries.c.alert == bindparam("alert"), deliveries.c.sink.in_(bindparam("sinks", expanding=True))
    )
    .order_by(deliveries.c.sequence)
    # Nobody takes a message in hand while its words are put in place of.
    .with_for_update()
)


def _enqueue(tx: Connection, alert: Alert, sink: str, rows: Sequence[Row[Any]], now: datetime) -> Alert:
    last = rows[-1] if rows else None
    touched = [row for row in rows if row.touched]
    unheard = [row for row in rows if not touched or row.sequence > touched[-1].sequence]
    alert = _loudest([alert, *(alert_in(row.body) for row in reversed(unheard))])
    if last is not None and last.state == WAITING and last in unheard:
        tx.execute(_REWRITE, {"_delivery": last.delivery, "body": alert.model_dump_json()})
        return alert
    if last is None:
        # Also where a sink was added when the story was known already: it has not heard of it.
        alert = alert.model_copy(update={"kind": "new"})
    sequence = last.sequence + 1 if last is not None else 1
    row = {
        "delivery": fingerprint("delivery", alert.id, sink, str(sequence)),
        "alert": alert.id,
        "sink": sink,
        "channel": alert.channel,
        "sequence": sequence,
        "state": WAITING,
        "body": alert.model_dump_json(),
        "made": now,
        "due_at": now,
        "attempts": 0,
    }
    tx.execute(_NEXT, row)
    return alert


_REWRITE = update(deliveries).where(deliveries.c.delivery == bindparam("_delivery"))
_NEXT = deliveries.insert()


def _loudest(states: Sequence[Alert]) -> Alert:
    """The newest state, told as the loudest of those that nobody heard."""
    loudest = max(states, key=lambda each: LOUDNESS.index(each.kind))
    return states[0].model_copy(update={"kind": loudest.kind, "reason": loudest.reason})


def due(
    tx: Connection, sink: str, now: datetime, lease: timedelta, limit: int, channel: str | None = None
) -> list[Delivery]:
    """Lease what this sink is due, in one channel or in all: of each alert the lowest number not done, oldest first."""
    earlier = deliveries.alias()
    blocked = exists().where(
        and_(
            earlier.c.alert == deliveries.c.alert,
            earlier.c.sink == deliveries.c.sink,
            earlier.c.sequence < deliveries.c.sequence,
            earlier.c.state == WAITING,
        )
    )
    found = tx.scalars(
        select(deliveries.c.delivery)
        .where(*_due(sink, now, channel), ~blocked)
        .order_by(deliveries.c.due_at, deliveries.c.made, deliveries.c.delivery)
        .limit(limit + OTHERS)
    ).all()
    taken: list[Delivery] = []
    owner = leases.me()
    for delivery in found:
        if len(taken) == limit:
            break
        # Whoever changes it now has it; what it says is read when nobody else can change it any more.
        row = tx.execute(_MINE, {"_delivery": delivery, "_now": now}).one_or_none()
        if row is None:
            continue
        if row.owner is not None and row.leased_until > now and leases.may_live(row.owner):
            continue
        # A lease that was never given back is an attempt of which nobody knows what came.
        lost = row.owner is not None
        values = {
            "attempts": row.attempts + lost,
            "attempted": row.leased_at if lost else row.attempted,
            "owner": owner,
            "leased_at": now,
            "leased_until": now + lease,
        }
        tx.execute(update(deliveries).where(_is(row.delivery)).values(values))
        taken.append(_delivery(tx, row, row.attempts + lost, values["attempted"]))
    return taken


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
    alert = alert_in(row.body)
    before = tx.scalar(
        select(deliveries.c.receipt)
        .where(
            deliveries.c.alert == row.alert,
            deliveries.c.sink == row.sink,
            deliveries.c.sequence < row.sequence,
            deliveries.c.state == SENT,
        )
        .order_by(deliveries.c.sequence.desc())
        .limit(1)
    )
    return Delivery(
        id=row.delivery,
        sink=row.sink,
        channel=alert.channel,
        sequence=row.sequence,
        alert=alert,
        previous=Receipt.model_validate_json(before) if before else None,
        attempts=attempts,
        attempted=attempted,
    )


_FREE: dict[str, None] = {"owner": None, "leased_at": None, "leased_until": None}


def delivered(tx: Connection, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    """The sink heard it."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery.id))
        .values(state=SENT, receipt=receipt.model_dump_json(), sent_at=now, error=None, **_FREE)
    )


def postponed(
    tx: Connection, delivery: Delivery, due_at: datetime, error: str, now: datetime, *, unknown: bool
) -> None:
    """It did not work now. ``unknown``: it may have been heard all the same."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery.id), deliveries.c.state == WAITING)
        .values(
            attempts=delivery.attempts + 1,
            # Once an attempt may have been heard, a later clear failure does not undo that.
            attempted=func.coalesce(deliveries.c.attempted, literal(now, Utc()))
            if unknown
            else deliveries.c.attempted,
            due_at=due_at,
            error=error,
            **_FREE,
        )
    )


def undeliverable(tx: Connection, delivery: Delivery, reason: str, message: str) -> None:
    """It can never work, or not until a person changes something."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery.id), deliveries.c.state == WAITING)
        .values(state=DEAD, attempts=delivery.attempts + 1, error=f"{reason}: {message}", **_FREE)
    )


def again(tx: Connection, delivery: str, now: datetime) -> None:
    """A dead delivery is due once more, as if for the first time."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery), deliveries.c.state == DEAD)
        .values(state=WAITING, attempts=0, due_at=now, error=None)
    )


def _is(delivery: str) -> Any:
    return deliveries.c.delivery == delivery


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


def _due(sink: str, now: datetime, channel: str | None = None) -> list[Any]:
    conditions = [deliveries.c.sink == sink, deliveries.c.state == WAITING, deliveries.c.due_at <= now]
    return conditions if channel is None else [*conditions, deliveries.c.channel == channel]
