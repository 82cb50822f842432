"""The outbox, its pace: when a channel may be told again, and how many edits a workspace still takes.

One time for each place, kept in the store, so that several processes share one pace. A channel's time is the end of
the lease while a message is on its way to it: one at a time, whoever says it. Once that was answered, the channel
rests. So the time between two requests is never shorter than the pace, however long a request was on its way. Edits
share one time by the generic cell rate algorithm (ITU-T I.371).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, select, update

from pipeline.store.outbox.states import Pace
from pipeline.store.schema import paces

EDITS = "\x01edits"
"""In place of a channel's name: all edits of a sink together. No channel is called so."""


def is_free(channel: ColumnElement[str], sink: str, now: datetime) -> ColumnElement[bool]:
    """Whether a channel may be told now."""
    return ~exists().where(and_(paces.c.sink == sink, paces.c.place == channel, paces.c.free_at > now))


def times(tx: Connection, sink: str, places: Iterable[str]) -> dict[str, datetime]:
    """From when on these places are free, those that were ever told; they are this transaction's from now on."""
    rows = tx.execute(_TIMES, {"sink": sink, "places": sorted(places)})
    return {place: at for place, at in rows}  # noqa: C416 - a row is no pair to mypy


def at_of(tx: Connection, sink: str, place: str) -> datetime | None:
    """From when on a place is free; None where it was never told."""
    at: datetime | None = tx.scalar(_FREE, {"sink": sink, "place": place})
    return at


def edits_left(tx: Connection, sink: str, pace: Pace, now: datetime) -> float | None:
    """How many edits may be made now; None where nothing limits them."""
    if not pace.edits:
        return None
    at = at_of(tx, sink, EDITS)
    if at is None:
        return pace.burst
    # ``at`` is when one is free; each further one takes ``pace.edits`` longer to come.
    return float(min(pace.burst, 1 + (now - at) // pace.edits if at <= now else 0))


def take_edits(tx: Connection, sink: str, pace: Pace, many: int, now: datetime) -> None:
    """Take the places of so many edits."""
    at = tx.scalar(_FREE.with_for_update(), {"sink": sink, "place": EDITS})
    rested = now - (pace.burst - 1) * pace.edits
    put(tx, sink, {EDITS: max(at or rested, rested) + many * pace.edits}, {} if at is None else {EDITS: at})


def put(
    tx: Connection, sink: str, free_at: Mapping[str, datetime], known: Mapping[str, datetime] | None = None
) -> None:
    """These places are free from then on; ``known`` are those that were told before, None where all were."""
    rows = [{"_sink": sink, "_place": place, "_at": at} for place, at in sorted(free_at.items())]
    old = [row for row in rows if known is None or row["_place"] in known]
    new = [row for row in rows if known is not None and row["_place"] not in known]
    if old:
        tx.execute(_PUT, old)
    if new:
        tx.execute(_NEW, new)


_FREE = select(paces.c.free_at).where(paces.c.sink == bindparam("sink"), paces.c.place == bindparam("place"))
_TIMES = (
    select(paces.c.place, paces.c.free_at)
    .where(paces.c.sink == bindparam("sink"), paces.c.place.in_(bindparam("places", expanding=True)))
    .order_by(paces.c.place)
    .with_for_update()
)
_PUT = (
    update(paces)
    .where(paces.c.sink == bindparam("_sink"), paces.c.place == bindparam("_place"))
    .values(free_at=bindparam("_at"))
)
_NEW = paces.insert().values(sink=bindparam("_sink"), place=bindparam("_place"), free_at=bindparam("_at"))
