"""SQLite under the store: how it is opened, how a transaction begins, and what its errors mean to a person.

WAL lets readers go on beside the one writer. ``BEGIN IMMEDIATE`` takes the writer's place before anything is
read, so that no transaction of ours is ever refused half-way. ``synchronous`` is NORMAL for work that a run
can do again: a killed process loses nothing that was committed, since the pages are with the operating
system; after a power cut the last transactions may be missing, but always from the end, so what is left is
an earlier state that the next run carries on from. A transaction before or after an effect that leaves the
machine (a message sent) is ``durable``: it is on the disk before the effect, and all before it too.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from transforms.errors import WrongStore

PATIENCE = 60.0
"""Seconds to wait for another process's transaction."""

_named: dict[str, tuple[Engine, threading.RLock, list[int]]] = {}
_naming = threading.Lock()


class SQLite:
    """One SQLite database, on disk or in memory.

    Args:
        url: ``sqlite:///path``; ``sqlite://`` for a memory of its own; ``sqlite://?name=NAME`` for a memory
            that all who open this name in this process share, while one of them holds it open.
    """

    insert = staticmethod(sqlite.insert)
    errors: tuple[type[Exception], ...] = (DBAPIError, sqlite3.Error)
    migrates = True
    known = True

    def __init__(self, url: URL):
        self.name = url.set(query={}).render_as_string(hide_password=True)
        self.path = None if url.database in {None, "", ":memory:"} else Path(str(url.database))
        self.memory = url.query.get("name") if self.path is None else None
        self.lock: threading.RLock | None = None
        self.closed = False
        if url.host or url.username:
            raise WrongStore(
                f"store {self.name}: a SQLite path follows three slashes, as in sqlite:///var/tocsin.db"
            )
        if set(url.query) - ({"name"} if self.path is None else set()):
            raise WrongStore(f"store {self.name}: a SQLite store takes no options after '?'")
        if self.path is None:
            self.engine, self.lock = self._remembered()
        else:
            self._make_folder(self.path)
            self.engine = create_engine(
                URL.create("sqlite", database=str(self.path)),
                connect_args={"timeout": PATIENCE},
                hide_parameters=True,
            )
            event.listen(self.engine, "connect", _prepare_file)
        self._begun(self.engine)

    def _remembered(self) -> tuple[Engine, threading.RLock]:
        if self.memory is None:
            return _in_memory(), threading.RLock()
        with _naming:
            engine, lock, users = _named.setdefault(str(self.memory), (_in_memory(), threading.RLock(), [0]))
            users[0] += 1
        return engine, lock

    def _make_folder(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongStore(
                f"store {self.name}: the folder {path.parent} cannot be made ({error.strerror}): "
                "choose a path that can be written"
            ) from None
        if path.is_dir():
            raise WrongStore(
                f"store {self.name}: that is a folder: name a file in it, as {path / 'tocsin.db'}"
            )

    def _begun(self, engine: Engine) -> None:
        if not event.contains(engine, "begin", _begin):
            event.listen(engine, "begin", _begin)

    @contextmanager
    def transaction(self, *, write: bool, durable: bool, alone: str | None) -> Iterator[Connection]:  # noqa: ARG002
        """A connection inside a transaction, committed at the end; what may write is alone in any case."""
        if self.lock is None:
            with self._transaction(write=write, durable=durable) as connection:
                yield connection
            return
        # A memory has one connection: one transaction at a time, whichever thread asks.
        with self.lock, self._transaction(write=write, durable=durable) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool, durable: bool) -> Iterator[Connection]:
        options: dict[str, Any] = {"tocsin_write": write, "tocsin_durable": durable}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def hold(self, tx: Connection, name: str) -> None:
        """What may write has everything for itself already."""

    def unhurried(self, tx: Connection) -> None:
        """Nothing hurries a transaction here."""

    def size(self, tx: Connection) -> int:
        """Bytes of the file, or of the memory."""
        pages, size = (tx.exec_driver_sql(f"PRAGMA page_{word}").scalar_one() for word in ("count", "size"))
        return int(pages) * int(size)

    def close(self) -> None:
        """Let go of the database; the last to close a shared memory forgets it."""
        if self.closed:
            return
        self.closed = True
        if self.memory is not None:
            with _naming:
                users = _named[str(self.memory)][2]
                users[0] -= 1
                if users[0]:
                    return
                del _named[str(self.memory)]
        self.engine.dispose()

    def transient(self, error: BaseException, *, opening: bool = False) -> bool:  # noqa: ARG002
        """Never: the driver has waited for others already."""
        return False

    def misnamed(self, error: BaseException) -> bool:  # noqa: ARG002
        """Never: what a path cannot be was said before it was opened."""
        return False

    def explain(self, error: BaseException) -> str:
        """What went wrong and what to do, in one line."""
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        for words, advice in ADVICE:
            if words in said.lower():
                return f"store {self.name}: {advice}"
        return f"store {self.name}: {said}"


ADVICE = (
    (
        "disk is full",
        "the disk is full: free some space and run again; what was not written is done again then",
    ),
    ("unable to open", "the file cannot be opened or made: check the path and who may write there"),
    ("readonly", "it cannot be written: check who may write the file and its folder"),
    (
        "not a database",
        "the file is no SQLite database, or it is damaged: name another, or put a backup in its place",
    ),
    ("malformed", "the database is damaged: put a backup in its place, or move it away to start anew"),
    ("disk i/o error", "the disk does not read or write: check it, then run again"),
    (
        "locked",
        f"another process has held it for {PATIENCE:.0f} seconds: look for a hanging one, then run again",
    ),
)


def _in_memory() -> Engine:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_memory)
    return engine


def _prepare_memory(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions by itself: ``_begin`` does.
    connection.isolation_level = None


def _prepare_file(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    deadline = time.monotonic() + PATIENCE
    while True:
        # Changing the mode does not wait for others as all else does: two that open a fresh file may meet here.
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous=NORMAL")
    # 16 MB of log between checkpoints: hashes touch pages all over, and a page is then written once for many.
    connection.execute("PRAGMA wal_autocheckpoint=4000")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("tocsin_durable"):
        connection.exec_driver_sql("PRAGMA synchronous=FULL")
    elif options.get("tocsin_write"):
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("tocsin_write") else "BEGIN")
