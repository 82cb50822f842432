"""Parse, what an entry or a line may say of itself: addresses, languages, guids, and the letters of entries that fail.

Everything here is hostile until it has been looked at: what is no address is not kept as one.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from transforms.article import DeadLetter, Document, fingerprint
from transforms.errors import Poison
from transforms.parse.decoding import plain, storable

URL_LIMIT = 4096
GUID_LIMIT = 1024
NAME_LIMIT = 120
SHOWN = 60
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")


def address(said: object, base: str | None = None) -> str | None:
    """An http or https URL, made whole with ``base``; None where it is none."""
    if not isinstance(said, str):
        return None
    said = "".join(plain(said).split())
    if not said or len(said) > URL_LIMIT:
        return None
    try:
        whole = urljoin(base, said) if base else said
        parts = urlsplit(whole)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    return whole if sound else None


def host(url: str | None) -> str | None:
    """The host of a URL in lower case, without ``www.``."""
    try:
        name = urlsplit(url or "").hostname
    except ValueError:
        return None
    return name.removeprefix("www.") if name else None


def language(said: object) -> str | None:
    """A language tag as it was said (``en``, ``en-GB``); None where it is none."""
    return said if isinstance(said, str) and LANGUAGE.fullmatch(said) else None


def identity(said: object) -> str | None:
    """The feed's own identity of an entry; one too long to keep is stood for by its fingerprint."""
    if not isinstance(said, str):
        return None
    said = plain(said).strip()
    return (said if len(said) <= GUID_LIMIT else fingerprint(said)) or None


def name(said: object) -> str | None:
    """A name in one line, of an outlet for example; None where it is empty or longer than any name."""
    if not isinstance(said, str):
        return None
    line = " ".join(plain(said).split())
    return line if 0 < len(line) <= NAME_LIMIT else None


def shown(value: object) -> str:
    """A value for a message: short, on one line."""
    try:
        said = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        said = repr(value)
    said = " ".join(storable(said).split())
    return said if len(said) <= SHOWN else f"{said[: SHOWN - 1]}…"


def letter(
    document: Document, poison: Poison, *, entry: int | None = None, said: dict[str, Any] | None = None
) -> DeadLetter:
    """The dead letter of a document, or of one entry in it (from 0), kept as a line of article JSON."""
    if entry is not None:
        document = Document(
            origin=f"{document.origin}#{entry + 1}",
            media="article-json",
            body=storable(
                json.dumps({key: value for key, value in (said or {}).items() if value}, ensure_ascii=False)
            ).encode(),
            fetched=document.fetched,
            order=document.order,
            feed=document.feed,
            outlet=document.outlet,
            location=document.location,
        )
    return DeadLetter(
        step="parse",
        reason=poison.reason,
        message=poison.message,
        origin=document.origin,
        document=document,
        at=document.fetched,
    )
