"""Stories of several watches that are one happening: which are told in one message, and which are louder.

Two stories are taken for one where they share an article. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, update

from pipeline.store.outbox.states import MESSAGE, WAITING, WITHHELD, alert_in
from pipeline.store.schema import alerts, coverage, deliveries, grouped
from transforms.article import Alert


class Lead(NamedTuple):
    """The story whose message speaks for others, and the watch that it is of."""

    story: str
    watch: str


class Follower(NamedTuple):
    """A story that is told in another one's message."""

    story: str
    watch: str


def lead_of(tx: Connection, story: str, watch: str, article: str, channel: str) -> Lead | None:
    """Whose message in this channel tells this story; None where it may have its own.

    Args:
        tx: the caller's transaction.
        story: a story without a message of its own there.
        watch: its watch.
        article: an article that is about to join it.
        channel: where.
    """
    asked = {"story": story, "watch": watch, "article": article, "channel": channel}
    row = tx.execute(_KNOWN, asked).one_or_none() or tx.execute(_SHARES, asked).first()
    return Lead(row.story, row.watch) if row is not None else None


_KNOWN = (
    select(alerts.c.story, alerts.c.watch)
    .join(grouped, and_(grouped.c.lead == alerts.c.story, grouped.c.channel == alerts.c.channel))
    .where(grouped.c.story == bindparam("story"), grouped.c.channel == bindparam("channel"))
)
_mine = coverage.alias()
_shared = or_(
    coverage.c.article == bindparam("article"),
    coverage.c.article.in_(select(_mine.c.article).where(_mine.c.story == bindparam("story"))),
)
_SHARES = (
    select(alerts.c.story, alerts.c.watch)
    .join(coverage, coverage.c.story == alerts.c.story)
    .where(_shared, coverage.c.watch != bindparam("watch"), alerts.c.channel == bindparam("channel"))
    .order_by(alerts.c.opened, alerts.c.alert)
    .limit(1)
)


def follow(tx: Connection, insert: Any, story: str, watch: str, channel: str, lead: str) -> None:
    """Keep that this story is told in the message of ``lead``."""
    row = {"story": story, "channel": channel, "watch": watch, "lead": lead}
    tx.execute(insert(grouped).on_conflict_do_nothing(), row)


def followers(tx: Connection, lead: str, channel: str) -> list[Follower]:
    """The stories that are told in this one's message, by watch."""
    rows = tx.execute(_FOLLOWERS, {"lead": lead, "channel": channel})
    return [Follower(row.story, row.watch) for row in rows]


_FOLLOWERS = (
    select(grouped.c.story, grouped.c.watch)
    .where(grouped.c.lead == bindparam("lead"), grouped.c.channel == bindparam("channel"))
    .order_by(grouped.c.watch, grouped.c.story)
)


def others(tx: Connection, story: str, watch: str, article: str) -> list[Alert]:
    """The alerts of other watches, in any channel, on stories that share an article with this one."""
    rows = tx.scalars(_OTHERS, {"story": story, "watch": watch, "article": article})
    return [alert_in(body) for body in rows]


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
