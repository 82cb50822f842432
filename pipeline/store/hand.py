"""In hand: what passed the screen and is not settled is kept whole, so that nobody's death loses it.

An article is in hand from the transaction that claims it to the one that settles it. Whoever works on it holds it
for a while; when that time is over and it still is not settled, it is taken up again, by whoever looks first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from pipeline.store.claims import pack, unpack
from pipeline.store.many import for_all
from pipeline.store.schema import in_hand
from transforms.article import Article, DeadLetter, Model
from transforms.letters import letter_of

GRACE = timedelta(minutes=5)
"""How long an article may be worked on before somebody else takes it up."""

OFTEN = 6
"""Times that an article is taken up: one that outlives as many workers is what killed them."""


class Taken(Model):
    """What was taken up again: articles to go on with, and those that were given up, as dead letters."""

    articles: tuple[Article, ...] = ()
    given_up: tuple[DeadLetter, ...] = ()


def take(
    tx: Connection, insert: Any, articles: Sequence[Article], now: datetime, run: bytes, grace: timedelta
) -> None:
    """Keep these whole until they are settled."""
    rows = [
        {
            "article": pack(article.id),
            "version": article.version,
            "body": article.model_dump_json(),
            "run": run,
            "times": 1,
            "due_at": now + grace,
        }
        for article in articles
    ]
    if rows:
        statement = insert(in_hand)
        new = statement.excluded
        tx.execute(
            statement.on_conflict_do_update(
                index_elements=["article", "version"],
                set_={"body": new.body, "run": new.run, "due_at": new.due_at},
            ),
            sorted(rows, key=_place),
        )


def release(tx: Connection, articles: Iterable[tuple[str, int]]) -> None:
    """Let go of these: they are settled, or given up."""
    rows = [{"_article": pack(article), "_version": version} for article, version in articles]
    for_all(tx, _RELEASE, _RELEASE_ALL, sorted(rows, key=lambda row: (row["_article"], row["_version"])))


_RELEASE = delete(in_hand).where(
    in_hand.c.article == bindparam("_article"), in_hand.c.version == bindparam("_version")
)
_RELEASE_ALL = text(
    "WITH given AS (SELECT * FROM unnest(CAST(:_article AS bytea[]), CAST(:_version AS integer[]))"
    " AS given (article, version)),"
    " held AS (SELECT in_hand.article, in_hand.version FROM in_hand JOIN given"
    " ON in_hand.article = given.article AND in_hand.version = given.version"
    " ORDER BY in_hand.article, in_hand.version FOR UPDATE OF in_hand)"
    " DELETE FROM in_hand USING held WHERE in_hand.article = held.article AND in_hand.version = held.version"
)


def _place(row: Mapping[str, Any]) -> tuple[bytes, int]:
    return row["article"], row["version"]


def any_due(tx: Connection, now: datetime, run: bytes, *, others: bool) -> bool:
    """Whether anything waits to be taken up, asked without taking the writer's place."""
    return bool(tx.scalar(select(exists().where(_asked(now, run, others=others)))))


def _asked(now: datetime, run: bytes, *, others: bool) -> ColumnElement[bool]:
    due = in_hand.c.due_at <= now
    return or_(due, in_hand.c.run != run) if others else due


def take_up(
    tx: Connection, now: datetime, run: bytes, grace: timedelta, limit: int, *, others: bool
) -> Taken:
    """Take up what nobody settled in time.

    Args:
        tx: a transaction that may write.
        now: the clock.
        run: who takes it.
        grace: how long it is left alone from now on; each time that it was taken up before doubles it.
        limit: articles at most.
        others: also what other runs hold, without waiting: they are taken to be over.
    """
    rows = tx.execute(
        select(in_hand)
        .where(_asked(now, run, others=others))
        .order_by(in_hand.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    kept = [row for row in rows if row.times < OFTEN]
    over = [row for row in rows if row.times >= OFTEN]
    if kept:
        tx.execute(
            _TAKE_UP,
            [
                {
                    "_article": row.article,
                    "_version": row.version,
                    "run": run,
                    "times": row.times + 1,
                    "due_at": now + grace * (1 << row.times),
                }
                for row in kept
            ],
        )
    release(tx, [(unpack(row.article), row.version) for row in over])
    return Taken(
        articles=tuple(Article.model_validate_json(row.body) for row in kept),
        given_up=tuple(_given_up(Article.model_validate_json(row.body), row.times) for row in over),
    )


_TAKE_UP = update(in_hand).where(
    and_(in_hand.c.article == bindparam("_article"), in_hand.c.version == bindparam("_version"))
)


def _given_up(article: Article, times: int) -> DeadLetter:
    message = f"taken up {times} times and never settled: whoever worked on it did not come back"
    return letter_of(article, "hand", "never-settled", message)


def many(tx: Connection) -> int:
    """How many articles are in hand."""
    return tx.scalar(select(func.count()).select_from(in_hand)) or 0
