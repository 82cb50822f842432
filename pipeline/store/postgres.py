"""PostgreSQL under the store: how it is reached, how a transaction is alone, and what its errors mean to a person.

All steps of one process share a small pool. Transactions are READ COMMITTED; what must not happen twice at
once takes a lock by name (``alone``) before anything is read. A question of several parts sees one snapshot.
Commits are always on the disk: a streaming job never reads again what the store said it had. Where the answer
to a COMMIT is lost, the server is asked what became of the transaction, so that its work is not done twice.
Time-outs on both sides see to it that no partition, hanging query or dead peer holds a worker for ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Transaction
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from transforms.errors import WrongStore

POOL, OVERFLOW = 2, 10
"""Connections that are kept, and more for threads that come at once."""

FREE_WITHIN = 30.0
"""Seconds to wait for a connection of the pool."""

CONNECTING = 10
"""Seconds that reaching the server may take."""

SILENT = {"idle": 15, "interval": 5, "count": 3}
"""After how many seconds of silence, and how many probes, the other side counts as gone."""

UNANSWERED = 30_000
"""Milliseconds after which data that nobody acknowledged ends a connection."""

AT_SERVER = {
    "statement_timeout": "60s",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "synchronous_commit": "on",
    **{f"tcp_keepalives_{name}": str(value) for name, value in SILENT.items()},
    "tcp_user_timeout": str(UNANSWERED),
}
"""What the server sees to: a transaction whose worker is gone ends, and others get what it held."""

ASKED_FOR = 90.0
"""Seconds to ask what became of a commit: longer than the server lets a silent transaction live."""

PASSING = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25006", "53300"}
"""Codes of what passes: conflicts, time-outs, a server that stops, starts, has no connection free or is a standby."""


@dataclass
class _Shared:
    """The pool of one URL in this process, and how many hold it."""

    engine: Engine
    users: int = 0
    known: bool = False


_pools: dict[tuple[int, URL], _Shared] = {}
_sharing = threading.Lock()


class Postgres:
    """One PostgreSQL database.

    Args:
        url: ``postgresql://user@host/database``; what follows '?' goes to libpq, as ``sslmode=verify-full``.
    """

    insert = staticmethod(postgresql.insert)
    migrates = False

    def __init__(self, url: URL):
        self.name = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        try:
            import psycopg  # noqa: PLC0415 - a laptop with SQLite needs no libpq
        except ImportError as error:
            raise WrongStore(
                f"store {self.name}: the driver psycopg is missing or finds no libpq ({error}): "
                "pip install 'psycopg[binary]'"
            ) from None
        self.errors: tuple[type[Exception], ...] = (DBAPIError, NoneFree, psycopg.Error)
        self.closed = False
        self._key = os.getpid(), url.set(drivername="postgresql+psycopg")
        with _sharing:
            self._shared = _pools.get(self._key) or _pools.setdefault(self._key, _Shared(_pool(self._key[1])))
            self._shared.users += 1
        self.engine = self._shared.engine

    @property
    def known(self) -> bool:
        """Whether this process reached it before."""
        return self._shared.known

    @contextmanager
    def transaction(self, *, write: bool, durable: bool, alone: str | None) -> Iterator[Connection]:  # noqa: ARG002
        """A connection inside a transaction, committed at the end; every commit is durable."""
        with self.engine.connect() as connection:
            self._shared.known = True
            if not write:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                with connection.begin():
                    yield connection
                return
            with connection.begin() as begun:
                asked = _ALONE if alone is not None else _BEGUN
                lock = {"key": lock_key(alone)} if alone is not None else {}
                row = connection.execute(asked, lock).one()
                yield connection
                self._commit(begun, str(row.number), row.started)

    def _commit(self, begun: Transaction, number: str, started: object) -> None:
        try:
            begun.commit()
        except DBAPIError as error:
            if not error.connection_invalidated or self._became_of(number, started) != "committed":
                raise

    def _became_of(self, number: str, started: object) -> str | None:
        """What the server says of this transaction: committed, aborted, or None where it cannot be asked.

        A server that was started since cannot: the numbers of transactions that a crash cut off are given again, and
        it would speak of another one.
        """
        end = time.monotonic() + ASKED_FOR
        while time.monotonic() < end:
            try:
                with self.engine.connect() as connection, connection.begin():
                    said, now = connection.execute(_BECAME, {"number": number}).one()
                    if now != started:
                        return None
                    if said != "in progress":
                        return None if said is None else str(said)
                    # Its connection is gone and the server has not seen it: nobody can commit it any more.
                    connection.execute(_END, {"number": number})
            except self.errors as error:
                if not self.transient(error):
                    return None
            time.sleep(0.2)
        return None

    def hold(self, tx: Connection, name: str) -> None:
        """Have this for oneself too, until the transaction ends."""
        tx.execute(_HOLD, {"key": lock_key(name)})

    def unhurried(self, tx: Connection) -> None:
        """Lift the time-outs: an index over years of articles takes longer than any question."""
        tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        tx.exec_driver_sql("SET LOCAL lock_timeout = 0")

    def size(self, tx: Connection) -> int:
        """Bytes on the server's disk."""
        return int(tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)

    def close(self) -> None:
        """Let go of the pool; the last to close it closes its connections."""
        if self.closed:
            return
        self.closed = True
        with _sharing:
            self._shared.users -= 1
            if self._shared.users:
                return
            _pools.pop(self._key, None)
        if self._key[0] == os.getpid():
            self.engine.dispose()

    def transient(self, error: BaseException, *, opening: bool = False) -> bool:
        """Whether it may pass by itself."""
        if isinstance(error, NoneFree):
            return True
        code, said = _said(error)
        if code == "25006":
            # After a failover the pool may still hold connections to what is a standby now.
            self.engine.dispose()
        if code is not None:
            return code in PASSING or code.startswith("08")
        if any(words.search(said) for words, _ in NAMED_WRONGLY):
            return False
        if UNKNOWN_HOST.search(said):
            return not opening
        return _lost(error)

    def misnamed(self, error: BaseException) -> bool:
        """Whether the URL names what is not there, or lets nobody in."""
        code, said = _said(error)
        if code is not None:
            return code in CODES_NAMED_WRONGLY
        return any(words.search(said) for words, _ in NAMED_WRONGLY) or bool(UNKNOWN_HOST.search(said))

    def explain(self, error: BaseException) -> str:
        """What went wrong and what to do, in one line."""
        if isinstance(error, NoneFree):
            wait = f"no connection was free for {FREE_WITHIN:.0f} seconds"
            return f"store {self.name}: {wait}: give each worker fewer threads"
        code, said = _said(error)
        for codes, advice in ADVICE:
            if code is not None and code.startswith(codes):
                return f"store {self.name}: {advice}"
        if code is None:
            for words, advice in NAMED_WRONGLY:
                if words.search(said):
                    return f"store {self.name}: {advice}"
            if UNKNOWN_HOST.search(said):
                return f"store {self.name}: the host is not known: check its name in the URL"
            if _lost(error):
                return f"store {self.name}: the server cannot be reached or ended the connection: check that it runs"
        # Only the server's first line: what it adds may repeat values.
        original = getattr(error, "orig", None) or error
        first = getattr(getattr(original, "diag", None), "message_primary", None) or type(original).__name__
        return f"store {self.name}: {str(first).splitlines()[0]}{f' ({code})' if code else ''}"


def lock_key(name: str) -> int:
    """The number that PostgreSQL knows a lock of this name by."""
    return int.from_bytes(hashlib.blake2b(f"tocsin {name}".encode(), digest_size=8).digest(), signed=True)


_NUMBER = "SELECT CAST(pg_current_xact_id() AS text) AS number, pg_postmaster_start_time() AS started"
_BEGUN = text(_NUMBER)
_ALONE = text(f"{_NUMBER}, pg_advisory_xact_lock(:key)")
_HOLD = text("SELECT pg_advisory_xact_lock(:key)")
_BECAME = text("SELECT pg_xact_status(CAST(CAST(:number AS text) AS xid8)), pg_postmaster_start_time()")
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
    " AND CAST(backend_xid AS text) = CAST(CAST(CAST(CAST(:number AS text) AS xid8) AS xid) AS text)"
)

UNKNOWN_HOST = re.compile(
    "failed to resolve host|could not translate host name|name or service not known|nodename nor servname"
)
NAMED_WRONGLY = tuple(
    (re.compile(words), advice)
    for words, advice in (
        ("password authentication failed", "the password or the user is wrong: correct the URL"),
        (
            "no password supplied",
            "the server wants a password: put the whole URL into the environment (store_env)",
        ),
        (
            "no pg_hba.conf entry",
            "the server does not let this user in from here: check pg_hba.conf and sslmode",
        ),
        ("authentication failed", "the server does not let this user in: check the user in the URL"),
        ("not permitted to log in", "this user may not log in: name another in the URL"),
        ("role .* does not exist", "the user does not exist on the server: name another, or create it"),
        (
            "database .* does not exist",
            "the database does not exist on the server: name another, or create it",
        ),
        ("permission denied for database", "the user may not connect to this database: GRANT CONNECT"),
        ("invalid connection option", "an option after '?' in the URL is not known to libpq: remove it"),
        ("invalid sslmode value", "sslmode in the URL is none of libpq's: write verify-full or require"),
        ("certificate", "the server's certificate is not accepted: check sslmode and sslrootcert in the URL"),
        ("does not support ssl", "the server does not speak TLS: change sslmode in the URL"),
    )
)
CODES_NAMED_WRONGLY = {"28P01", "28000", "3D000", "42501"}
ADVICE: tuple[tuple[str | tuple[str, ...], str], ...] = (
    ("28", "the password or the user is wrong: correct the URL"),
    ("3D000", "the database does not exist on the server: name another in the URL, or create it"),
    ("42501", "the user may not do this in the database: GRANT it what the guide lists"),
    ("42P01", "a table is missing: run `tocsin store migrate`"),
    ("53100", "the server's disk is full: free some space; what was not written is done again then"),
    ("53300", "the server has no connection free: raise max_connections, or run fewer workers"),
    ("53", "the server is out of resources: give it more memory or less work"),
    ("57P04", "the database was dropped: name another in the URL, or put a backup in its place"),
    ("57P", "the server stops or starts: wait for it, or start it"),
    ("57014", "a statement took longer than a minute: look for what slows the server down"),
    ("55P03", "another transaction has held what is needed for half a minute: look for a hanging one"),
    ("25006", "it is a standby that takes no writes: name the primary in the URL"),
    (("25P03", "08"), "the server ended the connection: check the network between here and there"),
    (("40",), "others change the same rows all the time: run fewer workers"),
    (("XX",), "the server found its files damaged: look into its log, put a backup in its place"),
)


def _said(error: BaseException) -> tuple[str | None, str]:
    """The server's code, where it sent one, and its words in lower case."""
    original = getattr(error, "orig", None) or error
    return getattr(original, "sqlstate", None), str(original).lower()


def _lost(error: BaseException) -> bool:
    original = getattr(error, "orig", None) or error
    kinds = {kind.__name__ for kind in type(original).__mro__}
    return bool(getattr(error, "connection_invalidated", False)) or "OperationalError" in kinds


def _pool(url: URL) -> Engine:
    given = dict(url.query)
    options = " ".join(f"-c {name}={value}" for name, value in AT_SERVER.items())
    said: dict[str, Any] = {
        "connect_timeout": CONNECTING,
        "keepalives": 1,
        **{f"keepalives_{name}": value for name, value in SILENT.items()},
        "tcp_user_timeout": UNANSWERED,
        "application_name": "tocsin",
    }
    said = {name: value for name, value in said.items() if name not in given}
    # What the URL says comes last, and holds.
    said["options"] = f"{options} {given.get('options', '')}".strip()
    engine = create_engine(
        url.difference_update_query(["options"]),
        connect_args=said,
        isolation_level="READ COMMITTED",
        pool_size=POOL,
        max_overflow=OVERFLOW,
        pool_timeout=FREE_WITHIN,
        pool_pre_ping=True,
        pool_use_lifo=True,
        pool_recycle=1800,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _pack_fast)
    return engine


def _pack_fast(connection: Any, record: object) -> None:
    """Long texts are packed by lz4 where the server was built with it: its own way takes longer than writing them."""
    del record
    with connection.cursor() as cursor:
        cursor.execute(_LZ4)
    connection.commit()


_LZ4 = (
    "DO $$ BEGIN PERFORM set_config('default_toast_compression', 'lz4', false);"
    " EXCEPTION WHEN undefined_object OR invalid_parameter_value OR feature_not_supported THEN NULL; END $$"
)


def _forget() -> None:
    """A child of this process has none of its connections."""
    for shared in _pools.values():
        with contextlib.suppress(Exception):
            shared.engine.dispose(close=False)
    _pools.clear()


os.register_at_fork(after_in_child=_forget)
