"""Dead letters: input and deliveries that cannot be processed, kept whole until a person has seen to them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from pipeline.store.schema import dead_letters
from transforms.article import DeadLetter, Document, Model, Moment, fingerprint


class Buried(Model):
    """A dead letter as it is listed.

    Attributes:
        id: names it on the command line.
        times: how often the same input failed at the same step.
        size: bytes that are kept of its input, compressed; 0 where there is none.
        resurrected_at: when it was last replayed.
    """

    id: str
    step: str
    reason: str
    message: str
    origin: str
    times: int
    size: int
    first_at: Moment
    last_at: Moment
    resurrected_at: Moment | None = None


def bury(tx: Connection, insert: Any, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Keep these; one that is there already is counted, with what was said last."""
    if not letters:
        return
    rows = [_row(letter, now) for letter in letters]
    statement = insert(dead_letters)
    new = statement.excluded
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["letter"],
            set_={
                "times": dead_letters.c.times + 1,
                "reason": new.reason,
                "message": new.message,
                "last_at": new.last_at,
                "resurrected_at": None,
            },
        ),
        sorted(rows, key=lambda row: str(row["letter"])),
    )


def letter_id(letter: DeadLetter) -> str:
    """Its id: the step, the origin and the input."""
    body = letter.document.body if letter.document else b""
    return fingerprint(
        "letter", letter.step, letter.origin, hashlib.blake2b(body, digest_size=16).hexdigest()
    )


def _row(letter: DeadLetter, now: datetime) -> dict[str, Any]:
    document = letter.document
    at = letter.at or now
    return {
        "letter": letter_id(letter),
        "step": letter.step,
        "reason": letter.reason,
        "message": letter.message,
        "origin": letter.origin,
        "document": document.model_copy(update=_APART).model_dump_json() if document else None,
        "body": zlib.compress(document.body, 6) if document else None,
        "times": 1,
        "first_at": at,
        "last_at": at,
    }


# The body has a column of its own; the source's memory was written when this was buried.
_APART = {"body": b"", "feed_state": None, "position": None}

_LISTED = (
    dead_letters.c.letter.label("id"),
    *(
        dead_letters.c[name]
        for name in ("step", "reason", "message", "origin", "times", "first_at", "last_at", "resurrected_at")
    ),
)


def listed(tx: Connection) -> list[Buried]:
    """All of them, the newest first."""
    size = func.coalesce(func.length(dead_letters.c.body), 0).label("size")
    rows = tx.execute(select(*_LISTED, size).order_by(dead_letters.c.last_at.desc(), dead_letters.c.letter))
    return [Buried(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


def whole(tx: Connection, letter: str) -> DeadLetter | None:
    """One of them with its input, byte for byte; None where there is none of this id."""
    row = tx.execute(select(dead_letters).where(dead_letters.c.letter == letter)).one_or_none()
    if row is None:
        return None
    document = None
    if row.document is not None:
        document = Document.model_validate_json(row.document).model_copy(
            update={"body": zlib.decompress(row.body)}
        )
    return DeadLetter(
        step=row.step,
        reason=row.reason,
        message=row.message,
        origin=row.origin,
        document=document,
        at=row.last_at,
    )


def resurrected_of(tx: Connection, origin: str, now: datetime) -> None:
    """What came from there was tried again."""
    tx.execute(update(dead_letters).where(dead_letters.c.origin == origin).values(resurrected_at=now))


def resurrected(tx: Connection, letter: str, now: datetime) -> None:
    """It was replayed."""
    tx.execute(update(dead_letters).where(dead_letters.c.letter == letter).values(resurrected_at=now))
