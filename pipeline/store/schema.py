"""The store's tables, written once for SQLite and PostgreSQL.

Ids of articles that did not match are kept as bytes, everything that people may want to query as text. What
changes here needs a migration beside it (``migrations/versions``) and ``HEAD`` moved on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.types import TypeEngine

HEAD = "0004"
"""The newest migration: a store that says this needs nothing done."""


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it without the zone, always in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Out of the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Print(LargeBinary):
    """A fingerprint: bytes that SQLite's driver takes as they are, without a call per value."""

    __visit_name__ = "large_binary"

    def bind_processor(self, dialect: Dialect) -> Any:
        """Into the database."""
        return None if dialect.name == "sqlite" else super().bind_processor(dialect)  # type: ignore[no-untyped-call]

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Out of the database."""
        return None if dialect.name == "sqlite" else super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call]


class Word(TypeDecorator[str]):
    """An id, a name, a state: text that is looked up.

    PostgreSQL keeps it in the order of its code points, as SQLite does: both order alike, and no update of the
    system's languages makes an index wrong. What no database can keep as text (NUL, halves of surrogate pairs) is
    written out on the way in, here alone: a hostile title or id must not fail its article.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """The type that the database knows."""
        kind: type[String] = type(self.impl_instance)  # type: ignore[assignment]
        return dialect.type_descriptor(kind(collation="C") if dialect.name == "postgresql" else kind())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Into the database."""
        return None if value is None else plain(value)


class Words(Word):
    """Text that is read: a title, a message, JSON."""

    impl = Text
    cache_ok = True


def plain(text: str) -> str:
    """Text that every database takes: without NULs and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\\0")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


metadata = MetaData()


def _table(name: str, *parts: Any) -> Table:
    # The keys are hashes: with a hidden row number SQLite would keep each of them twice.
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


articles = _table(
    "articles",
    Column("article", Print, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("text", Print, nullable=False),
    Column("outlet", Print),
    Column("url", Print),
    Column("dated", Boolean, nullable=False),
    Column("first_seen", Utc, nullable=False),
    Column("run", Print),
    Column("claimant", Print),
    Column("settled", Word),
    Column("settled_at", Utc),
    Index("articles_text", "text"),
)
"""Every article and version that ever came in, as fingerprints. ``settled`` is ``step:reason``, null while pending;
``run`` and ``claimant`` say who has it in hand."""

article_keys = _table(
    "article_keys",
    Column("key", Print, primary_key=True),
    Column("article", Print, nullable=False),
)
"""The guids and URLs under which an article was met."""

in_hand = _table(
    "in_hand",
    Column("article", Print, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("body", Words, nullable=False),
    Column("run", Print, nullable=False),
    Column("times", Integer, nullable=False),
    Column("due_at", Utc, nullable=False),
    Index("in_hand_due", "due_at"),
)
"""Articles that passed the screen and are not settled, whole: whoever had them may be gone, and from ``due_at`` on
they are taken up again. ``run`` took them last, for the ``times``-th time."""

positions = _table(
    "positions",
    Column("queue", Word, primary_key=True),
    Column("part", Word, primary_key=True),
    Column("next", BigInteger, nullable=False),
    Column("aside", Words),
    Column("changed", Utc, nullable=False),
)
"""How far each part of a queue is in hand: all before ``next`` is, and so are the ranges that lie ``aside`` (JSON)."""

knowledge = _table(
    "knowledge",
    Column("article", Word, primary_key=True),
    Column("url", Words),
    Column("outlet", Words),
    Column("published", Utc),
)
"""What a duplicate knew of an article and the one that went on did not."""

readings = _table(
    "readings",
    Column("article", Word, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Words),
    Column("reading", Words, nullable=False),
    Column("stored_at", Utc, nullable=False),
)
"""Articles that matched, whole."""

stories = _table(
    "stories",
    Column("story", Word, primary_key=True),
    Column("watch", Word, nullable=False),
    Column("first", Word, nullable=False),
    Column("opened", Utc, nullable=False),
    Column("undated", Boolean, nullable=False),
    Column("published_from", Utc),
    Column("published_to", Utc),
    Column("seen_from", Utc, nullable=False),
    Column("seen_to", Utc, nullable=False),
    Index("stories_watch", "watch", "seen_to"),
)
"""Stories of a watch and the times that their coverage spans."""

story_terms = _table(
    "story_terms",
    Column("watch", Word, primary_key=True),
    Column("term", Word, primary_key=True),
    Column("story", Word, primary_key=True),
)
"""The heaviest words of a story's articles: a new article is held against the stories that share one."""

coverage = _table(
    "coverage",
    Column("watch", Word, primary_key=True),
    Column("article", Word, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("story", Word, nullable=False),
    Column("relation", Word, nullable=False),
    Column("of", Word),
    Column("member", Words, nullable=False),
    Column("why", Words, nullable=False),
    Index("coverage_story", "story"),
    Index("coverage_article", "article"),
)
"""An article's place in a story."""

decisions = _table(
    "decisions",
    Column("article", Word, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("watch", Word, primary_key=True),
    Column("reason", Word, nullable=False),
    Column("story", Word),
    Column("alert", Word),
    Column("at", Utc, nullable=False),
)
"""What was decided of a match, and why: the guard that each is decided once."""

alerts = _table(
    "alerts",
    Column("alert", Word, primary_key=True),
    Column("story", Word, nullable=False),
    Column("watch", Word, nullable=False),
    Column("channel", Word, nullable=False),
    Column("body", Words, nullable=False),
    Column("opened", Utc, nullable=False),
    Column("changed", Utc, nullable=False),
    Index("alerts_story", "story", "channel", unique=True),
)
"""Alerts as they stand."""

_OWNED, _HELD = text("owner IS NOT NULL"), text("held IS NOT NULL")
deliveries = _table(
    "deliveries",
    Column("delivery", Word, primary_key=True),
    Column("alert", Word, nullable=False),
    Column("sink", Word, nullable=False),
    Column("channel", Word, nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False),
    Column("kind", Word, nullable=False, server_default="message"),
    Column("state", Word, nullable=False),
    Column("held", Word),
    Column("by", Word),
    Column("body", Words, nullable=False),
    Column("reply", Words),
    Column("made", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempted", Utc),
    Column("owner", Word),
    Column("leased_at", Utc),
    Column("leased_until", Utc),
    Column("sent_at", Utc),
    Column("receipt", Words),
    Column("error", Words),
    Index("deliveries_due", "sink", "state", "due_at"),
    Index("deliveries_channel", "sink", "channel", "state", "due_at"),
    Index("deliveries_alert", "alert", "sink", "sequence", unique=True),
    # Few rows of many are in these: who looks for them reads no others.
    Index("deliveries_owner", "sink", "owner", sqlite_where=_OWNED, postgresql_where=_OWNED),
    Index("deliveries_held", "sink", "held", sqlite_where=_HELD, postgresql_where=_HELD),
)
"""The outbox. ``kind`` is message, reply or digest; ``state`` is waiting, sent, dead, withheld or digested. ``held`` is
what a waiting row waits for, or why one is withheld; ``by`` the silence or alert that withheld it, or the digest that
told it. ``attempted`` is set while an attempt may have been heard; ``owner`` holds the lease."""

paces = _table(
    "paces",
    Column("sink", Word, primary_key=True),
    Column("place", Word, primary_key=True),
    Column("free_at", Utc, nullable=False),
)
"""From when on a channel of a sink, or its edits together, may be told again; while a message is on its way to a
channel, when its lease ends."""

grouped = _table(
    "grouped",
    Column("story", Word, primary_key=True),
    Column("channel", Word, primary_key=True),
    Column("watch", Word, nullable=False),
    Column("lead", Word, nullable=False),
    Index("grouped_lead", "lead", "channel"),
)
"""Stories of a watch that are told in the message of another watch's story, ``lead``, in that channel."""

silences = _table(
    "silences",
    Column("silence", Word, primary_key=True),
    Column("body", Words, nullable=False),
    Column("made", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Index("silences_until", "until"),
)
"""Mutes, whole as JSON, and their times. One that was ended early has an earlier ``until``."""

verdicts = _table(
    "verdicts",
    Column("alert", Word, primary_key=True),
    Column("who", Word, primary_key=True),
    Column("verdict", Word, nullable=False),
    Column("name", Words),
    Column("at", Utc, nullable=False),
)
"""What people said of alerts: right or wrong, the last word of each."""

dead_letters = _table(
    "dead_letters",
    Column("letter", Word, primary_key=True),
    Column("step", Word, nullable=False),
    Column("reason", Word, nullable=False),
    Column("message", Words, nullable=False),
    Column("origin", Words, nullable=False),
    Column("document", Words),
    Column("body", LargeBinary),
    Column("times", Integer, nullable=False),
    Column("first_at", Utc, nullable=False),
    Column("last_at", Utc, nullable=False),
    Column("resurrected_at", Utc),
)
"""What could not be processed: ``document`` is the input's facts as JSON, ``body`` its bytes, zlib-compressed."""

feeds = _table(
    "feeds",
    Column("feed", Word, primary_key=True),
    Column("state", Words, nullable=False),
    Column("next_due", Utc),
    Column("owner", Word),
    Column("leased_until", Utc),
    Index("feeds_due", "next_due"),
)
"""What is remembered of each feed, as JSON, and when it is polled next. ``owner`` is asking it, until
``leased_until``."""
