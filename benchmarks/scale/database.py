"""A PostgreSQL server for the bench, and what it counts: transactions, rows, WAL, bytes.

It runs with the server's own defaults: every commit is on the disk before it is answered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import make_url

from tests.doubles.postgres import PASSWORD, PostgresServer

DEFAULTS = {"listen_addresses": "127.0.0.1", "fsync": "on", "log_min_messages": "warning"}
"""Nothing else: shared_buffers, checkpoints and WAL as a new server has them."""

TABLES = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables"


@dataclass(frozen=True)
class Counters:
    """What a server has counted so far."""

    transactions: int
    fetched: int
    wal_bytes: int
    wal_records: int
    size: int
    tables: Mapping[str, tuple[int, int, int]]


class Bank:
    """The server, and the databases of the measurements on it."""

    def __init__(self) -> None:
        self.server = PostgresServer(DEFAULTS)
        # Its password goes the way of libpq, so that no URL holds it.
        os.environ["PGPASSWORD"] = make_url(self.server.url("postgres")).password or PASSWORD

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a fresh database with Tocsin's schema, dropped at the end."""
        name = self.server.fresh()
        try:
            yield name
        finally:
            self.server.drop(name)

    def url(self, name: str) -> str:
        """Its URL, without a password."""
        return make_url(self.server.url(name))._replace(password=None).render_as_string()

    @property
    def process(self) -> int | None:
        """The process that all others of the server descend from; None where it is elsewhere."""
        return self.server.process.pid if self.server.process else None

    def taken_in(self, name: str) -> int:
        """Articles in the store by the server's own count, about a second late: it costs nothing to ask."""
        (row,) = self.server.ask(
            "SELECT coalesce(sum(n_tup_ins), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'articles'",
            name,
        )
        return int(row[0])

    def counters(self, name: str) -> Counters:
        """What the server counted for this database; complete once its workers are gone."""
        (base,) = self.server.ask(
            f"SELECT xact_commit + xact_rollback, tup_fetched FROM pg_stat_database WHERE datname = '{name}'"  # noqa: S608
        )
        (wal,) = self.server.ask("SELECT wal_bytes::bigint, wal_records FROM pg_stat_wal")
        (size,) = self.server.ask(f"SELECT pg_database_size('{name}')")
        tables = {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in self.server.ask(TABLES, name)}
        return Counters(int(base[0]), int(base[1]), int(wal[0]), int(wal[1]), int(size[0]), tables)

    def kept(self, name: str) -> dict[str, int]:
        """Rows in each table."""
        tables = [table for table, *_ in self.server.ask(TABLES, name) if table != "alembic_version"]
        many = 'SELECT count(*) FROM "{}"'
        return {table: int(self.server.ask(many.format(table), name)[0][0]) for table in tables}


def between(before: Counters, after: Counters) -> dict[str, Any]:
    """What was counted in between, rows by what happened to them."""
    moved = [
        [now - then for now, then in zip(many, before.tables.get(table, (0, 0, 0)), strict=True)]
        for table, many in after.tables.items()
    ]
    inserted, updated, deleted = (sum(column) for column in zip(*moved, strict=True))
    return {
        "transactions": after.transactions - before.transactions,
        "fetched": after.fetched - before.fetched,
        "inserted": inserted,
        "updated": updated,
        "deleted": deleted,
        "written": inserted + updated + deleted,
        "wal_bytes": after.wal_bytes - before.wal_bytes,
        "wal_records": after.wal_records - before.wal_records,
        "size": after.size - before.size,
    }
