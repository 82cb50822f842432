"""Positions: how far each part of a queue is in hand. A queue is read from there on, whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from pipeline.store.schema import positions
from transforms.article import Position


def position(tx: Connection, queue: str, part: str) -> int | None:
    """Where to read on, or None where nothing of this part was ever taken in."""
    return tx.scalar(select(positions.c.next).where(positions.c.queue == queue, positions.c.part == part))


def begin(tx: Connection, insert: Any, place: Position, now: datetime) -> int:
    """Remember where a part begins, unless that is known; where to read on."""
    row = {"queue": place.queue, "part": place.part, "next": place.start, "changed": now}
    tx.execute(insert(positions).values(row).on_conflict_do_nothing())
    known = position(tx, place.queue, place.part)
    return place.start if known is None else known


def advance(tx: Connection, insert: Any, places: Sequence[Position], now: datetime) -> None:
    """All documents at these places are in hand.

    A place moves its part on only where nothing is missing before it: what overtook another batch is read once more
    by whoever comes next, and stopped as seen.
    """
    parts: dict[tuple[str, str], list[Position]] = {}
    for place in places:
        parts.setdefault((place.queue, place.part), []).append(place)
    for (queue, part), found in sorted(parts.items()):
        known = position(tx, queue, part)
        reached = min(place.start for place in found) if known is None else known
        for place in sorted(found, key=lambda place: place.start):
            if place.start <= reached:
                reached = max(reached, place.end)
        if reached == known:
            continue
        row = {"queue": queue, "part": part, "next": reached, "changed": now}
        statement = insert(positions).values(row)
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["queue", "part"], set_={"next": reached, "changed": now}
            )
        )
