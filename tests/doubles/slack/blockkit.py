"""What Slack says of a message's blocks: the limits of Block Kit as they are documented.

Blocks and elements that no message of Tocsin's could use are not known here: such a one is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from tests.doubles.slack.elements import CONTEXT, PRESSED, SECTION, element

TOGETHER = 13_200
"""Text in all blocks from which on Slack refuses a message."""

MOST_BLOCKS, MOST_FIELDS, MOST_IN_CONTEXT, MOST_ACTIONS = 50, 10, 10, 25

Found = Iterator[tuple[str, str]]

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_NO_TEXT = re.compile("[\0\ufffe\uffff\ud800-\udfff]")
_TEXT_KEYS = {"mrkdwn": {"type", "text", "verbatim"}, "plain_text": {"type", "text", "emoji"}}
_BLOCK_KEYS: Final = {
    "header": {"type", "block_id", "text"},
    "section": {"type", "block_id", "text", "fields", "accessory", "expand"},
    "context": {"type", "block_id", "elements"},
    "actions": {"type", "block_id", "elements"},
    "image": {"type", "block_id", "image_url", "alt_text", "title"},
    "divider": {"type", "block_id"},
}


def width(text: str) -> int:
    """Characters as UTF-16 counts them."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def faults(blocks: Any) -> list[str]:
    """What is wrong with these blocks, each with its place; an empty list where Slack would take them."""
    if not isinstance(blocks, list):
        return ["blocks are a list [json-pointer:/blocks]"]
    found = [f"{fault} [json-pointer:/blocks{where}]" for where, fault in _blocks(blocks)]
    if len(blocks) > MOST_BLOCKS:
        found.append(f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]")
    return found


def texts(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every text object of the blocks that a reader sees, those on buttons included."""
    for block in blocks:
        if "text" in block:
            yield block["text"]
        yield from block.get("fields", ())
        for item in (*block.get("elements", ()), block.get("accessory")):
            if item is None:
                continue
            shown = item if item.get("type") in _TEXT_KEYS else item.get("text")
            if shown is not None:
                yield shown


def pressable(blocks: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in the blocks that a person can press or choose from, after the id of its block."""
    for place, block in enumerate(blocks):
        known = str(block.get("block_id", f"made-{place}"))
        items = block.get("elements", ()) if block.get("type") == "actions" else (block.get("accessory"),)
        yield from ((known, item) for item in items if item is not None and item.get("type") in PRESSED)


def _blocks(blocks: list[Any]) -> Found:
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
        if (look := _LOOKS.get(block["type"])) is not None:
            yield from look(block, here)


def _header(block: dict[str, Any], here: str) -> Found:
    yield from text(block.get("text"), f"{here}/text", 150, kinds=("plain_text",))


def _section(block: dict[str, Any], here: str) -> Found:
    fields = block.get("fields")
    if "text" in block:
        yield from text(block["text"], f"{here}/text", 3000)
    elif not fields:
        yield here, "text or fields must be there"
    if "accessory" in block:
        yield from element(block["accessory"], f"{here}/accessory", SECTION, text, set())
    if fields is None:
        return
    if not isinstance(fields, list) or not 0 < len(fields) <= MOST_FIELDS:
        yield f"{here}/fields", f"between 1 and {MOST_FIELDS} items"
        return
    for index, item in enumerate(fields):
        yield from text(item, f"{here}/fields/{index}", 2000)


def _context(block: dict[str, Any], here: str) -> Found:
    for index, item in enumerate(elements := _listed(block)):
        where = f"{here}/elements/{index}"
        if isinstance(item, dict) and item.get("type") == "image":
            yield from element(item, where, CONTEXT, text, set())
        else:
            yield from text(item, where, 3000)
    if not 0 < len(elements) <= MOST_IN_CONTEXT:
        yield f"{here}/elements", f"between 1 and {MOST_IN_CONTEXT} items"


def _actions(block: dict[str, Any], here: str) -> Found:
    ids: set[str] = set()
    for index, item in enumerate(elements := _listed(block)):
        yield from element(item, f"{here}/elements/{index}", PRESSED, text, ids)
    if not 0 < len(elements) <= MOST_ACTIONS:
        yield f"{here}/elements", f"between 1 and {MOST_ACTIONS} items"


def _image(block: dict[str, Any], here: str) -> Found:
    shown = {key: value for key, value in block.items() if key in {"type", "image_url", "alt_text"}}
    yield from element(shown, here, CONTEXT, text, set())
    if "title" in block:
        yield from text(block["title"], f"{here}/title", 2000, kinds=("plain_text",))


_LOOKS: Final[dict[str, Callable[[dict[str, Any], str], Found]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "image": _image,
}


def _listed(block: dict[str, Any]) -> list[Any]:
    elements = block.get("elements")
    return elements if isinstance(elements, list) else []


def text(said: Any, here: str, most: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> Found:
    """What is wrong with a text object of at most so many characters."""
    if not isinstance(said, dict) or said.get("type") not in kinds or not isinstance(said.get("text"), str):
        yield here, f"must be a text object of type {' or '.join(kinds)}"
        return
    if said.keys() - _TEXT_KEYS[said["type"]]:
        yield here, "additional property"
    words = said["text"]
    if not words.strip():
        yield f"{here}/text", "must be more than 0 characters"
    if width(words) > most:
        yield f"{here}/text", f"must be less than {most + 1} characters"
    if _NO_TEXT.search(words):
        yield f"{here}/text", "is no text"
    if said["type"] == "mrkdwn":
        yield from ((f"{here}/text", fault) for fault in _mrkdwn(words))


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
