"""The outbox, written to: what each sink shall hear of an alert, from when on, and what is told in its thread.

A row that nobody has touched takes up newer states of its alert; from the first attempt on its words stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, or_, select

from pipeline.store.many import among, insert_all, listing, update_all
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


@dataclass(slots=True)
class _Line:
    """A row of the outbox as it stands, and what is to become of it.

    ``body`` is None where somebody touched it: a long story has many edits behind it, and their words are not
    needed again.
    """

    delivery: str
    sink: str
    kind: str
    sequence: int
    state: str
    made: datetime
    sent_at: datetime | None
    attempts: int
    due_at: datetime
    touched: bool
    body: str | None
    alert: Alert | None = None
    row: dict[str, Any] | None = None
    put: dict[str, Any] | None = None

    def said(self) -> Alert:
        """The alert in its words as they stand; of one that nobody touched."""
        if self.alert is None:
            self.alert = alert_in(self.body or "")
        return self.alert


class Outbox:
    """What sinks are to hear of some alerts: asked once, put in place in memory, and written at the end.

    Args:
        tx: a transaction that may write; what was asked is its own until it ends.
    """

    def __init__(self, tx: Connection):
        self._tx = tx
        self._lines: dict[str, list[_Line]] = {}

    def expect(self, alerts: Iterable[str]) -> None:
        """Ask for the rows of these alerts, all at once."""
        asked = set(alerts) - self._lines.keys()
        if asked:
            self._lines.update((alert, []) for alert in asked)
            for alert, *row in self._tx.execute(_LINES, {"alerts": listing(asked)}):
                self._lines[alert].append(_Line(*row))

    def enqueue(self, told: Told, sinks: Sequence[str], now: datetime, policy: Policy | None = None) -> Alert:
        """Put down what each sink shall hear; the alert comes back as the desk will hear it.

        A first message stays ``new`` however often the alert grew before it was sent.
        """
        self.expect([told.alert.id])
        lines = self._lines[told.alert.id]
        same: dict[tuple[str, str], Alert] = {}
        heard = [self._enqueue(told, sink, lines, now, policy or _AT_ONCE, same) for sink in sinks]
        return min(heard, key=lambda each: LOUDNESS.index(each.kind), default=told.alert)

    def write(self, insert: Any, dump: Callable[[Alert], str]) -> None:
        """Write all of it.

        Args:
            insert: the dialect's insert.
            dump: an alert as JSON.
        """
        new: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for alert in sorted(self._lines):
            for line in self._lines[alert]:
                if line.row is not None:
                    new.append(line.row | {"body": dump(line.said())})
                elif line.put is not None:
                    changed.append({"delivery": line.delivery, "body": dump(line.said())} | line.put)
                line.row = line.put = None
        update_all(self._tx, deliveries, "delivery", changed)
        insert_all(self._tx, insert, deliveries, new)

    def forget(self) -> None:
        """Ask again: what was written stands otherwise now."""
        self._lines.clear()

    def _enqueue(
        self,
        told: Told,
        sink: str,
        lines: list[_Line],
        now: datetime,
        policy: Policy,
        same: dict[tuple[str, str], Alert],
    ) -> Alert:
        rows = [line for line in lines if line.sink == sink]
        messages = [row for row in rows if row.kind == MESSAGE]
        touched = [row for row in messages if row.touched]
        unheard = [row for row in messages if not touched or row.sequence > touched[-1].sequence]
        alert = _loudest([told.alert, *(row.said() for row in reversed(unheard))])
        last = unheard[-1] if unheard else None
        if not messages:
            # Also where a sink was added when the story was known already: it has not heard of it.
            alert = alert.model_copy(update={"kind": "new"})
        # Several sinks mostly hear the same: it is written down once.
        alert = same.setdefault((alert.kind, alert.reason), alert)
        due = _due(told, alert, touched, unheard, rows, now, policy)
        held, state, by = due.held, WAITING, None
        if told.withheld is not None:
            state = WITHHELD
            held, by = told.withheld  # type: ignore[assignment]
        put = {"due_at": due.at, "held": held, "state": state, "by": by}
        sequence = rows[-1].sequence if rows else 0
        if last is not None and (last.state == WAITING or told.withheld is not None):
            if told.withheld is None:
                put["due_at"] = _no_sooner(last, due)
            _change(last, alert, put)
        else:
            sequence += 1
            lines.append(_line(alert, sink, sequence, now, put))
        # Who has not heard of the story hears all of it with its first message.
        if touched and told.withheld is None and touched[-1].state != DIGESTED:
            for number, each in enumerate(_replies(told, rows, now, policy), start=1):
                later = reply(policy, alert.severity, now)
                words = {
                    "kind": REPLY,
                    "reply": each.model_dump_json(),
                    "due_at": later.at,
                    "held": later.held,
                }
                lines.append(_line(alert, sink, sequence + number, now, words))
        return alert


_AT_ONCE = Policy()
_touched = or_(
    deliveries.c.state.in_((SENT, DIGESTED)),
    deliveries.c.owner.is_not(None),
    deliveries.c.attempted.is_not(None),
)
_LINES = (
    select(
        deliveries.c.alert,
        deliveries.c.delivery,
        deliveries.c.sink,
        deliveries.c.kind,
        deliveries.c.sequence,
        deliveries.c.state,
        deliveries.c.made,
        deliveries.c.sent_at,
        deliveries.c.attempts,
        deliveries.c.due_at,
        _touched.label("touched"),
        case((_touched, None), else_=deliveries.c.body).label("body"),
    )
    .where(among(deliveries.c.alert, "alerts"))
    .order_by(deliveries.c.alert, deliveries.c.sequence, deliveries.c.delivery)
    # Nobody takes a message in hand while its words are put in place of.
    .with_for_update()
)


def _due(
    told: Told,
    alert: Alert,
    touched: Sequence[_Line],
    unheard: Sequence[_Line],
    rows: Sequence[_Line],
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


def _replies(told: Told, rows: Sequence[_Line], now: datetime, policy: Policy) -> Sequence[Reply]:
    """What is told in the thread; also that a story still grows, where nothing was heard of it for long."""
    if told.replies or policy.repeat is None:
        return told.replies
    # Edits wake nobody: the last that was heard is the first message, or a reply.
    heard = [row for row in rows if row.kind == REPLY or row.sequence == 1]
    times = [row.sent_at or row.made for row in heard]
    if not times or max(times) + policy.repeat > now:
        return ()
    return (Reply(reason="still-growing", text=told.alert.reason),)


def _no_sooner(line: _Line, due: Due) -> datetime:
    """A message that failed keeps the time of its next try, and one that was held until some time is held no longer."""
    return line.due_at if line.attempts > 0 and line.due_at > due.at else due.at


def _change(line: _Line, alert: Alert, put: dict[str, Any]) -> None:
    """Put newer words, and what goes with them, in place of what a row says."""
    line.alert, line.state, line.due_at = alert, put["state"], put["due_at"]
    if line.row is not None:
        line.row |= put
    else:
        line.put = put


def _line(alert: Alert, sink: str, sequence: int, now: datetime, words: dict[str, Any]) -> _Line:
    """A new row."""
    row: dict[str, Any] = {
        "delivery": fingerprint("delivery", alert.id, sink, str(sequence)),
        "alert": alert.id,
        "sink": sink,
        "channel": alert.channel,
        "sequence": sequence,
        "kind": MESSAGE,
        "state": WAITING,
        "made": now,
        "due_at": now,
        "attempts": 0,
        "held": None,
        "by": None,
        "reply": None,
    } | words
    return _Line(
        delivery=row["delivery"],
        sink=sink,
        kind=row["kind"],
        sequence=sequence,
        state=row["state"],
        made=now,
        sent_at=None,
        attempts=0,
        due_at=row["due_at"],
        touched=False,
        body=None,
        alert=alert,
        row=row,
    )


def _loudest(states: Sequence[Alert]) -> Alert:
    """The newest state, told as the loudest of those that nobody heard."""
    loudest = max(states, key=lambda each: LOUDNESS.index(each.kind))
    return states[0].model_copy(update={"kind": loudest.kind, "reason": loudest.reason})
