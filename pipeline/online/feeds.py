"""Asking the feeds: each once, those of one host one after the other, and whether what comes back is a feed.

Asked without validators and never recorded: what a run remembers of a feed stays as it is.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Final

from pipeline.online.finding import Finding, Kind
from pipeline.secrets import Place
from pipeline.settings.model import Settings
from pipeline.settings.places import feed_places
from pipeline.sources.answers import Fetched, FetchFailed
from pipeline.sources.feeds import Feed
from pipeline.sources.fetch import Fetcher, Patience, user_agent
from transforms.article import Document
from transforms.errors import Poison

AT_ONCE: Final = 8
"""Hosts that are asked at the same time, as a round does."""

GAP: Final = 1.0
"""Seconds between two requests to one host."""

_PASSES = re.compile(r"timeout|dns|connection|tls|cut-off|http-(?:5\d\d|408|421|425|429)")
"""Reasons that may pass by themselves."""


def feeds_online(settings: Settings) -> Iterator[Finding]:
    """What the feeds say, those that are files left out."""
    feeds = sorted((feed for feed in settings.feeds if feed.polled), key=lambda feed: feed.host)
    if not feeds:
        return
    places = feed_places(settings)
    hosts = [list(group) for _, group in groupby(feeds, key=lambda feed: feed.host)]
    patience = Patience(limit=settings.limits.feed, total=settings.limits.fetch.total_seconds())
    fine = 0
    with (
        Fetcher(user_agent(settings.contact), patience, frozenset(settings.allow_hosts)) as fetcher,
        ThreadPoolExecutor(min(AT_ONCE, len(hosts))) as threads,
    ):
        for found in threads.map(partial(_in_turn, fetcher=fetcher, places=places), hosts):
            yield from filter(None, found)
            fine += found.count(None)
    if fine:
        yield Finding("note", f"{fine} of {len(feeds)} feeds answered with articles")


def _in_turn(feeds: list[Feed], *, fetcher: Fetcher, places: Mapping[str, Place]) -> list[Finding | None]:
    found: list[Finding | None] = []
    for number, feed in enumerate(feeds):
        if number:
            time.sleep(GAP)
        found.append(_ask(feed, fetcher, places.get(feed.id, Place())))
    return found


def _ask(feed: Feed, fetcher: Fetcher, place: Place) -> Finding | None:
    """What is to be said of this feed; None where it gave articles."""
    try:
        fetched = fetcher.fetch(feed.url, own_host=feed.own_host)
        wrong = _wrong_with(feed, fetched)
    except FetchFailed as failed:
        kind: Kind = "unreached" if _PASSES.fullmatch(failed.reason) else "fault"
        return Finding(kind, f"feed {feed.id}: {failed.reason}: {failed.message}", place)
    return wrong and Finding(wrong[0], f"feed {feed.id}: {wrong[1]}", place)


def _wrong_with(feed: Feed, fetched: Fetched) -> tuple[Kind, str] | None:
    # Here, because parsing brings Beam with it, and `tocsin check` alone needs none.
    from transforms.parse.feeds import parse_feed  # noqa: PLC0415

    document = Document(
        origin=feed.url,
        media="feed",
        body=fetched.body or b"",
        fetched=datetime.now(UTC),
        feed=feed.id,
        outlet=feed.outlet,
        content_type=fetched.content_type,
        location=fetched.url,
    )
    try:
        next(parse_feed(document))
    except Poison as poison:
        return ("note" if poison.reason == "no-entries" else "fault"), poison.message
    except StopIteration:
        return "note", "a feed without entries"
    return None
