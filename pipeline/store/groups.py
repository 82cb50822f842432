"""Stories of several watches that are one happening: which are told in one message, and which are louder.

Two stories are taken for one where they share an article. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, update

from pipeline.store.many import among, listing
from pipeline.store.outbox.states import MESSAGE, WAITING, WITHHELD, alert_in
from pipeline.store.schema import alerts, coverage, deliveries, grouped
from transforms.article import Alert


class Lead(NamedTuple):
    """The story whose message speaks for others, and the watch that it is of."""

    story: str
    watch: str


class Follower(NamedTuple):
    """A story that is told in another one's message."""

    watch: str
    story: str


class Grouped(NamedTuple):
    """What is kept of a story that is told in another one's message; no ``watch``: that message is gone."""

    lead: str
    watch: str | None


class Shared(NamedTuple):
    """A message of another watch whose story has an article; the first by ``opened`` and ``alert`` leads."""

    opened: datetime
    alert: str
    channel: str
    lead: Lead


def grouped_of(tx: Connection, asked: Iterable[str]) -> dict[tuple[str, str], Grouped]:
    """By story and channel, in whose message these stories are told."""
    rows = tx.execute(_GROUPED, {"stories": listing(asked)})
    return {(row.story, row.channel): Grouped(row.lead, row.watch) for row in rows}


_GROUPED = (
    select(grouped.c.story, grouped.c.channel, grouped.c.lead, alerts.c.watch)
    .outerjoin(alerts, and_(grouped.c.lead == alerts.c.story, grouped.c.channel == alerts.c.channel))
    .where(among(grouped.c.story, "stories"))
)


def shared_by(
    tx: Connection, articles: Iterable[str], watch: str, channels: Iterable[str]
) -> dict[str, list[Shared]]:
    """By article the messages of other watches, in these channels, whose stories have it.

    Args:
        tx: the caller's transaction, which has the channels for itself: nobody changes the answer.
        articles: their ids, as they are kept.
        watch: whose own messages do not count.
        channels: where.
    """
    found: dict[str, list[Shared]] = {article: [] for article in articles}
    asked = {"articles": listing(articles), "watch": watch, "channels": listing(channels)}
    for article, story, of, opened, alert, channel in tx.execute(_SHARED_BY, asked):
        found[article].append(Shared(opened, alert, channel, Lead(story, of)))
    return found


_SHARED_BY = (
    select(
        coverage.c.article,
        alerts.c.story,
        alerts.c.watch,
        alerts.c.opened,
        alerts.c.alert,
        alerts.c.channel,
    )
    .join(alerts, alerts.c.story == coverage.c.story)
    .where(
        among(coverage.c.article, "articles"),
        coverage.c.watch != bindparam("watch"),
        among(alerts.c.channel, "channels"),
    )
)


def follow(tx: Connection, insert: Any, rows: Sequence[dict[str, str]]) -> None:
    """Keep that stories are told in the message of another one: story, channel, watch, lead."""
    if rows:
        tx.execute(insert(grouped).on_conflict_do_nothing(), rows)


def followers(tx: Connection, lead: str, channel: str) -> list[Follower]:
    """The stories that are told in this one's message, by watch."""
    rows = tx.execute(_FOLLOWERS, {"lead": lead, "channel": channel})
    return [Follower(row.watch, row.story) for row in rows]


_FOLLOWERS = (
    select(grouped.c.story, grouped.c.watch)
    .where(grouped.c.lead == bindparam("lead"), grouped.c.channel == bindparam("channel"))
    .order_by(grouped.c.watch, grouped.c.story)
)


def others(tx: Connection, story: str, watch: str, article: str) -> list[Alert]:
    """The alerts of other watches, in any channel, on stories that share an article with this one."""
    rows = tx.scalars(_OTHERS, {"story": story, "watch": watch, "article": article})
    return [alert_in(body) for body in rows]


_mine = coverage.alias()
_shared = or_(
    coverage.c.article == bindparam("article"),
    coverage.c.article.in_(select(_mine.c.article).where(_mine.c.story == bindparam("story"))),
)
_OTHERS = (
    select(alerts.c.body)
    .where(
        exists().where(coverage.c.story == alerts.c.story, coverage.c.watch != bindparam("watch"), _shared)
    )
    .order_by(alerts.c.alert)
)


def hush(tx: Connection, alert: Alert, by: str) -> None:
    """Withhold what still waits of an alert, since a louder one tells of the same: nobody has heard of it yet."""
    untouched = and_(deliveries.c.owner.is_(None), deliveries.c.attempted.is_(None))
    first = and_(deliveries.c.kind == MESSAGE, deliveries.c.sequence == 1)
    tx.execute(
        update(deliveries)
        .where(deliveries.c.alert == alert.id, deliveries.c.state == WAITING, first, untouched)
        .values(state=WITHHELD, held="inhibited", by=by)
    )
