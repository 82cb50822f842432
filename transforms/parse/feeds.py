"""Parse, a feed: each entry an article or a dead letter, in the feed's order.

RSS, Atom and RDF are read by feedparser, JSON Feed by hand; which it is, the content says and not the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from transforms.article import Article, DeadLetter, Document
from transforms.errors import Poison
from transforms.parse.decoding import LIMIT, decode
from transforms.parse.entry import article
from transforms.parse.json_feed import json_entries
from transforms.parse.parts import letter
from transforms.parse.prolog import body_of
from transforms.parse.xml_feed import xml_entries


def parse_feed(document: Document, limit: int = LIMIT) -> Iterator[Article | DeadLetter]:
    """The articles of a feed, in its order, and a dead letter for each entry that has no text.

    A feed that was cut off gives its whole entries, then one dead letter with the feed itself.

    Raises:
        Poison: ``not-a-feed``, ``opml``, ``entities``, ``too-many-entries``, ``no-entries``, ``truncated``
            (where no entry is whole), ``unreadable-feed`` and those of ``decode`` and JSON.
    """
    text = decode(document.body, document.content_type, limit=limit).lstrip("\ufeff \t\n")
    truncated = False
    if text.startswith("{"):
        entries = json_entries(text, document.location)
    else:
        body = body_of(text)
        truncated = body.truncated
        entries = xml_entries(body, document)
    if not entries:
        if truncated:
            raise Poison("truncated", "the feed is cut off before its first entry ends")
        raise Poison("no-entries", "a feed without entries")
    for index, entry in enumerate(entries):
        try:
            yield article(entry, document, index)
        except Poison as poison:
            said = {"title": entry.title, "url": entry.link, "published": entry.published, "guid": entry.guid}
            yield letter(document, poison, entry=index, said={**said, "outlet": entry.source})
    if truncated:
        yield letter(
            document, Poison("truncated", f"the feed is cut off; its {len(entries)} whole entries went on")
        )
