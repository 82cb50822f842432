"""What a sitting of the desk decided, written down: many rows of a table at a time, each table in the order of its key.

In one order everywhere: two that write the same rows then wait for each other and never both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Executable, Table, bindparam, func, select, text, update

from pipeline.store import claims, hand
from pipeline.store.schema import (
    alerts,
    articles,
    coverage,
    decisions,
    plain,
    readings,
    stories,
    story_terms,
)
from transforms.article import Match, Stopped

Row = Mapping[str, Any]


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


def keep_readings(tx: Connection, insert: Any, rows: Iterable[Row]) -> None:
    """Keep readings whole; a version that is kept already stays as it is."""
    ordered = sorted(rows, key=lambda row: (row["article"], row["version"]))
    if ordered:
        tx.execute(_or_nothing(insert, readings), ordered)


def open_stories(tx: Connection, rows: Sequence[Row]) -> None:
    """Open stories."""
    if rows:
        tx.execute(_OPEN, rows)


def stretch_stories(tx: Connection, rows: Sequence[Row]) -> None:
    """Stretch the times that stories span; ``_story`` is each one's id."""
    if rows:
        tx.execute(_STRETCH, rows)


_OPEN = stories.insert()
_STRETCH = (
    update(stories)
    .where(stories.c.story == bindparam("_story"))
    .values(
        {
            name: bindparam(name)
            for name in ("undated", "published_from", "published_to", "seen_from", "seen_to")
        }
    )
)


def keep_terms(tx: Connection, insert: Any, watch: str, terms: Iterable[tuple[str, str]]) -> None:
    """Keep heavy words, each with the story that has it: what shares one is held against the story."""
    ordered = sorted(terms)
    if not ordered:
        return
    if tx.dialect.name == "postgresql":
        # There are many, and each row of a list is an answer of its own: here it is one.
        words, named = zip(*ordered, strict=True)
        tx.execute(_TERMS, {"watch": plain(watch), "terms": list(words), "stories": list(named)})
        return
    rows = [{"watch": watch, "term": term, "story": story} for term, story in ordered]
    tx.execute(_or_nothing(insert, story_terms), rows)


_TERMS = text(
    "INSERT INTO story_terms (watch, term, story)"
    " SELECT :watch, given.term, given.story"
    " FROM unnest(CAST(:terms AS text[]), CAST(:stories AS text[])) AS given (term, story)"
    " ON CONFLICT DO NOTHING"
)


def keep_pieces(tx: Connection, insert: Any, rows: Iterable[Row]) -> None:
    """Keep places in the coverage as they stand now."""
    ordered = sorted(rows, key=lambda row: row["article"])
    if ordered:
        changed = (name for name in ordered[0] if name not in {"watch", "article"})
        tx.execute(_or_instead(insert, coverage, *changed), ordered)


def keep_alerts(tx: Connection, insert: Any, rows: Iterable[Row]) -> None:
    """Keep alerts as they stand now."""
    ordered = sorted(rows, key=lambda row: row["alert"])
    if ordered:
        tx.execute(_or_instead(insert, alerts, "body", "changed"), ordered)


def keep_decisions(tx: Connection, rows: Iterable[Row]) -> None:
    """Keep that these were decided, and why."""
    ordered = sorted(rows, key=lambda row: (row["article"], row["version"]))
    if ordered:
        tx.execute(_NOTE, ordered)


_NOTE = decisions.insert()


def settle(tx: Connection, matches: Iterable[Match], now: datetime) -> None:
    """Settle the articles of which every watch that they matched has been decided.

    Their rows are held first: of two watches that decide one at once the second then sees what the first decided.
    """
    of: dict[tuple[str, int], int] = {}
    for match in matches:
        article = match.reading.article
        key = article.id, article.version
        of[key] = min(match.of, of.get(key, match.of))
    if not of:
        return
    packed = sorted({claims.pack(article) for article, _ in of})
    tx.execute(_HOLD, {"articles": packed})
    done = {
        (row.article, row.version): row.done
        for row in tx.execute(_DONE, {"articles": sorted({article for article, _ in of})})
    }
    over = [key for key, least in of.items() if done.get((plain(key[0]), key[1]), 0) >= least]
    stopped = [
        Stopped(article=article, version=version, step="decide", reason="decided")
        for article, version in over
    ]
    claims.settle(tx, stopped, now)
    hand.release(tx, over)


_HOLD = (
    select(articles.c.settled)
    .where(articles.c.article.in_(bindparam("articles", expanding=True)))
    .order_by(articles.c.article, articles.c.version)
    .with_for_update()
)
_DONE = (
    select(decisions.c.article, decisions.c.version, func.count().label("done"))
    .where(decisions.c.article.in_(bindparam("articles", expanding=True)))
    .group_by(decisions.c.article, decisions.c.version)
)
