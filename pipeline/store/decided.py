"""What a sitting of the desk decided, written down: many rows of a table at a time, each table in the order of its key.

In one order everywhere: two that write the same rows then wait for each other and never both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from pipeline.store import claims, hand
from pipeline.store.coverage import WHY, Piece, Spans, member_in, why_in
from pipeline.store.many import Row, among, insert_all, listing, update_all
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
from transforms.article import Alert, Match, Reading, Stopped


@dataclass
class Written:
    """Rows of what a sitting decided since it wrote last."""

    readings: list[Row] = field(default_factory=list)
    opened: list[Row] = field(default_factory=list)
    stretched: list[Row] = field(default_factory=list)
    terms: list[Row] = field(default_factory=list)
    pieces: list[Row] = field(default_factory=list)
    alerts: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)


def write(tx: Connection, insert: Any, rows: Written) -> None:
    """Write them all: a reading that is kept already stays as it is, coverage and alerts stand as they are now."""
    insert_all(tx, insert, readings, _sorted(rows.readings, "article", "version"))
    insert_all(tx, insert, stories, _sorted(rows.opened, "story"))
    update_all(tx, stories, "story", _sorted(rows.stretched, "story"))
    insert_all(tx, insert, story_terms, _sorted(rows.terms, "term", "story"))
    insert_all(tx, insert, coverage, _sorted(rows.pieces, "article"), instead=_PIECE)
    insert_all(tx, insert, alerts, _sorted(rows.alerts, "alert"), instead=("body", "changed"))
    insert_all(tx, insert, decisions, _sorted(rows.decisions, "article", "version"))


_PIECE = ("version", "story", "relation", "of", "member", "why")


def _sorted(rows: Sequence[Row], *key: str) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in key))


def reading_row(reading: Reading, now: datetime) -> Row:
    """A reading, whole."""
    return {
        "article": reading.article.id,
        "version": reading.article.version,
        "title": reading.article.title,
        "reading": reading.model_dump_json(),
        "stored_at": now,
    }


def story_row(story: str, watch: str, spans: Spans, now: datetime) -> Row:
    """A story that was opened."""
    return {"watch": watch, "first": spans.first, "opened": now, **spans_row(story, spans)}


def spans_row(story: str, spans: Spans) -> Row:
    """The times that a story spans."""
    return {
        "story": story,
        "undated": spans.undated,
        "published_from": spans.published_from,
        "published_to": spans.published_to,
        "seen_from": spans.seen_from,
        "seen_to": spans.seen_to,
    }


def piece_row(watch: str, story: str, article: str, piece: Piece) -> Row:
    """An article's place in a story; what is written is not parsed again."""
    member, why = piece.member.model_dump_json(), WHY.dump_json(piece.why).decode()
    member_in.put(member, piece.member)
    why_in.put(why, piece.why)
    return {
        "watch": watch,
        "article": article,
        "version": piece.member.version,
        "story": story,
        "relation": piece.relation,
        "of": piece.of,
        "member": member,
        "why": why,
    }


def alert_row(story: str, alert: Alert, body: str, now: datetime) -> Row:
    """An alert as it stands; ``body`` is it as JSON."""
    return {
        "alert": alert.id,
        "story": story,
        "watch": alert.watch,
        "channel": alert.channel,
        "body": body,
        "opened": now,
        "changed": now,
    }


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
        for row in tx.execute(_DONE, {"articles": listing(article for article, _ in of)})
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
    .where(among(decisions.c.article, "articles"))
    .group_by(decisions.c.article, decisions.c.version)
)
