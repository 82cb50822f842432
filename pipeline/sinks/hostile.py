"""What a text or an address from a feed must lose before a sink shows it to people.

A feed may carry terminal escapes, bidirectional overrides, invisible characters and addresses made to mislead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import SplitResult, quote, urlsplit

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Bidirectional embeddings, overrides and isolates; characters without width that hide or split words (the joiners
# of emoji, Persian and Indic scripts stay); tags; what no text may hold.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")

URL_LIMIT = 3000
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_SAFE = "/%:@!$&'()+,;=~-._?"


def harmless(text: str | None) -> str:
    """The text on one line, with nothing in it that steers a terminal, turns its direction, or cannot be seen."""
    if not text:
        return ""
    text = _SURROGATES.sub("\ufffd", text)
    text = _UNSEEN.sub("", _BREAKS.sub(" ", text))
    return _SPACES.sub(" ", text).strip()


def one(_character: str) -> int:
    """What a character costs where characters are counted."""
    return 1


def clip(text: str, limit: int, cost: Callable[[str], int] = one) -> str:
    """At most ``limit`` of the text, cut at a word and closed with "…"; never within a letter with its accents.

    Args:
        text: what may be too long.
        limit: the room, in the unit of ``cost``, the ellipsis included.
        cost: what one character takes.
    """
    room, end, spent, left = limit - cost("…"), 0, 0, limit
    for place, character in enumerate(text):
        spent += cost(character)
        if spent <= room:
            end = place + 1
        left = limit - spent
        if left < 0:
            break
    if left >= 0:
        return text
    if limit < cost("…"):
        return ""
    space = text.rfind(" ", 0, end + 1)
    if space > end // 2:
        end = space
    else:
        for _ in range(16):
            if not 0 < end < len(text) or not _clings(text, end):
                break
            end -= 1
    return text[:end].rstrip() + "…"


def _clings(text: str, place: int) -> bool:
    """Whether the character here belongs to the one before it."""
    after, before = text[place], text[place - 1]
    joined = (
        "\u200d" in (after, before) or "\ufe00" <= after <= "\ufe0f" or "\U0001f3fb" <= after <= "\U0001f3ff"
    )
    return joined or unicodedata.combining(after) != 0


def address(url: str | None) -> str | None:
    """The URL in ASCII, where it is one that a reader may be sent to; None where it is shown as text at most.

    Only http and https, at most 3,000 characters, a host that can be one, no user name (``https://cnn.com@elsewhere``),
    no control, space or invisible characters. ``<``, ``>``, ``|``, quotes and the like come out percent-encoded.
    """
    if not url or len(url) > URL_LIMIT or url != harmless(url) or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = _host(parts)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or host is None or "@" in parts.netloc:
        return None
    rest = "".join(
        mark + quote(_LONE_PERCENT.sub("%25", part), safe=_URL_SAFE)
        for mark, part in (("", parts.path), ("?", parts.query), ("#", parts.fragment))
        if part
    )
    whole = f"{parts.scheme}://{host}{port}{rest}"
    return whole if len(whole) <= URL_LIMIT else None


def _host(parts: SplitResult) -> str | None:
    name = parts.hostname or ""
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    return name if _HOST.fullmatch(name) else None
