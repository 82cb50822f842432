"""The outbox, what came of it: heard, put off, never; each with why.

What was said and what is recorded of it are two steps: a process that dies between them leaves an attempt of which
nobody knows, and the sink is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, update

from pipeline.store.outbox import pace as paces
from pipeline.store.outbox.states import DEAD, SENT, WAITING, WITHHELD, Withheld
from pipeline.store.schema import Utc, deliveries
from transforms.article import DeadLetter, Delivery, Receipt


@dataclass(frozen=True)
class Done:
    """What came of one attempt: a receipt, or a later time, or a typed reason why it can never work.

    Attributes:
        delivery: what was said.
        receipt: what the sink answered, where it heard.
        due_at: when to try again.
        reason: why never.
        message: one line for a person.
        unknown: it may have been heard all the same.
        asked: the sink itself asked to wait until ``due_at``: so the whole channel waits.
        rest: until when its channel rests in any case; None where the sink has no pace.
    """

    delivery: Delivery
    receipt: Receipt | None = None
    due_at: datetime | None = None
    reason: str = ""
    message: str = ""
    unknown: bool = False
    asked: bool = False
    rest: datetime | None = None


def record(tx: Connection, done: Sequence[Done], now: datetime) -> list[DeadLetter]:
    """Keep what came of these attempts, and when their channels may be told again; the dead letters that this makes."""
    # In one order, whoever writes: two that wait for each other would wait for ever.
    done = sorted(done, key=lambda each: each.delivery.id)
    letters = []
    _delivered(tx, [each for each in done if each.receipt is not None], now)
    for each in done:
        if each.receipt is not None:
            continue
        if each.due_at is not None:
            _postponed(tx, each.delivery, each.due_at, each.message, now, unknown=each.unknown)
        else:
            _undeliverable(tx, each.delivery, each.reason, each.message)
            letters.append(
                DeadLetter(
                    step="deliver",
                    reason=each.reason,
                    message=each.message,
                    origin=f"delivery:{each.delivery.id}",
                    at=now,
                )
            )
    _rest(tx, done)
    return letters


def _rest(tx: Connection, done: Sequence[Done]) -> None:
    """Each channel is held by the message that was on its way: what comes now is when it is free again."""
    by_sink: dict[str, dict[str, datetime]] = {}
    for each in done:
        if each.rest is not None:
            until = max(each.rest, each.due_at) if each.asked and each.due_at is not None else each.rest
            by_sink.setdefault(each.delivery.sink, {})[each.delivery.channel] = until
    for sink, places in by_sink.items():
        paces.put(tx, sink, places)


_FREE: dict[str, None] = {"owner": None, "leased_at": None, "leased_until": None}
_HEARD = (
    update(deliveries)
    .where(deliveries.c.delivery == bindparam("_delivery"))
    .values(
        state=SENT, receipt=bindparam("_receipt"), sent_at=bindparam("_now"), error=None, held=None, **_FREE
    )
)


def _delivered(tx: Connection, done: Sequence[Done], now: datetime) -> None:
    """The sink heard them."""
    rows = [
        {"_delivery": each.delivery.id, "_receipt": each.receipt.model_dump_json(), "_now": now}
        for each in done
        if each.receipt is not None
    ]
    if rows:
        tx.execute(_HEARD, rows)


def _postponed(
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


def _undeliverable(tx: Connection, delivery: Delivery, reason: str, message: str) -> None:
    """It can never work, or not until a person changes something."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery.id), deliveries.c.state == WAITING)
        .values(state=DEAD, attempts=delivery.attempts + 1, error=f"{reason}: {message}", **_FREE)
    )


def withhold(tx: Connection, delivery: str, why: Withheld, by: str) -> None:
    """It will not leave: what mutes it is kept beside it."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery), deliveries.c.state == WAITING)
        .values(state=WITHHELD, held=why, by=by, **_FREE)
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
