"""What Slack says of a message's blocks: the limits of Block Kit as they are documented.

Only the blocks that Tocsin uses are known here; any other is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

TOGETHER = 13_200
"""Text in all blocks from which on Slack refuses a message."""

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_TEXT_KEYS = {"mrkdwn": {"type", "text", "verbatim"}, "plain_text": {"type", "text", "emoji"}}
_BLOCK_KEYS = {
    "header": {"type", "block_id", "text"},
    "section": {"type", "block_id", "text", "fields", "expand"},
    "context": {"type", "block_id", "elements"},
    "divider": {"type", "block_id"},
}


def width(text: str) -> int:
    """Characters as UTF-16 counts them."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(blocks: Any) -> list[str]:
    """What is wrong with these blocks, each with its place; an empty list where Slack would take them."""
    if not isinstance(blocks, list):
        return ["blocks are a list [json-pointer:/blocks]"]
    found = [f"{fault} [json-pointer:/blocks{where}]" for where, fault in _blocks(blocks)]
    if len(blocks) > 50:
        found.append("no more than 50 items allowed [json-pointer:/blocks]")
    return found


def texts(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every text object of the blocks."""
    for block in blocks:
        if "text" in block:
            yield block["text"]
        yield from block.get("fields", ())
        yield from block.get("elements", ())


def _blocks(blocks: list[Any]) -> Iterator[tuple[str, str]]:
    ids: set[str] = set()
    for place, block in enumerate(blocks):
        here = f"/{place}"
        if not isinstance(block, dict) or block.get("type") not in _BLOCK_KEYS:
            yield here, "unsupported type"
            continue
        for key in block.keys() - _BLOCK_KEYS[block["type"]]:
            yield f"{here}/{key}", "additional property"
        known = block.get("block_id", f"made-{place}")
        if not isinstance(known, str) or not 0 < width(known) <= 255 or known in ids:
            yield f"{here}/block_id", "must be a string of its own, of at most 255 characters"
        ids.add(str(known))
        yield from _block(block, here)


def _block(block: dict[str, Any], here: str) -> Iterator[tuple[str, str]]:
    if block["type"] == "header":
        yield from _text(block.get("text"), f"{here}/text", 150, kinds=("plain_text",))
    elif block["type"] == "section":
        fields = block.get("fields", [])
        if "text" in block:
            yield from _text(block["text"], f"{here}/text", 3000)
        elif not fields:
            yield here, "text or fields must be there"
        if not isinstance(fields, list) or len(fields) > 10:
            yield f"{here}/fields", "no more than 10 items allowed"
            return
        for index, item in enumerate(fields):
            yield from _text(item, f"{here}/fields/{index}", 2000)
    elif block["type"] == "context":
        elements = block.get("elements")
        if not isinstance(elements, list) or not 0 < len(elements) <= 10:
            yield f"{here}/elements", "between 1 and 10 items"
            return
        for index, item in enumerate(elements):
            yield from _text(item, f"{here}/elements/{index}", 3000)


def _text(
    text: Any, here: str, most: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")
) -> Iterator[tuple[str, str]]:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield here, f"must be a text object of type {' or '.join(kinds)}"
        return
    if text.keys() - _TEXT_KEYS[text["type"]]:
        yield here, "additional property"
    said = text["text"]
    if not said.strip():
        yield f"{here}/text", "must be more than 0 characters"
    if width(said) > most:
        yield f"{here}/text", f"must be less than {most + 1} characters"
    if "\ufffe" in said or "\uffff" in said or "\0" in said or re.search("[\ud800-\udfff]", said):
        yield f"{here}/text", "is no text"
    if text["type"] == "mrkdwn":
        yield from ((f"{here}/text", fault) for fault in _mrkdwn(said))


def _mrkdwn(said: str) -> Iterator[str]:
    for control in _CONTROL.findall(said):
        if control[:1] in {"!", "@", "#"}:
            continue
        url = control.partition("|")[0]
        parts = urlsplit(url.replace("&amp;", "&"))
        if parts.scheme not in {"http", "https", "mailto"} or not (parts.hostname or parts.path):
            yield f"no well formed URL: {url[:80]}"
        elif width(url) > 3000 or not url.isascii() or re.search(r"\s", url):
            yield "a URL has at most 3000 characters, all of them ASCII"
    rest = _CONTROL.sub("", said)
    if "<" in rest or ">" in rest or _ENTITY.search(said):
        yield "an ampersand or angle bracket that is not escaped"
