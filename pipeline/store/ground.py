"""The ground that the store stands on: a database by its URL, its schema, its transactions, and patience with it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar, cast

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.store.database import Away, Database
from pipeline.store.patience import PATIENCE, patiently
from pipeline.store.postgres import Postgres
from pipeline.store.schema import HEAD
from pipeline.store.sqlite import SQLite
from transforms.errors import StoreError, WrongStore

MIGRATIONS = Path(__file__).parent / "migrations"
DRIVERS: dict[str, Callable[..., Database]] = {
    "sqlite": SQLite,
    "sqlite+pysqlite": SQLite,
    "postgresql": Postgres,
    "postgresql+psycopg": Postgres,
}
# Alembic keeps the migration that is running in a module.
_migrating = threading.Lock()

P = ParamSpec("P")
T = TypeVar("T")
G = TypeVar("G", bound="Ground")


def patient(method: Callable[Concatenate[G, P], T]) -> Callable[Concatenate[G, P], T]:
    """The method, done again from its beginning while the database is away."""

    @wraps(method)
    def whole(self: G, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.patiently(lambda: method(self, *args, **kwargs))

    return cast("Callable[Concatenate[G, P], T]", whole)


class Ground:
    """An open database with Tocsin's schema in it.

    Attributes:
        insert: the dialect's insert, which can leave out what stands there already.
        patience: how long the database may be away before work on it fails.
    """

    patience: timedelta = PATIENCE

    def __init__(self, database: Database):
        self._database = database
        self.insert = database.insert

    @classmethod
    def open(cls, url: str, *, unchecked: bool = False) -> Self:
        """Open the store at this URL.

        SQLite's schema is brought up to date; PostgreSQL's has to be already, see ``migrate``.

        Args:
            url: ``sqlite:///var/tocsin.db`` (the folder is made where it is missing), ``sqlite://`` for a
                memory of its own, ``sqlite://?name=NAME`` for one that this process shares, or
                ``postgresql://user@host/database``.
            unchecked: whatever its schema is: nothing but ``migrate`` is sure to work.

        Raises:
            WrongStore: no such kind of store, or a person must name another, or migrate it.
            StoreError: it cannot be used: what is wrong and what to do.
        """
        store = cls(_database(url))
        try:
            if not unchecked:
                store.patiently(store._ready)
        except BaseException:
            store.close()
            raise
        return store

    def __repr__(self) -> str:
        return f"Store({self.name})"

    @property
    def name(self) -> str:
        """The store's URL as it may be shown: without password and options."""
        return self._database.name

    @property
    def migrates(self) -> bool:
        """Whether opening it brings its schema up to date; else a person does."""
        return self._database.migrates

    def close(self) -> None:
        """Let go of the database; closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(
        self, *, write: bool = True, durable: bool = False, alone: str | None = None
    ) -> Iterator[Connection]:
        """One transaction: all of it is kept, or nothing.

        Args:
            write: takes the writer's place first; False sees one state and changes nothing.
            durable: on the disk when it ends, for what must be remembered before or after a message left.
            alone: what it must have for itself, by a name; for databases that let several write at once.

        Raises:
            StoreError: the database failed; ``Away``, inside ``patiently``, where it may be back by itself.
        """
        opening = not self._database.known
        try:
            with self._database.transaction(write=write, durable=durable, alone=alone) as connection:
                yield connection
        except self._database.errors as error:
            said = self._database.explain(error)
            if self._database.transient(error, opening=opening):
                raise Away(said) from None
            raise (WrongStore if self._database.misnamed(error) else StoreError)(said) from None

    def hold(self, tx: Connection, name: str) -> None:
        """Have this too for the transaction alone."""
        self._database.hold(tx, name)

    def patiently(self, work: Callable[[], T]) -> T:
        """Do work of one or more transactions, again from its beginning while the database is away.

        Args:
            work: may be done twice with the same outcome.

        Raises:
            StoreError: the database was away for longer than ``patience``, or it failed otherwise.
        """
        return patiently(work, self.patience, lambda: self._database.known)

    @patient
    def migrate(self) -> str | None:
        """Bring the schema up to date; several processes may do so at once.

        Returns:
            the version that it had, None where it had none.

        Raises:
            StoreError: it was written by a newer Tocsin, or is a database of something else.
        """
        with self.transaction(write=False) as tx:
            before = self._version(tx)
            if before == HEAD:
                return before
        with _migrating, self.transaction(durable=True, alone="migrate") as tx:
            # Asked again: another process may have been first, and this one has waited for it.
            if self._version(tx) != HEAD:
                self._database.unhurried(tx)
                self._upgrade(tx)
        return before

    def version(self) -> str | None:
        """The version of the schema that it has, asked once and without patience; None where it holds nothing.

        Raises:
            Away: it is not reached now.
            StoreError: it was written by a newer Tocsin, is a database of something else, or cannot be read.
        """
        with self.transaction(write=False) as tx:
            return self._version(tx)

    def _ready(self) -> None:
        if self._database.migrates:
            self.migrate()
            return
        version = self.version()
        if version != HEAD:
            has = "holds nothing of Tocsin yet" if version is None else f"has the older schema {version}"
            raise WrongStore(
                f"store {self.name}: it {has}: run `tocsin store migrate --store URL` with this URL, once"
            )

    def _version(self, tx: Connection) -> str | None:
        tables = set(inspect(tx).get_table_names())
        if "alembic_version" in tables:
            version = tx.scalar(text("SELECT version_num FROM alembic_version"))
            if version is not None and str(version) > HEAD:
                raise StoreError(
                    f"store {self.name}: it was written by a newer Tocsin (schema {version}, this one knows {HEAD}): "
                    "update Tocsin, or name another store"
                )
            return None if version is None else str(version)
        if tables:
            raise StoreError(f"store {self.name}: it is a database of something else: name another")
        return None

    def _upgrade(self, tx: Connection) -> None:
        # Here, because a store that is up to date needs none of it.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config(attributes={"connection": tx})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "head")


def _database(url: str) -> Database:
    shown = re.sub(r"//.*@", "//***@", url.partition("?")[0])
    try:
        parsed = make_url(url)
        driver = DRIVERS.get(parsed.drivername)
    except (ArgumentError, SQLAlchemyError, ValueError):
        raise WrongStore(
            f"store {shown!r}: no URL of a store: write sqlite:///PATH, as sqlite:///tocsin.db, "
            "or postgresql://USER@HOST/DATABASE"
        ) from None
    if driver is None:
        raise WrongStore(
            f"store {shown}: stores of this kind are not known: write sqlite:///PATH "
            "or postgresql://USER@HOST/DATABASE"
        )
    return driver(parsed)
