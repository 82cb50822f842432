"""Stories and their coverage as the store keeps them: what link + decide reads and writes.

Every function works inside the caller's transaction; ``pipeline/newsdesk.py`` puts them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, and_, func, or_, select, update

from pipeline.store import claims
from pipeline.store.schema import alerts, coverage, decisions, knowledge, readings, stories, story_terms
from transforms.article import Alert, Article, Held, Match, Model, Reading, Relation, Stopped
from transforms.stories import Member, keys_of

STORIES_ASKED = 30
"""Stories of a watch that a new article is held against: those that share most of its heavy words."""

MEMBERS_ASKED = 12
"""Articles of each that stand for it there."""

LONG_AGO = timedelta(days=3650)
SOON = timedelta(days=1)

_WHY: TypeAdapter[tuple[Held, ...]] = TypeAdapter(tuple[Held, ...])


@lru_cache(maxsize=4096)
def _member(kept: str) -> Member:
    return Member.model_validate_json(kept)


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


def credible(published: datetime | None, first_seen: datetime) -> datetime | None:
    """The date that an outlet states, where policy may go by it: not in the future, not ten years ago."""
    if published is None or not first_seen - LONG_AGO <= published <= first_seen + SOON:
        return None
    return published


def decided(tx: Connection, watch: str, article: Article) -> bool:
    """Whether this version was decided for this watch before."""
    asked = select(decisions.c.reason).where(
        decisions.c.article == article.id, decisions.c.version == article.version, decisions.c.watch == watch
    )
    return tx.scalar(asked) is not None


def complete(tx: Connection, article: Article) -> Article:
    """The article with what its duplicates knew and it did not."""
    return article.model_copy(update=_missing(article, _known_of(tx, [article.id]).get(article.id)))


def _known_of(tx: Connection, ids: Sequence[str]) -> dict[str, Any]:
    return {row.article: row for row in tx.execute(select(knowledge).where(knowledge.c.article.in_(ids)))}


def _missing(article: Article | Member, known: Any) -> dict[str, Any]:
    return {
        name: getattr(known, name)
        for name in ("url", "outlet", "published")
        if known is not None and getattr(article, name) is None and getattr(known, name) is not None
    }


def placed(tx: Connection, watch: str, article: str) -> Placed | None:
    """The story of this watch that holds the article, or None."""
    row = tx.execute(
        select(coverage.c.story, coverage.c.version).where(
            coverage.c.watch == watch, coverage.c.article == article
        )
    ).one_or_none()
    return Placed(row.story, row.version) if row is not None else None


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
    seen = and_(stories.c.seen_to >= first_seen - window, stories.c.seen_from <= first_seen + window)
    if published is not None:
        dated = and_(
            stories.c.published_to >= published - window, stories.c.published_from <= published + window
        )
        near = or_(dated, and_(stories.c.undated, seen))
    else:
        near = seen
    ids = tx.scalars(
        select(stories.c.story)
        .join(story_terms, story_terms.c.story == stories.c.story)
        .where(story_terms.c.watch == watch, story_terms.c.term.in_(keys_of(member)), near)
        .group_by(stories.c.story, stories.c.seen_to)
        .order_by(func.count().desc(), stories.c.seen_to.desc(), stories.c.story)
        .limit(STORIES_ASKED)
    ).all()
    place = func.row_number().over(partition_by=coverage.c.story, order_by=coverage.c.article).label("place")
    some = select(coverage.c.watch, coverage.c.article, place).where(coverage.c.story.in_(ids)).subquery()
    found: dict[str, list[Member]] = defaultdict(list)
    rows = tx.execute(
        select(coverage.c.story, coverage.c.member)
        .join(some, and_(coverage.c.watch == some.c.watch, coverage.c.article == some.c.article))
        .where(some.c.place <= MEMBERS_ASKED)
        .order_by(coverage.c.story, coverage.c.article)
    )
    for row in rows:
        found[row.story].append(_member(row.member))
    return dict(found)


def pieces(tx: Connection, story: str) -> dict[str, Piece]:
    """The whole coverage of a story, by article."""
    rows = tx.execute(select(coverage).where(coverage.c.story == story).order_by(coverage.c.article)).all()
    known = _known_of(tx, [row.article for row in rows])
    found: dict[str, Piece] = {}
    for row in rows:
        member = _member(row.member)
        missing = _missing(member, known.get(row.article))
        found[row.article] = Piece(
            member.model_copy(update=missing) if missing else member,
            _WHY.validate_json(row.why),
            row.relation,
            row.of,
        )
    return found


def first_of(tx: Connection, story: str) -> str | None:
    """The article that opened the story; None where there is no such story."""
    return tx.scalar(select(stories.c.first).where(stories.c.story == story))


def stretch(
    tx: Connection, insert: Any, story: str, watch: str, article: Article, member: Member, now: datetime
) -> None:
    """Open the story with this article, or stretch the times and the words that it spans."""
    seen = article.first_seen or now
    terms = [{"watch": watch, "term": term, "story": story} for term in keys_of(member)]
    if terms:
        tx.execute(insert(story_terms).on_conflict_do_nothing(), terms)
    published = credible(article.published, seen)
    kept = tx.execute(select(stories).where(stories.c.story == story)).one_or_none()
    if kept is None:
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
        tx.execute(insert(stories).values(row))
        return
    dates = [date for date in (kept.published_from, kept.published_to, published) if date is not None]
    tx.execute(
        update(stories)
        .where(stories.c.story == story)
        .values(
            undated=kept.undated or published is None,
            published_from=min(dates, default=None),
            published_to=max(dates, default=None),
            seen_from=min(kept.seen_from, seen),
            seen_to=max(kept.seen_to, seen),
        )
    )


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
    tx.execute(insert(readings).values(row).on_conflict_do_nothing())


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
        statement = insert(coverage)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in {"watch", "article"}}
        tx.execute(statement.on_conflict_do_update(index_elements=["watch", "article"], set_=changed), rows)


def alert_of(tx: Connection, story: str, channel: str) -> Alert | None:
    """The alert as it stands that this story has in this channel."""
    body = tx.scalar(select(alerts.c.body).where(alerts.c.story == story, alerts.c.channel == channel))
    return Alert.model_validate_json(body) if body is not None else None


def save_alert(tx: Connection, insert: Any, story: str, alert: Alert, now: datetime) -> None:
    """Keep the alert as it stands now."""
    changed = {"body": alert.model_dump_json(), "changed": now}
    row = {
        "alert": alert.id,
        "story": story,
        "watch": alert.watch,
        "channel": alert.channel,
        "opened": now,
    } | changed
    statement = insert(alerts).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["alert"], set_=changed))


class Decided(Model):
    """What is kept of a decision."""

    watch: str
    article: str
    version: int
    reason: str
    story: str | None = None
    alert: str | None = None


def note(tx: Connection, insert: Any, decision: Decided, now: datetime) -> None:
    """Keep that this was decided, and why."""
    tx.execute(insert(decisions).values(**decision.model_dump(), at=now))


def settle_decided(tx: Connection, match: Match, now: datetime) -> None:
    """Settle the article once every watch that it matched has been decided."""
    article = match.reading.article
    done = tx.scalar(
        select(func.count())
        .select_from(decisions)
        .where(decisions.c.article == article.id, decisions.c.version == article.version)
    )
    if (done or 0) >= match.of:
        stopped = Stopped(article=article.id, version=article.version, step="decide", reason="decided")
        claims.settle(tx, [stopped], now)
