"""Parse, one article in JSON: ``{"text"}`` and optionally id, url, outlet, title, published, lang, feed.

What it does not know is kept under ``extra``; what has the wrong type is Poison that names key and value.
The text is taken as given, so that offsets into it are offsets into what the user gave.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from transforms.article import Article, Document
from transforms.errors import Poison
from transforms.parse.dates import Said, moment
from transforms.parse.decoding import LIMIT, decode, storable
from transforms.parse.markup import bounded
from transforms.parse.parts import address, shown

KNOWN = ("text", "id", "url", "outlet", "title", "published", "lang", "feed")
ID_LIMIT = 1024
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)  # made once: it costs more than a small article
DEPTH = 50
"""Nesting that unknown keys may have; what travels between workers bears no more than 200."""


def parse_line(document: Document, limit: int = LIMIT) -> Iterator[Article]:
    """The article of one JSON object.

    Raises:
        Poison: ``not-json``, ``no-article``, ``wrong-type``, ``no-text`` and those of ``decode``.
    """
    said = load_json(
        decode(document.body, document.content_type, limit=limit, controls=True).removeprefix("\ufeff")
    )
    if not isinstance(said, dict):
        raise Poison("no-article", f"an article is an object with a text; here: {shown(said)}")
    if said.get("text") is None:
        raise Poison(
            "no-text", 'the key "text" is missing: ' + (", ".join(list(said)[:8]) or "the object is empty")
        )
    known = {key: _string(said, key) for key in KNOWN}
    text = known["text"] or ""
    if not text.strip():
        raise Poison("no-text", '"text" is empty')
    extra = {key: value for key, value in said.items() if key not in KNOWN}
    title, whole = bounded(known["title"])
    url = address(known["url"])
    if known["url"] and url is None:
        extra["url"] = known["url"]
    published = _published(known["published"])
    if published and not published.zoned:
        extra["published"] = known["published"]
    yield Article(
        id=known["id"] or "",
        url=url,
        outlet=known["outlet"] or document.outlet,
        title=title,
        text=text,
        published=published.moment if published else None,
        fetched=document.fetched,
        lang=known["lang"],
        feed=known["feed"] or document.feed,
        order=(document.order, 0),
        origin=document.origin,
        extra={**extra, **whole},
    )


def load_json(text: str) -> Any:
    """A JSON value, fit to travel: no lone surrogates, no NULs, not too deep. NaN is read as null.

    Raises:
        Poison: ``not-json``, ``too-deep``.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"character {error.pos + 1}" if error.lineno == 1 else f"line {error.lineno}"
        raise Poison(
            "not-json", f"{error.msg} at {place}: {shown(text[max(0, error.pos - 20) : error.pos + 20])}"
        ) from None
    except ValueError as error:
        raise Poison("not-json", str(error).partition(";")[0]) from None
    except RecursionError:
        raise Poison("too-deep", f"nested deeper than {DEPTH}") from None
    return _clean(value, DEPTH)


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict | list):
        if not depth:
            raise Poison("too-deep", f"nested deeper than {DEPTH}")
        if isinstance(value, dict):
            return {storable(key): _clean(item, depth - 1) for key, item in value.items()}
        return [_clean(item, depth - 1) for item in value]
    return value


def _string(said: dict[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Poison("wrong-type", f'"{key}" must be a string; here: {shown(value)}')
    if key == "text":
        return value
    value = value.strip()
    if key == "id" and len(value) > ID_LIMIT:
        raise Poison("wrong-type", f'"id" is longer than {ID_LIMIT} characters: {shown(value)}')
    return value or None


def _published(said: str | None) -> Said | None:
    if said is None:
        return None
    found = moment(said)
    if found is None:
        raise Poison("wrong-type", f'"published" must be an ISO 8601 date; here: {shown(said)}')
    return found
