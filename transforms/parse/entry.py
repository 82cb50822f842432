"""Parse, one entry of any kind of feed: what it says, and the article that comes of it.

Nothing an entry says is believed before it was looked at: addresses, dates, languages and names are checked.
"""

from __future__ import annotations

from typing import NamedTuple

from transforms.article import Article, Document
from transforms.errors import Poison
from transforms.parse.dates import moment
from transforms.parse.markup import bounded, headline, paragraphs
from transforms.parse.parts import language, name


class Words(NamedTuple):
    """One text that an entry carries, and whether it is markup."""

    value: str
    markup: bool


class Entry(NamedTuple):
    """An entry as its feed says it, before anything is believed."""

    title: str | None
    texts: list[Words]
    link: str | None
    guid: str | None
    published: str | None
    source: str | None
    lang: str | None


def article(entry: Entry, document: Document, index: int) -> Article:
    """The article of one entry.

    Raises:
        Poison: ``no-text``.
    """
    texts = [paragraphs(words.value, markup=words.markup) for words in entry.texts]
    text = max(texts, key=len, default="")
    title, extra = bounded(headline(entry.title) if entry.title else None)
    if not text.strip():
        raise Poison(
            "no-text", f"an entry without a text: {title or entry.link or entry.guid or 'nor a title'}"[:200]
        )
    said = moment(entry.published) if entry.published else None
    if entry.published and (said is None or not said.zoned):
        extra["published"] = entry.published[:100]
    published = said.moment if said else None
    return Article(
        url=entry.link,
        outlet=name(entry.source) or document.outlet,
        title=title,
        text=text,
        published=published,
        fetched=document.fetched,
        lang=language(entry.lang),
        feed=document.feed,
        guid=entry.guid,
        order=(document.order, index),
        backfill=bool(published and document.backfill_before and published < document.backfill_before),
        origin=f"{document.origin}#{index + 1}",
        extra=dict(extra),
    )
