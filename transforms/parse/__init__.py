"""Parse: bytes to articles, the first step of the flow.

Text, whole HTML pages, feeds (RSS, Atom, RDF, JSON Feed) and JSON Lines; whatever cannot be read is a dead letter
with its reason.

``decoding`` bytes to text; ``markup`` HTML fragments to words; ``pages`` one HTML page; ``prolog``, ``xml_feed``,
``json_feed``, ``entry``, ``feeds`` the feeds; ``lines`` one JSON object; ``step`` holds them together.
"""

from __future__ import annotations

from transforms.parse.decoding import LIMIT, decode
from transforms.parse.step import parse, parsed

__all__ = ["LIMIT", "decode", "parse", "parsed"]
