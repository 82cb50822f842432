"""The outbox, what came of it: heard, put off, never; each with why.

What was said and what is recorded of it are two steps: a process that dies between them leaves an attempt of which
nobody knows, and the sink is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal, update

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
        asked: the sink itself asked to wait until ``due_at``.
    """

    delivery: Delivery
    receipt: Receipt | None = None
    due_at: datetime | None = None
    reason: str = ""
    message: str = ""
    unknown: bool = False
    asked: bool = False


def record(tx: Connection, done: Sequence[Done], now: datetime) -> list[DeadLetter]:
    """Keep what came of these attempts; the dead letters that this makes."""
    letters = []
    for each in done:
        if each.receipt is not None:
            delivered(tx, each.delivery, each.receipt, now)
        elif each.due_at is not None:
            postponed(tx, each.delivery, each.due_at, each.message, now, unknown=each.unknown)
            if each.asked:
                paces.hold_back(tx, each.delivery.sink, each.delivery.channel, each.due_at)
        else:
            undeliverable(tx, each.delivery, each.reason, each.message)
            letters.append(
                DeadLetter(
                    step="deliver",
                    reason=each.reason,
                    message=each.message,
                    origin=f"delivery:{each.delivery.id}",
                    at=now,
                )
            )
    return letters


_FREE: dict[str, None] = {"owner": None, "leased_at": None, "leased_until": None}


def delivered(tx: Connection, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    """The sink heard it."""
    tx.execute(
        update(deliveries)
        .where(_is(delivery.id))
        .values(state=SENT, receipt=receipt.model_dump_json(), sent_at=now, error=None, held=None, **_FREE)
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
