"""Parse, RSS, Atom and RDF: what feedparser makes of them, as entries.

An outlet is taken only from who says so: the entry's own source, else the feed's publisher for entries on its own host.
"""

from __future__ import annotations

import io
from typing import Any

import feedparser

from transforms.article import Document
from transforms.errors import Poison
from transforms.parse.entry import Entry, Words
from transforms.parse.markup import headline
from transforms.parse.parts import address, host, identity, name
from transforms.parse.prolog import Body

GENERIC = frozenset(
    ("the", "news", "online", "rss", "feed", "latest", "top", "stories", "headlines", "com", "org")
)
HTML = frozenset(("text/html", "application/xhtml+xml"))


def xml_entries(body: Body, document: Document) -> list[Entry]:
    """The entries of an RSS, Atom or RDF feed.

    The parser is given bytes that are certainly UTF-8, without a prolog, and no address: it would make one
    out of every guid. Links are resolved here.

    Raises:
        Poison: ``unreadable-feed``.
    """
    try:
        read = feedparser.parse(
            io.BytesIO(b'<?xml version="1.0" encoding="utf-8"?>\n' + body.text.encode("utf-8", "replace")),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # the feed is hostile and the library not ours: whatever it was, poison
        raise Poison("unreadable-feed", f"the feed cannot be read: {type(error).__name__}") from error
    feed = read["feed"]
    home = address(dict.get(feed, "link"), document.location)
    publisher = _publisher(feed, home, body.text)
    lang = dict.get(feed, "language")
    return [_entry(raw, document.location or home, home, publisher, lang) for raw in read["entries"]]


def _entry(
    raw: dict[str, Any], base: str | None, home: str | None, publisher: str | None, lang: object
) -> Entry:
    link = _link(raw, base)
    source = _said(raw, "source")
    outlet = name(headline(_text(_said(source, "title")) or "")) if isinstance(source, dict) else None
    if outlet is None and home is not None and host(link) == host(home):
        outlet = publisher
    texts: list[Words] = []
    spoken = None
    for part in [*_list(raw, "content"), _said(raw, "summary_detail")]:
        if isinstance(part, dict) and str(part.get("type")).startswith(("text/", "application/xhtml")):
            texts.append(Words(_text(part.get("value")) or "", part.get("type") in HTML))
            spoken = spoken or part.get("language")
    detail = _said(raw, "title_detail")
    spoken = spoken or (detail.get("language") if isinstance(detail, dict) else None)
    return Entry(
        title=_text(_said(raw, "title")),
        texts=texts,
        link=link,
        guid=identity(_said(raw, "id")),
        published=_text(_said(raw, "published")) or _text(_said(raw, "updated")),
        source=outlet,
        lang=_text(spoken) or _text(lang),
    )


def _said(raw: Any, key: str) -> Any:
    # feedparser's own lookup answers for other keys than it was asked for
    return dict.get(raw, key) if isinstance(raw, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _list(raw: dict[str, Any], key: str) -> list[Any]:
    value = _said(raw, key)
    return value if isinstance(value, list) else []


def _link(raw: dict[str, Any], base: str | None) -> str | None:
    said = [_said(raw, "feedburner_origlink")]
    said += [
        link.get("href")
        for link in _list(raw, "links")
        if isinstance(link, dict) and link.get("rel") == "alternate"
    ]
    found = next((whole for whole in (address(link, base) for link in said if link) if whole), None)
    return found or address(_said(raw, "id"))


def _publisher(feed: dict[str, Any], home: str | None, text: str) -> str | None:
    """Who publishes the feed, where it plainly says so: dc:publisher, or a title that is the name of its own host."""
    said = name(_said(feed, "publisher"))
    if said and "@" not in said and "<webmaster" not in text[:20_000].lower():
        return said
    title = name(headline(_text(_said(feed, "title")) or ""))
    if title is None or home is None:
        return None
    label = max((host(home) or "").split(".")[:-1] or [""], key=len).replace("-", "")
    words = ["".join(filter(str.isalnum, word)) for word in title.casefold().split()]
    plain = {"".join(words), "".join(word for word in words if word not in GENERIC)}
    return title if label and label in plain else None
