"""Stories and their coverage as the store keeps them: what link + decide reads and writes.

Every function works inside the caller's transaction; ``pipeline/newsdesk.py`` puts them together. Statements are
made once, below the functions that ask them: making one costs more than asking it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, Select, Table, and_, bindparam, func, or_, select, update

from pipeline.store import claims, hand, outbox
from pipeline.store.schema import (
    alerts,
    articles,
    coverage,
    decisions,
    knowledge,
    readings,
    stories,
    story_terms,
)
from transforms.article import Alert, Article, Held, Match, Model, Reading, Relation, Stopped
from transforms.stories import Member, keys_of

STORIES_ASKED = 30
"""Stories of a watch that a new article is held against: those that share most of its heavy words."""

MEMBERS_ASKED = 12
"""Articles of each that stand for it there."""

LONG_AGO = timedelta(days=3650)
SOON = timedelta(days=1)

_WHY: TypeAdapter[tuple[Held, ...]] = TypeAdapter(tuple[Held, ...])


# The coverage of a story is read again with every article that joins it.
@lru_cache(maxsize=4096)
def _member(kept: str) -> Member:
    return Member.model_validate_json(kept)


@lru_cache(maxsize=4096)
def _why(kept: str) -> tuple[Held, ...]:
    return _WHY.validate_json(kept)


@dataclass(frozen=True)
class Piece:
    """An article in a story: what linking knows of it, why it is there, and its relation so far."""

    member: Member
    why: tuple[Held, ...]
    relation: Relation | None = None
    of: str | None = None


@dataclass(frozen=True)
class Placed:
    """Where an article stands already."""

    story: str
    version: int


@dataclass(frozen=True)
class Kept:
    """A story as it is kept: the article that opened it, the times it spans, and its alert in one channel."""

    first: str
    undated: bool
    published_from: datetime | None
    published_to: datetime | None
    seen_from: datetime
    seen_to: datetime
    alert: Alert | None


def credible(published: datetime | None, first_seen: datetime) -> datetime | None:
    """The date that an outlet states, where policy may go by it: not in the future, not ten years ago."""
    if published is None or not first_seen - LONG_AGO <= published <= first_seen + SOON:
        return None
    return published


def decided(tx: Connection, watch: str, article: Article) -> bool:
    """Whether this version was decided for this watch before."""
    asked = {"article": article.id, "version": article.version, "watch": watch}
    return tx.scalar(_DECIDED, asked) is not None


_version = and_(decisions.c.article == bindparam("article"), decisions.c.version == bindparam("version"))
_DECIDED = select(decisions.c.reason).where(_version, decisions.c.watch == bindparam("watch"))
_DONE = select(func.count()).select_from(decisions).where(_version)


def complete(tx: Connection, article: Article) -> Article:
    """The article with what its duplicates knew and it did not."""
    known = tx.execute(_KNOWN, {"article": article.id}).one_or_none()
    missing = _missing(article, *known) if known is not None else {}
    return article.model_copy(update=missing) if missing else article


_LEARNT = knowledge.c.url, knowledge.c.outlet, knowledge.c.published
_KNOWN = select(*_LEARNT).where(knowledge.c.article == bindparam("article"))


def _missing(
    article: Article | Member, url: str | None, outlet: str | None, published: datetime | None
) -> dict[str, Any]:
    known = {"url": url, "outlet": outlet, "published": published}
    return {
        name: value for name, value in known.items() if value is not None and getattr(article, name) is None
    }


def placed(tx: Connection, watch: str, article: str) -> Placed | None:
    """The story of this watch that holds the article, or None."""
    row = tx.execute(_PLACED, {"watch": watch, "article": article}).one_or_none()
    return Placed(row.story, row.version) if row is not None else None


_PLACED = select(coverage.c.story, coverage.c.version).where(
    coverage.c.watch == bindparam("watch"), coverage.c.article == bindparam("article")
)


def nearby(
    tx: Connection,
    watch: str,
    member: Member,
    published: datetime | None,
    first_seen: datetime,
    window: timedelta,
) -> dict[str, list[Member]]:
    """Stories of this watch that the article may belong to, each with some of its members.

    They share a heavy word with it. Where article and story both have dates, the dates must be within
    ``window``; else the times at which the store first had them.
    """
    asked: dict[str, Any] = {
        "watch": watch,
        "terms": keys_of(member),
        "seen_least": first_seen - window,
        "seen_most": first_seen + window,
    }
    if published is not None:
        asked |= {"published_least": published - window, "published_most": published + window}
    ids = tx.scalars(_NEAR if published is None else _NEAR_DATED, asked).all()
    found: dict[str, list[Member]] = defaultdict(list)
    rows = tx.execute(_MEMBERS, {"stories": ids}) if ids else ()
    for row in rows:
        found[row.story].append(_member(row.member))
    return dict(found)


def _near(*, dated: bool) -> Select[tuple[str]]:
    near = and_(stories.c.seen_to >= bindparam("seen_least"), stories.c.seen_from <= bindparam("seen_most"))
    if dated:
        both = and_(
            stories.c.published_to >= bindparam("published_least"),
            stories.c.published_from <= bindparam("published_most"),
        )
        near = or_(both, and_(stories.c.undated, near))
    shared = story_terms.c.term.in_(bindparam("terms", expanding=True))
    return (
        select(stories.c.story)
        .join(story_terms, story_terms.c.story == stories.c.story)
        .where(story_terms.c.watch == bindparam("watch"), shared, near)
        .group_by(stories.c.story, stories.c.seen_to)
        .order_by(func.count().desc(), stories.c.seen_to.desc(), stories.c.story)
        .limit(STORIES_ASKED)
    )


def _some_members() -> Select[tuple[str, str]]:
    place = func.row_number().over(partition_by=coverage.c.story, order_by=coverage.c.article).label("place")
    asked = coverage.c.story.in_(bindparam("stories", expanding=True))
    some = select(coverage.c.watch, coverage.c.article, place).where(asked).subquery()
    return (
        select(coverage.c.story, coverage.c.member)
        .join(some, and_(coverage.c.watch == some.c.watch, coverage.c.article == some.c.article))
        .where(some.c.place <= MEMBERS_ASKED)
        .order_by(coverage.c.story, coverage.c.article)
    )


_NEAR, _NEAR_DATED, _MEMBERS = _near(dated=False), _near(dated=True), _some_members()


def pieces(tx: Connection, story: str) -> dict[str, Piece]:
    """The whole coverage of a story, by article."""
    found: dict[str, Piece] = {}
    for row in tx.execute(_PIECES, {"story": story}):
        article, body, why, relation, of, *known = row
        member = _member(body)
        missing = _missing(member, *known) if any(known) else {}
        found[article] = Piece(
            member.model_copy(update=missing) if missing else member, _why(why), relation, of
        )
    return found


_PIECES = (
    select(
        coverage.c.article, coverage.c.member, coverage.c.why, coverage.c.relation, coverage.c.of, *_LEARNT
    )
    .outerjoin(knowledge, knowledge.c.article == coverage.c.article)
    .where(coverage.c.story == bindparam("story"))
    .order_by(coverage.c.article)
)


def kept(tx: Connection, story: str, channel: str) -> Kept | None:
    """The story as it stands, with the alert that it has in this channel; None where there is no such story."""
    row = tx.execute(_KEPT, {"story": story, "channel": channel}).one_or_none()
    if row is None:
        return None
    spans = row._asdict()
    body = spans.pop("body")
    return Kept(**spans, alert=outbox.alert_in(body) if body is not None else None)


_KEPT = (
    select(
        stories.c.first,
        stories.c.undated,
        stories.c.published_from,
        stories.c.published_to,
        stories.c.seen_from,
        stories.c.seen_to,
        alerts.c.body,
    )
    .outerjoin(alerts, and_(alerts.c.story == stories.c.story, alerts.c.channel == bindparam("channel")))
    .where(stories.c.story == bindparam("story"))
)


def open_story(tx: Connection, story: str, watch: str, article: Article, now: datetime) -> None:
    """Open a story with this article."""
    seen = article.first_seen or now
    published = credible(article.published, seen)
    row = {
        "story": story,
        "watch": watch,
        "first": article.id,
        "opened": now,
        "undated": published is None,
        "published_from": published,
        "published_to": published,
        "seen_from": seen,
        "seen_to": seen,
    }
    tx.execute(_OPEN, row)


def stretch(tx: Connection, story: str, kept: Kept, article: Article, now: datetime) -> None:
    """Stretch the times that the story spans to this article."""
    seen = article.first_seen or now
    published = credible(article.published, seen)
    dates = [date for date in (kept.published_from, kept.published_to, published) if date is not None]
    spans = {
        "undated": kept.undated or published is None,
        "published_from": min(dates, default=None),
        "published_to": max(dates, default=None),
        "seen_from": min(kept.seen_from, seen),
        "seen_to": max(kept.seen_to, seen),
    }
    if any(getattr(kept, name) != value for name, value in spans.items()):
        tx.execute(_STRETCH, {"_story": story} | spans)


_OPEN = stories.insert()
_STRETCH = update(stories).where(stories.c.story == bindparam("_story"))


@lru_cache
def _or_nothing(insert: Any, table: Table) -> Executable:
    """Insert, and leave what stands there already as it is."""
    return cast("Executable", insert(table).on_conflict_do_nothing())


@lru_cache
def _or_instead(insert: Any, table: Table, *changed: str) -> Executable:
    """Insert, or put the changed columns in place of what stands there."""
    statement = insert(table)
    put = {name: statement.excluded[name] for name in changed}
    return cast(
        "Executable", statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=put)
    )


def save_terms(tx: Connection, insert: Any, watch: str, story: str, member: Member) -> None:
    """Keep the member's heavy words as the story's: what shares one is held against it."""
    terms = [{"watch": watch, "term": term, "story": story} for term in keys_of(member)]
    if terms:
        tx.execute(_or_nothing(insert, story_terms), terms)


def save_reading(tx: Connection, insert: Any, reading: Reading, now: datetime) -> None:
    """Keep the reading whole; a version that is kept already stays as it is."""
    article = reading.article
    row = {
        "article": article.id,
        "version": article.version,
        "title": article.title,
        "reading": reading.model_dump_json(),
        "stored_at": now,
    }
    tx.execute(_or_nothing(insert, readings), row)


def save_pieces(
    tx: Connection,
    insert: Any,
    watch: str,
    story: str,
    before: Mapping[str, Piece],
    after: Mapping[str, Piece],
) -> None:
    """Keep the coverage as it stands: rows whose article or relation changed."""
    rows = [
        {
            "watch": watch,
            "article": article,
            "version": piece.member.version,
            "story": story,
            "relation": piece.relation,
            "of": piece.of,
            "member": piece.member.model_dump_json(),
            "why": _WHY.dump_json(piece.why).decode(),
        }
        for article, piece in after.items()
        if piece != before.get(article)
    ]
    if rows:
        changed = (name for name in rows[0] if name not in {"watch", "article"})
        tx.execute(_or_instead(insert, coverage, *changed), rows)


def save_alert(tx: Connection, insert: Any, story: str, alert: Alert, now: datetime) -> None:
    """Keep the alert as it stands now."""
    row = {
        "alert": alert.id,
        "story": story,
        "watch": alert.watch,
        "channel": alert.channel,
        "body": alert.model_dump_json(),
        "opened": now,
        "changed": now,
    }
    tx.execute(_or_instead(insert, alerts, "body", "changed"), row)


class Decided(Model):
    """What is kept of a decision."""

    watch: str
    article: str
    version: int
    reason: str
    story: str | None = None
    alert: str | None = None


def note(tx: Connection, decision: Decided, now: datetime) -> None:
    """Keep that this was decided, and why."""
    tx.execute(_NOTE, decision.model_dump() | {"at": now})


_NOTE = decisions.insert()


def settle_decided(tx: Connection, match: Match, now: datetime) -> None:
    """Settle the article once every watch that it matched has been decided.

    Its row is held first: of two watches that decide it at once the second then sees what the first decided.
    """
    article = match.reading.article
    tx.execute(_ROW, {"article": claims.pack(article.id), "version": article.version})
    done = tx.scalar(_DONE, {"article": article.id, "version": article.version})
    if (done or 0) >= match.of:
        stopped = Stopped(article=article.id, version=article.version, step="decide", reason="decided")
        claims.settle(tx, [stopped], now)
        hand.release(tx, [(article.id, article.version)])


_ROW = (
    select(articles.c.settled)
    .where(articles.c.article == bindparam("article"), articles.c.version == bindparam("version"))
    .with_for_update()
)
