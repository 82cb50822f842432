"""Parse, a whole HTML page: the article in it by trafilatura, and what the page says about itself.

Title, outlet, address and date come only from what the publisher marked as such; nothing is guessed,
and nothing is fetched.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import trafilatura
from selectolax.lexbor import LexborHTMLParser

from transforms.article import Article, Document
from transforms.errors import Poison
from transforms.parse.dates import Said, moment
from transforms.parse.decoding import LIMIT, decode
from transforms.parse.markup import bounded, headline, text_of, too_deep
from transforms.parse.parts import address, language, name

WEIGHT = 1_000_000
"""Characters of markup for trafilatura, whose time grows faster than the page; larger ones are read plainly."""
DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.created", "dcterms.issued", "parsely-pub-date", "sailthru.date", "pubdate",
    "publishdate", "publish-date", "publication_date", "article.published", "cxenseparse:recs:publishtime",
)  # fmt: skip
ARTICLES = (
    "article",
    "newsarticle",
    "blogposting",
    "reportagenewsarticle",
    "analysisnewsarticle",
    "liveblogposting",
)
LINKED_LIMIT = 200

for _library in ("trafilatura", "htmldate"):
    logging.getLogger(_library).setLevel(
        logging.CRITICAL
    )  # what they complain of, the dead letter says in one line


def parse_page(document: Document, limit: int = LIMIT) -> Iterator[Article]:
    """The one article of a page.

    Raises:
        Poison: ``no-text``, ``too-deep``, ``bad-html`` and those of ``decode``.
    """
    source = decode(document.body, document.content_type, limit=limit)
    if too_deep(source):
        raise Poison("too-deep", "more than 2,000 elements are open at once")
    tree = LexborHTMLParser(source)
    meta = _meta(tree)
    linked = list(_linked(tree))
    title, extra = bounded(_title(tree, meta, linked))
    canonical = tree.css_first("link[rel='canonical']")
    url = address(canonical.attributes.get("href"), document.location) if canonical is not None else None
    published = _published(tree, meta, linked)
    said: dict[str, Any] = {
        **extra,
        **({"published": published[1]} if published and not published[0].zoned else {}),
    }
    root = tree.root
    lang = language(root.attributes.get("lang")) if root is not None else None
    text = _main_text(source, tree)  # last: it takes the tree apart
    if not text:
        raise Poison("no-text", "a page without an article")
    yield Article(
        url=url or address(meta.get("og:url"), document.location) or address(document.location),
        outlet=name(meta.get("og:site_name")) or _publisher(linked) or document.outlet,
        title=title,
        text=text,
        published=published[0].moment if published else None,
        fetched=document.fetched,
        lang=lang,
        feed=document.feed,
        order=(document.order, 0),
        origin=document.origin,
        extra=said,
    )


def _main_text(source: str, tree: LexborHTMLParser) -> str:
    if len(source) > WEIGHT:
        tree.strip_tags(["script", "style", "svg", "noscript", "template", "iframe"])
        source = tree.html or ""
    text = ""
    if len(source) <= WEIGHT:
        try:
            found = trafilatura.bare_extraction(
                source,
                include_comments=False,
                include_tables=False,
                with_metadata=False,
                include_formatting=False,
            )
        except Exception as error:  # the page is hostile and the library not ours: whatever it was, poison
            raise Poison("bad-html", f"the page cannot be read: {type(error).__name__}") from error
        text = getattr(found, "text", None) or ""
    if text.strip():
        return "\n\n".join(line.strip() for line in text.split("\n") if line.strip())
    body = tree.css_first("article") or tree.css_first("main") or tree.body
    return text_of(body) if body is not None else ""


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta"):
        marks = node.attributes
        key = marks.get("property") or marks.get("name") or marks.get("itemprop")
        content = marks.get("content")
        if key and content:
            found.setdefault(key.strip().lower(), content)
    return found


def _linked(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    """The article objects of the page's JSON-LD, in its order."""
    for node in tree.css("script[type='application/ld+json']"):
        try:
            waiting = [json.loads(node.text() or "")]
        except (ValueError, RecursionError):
            continue  # broken JSON-LD says nothing; the article itself is still there
        seen = 0
        while waiting and seen < LINKED_LIMIT:
            item = waiting.pop(0)
            seen += 1
            if isinstance(item, list):
                waiting[:0] = item[:LINKED_LIMIT]
            elif isinstance(item, dict):
                kinds = item.get("@type")
                kinds = kinds if isinstance(kinds, list) else [kinds]
                if any(isinstance(kind, str) and kind.lower() in ARTICLES for kind in kinds):
                    yield item
                waiting[:0] = [item[key] for key in ("@graph", "mainEntity") if key in item]


def _title(tree: LexborHTMLParser, meta: dict[str, str], linked: list[dict[str, Any]]) -> str | None:
    said = [meta.get("og:title"), *(item.get("headline") for item in linked), meta.get("twitter:title")]
    heads = tree.css("article h1") or tree.css("h1")
    if len(heads) == 1:
        said.append(heads[0].text(separator=" "))
    head = tree.css_first("head title")
    if head is not None:
        said.append(head.text())
    return next((line for line in (headline(raw) for raw in said if isinstance(raw, str)) if line), None)


def _publisher(linked: list[dict[str, Any]]) -> str | None:
    for item in linked:
        said = item.get("publisher")
        found = name(said.get("name") if isinstance(said, dict) else None)
        if found:
            return found
    return None


def _published(
    tree: LexborHTMLParser, meta: dict[str, str], linked: list[dict[str, Any]]
) -> tuple[Said, str] | None:
    """The first date that the page marks as its publication, read and as it was said."""
    said: list[object] = [meta.get(key) for key in DATES[:3]]
    said += [item.get("datePublished") for item in linked]
    said += [meta.get(key) for key in DATES[3:]]
    times = tree.css("time[itemprop='datePublished'], time[pubdate]")
    if not times:
        alone = tree.css("article time[datetime]")
        times = alone if len(alone) == 1 else []
    said += [node.attributes.get("datetime") for node in times]
    for words in said:
        found = moment(words) if isinstance(words, str) else None
        if found is not None and isinstance(words, str):
            return found, words
    return None
