"""The store: Tocsin's only memory. Which articles came, which stories ring, what each sink has still to hear.

``Store`` is the door: one method per transaction that the graph or the command line needs. Behind it
``claims`` (new?), ``coverage`` (stories, alerts), ``outbox`` (deliveries), ``letters``, ``feeds`` and
``lookups`` hold the statements, ``schema`` the tables, ``sqlite`` what is SQLite's own, ``steps`` the
transforms that wire it into the graph.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.store import claims, feeds, hand, letters, lookups, outbox, positions
from pipeline.store.claims import Verdict
from pipeline.store.feeds import FeedState
from pipeline.store.letters import Buried
from pipeline.store.lookups import KnownArticle, Standing, StoryView, Summary
from pipeline.store.schema import HEAD
from pipeline.store.sqlite import SQLite
from transforms.article import Article, DeadLetter, Delivery, Position, Receipt, Stopped, fingerprint
from transforms.errors import StoreError, WrongStore

__all__ = [
    "Brought",
    "Buried",
    "FeedState",
    "KnownArticle",
    "Standing",
    "Store",
    "StoryView",
    "Summary",
    "Verdict",
]

LEASE = timedelta(minutes=2)
BATCH = 1000
"""Articles claimed in one transaction at most: databases limit the values of one question."""

MIGRATIONS = Path(__file__).parent / "migrations"
_PROCESS_RUN = uuid.uuid4().hex
# Alembic keeps the migration that is running in a module.
_migrating = threading.Lock()


@dataclass(frozen=True)
class Brought:
    """What a source brought, ready to be taken in.

    Attributes:
        articles: cleaned.
        ends: ``step:reason`` of those that go no further, by their place among the articles.
        letters: what could not be read.
        feeds: what feeds are to remember.
        positions: the places in queues that these inputs stand for.
    """

    articles: Sequence[Article] = ()
    ends: Mapping[int, str] = field(default_factory=dict)
    letters: Sequence[DeadLetter] = ()
    feeds: Sequence[FeedState] = ()
    positions: Sequence[Position] = ()


class Store:
    """The memory, opened with ``Store.open``; closed with ``close`` or at the end of a ``with``.

    Threads may share it. Every method is one transaction and raises StoreError, in one line that names the
    store and what to do, where the database fails; then nothing of that transaction is kept.
    """

    def __init__(self, database: SQLite):
        self._database = database
        self.insert = database.insert

    @classmethod
    def open(cls, url: str) -> Store:
        """Open the store at this URL, and bring its schema up to date.

        Args:
            url: ``sqlite:///var/tocsin.db`` (the folder is made where it is missing), ``sqlite://`` for a
                memory of its own, or ``sqlite://?name=NAME`` for one that this process shares.

        Raises:
            WrongStore: no such kind of store.
            StoreError: it cannot be used: what is wrong and what to do.
        """
        store = cls(_database(url))
        try:
            store.migrate()
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
            StoreError: the database failed.
        """
        try:
            with self._database.transaction(write=write, durable=durable) as connection:
                yield connection
        except self._database.errors as error:
            raise StoreError(self._database.explain(error)) from None

    def migrate(self) -> None:
        """Bring the schema up to date; several processes may do so at once.

        Raises:
            StoreError: it was written by a newer Tocsin, or is a database of something else.
        """
        with self.transaction(write=False) as tx:
            if self._version(tx) == HEAD:
                return
        with _migrating, self.transaction(durable=True) as tx:
            # Asked again: another process may have been first, and this one has waited for it.
            if self._version(tx) != HEAD:
                self._upgrade(tx)

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
            raise StoreError(f"store {self.name}: it is a database of something else: name another file")
        return None

    def _upgrade(self, tx: Connection) -> None:
        # Here, because a store that is up to date needs none of it.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415

        config = Config(attributes={"connection": tx})
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "head")

    # new?

    def claim(self, batch: Sequence[Article], now: datetime, run: str = _PROCESS_RUN) -> list[Verdict]:
        """What the store says of these articles, in their order; see ``claims.claim``.

        Args:
            batch: cleaned articles.
            now: first_seen of those that are new.
            run: names this run: within it an article goes on once, whatever twins of it come in; what another
                run claimed and did not settle goes on again.
        """
        mark = bytes.fromhex(fingerprint("run", run))
        verdicts: list[Verdict] = []
        for start in range(0, len(batch), BATCH):
            with self.transaction() as tx:
                verdicts += claims.claim(tx, self.insert, batch[start : start + BATCH], now, mark)
        return verdicts

    def take_in(
        self, brought: Brought, now: datetime, run: str = _PROCESS_RUN, grace: timedelta = hand.GRACE
    ) -> list[Verdict]:
        """Take in what a source brought, all of it in one transaction; what the store says of each article.

        Articles that go on are in hand, those that end here are settled, dead letters are buried, and what the
        source is to remember is remembered. Doing it again changes nothing, and gives what is not settled again.

        Args:
            brought: cleaned and screened articles, dead letters, and the source's own memory.
            now: the clock.
            run: as of ``claim``.
            grace: how long what goes on is left to this run before it is taken up again.
        """
        mark = bytes.fromhex(fingerprint("run", run))
        with self.transaction(durable=bool(brought.letters), alone="claim") as tx:
            verdicts: list[Verdict] = []
            for start in range(0, len(brought.articles), BATCH):
                ends = {place - start: end for place, end in brought.ends.items() if place >= start}
                batch = brought.articles[start : start + BATCH]
                verdicts += claims.claim(tx, self.insert, batch, now, mark, ends)
            going = [
                verdict.article
                for place, verdict in enumerate(verdicts)
                if verdict.goes_on and place not in brought.ends
            ]
            hand.take(tx, self.insert, going, now, mark, grace)
            letters.bury(tx, self.insert, brought.letters, now)
            for state in brought.feeds:
                feeds.remember(tx, self.insert, state)
            positions.advance(tx, self.insert, brought.positions, now)
        return verdicts

    def take_up(
        self,
        now: datetime,
        run: str = _PROCESS_RUN,
        grace: timedelta = hand.GRACE,
        limit: int = BATCH,
        *,
        others: bool = False,
    ) -> hand.Taken:
        """Articles in hand that nobody settled in time; see ``hand.take_up``. Those that were given up are buried."""
        mark = bytes.fromhex(fingerprint("run", run))
        with self.transaction(write=False) as tx:
            if not hand.any_due(tx, now, mark, others=others):
                return hand.Taken()
        with self.transaction(durable=True) as tx:
            taken = hand.take_up(tx, now, mark, grace, limit, others=others)
            letters.bury(tx, self.insert, taken.given_up, now)
        return taken

    def position(self, queue: str, part: str) -> int | None:
        """Where to read on in a part of a queue, or None where nothing of it was ever taken in."""
        with self.transaction(write=False) as tx:
            return positions.position(tx, queue, part)

    def settle(self, stopped: Sequence[Stopped], now: datetime) -> None:
        """These articles are finished: they are seen from now on. What never was claimed is passed over."""
        if stopped:
            with self.transaction() as tx:
                claims.settle(tx, stopped, now)
                hand.release(tx, [(each.article, each.version) for each in stopped])

    # the outbox

    def due(
        self,
        sink: str,
        now: datetime,
        lease: timedelta = LEASE,
        limit: int = 1,
        channel: str | None = None,
    ) -> list[Delivery]:
        """Lease up to ``limit`` deliveries that this sink is due, in one channel or in all; see ``outbox.due``."""
        with self.transaction(write=False) as tx:
            if not outbox.any_due(tx, sink, now, channel):
                return []
        with self.transaction(durable=True) as tx:
            return outbox.due(tx, sink, now, lease, limit, channel)

    def channels_due(self, sink: str, now: datetime) -> list[str]:
        """The channels in which this sink is due to say something."""
        with self.transaction(write=False) as tx:
            return outbox.channels_due(tx, sink, now)

    def delivered(self, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
        """The sink heard it, and this is what it answered."""
        with self.transaction(durable=True) as tx:
            outbox.delivered(tx, delivery, receipt, now)

    def postponed(
        self, delivery: Delivery, due_at: datetime, error: str, now: datetime, *, unknown: bool = False
    ) -> None:
        """It did not work and is due again at ``due_at``; ``unknown``: it may have been heard all the same."""
        with self.transaction(durable=True) as tx:
            outbox.postponed(tx, delivery, due_at, error, now, unknown=unknown)

    def undeliverable(self, delivery: Delivery, reason: str, message: str, now: datetime) -> None:
        """It can never work, or not until a person changes something: it becomes a dead letter."""
        with self.transaction(durable=True) as tx:
            outbox.undeliverable(tx, delivery, reason, message)
            letter = DeadLetter(
                step="deliver", reason=reason, message=message, origin=f"delivery:{delivery.id}", at=now
            )
            letters.bury(tx, self.insert, [letter], now)

    # dead letters

    def bury(self, buried: Sequence[DeadLetter], now: datetime) -> None:
        """Keep these inputs whole; the same input at the same step is kept once and counted."""
        if buried:
            with self.transaction(durable=True) as tx:
                letters.bury(tx, self.insert, buried, now)
                hand.release(tx, [(each.article, each.version) for each in buried if each.article])

    def dead_letters(self) -> list[Buried]:
        """All dead letters, the newest first, without their inputs."""
        with self.transaction(write=False) as tx:
            return letters.listed(tx)

    def dead_letter(self, letter: str) -> DeadLetter | None:
        """One dead letter with its input, byte for byte, or None."""
        with self.transaction(write=False) as tx:
            return letters.whole(tx, letter)

    def resurrected(self, letter: str, now: datetime) -> None:
        """The letter was replayed. One of a delivery puts it back into the outbox, due now."""
        with self.transaction() as tx:
            kept = letters.whole(tx, letter)
            letters.resurrected(tx, letter, now)
            if kept is not None and kept.step == "deliver":
                outbox.again(tx, kept.origin.removeprefix("delivery:"), now)

    # feeds

    def feed(self, feed: str) -> FeedState | None:
        """What is remembered of this feed, or None."""
        with self.transaction(write=False) as tx:
            return feeds.state(tx, feed)

    def feeds(self) -> list[FeedState]:
        """All feeds that were ever polled, by id."""
        with self.transaction(write=False) as tx:
            return feeds.states(tx)

    def ask_feeds(
        self,
        asked: Mapping[str, str],
        is_due: Callable[[FeedState | None], bool],
        now: datetime,
        lease: timedelta = LEASE,
    ) -> feeds.Asked:
        """Lease those of these feeds of one host that are due; see ``feeds.ask``."""
        with self.transaction() as tx:
            return feeds.ask(tx, self.insert, asked, is_due, now, lease)

    def remember_feed(self, state: FeedState) -> None:
        """Keep this of the feed."""
        with self.transaction() as tx:
            feeds.remember(tx, self.insert, state)

    # for people

    def alerts(self) -> list[Standing]:
        """All alerts as they stand, oldest first, each with the state of its deliveries."""
        with self.transaction(write=False) as tx:
            return lookups.alerts(tx)

    def article(self, article: str) -> KnownArticle | None:
        """What is known of an article: its versions, and its reading where it matched; None where it never came."""
        with self.transaction(write=False) as tx:
            return lookups.article(tx, article)

    def story_of(self, article: str) -> list[StoryView]:
        """The stories that hold this article, one per watch, with their coverage."""
        with self.transaction(write=False) as tx:
            return lookups.story_of(tx, article)

    def summary(self) -> Summary:
        """How much of everything there is."""
        with self.transaction(write=False) as tx:
            return lookups.summary(tx)


def _database(url: str) -> SQLite:
    shown = re.sub(r"//.*@", "//***@", url.partition("?")[0])
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, SQLAlchemyError, ValueError):
        raise WrongStore(
            f"store {shown!r}: no URL of a store: write sqlite:///PATH, as sqlite:///tocsin.db"
        ) from None
    if kind != "sqlite" or parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise WrongStore(f"store {shown}: stores of this kind are not known: write sqlite:///PATH")
    return SQLite(parsed)
