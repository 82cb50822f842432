"""What people ask of the outbox: which messages wait, are held, were withheld or failed, and why.

Reads only; what changes a message is the outbox's own room.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Row, select

from pipeline.store.lookups import DeliveryState
from pipeline.store.outbox.states import DIGEST, alert_in
from pipeline.store.schema import alerts, deliveries
from transforms.article import Alert, Digest, Model, Reply


class Message(DeliveryState):
    """One row of the outbox with what it tells: the alert's id (a digest's own), its channel, headline and severity."""

    alert: str
    channel: str
    headline: str
    severity: str
    reply: Reply | None = None


class Heard(Model):
    """An alert as it stands, with all its messages in all sinks."""

    alert: Alert
    messages: tuple[Message, ...]


STATES = ("waiting", "held", "withheld", "dead", "sent", "digested")


def messages(
    tx: Connection,
    states: Sequence[str] = (),
    sink: str | None = None,
    channel: str | None = None,
    limit: int = 100,
) -> list[Message]:
    """Messages, the latest first.

    Args:
        tx: a transaction.
        states: only these; ``held`` are those that wait for a time that policy set, ``waiting`` all that wait.
        sink: only of this sink.
        channel: only of this channel.
        limit: so many at most.
    """
    asked = select(deliveries)
    if states:
        plain = [state for state in states if state != "held"]
        where: ColumnElement[bool] = deliveries.c.state.in_(plain)
        if "held" in states:
            where = where | ((deliveries.c.state == "waiting") & deliveries.c.held.is_not(None))
        asked = asked.where(where)
    if sink is not None:
        asked = asked.where(deliveries.c.sink == sink)
    if channel is not None:
        asked = asked.where(deliveries.c.channel == channel)
    asked = asked.order_by(deliveries.c.made.desc(), deliveries.c.sequence.desc(), deliveries.c.delivery)
    return [_message(row) for row in tx.execute(asked.limit(limit))]


def heard(tx: Connection, start: str, limit: int = 3) -> list[Heard]:
    """The alerts whose ids begin so, each with its messages in their order."""
    found = tx.execute(
        select(alerts.c.alert, alerts.c.body)
        .where(alerts.c.alert.startswith(start, autoescape=True))
        .order_by(alerts.c.alert)
        .limit(limit)
    ).all()
    return [
        Heard(
            alert=alert_in(row.body),
            messages=tuple(
                _message(each)
                for each in tx.execute(
                    select(deliveries)
                    .where(deliveries.c.alert == row.alert)
                    .order_by(deliveries.c.sink, deliveries.c.sequence)
                )
            ),
        )
        for row in found
    ]


def _message(row: Row[tuple[object, ...]]) -> Message:
    kept = row._mapping  # noqa: SLF001 - SQLAlchemy's own name for it
    known = {name: kept[name] for name in DeliveryState.model_fields if name != "id"}
    if kept["kind"] == DIGEST:
        digest = Digest.model_validate_json(kept["body"])
        many = len(digest.alerts) + digest.more
        headline, severity = (
            f"{digest.title}: {many} stor{'y' if many == 1 else 'ies'}",
            digest.alerts[0].severity,
        )
    else:
        alert = alert_in(kept["body"])
        headline, severity = alert.headline, alert.severity
    return Message(
        id=kept["delivery"],
        **known,
        alert=kept["alert"],
        channel=kept["channel"],
        headline=headline,
        severity=severity,
        reply=Reply.model_validate_json(kept["reply"]) if kept["reply"] else None,
    )
