"""What is remembered of a feed between two polls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from pipeline.store import lease as leases
from pipeline.store.schema import feeds
from transforms.article import Model, Moment


class FeedState(Model):
    """The memory of one feed.

    Attributes:
        id: the feed, as the configuration names it.
        url: where it was read last, after redirects that hold.
        etag: the validator, byte for byte as the server sent it.
        last_modified: the other validator, the same.
        next_due: not to be polled before.
        first_fetched: when it was first read; what it published before is back catalogue.
        last_status: how the server answered last.
        failures: polls in a row that failed.
    """

    id: str
    url: str
    etag: str | None = None
    last_modified: str | None = None
    next_due: Moment | None = None
    first_fetched: Moment | None = None
    last_status: int | None = None
    failures: int = 0


def state(tx: Connection, feed: str) -> FeedState | None:
    """What is known of this feed, or None."""
    kept = tx.scalar(select(feeds.c.state).where(feeds.c.feed == feed))
    return FeedState.model_validate_json(kept) if kept is not None else None


def states(tx: Connection) -> list[FeedState]:
    """All feeds that were ever polled."""
    return [
        FeedState.model_validate_json(kept)
        for kept in tx.scalars(select(feeds.c.state).order_by(feeds.c.feed))
    ]


def remember(tx: Connection, insert: Any, feed: FeedState) -> None:
    """Keep this in place of what was known; whoever asked the feed is done with it."""
    values: dict[str, str | datetime | None] = {"state": feed.model_dump_json(), "next_due": feed.next_due}
    values |= {"owner": None, "leased_until": None}
    statement = insert(feeds).values(feed=feed.id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["feed"], set_=values))


class Asked(NamedTuple):
    """What is known of some feeds, by id, and which of them may be asked now by whoever got this."""

    known: dict[str, FeedState]
    leased: frozenset[str]


def ask(
    tx: Connection,
    insert: Any,
    asked: Mapping[str, str],
    is_due: Callable[[FeedState | None], bool],
    now: datetime,
    lease: timedelta,
) -> Asked:
    """Lease those of these feeds, all of one host, that are due; none while another asks that host.

    Args:
        tx: a transaction that may write.
        insert: the dialect's insert.
        asked: the feeds' URLs by their ids.
        is_due: whether a feed may be asked, by what is known of it.
        now: the clock.
        lease: how long the asking may take: then another may ask. A process that is gone holds nothing.
    """
    rows = tx.execute(
        select(feeds).where(feeds.c.feed.in_(asked)).order_by(feeds.c.feed).with_for_update()
    ).all()
    known = {row.feed: FeedState.model_validate_json(row.state) for row in rows}
    for row in rows:
        held = row.owner is not None and row.leased_until is not None and row.leased_until > now
        if held and leases.may_live(row.owner):
            return Asked(known, frozenset())
    due = [feed for feed in sorted(asked) if is_due(known.get(feed))]
    held_by = {"owner": leases.me(), "leased_until": now + lease}
    for feed in due:
        state = known.get(feed) or FeedState(id=feed, url=asked[feed])
        statement = insert(feeds).values(
            feed=feed, state=state.model_dump_json(), next_due=state.next_due, **held_by
        )
        tx.execute(statement.on_conflict_do_update(index_elements=["feed"], set_=held_by))
    return Asked(known, frozenset(due))
