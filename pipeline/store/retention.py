"""Retention: what the store may forget, decided from lengths of time, and deleted a little at a time.

Nothing goes that is pending, waiting to be sent, or in a story that may still grow. Each batch is a transaction
of its own that holds the pruner's place and, for as long as it takes, that of the writers it could meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select

from pipeline.store.claims import pack, unpack
from pipeline.store.outbox.states import DIGEST, WAITING
from pipeline.store.schema import (
    alerts,
    article_keys,
    articles,
    coverage,
    dead_letters,
    decisions,
    deliveries,
    grouped,
    knowledge,
    readings,
    silences,
    stories,
    story_terms,
    verdicts,
)

BATCH = 200
"""Stories, or five times as many articles, that go in one transaction: few enough that others hardly wait."""


@dataclass(frozen=True)
class CutOffs:
    """What changed last before these times may go."""

    articles: datetime
    stories: datetime
    dead_letters: datetime


def cut_offs(
    now: datetime, articles: timedelta, stories: timedelta, dead_letters: timedelta, window: timedelta
) -> CutOffs:
    """When each kind of memory ends.

    Args:
        now: the clock.
        articles: how long an article is known again after it was settled.
        stories: how long a story stays after it last changed.
        dead_letters: how long a dead letter stays after it last failed.
        window: how long a story may still grow: none goes before that is over, whatever ``stories`` says.
    """
    return CutOffs(
        articles=now - max(articles, window),
        stories=now - max(stories, window),
        dead_letters=now - dead_letters,
    )


@dataclass(frozen=True)
class Batch:
    """What one transaction did: how many rows of each table went, and where the next one goes on."""

    gone: Counter[str]
    after: Any = None


Hold = Callable[[Connection, str], None]
Step = Callable[[Connection, CutOffs, Any, bool, Hold], Batch]


def old_stories(tx: Connection, cut: CutOffs, after: tuple[str, str] | None, dry: bool, hold: Hold) -> Batch:
    """Stories of one watch, with all that hangs on them.

    Args:
        tx: a transaction; one that may write unless ``dry``.
        cut: what may go.
        after: watch and story of the last one that was looked at.
        dry: count only.
        hold: takes the watch's place, so that no article joins a story that is about to go.
    """
    asked = select(stories.c.watch, stories.c.story).where(_over(cut))
    if after is not None:
        watch, story = after
        asked = asked.where(
            or_(stories.c.watch > watch, and_(stories.c.watch == watch, stories.c.story > story))
        )
    asked = asked.order_by(stories.c.watch, stories.c.story).limit(BATCH)
    rows = tx.execute(asked).all()
    if not rows:
        return Batch(Counter())
    watch = rows[0].watch
    if not dry:
        hold(tx, f"watch {watch}")
        rows = tx.execute(asked).all()
    ids = [row.story for row in rows if row.watch == watch]
    if not ids:
        return Batch(Counter(), after=(watch, ""))
    last = ids[-1]
    held = tx.execute(select(coverage.c.story, coverage.c.article).where(coverage.c.story.in_(ids))).all()
    pending = _pending(tx, {row.article for row in held})
    ids = sorted(set(ids) - {row.story for row in held if row.article in pending})
    members = sorted({row.article for row in held if row.story in ids})
    return Batch(_forget_stories(tx, ids, members, dry=dry), after=(watch, last))


def _over(cut: CutOffs) -> ColumnElement[bool]:
    """A story of which nothing changed since, and of which nothing waits to be sent."""
    rang = select(alerts.c.alert).where(alerts.c.story == stories.c.story)
    return and_(
        stories.c.opened < cut.stories,
        stories.c.seen_to < cut.stories,
        or_(stories.c.published_to.is_(None), stories.c.published_to < cut.stories),
        ~exists(rang.where(alerts.c.changed >= cut.stories)),
        ~exists().where(decisions.c.story == stories.c.story, decisions.c.at >= cut.stories),
        ~exists().where(deliveries.c.alert.in_(rang), deliveries.c.state == WAITING),
    )


def _pending(tx: Connection, members: set[str]) -> set[str]:
    """Those of these articles that are not settled."""
    packed = {pack(article): article for article in members}
    found: set[str] = set()
    for some in _some(sorted(packed)):
        asked = select(articles.c.article).where(articles.c.article.in_(some), articles.c.settled.is_(None))
        found.update(packed[identity] for identity in tx.scalars(asked))
    return found


def _forget_stories(tx: Connection, ids: Sequence[str], members: Sequence[str], *, dry: bool) -> Counter[str]:
    gone: Counter[str] = Counter()
    if not ids:
        return gone
    rang = select(alerts.c.alert).where(alerts.c.story.in_(ids))
    gone["deliveries"] = _go(tx, deliveries, deliveries.c.alert.in_(rang), dry=dry)
    _go(tx, grouped, or_(grouped.c.story.in_(ids), grouped.c.lead.in_(ids)), dry=dry)
    gone["alerts"] = _go(tx, alerts, alerts.c.story.in_(ids), dry=dry)
    gone["decisions"] = _go(tx, decisions, decisions.c.story.in_(ids), dry=dry)
    gone["story terms"] = _go(tx, story_terms, story_terms.c.story.in_(ids), dry=dry)
    for some in _some(members):
        # Another watch may still have the article in a story.
        elsewhere = exists().where(coverage.c.article == readings.c.article, coverage.c.story.not_in(ids))
        gone["readings"] += _go(tx, readings, and_(readings.c.article.in_(some), ~elsewhere), dry=dry)
    gone["coverage"] = _go(tx, coverage, coverage.c.story.in_(ids), dry=dry)
    gone["stories"] = _go(tx, stories, stories.c.story.in_(ids), dry=dry)
    return gone


def old_articles(tx: Connection, cut: CutOffs, after: bytes | None, dry: bool, hold: Hold) -> Batch:
    """Articles of which every version was settled before, with the keys under which they were met.

    Args:
        tx: as of ``old_stories``.
        cut: what may go.
        after: the last article that was looked at.
        dry: count only.
        hold: takes the place of those who claim, so that none recognises what is about to go.
    """
    if not dry:
        hold(tx, "claim")
    other = articles.alias()
    younger = exists().where(
        other.c.article == articles.c.article,
        or_(other.c.settled.is_(None), other.c.settled_at >= cut.articles),
    )
    asked = select(articles.c.article).distinct().where(articles.c.settled_at < cut.articles, ~younger)
    if after is not None:
        asked = asked.where(articles.c.article > after)
    ids = tx.scalars(asked.order_by(articles.c.article).limit(5 * BATCH)).all()
    gone: Counter[str] = Counter()
    if not ids:
        return Batch(gone)
    gone["articles"] = len(ids)
    gone["article keys"] = _go(tx, article_keys, article_keys.c.article.in_(ids), dry=dry)
    # A story shows what its articles' duplicates knew for as long as it stays.
    shown = exists().where(coverage.c.article == knowledge.c.article)
    names = [unpack(identity) for identity in ids]
    gone["knowledge"] = _go(tx, knowledge, and_(knowledge.c.article.in_(names), ~shown), dry=dry)
    _go(tx, articles, articles.c.article.in_(ids), dry=dry)
    return Batch(gone, after=ids[-1])


def old_letters(tx: Connection, cut: CutOffs, after: str | None, dry: bool, hold: Hold) -> Batch:  # noqa: ARG001
    """Dead letters that failed for the last time, and were replayed for the last time, before."""
    seen_to = func.coalesce(dead_letters.c.resurrected_at, dead_letters.c.last_at)
    asked = select(dead_letters.c.letter).where(
        dead_letters.c.last_at < cut.dead_letters, seen_to < cut.dead_letters
    )
    if after is not None:
        asked = asked.where(dead_letters.c.letter > after)
    ids = tx.scalars(asked.order_by(dead_letters.c.letter).limit(BATCH)).all()
    if not ids:
        return Batch(Counter())
    gone = _go(tx, dead_letters, dead_letters.c.letter.in_(ids), dry=dry)
    return Batch(Counter({"dead letters": gone}), after=ids[-1])


def old_words(tx: Connection, cut: CutOffs, after: str | None, dry: bool, hold: Hold) -> Batch:  # noqa: ARG001
    """Digests that were told, silences that ended, and verdicts on alerts that are gone, before."""
    gone: Counter[str] = Counter()
    told = and_(deliveries.c.kind == DIGEST, deliveries.c.state != WAITING, deliveries.c.made < cut.stories)
    gone["digests"] = _go(tx, deliveries, told, dry=dry)
    gone["silences"] = _go(tx, silences, silences.c.until < cut.stories, dry=dry)
    stands = exists().where(alerts.c.alert == verdicts.c.alert)
    gone["verdicts"] = _go(tx, verdicts, and_(verdicts.c.at < cut.stories, ~stands), dry=dry)
    return Batch(gone)


STEPS: tuple[Step, ...] = (old_stories, old_articles, old_letters, old_words)
"""In this order: what a story shows of its articles goes with the story first."""


def _go(tx: Connection, table: Table, where: ColumnElement[bool], *, dry: bool) -> int:
    if dry:
        return tx.scalar(select(func.count()).select_from(table).where(where)) or 0
    return tx.execute(delete(table).where(where)).rowcount


def _some(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[start : start + 5 * BATCH] for start in range(0, len(values), 5 * BATCH)]
