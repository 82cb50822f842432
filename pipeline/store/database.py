"""What a database must do to hold the store: one transaction at a time for those that must be alone, clear errors.

``sqlite`` and ``postgres`` keep this; ``ground`` opens one of them by its URL and is patient with it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection

from transforms.errors import StoreError


class Database(Protocol):
    """One database that holds the store.

    Attributes:
        name: its URL as it may be shown: without password and options.
        errors: what its driver raises.
        migrates: whether opening brings the schema up to date; else a person does it.
    """

    name: str
    errors: tuple[type[Exception], ...]
    migrates: bool

    @property
    def known(self) -> bool:
        """Whether this process reached it before: then it is away, not wrong."""
        ...

    @property
    def insert(self) -> Any:
        """The dialect's insert, which can leave out what stands there already."""
        ...

    def transaction(
        self, *, write: bool, durable: bool, alone: str | None
    ) -> AbstractContextManager[Connection]:
        """A connection inside a transaction, committed at the end.

        Args:
            write: False sees one state, whatever others write meanwhile, and changes nothing.
            durable: on the disk when it ends.
            alone: what the transaction has for itself among all that write; others who ask for it wait.
        """
        ...

    def hold(self, tx: Connection, name: str) -> None:
        """Have this for oneself too, until the transaction ends."""
        ...

    def unhurried(self, tx: Connection) -> None:
        """Let this transaction take its time: it changes the schema."""
        ...

    def size(self, tx: Connection) -> int:
        """Bytes on the disk, or in memory."""
        ...

    def close(self) -> None:
        """Let go of it; closing twice is harmless."""
        ...

    def explain(self, error: BaseException) -> str:
        """What went wrong and what to do, in one line, without any secret."""
        ...

    def transient(self, error: BaseException, *, opening: bool = False) -> bool:
        """Whether it may pass by itself; ``opening``: nothing was reached yet, what is named may be wrong."""
        ...

    def misnamed(self, error: BaseException) -> bool:
        """Whether a person must name another store, user or password: no waiting helps."""
        ...


class Away(StoreError):  # noqa: N818 - it says how the store is
    """The database is away or busy, and may be back by itself: the same work may be done again."""
