"""Parse, JSON Feed (version 1 and 1.1): its items as entries.

A value of the wrong type inside an item is as good as missing; what is left decides whether it is an article.
"""

from __future__ import annotations

from typing import Any

from transforms.errors import Poison
from transforms.parse.entry import Entry, Words
from transforms.parse.lines import load_json
from transforms.parse.parts import address, host, identity, shown
from transforms.parse.prolog import ENTRIES_LIMIT

VERSION = "jsonfeed.org/version/"


def is_json_feed(value: object) -> bool:
    """Whether a JSON value is a feed: its version says so, or it has items and a version of some kind."""
    if not isinstance(value, dict):
        return False
    version = value.get("version")
    return isinstance(version, str) and (VERSION in version or isinstance(value.get("items"), list))


def json_entries(text: str, location: str | None = None) -> list[Entry]:
    """The items of a JSON Feed.

    Raises:
        Poison: ``not-a-feed``, ``too-many-entries`` and those of ``load_json``.
    """
    feed = load_json(text)
    if not is_json_feed(feed):
        raise Poison("not-a-feed", f"JSON, but no JSON Feed: no version, or no items, in {shown(feed)}")
    items = feed.get("items")
    items = items if isinstance(items, list) else []
    if len(items) > ENTRIES_LIMIT:
        raise Poison("too-many-entries", f"more than {ENTRIES_LIMIT:,} entries")
    base = location or address(feed.get("home_page_url")) or address(feed.get("feed_url"))
    return [_entry(item if isinstance(item, dict) else {}, base, feed) for item in items]


def _entry(item: dict[str, Any], base: str | None, feed: dict[str, Any]) -> Entry:
    texts = [
        Words(value, markup)
        for key, markup in (("content_html", True), ("content_text", False), ("summary", False))
        if (value := _string(item, key))
    ]
    said = item.get("id")
    if isinstance(said, int | float) and not isinstance(said, bool):
        said = str(said)  # the format asks readers to take numbers too
    return Entry(
        title=_string(item, "title"),
        texts=texts,
        link=_link(item, base),
        guid=identity(said),
        published=_string(item, "date_published") or _string(item, "date_modified"),
        source=None,
        lang=_string(item, "language") or _string(feed, "language"),
    )


def _link(item: dict[str, Any], base: str | None) -> str | None:
    links = (address(item.get("url"), base), address(item.get("external_url"), base), address(item.get("id")))
    return next((link for link in links if link and host(link)), None)


def _string(said: dict[str, Any], key: str) -> str | None:
    value = said.get(key)
    return value if isinstance(value, str) and value.strip() else None
