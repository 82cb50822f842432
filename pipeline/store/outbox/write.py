"""The outbox, written to: what each sink shall hear of an alert, from when on, and what is told in its thread.

A row that nobody has touched takes up newer states of its alert; from the first attempt on its words stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, or_, select, update

from pipeline.store.outbox.states import DIGESTED, LOUDNESS, MESSAGE, REPLY, SENT, WAITING, WITHHELD, alert_in
from pipeline.store.schema import deliveries
from transforms.article import Alert, Reply, fingerprint
from transforms.desk.timing import Due, edit, first_message, reply
from transforms.policy import Policy


@dataclass(frozen=True)
class Told:
    """What is to be told of an alert.

    Attributes:
        alert: as it stands.
        replies: what is worth more than an edit.
        withheld: why it is not told, and by what; None where it is.
    """

    alert: Alert
    replies: Sequence[Reply] = ()
    withheld: tuple[str, str] | None = None


def enqueue(
    tx: Connection, told: Told, sinks: Sequence[str], now: datetime, policy: Policy | None = None
) -> Alert:
    """Write what each sink shall hear; the alert comes back as the desk will hear it.

    A first message stays ``new`` however often the alert grew before it was sent.
    """
    rows = tx.execute(_TOLD, {"alert": told.alert.id, "sinks": sinks}).all()
    heard = [
        _enqueue(tx, told, sink, [row for row in rows if row.sink == sink], now, policy or _AT_ONCE)
        for sink in sinks
    ]
    return min(heard, key=lambda each: LOUDNESS.index(each.kind), default=told.alert)


_AT_ONCE = Policy()
_touched = or_(
    deliveries.c.state.in_((SENT, DIGESTED)),
    deliveries.c.owner.is_not(None),
    deliveries.c.attempted.is_not(None),
)
_TOLD = (
    select(
        deliveries.c.delivery,
        deliveries.c.sink,
        deliveries.c.kind,
        deliveries.c.sequence,
        deliveries.c.state,
        deliveries.c.made,
        deliveries.c.sent_at,
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


def _enqueue(
    tx: Connection, told: Told, sink: str, rows: Sequence[Row[Any]], now: datetime, policy: Policy
) -> Alert:
    messages = [row for row in rows if row.kind == MESSAGE]
    touched = [row for row in messages if row.touched]
    unheard = [row for row in messages if not touched or row.sequence > touched[-1].sequence]
    alert = _loudest([told.alert, *(alert_in(row.body) for row in reversed(unheard))])
    last = unheard[-1] if unheard else None
    if not messages:
        # Also where a sink was added when the story was known already: it has not heard of it.
        alert = alert.model_copy(update={"kind": "new"})
    due = _due(told, alert, touched, unheard, rows, now, policy)
    put = {
        "body": alert.model_dump_json(),
        "due_at": due.at,
        "held": due.held,
        "state": WAITING if told.withheld is None else WITHHELD,
        "by": None,
    }
    if told.withheld is not None:
        put |= {"held": told.withheld[0], "by": told.withheld[1]}
    sequence = rows[-1].sequence if rows else 0
    if last is not None and (last.state == WAITING or told.withheld is not None):
        if told.withheld is None:
            put["due_at"] = _no_sooner(due)
        tx.execute(_put(last.delivery).values(put))
    else:
        sequence += 1
        tx.execute(_NEXT, _row(alert, sink, sequence, now) | put)
    # Who has not heard of the story hears all of it with its first message.
    if touched and told.withheld is None and touched[-1].state != DIGESTED:
        for number, each in enumerate(_replies(told, rows, now, policy), start=1):
            later = reply(policy, alert.severity, now)
            words = {"kind": REPLY, "reply": each.model_dump_json(), "due_at": later.at, "held": later.held}
            tx.execute(_NEXT, _row(alert, sink, sequence + number, now) | words)
    return alert


def _due(
    told: Told,
    alert: Alert,
    touched: Sequence[Row[Any]],
    unheard: Sequence[Row[Any]],
    rows: Sequence[Row[Any]],
    now: datetime,
    policy: Policy,
) -> Due:
    """When the alert's next message may leave."""
    heard = [row for row in touched if row.state != DIGESTED]
    if not heard:
        first = min((row.made for row in unheard if row.state == WAITING), default=now)
        return first_message(policy, alert.severity, first, now)
    last = max((row.sent_at for row in rows if row.sent_at is not None), default=None)
    return edit(policy, last or heard[-1].made, now, material=bool(_replies(told, rows, now, policy)))


def _replies(told: Told, rows: Sequence[Row[Any]], now: datetime, policy: Policy) -> Sequence[Reply]:
    """What is told in the thread; also that a story still grows, where nothing was heard of it for long."""
    if told.replies or policy.repeat is None:
        return told.replies
    # Edits wake nobody: the last that was heard is the first message, or a reply.
    heard = [row for row in rows if row.kind == REPLY or row.sequence == 1]
    times = [row.sent_at or row.made for row in heard]
    if not times or max(times) + policy.repeat > now:
        return ()
    return (Reply(reason="still-growing", text=told.alert.reason),)


def _no_sooner(due: Due) -> Any:
    """A message that failed keeps the time of its next try, and one that was held until some time is held no longer."""
    tried = (deliveries.c.attempts > 0) & (deliveries.c.due_at > due.at)
    return case((tried, deliveries.c.due_at), else_=due.at)


def _put(delivery: str) -> Any:
    return update(deliveries).where(deliveries.c.delivery == delivery)


_NEXT = deliveries.insert()


def _row(alert: Alert, sink: str, sequence: int, now: datetime) -> dict[str, Any]:
    return {
        "delivery": fingerprint("delivery", alert.id, sink, str(sequence)),
        "alert": alert.id,
        "sink": sink,
        "channel": alert.channel,
        "sequence": sequence,
        "kind": MESSAGE,
        "state": WAITING,
        "body": alert.model_dump_json(),
        "made": now,
        "due_at": now,
        "attempts": 0,
        "held": None,
        "by": None,
        "reply": None,
    }


def _loudest(states: Sequence[Alert]) -> Alert:
    """The newest state, told as the loudest of those that nobody heard."""
    loudest = max(states, key=lambda each: LOUDNESS.index(each.kind))
    return states[0].model_copy(update={"kind": loudest.kind, "reason": loudest.reason})
