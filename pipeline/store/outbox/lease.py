"""The outbox, handed out: what a sink is due, at its pace, less what a person silenced, in digests where it was held.

Whoever leases a message has it to say; a lease that was never given back is an attempt of which nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from pipeline.store import lease as leases
from pipeline.store.outbox import pace as paces
from pipeline.store.outbox.look import Ready, look, was_held
from pipeline.store.outbox.record import withhold
from pipeline.store.outbox.states import DIGEST, DIGESTED, MESSAGE, REPLY, SENT, WAITING, Pace, alert_in
from pipeline.store.schema import deliveries
from pipeline.store.silences import muting
from transforms.article import Alert, Delivery, Digest, Receipt, Reply, fingerprint
from transforms.desk.mute import Silence, silenced
from transforms.policy import rank

ON_ITS_WAY = timedelta(seconds=20)
"""How long a request may be under way of which nobody waits for the answer any more: longer than a sink would wait."""

TOGETHER = 60
"""Stories that a digest names at most."""


def due(tx: Connection, ready: Ready, now: datetime, lease: timedelta, limit: int) -> list[Delivery]:
    """Lease of what was found ready what is still to be had, the oldest first, up to ``limit``.

    With a pace a channel is not free until what was leased of it is recorded, or the lease ends.
    """
    if ready.held or ready.lost:
        if ready.held:
            _put_together(tx, ready.sink, now, ready.channel)
        if ready.lost and ready.pace is not None:
            _give_back(tx, ready.lost, ready.pace, now)
        ready = look(tx, ready.sink, now, ready.channel, ready.pace, limit)
    leasing = _Leasing(tx, ready, now, lease, muting(tx, now), ready.room)
    return leasing.some(limit)


@dataclass
class _Leasing:
    """One round of leasing: what holds for all of its messages, and how many edits it may still give out."""

    tx: Connection
    ready: Ready
    now: datetime
    lease: timedelta
    silences: Sequence[Silence]
    room: float | None
    free_at: Mapping[str, datetime] = field(default_factory=dict)
    edits: int = 0

    def some(self, limit: int) -> list[Delivery]:
        """Lease up to so many; with a pace one of a channel."""
        taken: list[Delivery] = []
        places: dict[str, datetime] = {}
        if self.ready.pace is None:
            for delivery in self.ready.found:
                if len(taken) == limit:
                    break
                taken += filter(None, [self._take(row) for row in self._mine([delivery])])
        else:
            # A few more than there is room for: some may be silenced, or another process's by now.
            found = self.ready.found[: limit + MORE]
            rows = {row.delivery: row for row in self._mine(found)}
            self.free_at = paces.times(self.tx, self.ready.sink, {row.channel for row in rows.values()})
            for row in filter(None, map(rows.get, found)):
                free = row.channel not in places and self._is_free(row.channel)
                if len(taken) < limit and free and (made := self._take(row)) is not None:
                    taken.append(made)
                    places[row.channel] = self.now + self.lease
        self._write(taken)
        if self.ready.pace is not None and taken:
            paces.put(self.tx, self.ready.sink, places, self.free_at)
            if self.edits:
                paces.take_edits(self.tx, self.ready.sink, self.ready.pace, self.edits, self.now)
        return taken

    def _mine(self, ids: Sequence[str]) -> Sequence[Row[Any]]:
        # Whoever changes it now has it; what it says is read when nobody else can change it any more.
        return self.tx.execute(_MINE, {"_ids": ids, "_now": self.now}).all() if ids else ()

    def _is_free(self, channel: str) -> bool:
        at = self.free_at.get(channel)
        return at is None or at <= self.now

    def _take(self, row: Row[Any]) -> Delivery | None:
        """What is to be said; None where it is another's, silenced, or has to rest."""
        if row.owner is not None and row.leased_until > self.now and leases.may_live(row.owner):
            return None
        # A lease that was never given back is an attempt of which nobody knows what came.
        lost = row.owner is not None
        made = _delivery(
            self.tx, row, row.attempts + lost, row.attempted or (row.leased_at if lost else None)
        )
        if self._muted(made):
            return None
        if is_edit(made) and self.room is not None:
            if self.room < 1:
                return None
            self.room -= 1
            self.edits += 1
        return made

    def _write(self, taken: Sequence[Delivery]) -> None:
        if not taken:
            return
        mine = {"_owner": leases.me(), "_leased_at": self.now, "_leased_until": self.now + self.lease}
        self.tx.execute(
            _TAKEN,
            [
                {"_delivery": each.id, "_attempts": each.attempts, "_attempted": each.attempted} | mine
                for each in sorted(taken, key=lambda each: each.id)
            ],
        )

    def _muted(self, made: Delivery) -> bool:
        """Withhold it where a silence says so. An edit of what stands there wakes nobody, and keeps it true."""
        if not self.silences or made.digest is not None or is_edit(made) or made.attempted is not None:
            return False
        silence = silenced(made.alert, self.silences, self.now)
        if silence is None:
            return False
        withhold(self.tx, made.id, "silenced", silence.id)
        return True


MORE = 8
"""Messages that are looked at beyond those that there is room for."""


def _give_back(tx: Connection, lost: Sequence[str], pace: Pace, now: datetime) -> None:
    """Messages in the hands of processes that died become due when what was just sent must have arrived.

    Who looked for it too early would double it. Their channels rest, as after an answer: it may just have left.
    """
    rest: dict[tuple[str, str], datetime] = {}
    for row in tx.execute(_LOST, {"_ids": lost}):
        if row.owner is None or leases.may_live(row.owner):
            continue
        values = {
            "attempts": row.attempts + 1,
            # The first attempt that may have been heard: from then on it is looked for.
            "attempted": row.attempted or row.leased_at,
            "due_at": max(row.due_at, row.leased_at + ON_ITS_WAY),
            "owner": None,
            "leased_at": None,
            "leased_until": None,
        }
        tx.execute(update(deliveries).where(deliveries.c.delivery == row.delivery).values(values))
        rest[row.sink, row.channel] = now + pace.channel
    for sink in {sink for sink, _ in rest}:
        paces.put(tx, sink, {place: at for (name, place), at in rest.items() if name == sink})


def is_edit(delivery: Delivery) -> bool:
    """Whether it changes a message that stands there."""
    return delivery.previous is not None and delivery.reply is None and delivery.digest is None


_MINE = (
    select(deliveries)
    .where(
        deliveries.c.delivery.in_(bindparam("_ids", expanding=True)),
        deliveries.c.state == WAITING,
        deliveries.c.due_at <= bindparam("_now"),
    )
    .order_by(deliveries.c.delivery)
    .with_for_update(skip_locked=True)
)
_LOST = (
    select(deliveries)
    .where(deliveries.c.delivery.in_(bindparam("_ids", expanding=True)), deliveries.c.state == WAITING)
    .order_by(deliveries.c.delivery)
    .with_for_update(skip_locked=True)
)
_TAKEN = (
    update(deliveries)
    .where(deliveries.c.delivery == bindparam("_delivery"))
    .values(
        attempts=bindparam("_attempts"),
        attempted=bindparam("_attempted"),
        owner=bindparam("_owner"),
        leased_at=bindparam("_leased_at"),
        leased_until=bindparam("_leased_until"),
    )
)


def _delivery(tx: Connection, row: Row[Any], attempts: int, attempted: datetime | None) -> Delivery:
    digest = Digest.model_validate_json(row.body) if row.kind == DIGEST else None
    alert = digest.alerts[0] if digest is not None else alert_in(row.body)
    before = tx.scalar(_BEFORE, {"alert": row.alert, "sink": row.sink, "sequence": row.sequence})
    return Delivery(
        id=row.delivery,
        sink=row.sink,
        channel=row.channel or alert.channel,
        sequence=row.sequence,
        alert=alert,
        previous=Receipt.model_validate_json(before) if before else None,
        attempts=attempts,
        attempted=attempted,
        reply=Reply.model_validate_json(row.reply) if row.kind == REPLY else None,
        digest=digest,
    )


_BEFORE = (
    select(deliveries.c.receipt)
    .where(
        deliveries.c.alert == bindparam("alert"),
        deliveries.c.sink == bindparam("sink"),
        deliveries.c.sequence < bindparam("sequence"),
        deliveries.c.state == SENT,
        deliveries.c.kind == MESSAGE,
    )
    .order_by(deliveries.c.sequence.desc())
    .limit(1)
)
"""The message that is edited, or replied to: the last that was sent of this alert."""


# digests


def _put_together(tx: Connection, sink: str, now: datetime, channel: str | None) -> None:
    """Make digests of what was held for them and is due now, one a channel."""
    rows = tx.execute(
        select(deliveries)
        .where(was_held(sink, now, channel))
        .order_by(deliveries.c.channel, deliveries.c.made)
        .with_for_update(skip_locked=True)
    ).all()
    by_channel: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_channel[row.channel].append(row)
    silences = muting(tx, now)
    for name, held_rows in by_channel.items():
        ring: list[Row[Any]] = []
        for row in held_rows:
            silence = silenced(alert_in(row.body), silences, now)
            if silence is None:
                ring.append(row)
            else:
                withhold(tx, row.delivery, "silenced", silence.id)
        hours = [row for row in ring if row.held == "quiet-hours"]
        if len(ring) == len(hours) == 1:
            # One story alone is better told as itself: its message is live.
            _mark(tx, [ring[0].delivery], held=None)
        elif ring:
            _make_digest(tx, sink, name, ring, now, "Overnight" if len(hours) == len(ring) else "Digest")


def _make_digest(
    tx: Connection, sink: str, channel: str, rows: Sequence[Row[Any]], now: datetime, title: str
) -> None:
    alerts = sorted(
        map(_alert, rows), key=lambda alert: (-rank(alert.severity), -alert.independent, -alert.outlets)
    )
    identity = fingerprint("digest", sink, channel, rows[0].delivery)
    digest = Digest(
        id=identity,
        channel=channel,
        title=title,
        since=min(row.made for row in rows),
        at=now,
        alerts=tuple(alerts[:TOGETHER]),
        more=max(0, len(alerts) - TOGETHER),
    )
    delivery = fingerprint("delivery", identity, sink, "1")
    tx.execute(
        deliveries.insert(),
        {
            "delivery": delivery,
            "alert": identity,
            "sink": sink,
            "channel": channel,
            "sequence": 1,
            "kind": DIGEST,
            "state": WAITING,
            "body": digest.model_dump_json(),
            "made": now,
            "due_at": now,
            "attempts": 0,
        },
    )
    _mark(tx, [row.delivery for row in rows], state=DIGESTED, by=delivery)


def _alert(row: Row[Any]) -> Alert:
    return alert_in(row.body)


def _mark(tx: Connection, ids: Sequence[str], **values: Any) -> None:
    for start in range(0, len(ids), 500):
        some = deliveries.c.delivery.in_(ids[start : start + 500])
        tx.execute(update(deliveries).where(some).values(**values))
