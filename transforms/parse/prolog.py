"""Parse, before a feed is read as XML: what stands before its first element, and whether its end is there.

Entity declarations are refused here, so no parser behind this door ever sees one. Scanned by hand, in linear time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from transforms.errors import Poison

ROOTS = {"rss": "</rss", "feed": "</feed", "rdf": "</rdf:rdf", "channel": "</channel"}
ENTRIES = re.compile(r"<(/?)(?:\w{1,20}:)?(item|entry)(?=[\s/>])", re.IGNORECASE)
ROOT = re.compile(r"<(?:([A-Za-z_][\w.-]{0,40}):)?([A-Za-z_][\w.-]{0,60})")
ENTITY = "<!entity"
REFUSED = "the feed declares entities of its own: refused, they can be made to explode"
ENTRIES_LIMIT = 50_000
"""Entries in one feed; the largest real ones have some thousands."""
JUNK = 4096
"""Characters that may stand before the first tag: warnings of a script, as a rule."""


class Body(NamedTuple):
    """A feed from its first element on: ``root`` in lower case, ``text``, and whether its end was cut off."""

    root: str
    text: str
    truncated: bool


def body_of(text: str) -> Body:
    """The feed without its prolog; one whose end is missing ends after its last whole entry.

    Raises:
        Poison: ``not-a-feed``, ``opml``, ``entities``, ``too-many-entries``.
    """
    start = _skip_prolog(text)
    found = ROOT.match(text, start)
    if found is None:
        raise Poison("not-a-feed", "neither XML nor JSON: a feed begins with <rss, <feed, <rdf:RDF or {")
    root = found[2].lower()
    if root == "opml":
        raise Poison("opml", "a list of feeds (OPML), not a feed: write the feeds into feeds.yaml")
    if root == "html":
        raise Poison("not-a-feed", "an HTML page where a feed was expected: moved, blocked, or a captcha")
    if root not in ROOTS:
        raise Poison(
            "not-a-feed", f"XML with the root <{found[2]}> where <rss>, <feed> or <rdf:RDF> was expected"
        )
    return _whole_entries(root, text[start:], f"</{found[1]}:{found[2]}" if found[1] else f"</{found[2]}")


def root_of(head: str) -> str | None:
    """The name of the first element of a text that begins so, in lower case; None where there is none."""
    try:
        found = ROOT.match(head, _skip_prolog(head))
    except Poison:
        return "rss"  # it has a prolog that is refused: let the feed's parser say so
    return found[2].lower() if found else None


def _skip_prolog(text: str) -> int:
    at = text.find("<", 0, JUNK)
    while at >= 0 and text.startswith(("<?", "<!"), at):
        if text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!--", at):
            end = text.find("-->", at + 4)
        else:
            end = _end_of_declaration(text, at)
        at = -1 if end < 0 else text.find("<", end)
    return max(at, 0)


def _end_of_declaration(text: str, at: int) -> int:
    """Where a document type declaration ends; its internal part, if any, must declare no entities."""
    if text[at : at + len(ENTITY)].lower() == ENTITY:
        raise Poison("entities", REFUSED)
    close = text.find(">", at)
    inner = text.find("[", at, close) if close >= 0 else -1
    if inner < 0:
        return close
    end = text.find("]", inner)
    while end >= 0 and not text[end + 1 : end + 200].lstrip().startswith(">"):
        end = text.find("]", end + 1)
    if "<!entity" in text[inner : end if end >= 0 else len(text)].lower():
        raise Poison(
            "entities", "the feed declares entities of its own: refused, they can be made to explode"
        )
    return text.find(">", end) if end >= 0 else -1


def _whole_entries(root: str, text: str, closing: str) -> Body:
    first, end, entries = -1, -1, 0
    for found in ENTRIES.finditer(text):
        if found[1]:
            end = found.end()
            continue
        entries += 1
        first = found.start() if first < 0 else first
        if entries > ENTRIES_LIMIT:
            raise Poison("too-many-entries", f"more than {ENTRIES_LIMIT:,} entries")
    if text.rfind(closing) >= 0 or text.lower().rfind(ROOTS[root]) >= 0:
        return Body(root, text, truncated=False)
    # Half an entry is no article: what stands after the last whole one is left to the dead letter.
    whole = text[:end] + ">" if end >= 0 else text[: first if first >= 0 else len(text)]
    return Body(root, whole + ("</channel>" if root == "rss" else "") + closing + ">", truncated=True)
