"""Positions: how far each part of a queue is in hand. A queue is read from there on, whoever reads it."""

from __future__ import annotations

import json
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

    A part moves on only where nothing is missing before it; what overtook is kept aside until the rest has come.
    """
    parts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for place in places:
        parts.setdefault((place.queue, place.part), []).append((place.start, place.end))
    for (queue, part), ranges in sorted(parts.items()):
        kept = tx.execute(
            select(positions.c.next, positions.c.aside)
            .where(positions.c.queue == queue, positions.c.part == part)
            .with_for_update()
        ).one_or_none()
        before = (ranges[0][0] if kept is None else kept.next, _ranges(kept.aside if kept else None))
        reached, aside = joined(before[0], [*before[1], *ranges])
        if kept is not None and (reached, aside) == before:
            continue
        changed = {"next": reached, "aside": json.dumps(aside) if aside else None, "changed": now}
        statement = insert(positions).values(queue=queue, part=part, **changed)
        tx.execute(statement.on_conflict_do_update(index_elements=["queue", "part"], set_=changed))


def joined(reached: int, ranges: Sequence[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
    """How far a part is in hand without a gap, and the ranges that lie beyond the first gap.

    Args:
        reached: how far it was; of a part that nobody began, where its first range starts.
        ranges: ``[start, end)`` each, in any order, also overlapping.
    """
    aside: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if start <= reached:
            reached = max(reached, end)
        elif aside and start <= aside[-1][1]:
            aside[-1] = aside[-1][0], max(aside[-1][1], end)
        else:
            aside.append((start, end))
    return reached, aside


def _ranges(kept: str | None) -> list[tuple[int, int]]:
    return [] if kept is None else [(start, end) for start, end in json.loads(kept)]
