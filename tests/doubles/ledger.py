"""A twin of what the store does for queues: takes documents in and remembers positions, in one SQLite file.

It keeps count of everything that came, doubles too, so that a test can say what was lost, doubled or torn. Other
processes may hold it open at the same time, and be killed.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import apache_beam as beam

from transforms.article import DeadLetter, Document, Position

SCHEMA = """
create table if not exists began (queue text, part text, at integer, primary key (queue, part));
create table if not exists taken (queue text, part text, start integer, stop integer, body blob,
                                  primary key (queue, part, stop));
create table if not exists came (queue text, part text, stop integer, at real);
create index if not exists came_by_stop on came (queue, part, stop);
"""


class Ledger:
    """Keeps the contract of ``PositionMemory``, and takes in what a source gives."""

    def __init__(self, path: str):
        self.path = path
        self._base = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._base.execute("pragma journal_mode = wal")
        self._base.executescript(SCHEMA)

    def position(self, queue: str, part: str) -> int | None:
        began = self._base.execute(
            "select at from began where queue = ? and part = ?", (queue, part)
        ).fetchone()
        if began is None:
            return None
        at = int(began[0])
        ranges = self._base.execute(
            "select start, stop from taken where queue = ? and part = ? order by stop", (queue, part)
        )
        for start, stop in ranges:
            if start > at:
                break
            at = max(at, stop)
        return at

    def begin(self, queue: str, part: str, offset: int) -> int:
        self._base.execute("insert or ignore into began values (?, ?, ?)", (queue, part, offset))
        at = self.position(queue, part)
        assert at is not None
        return at

    def take_in(self, batch: list[tuple[Position, bytes]]) -> None:
        self._base.execute("begin immediate")
        for position, body in batch:
            place = (position.queue, position.part)
            row = (*place, position.start, position.end, body)
            self._base.execute("insert or ignore into taken values (?, ?, ?, ?, ?)", row)
            self._base.execute("insert into came values (?, ?, ?, ?)", (*place, position.end, time.time()))
        self._base.execute("commit")

    def bodies(self) -> Counter[bytes]:
        """What was taken in, once each place."""
        return Counter(body for (body,) in self._base.execute("select body from taken"))

    def taken(self) -> int:
        """How many documents were taken in, once each place."""
        return int(self._base.execute("select count(*) from taken").fetchone()[0])

    def came(self) -> int:
        """How many documents came, doubles counted."""
        return int(self._base.execute("select count(*) from came").fetchone()[0])

    def gaps(self) -> list[tuple[str, int, int]]:
        """Places where the positions of a part do not follow each other."""
        found = []
        for queue, part, at in self._base.execute("select queue, part, at from began").fetchall():
            place = at
            for start, stop in self._base.execute(
                "select start, stop from taken where queue = ? and part = ? order by stop", (queue, part)
            ):
                if start > place:
                    found.append((part, place, start))
                place = max(place, stop)
        return found

    def close(self) -> None:
        self._base.close()


class TakeIn(beam.DoFn):
    """Document or DeadLetter in; nothing out: each bundle is one transaction."""

    def __init__(self, path: str):
        self._path = path

    def setup(self) -> None:
        self._ledger = Ledger(self._path)

    def start_bundle(self) -> None:
        self._batch: list[tuple[Position, bytes]] = []

    def process(self, came: Document | DeadLetter) -> Iterator[Document]:
        assert came.position is not None
        body = came.body if isinstance(came, Document) else came.reason.encode()
        self._batch.append((came.position, body))
        yield from ()

    def finish_bundle(self) -> None:
        self._ledger.take_in(self._batch)

    def teardown(self) -> None:
        self._ledger.close()


def memory(path: str) -> partial[Ledger]:
    """What opens the ledger, for a worker."""
    return partial(Ledger, path)
