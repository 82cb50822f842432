"""What is remembered of a feed between two polls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

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
    """Keep this in place of what was known."""
    values: dict[str, str | datetime | None] = {"state": feed.model_dump_json(), "next_due": feed.next_due}
    statement = insert(feeds).values(feed=feed.id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["feed"], set_=values))
