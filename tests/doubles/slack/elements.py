"""What Slack says of a block's elements: buttons, menus and pictures, with their limits as they are documented."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

Found = Iterator[tuple[str, str]]
LookAtText = Callable[..., Found]
"""Looks at a text object: the object, its place, its most characters, and its ``kinds``."""

PRESSED: Final = frozenset({"button", "overflow", "static_select"})
"""What a person can press or choose from: it sends an action."""
CONTEXT: Final = frozenset({"image"})
SECTION: Final = PRESSED | CONTEXT

_KEYS: Final = {
    "button": {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"},
    "overflow": {"type", "action_id", "options", "confirm"},
    "static_select": {"type", "action_id", "options", "placeholder", "initial_option", "confirm"},
    "image": {"type", "image_url", "alt_text"},
}
_OPTIONS: Final = {"overflow": (1, 5, 75, 150), "static_select": (1, 100, 75, 150)}
"""Fewest and most options, characters of an option's text and of its value."""
_CONFIRM: Final = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
_PLAIN: Final = ("plain_text",)


def element(item: Any, here: str, allowed: frozenset[str], text: LookAtText, ids: set[str]) -> Found:
    """What is wrong with an element.

    Args:
        item: the element.
        here: its place.
        allowed: the types that may stand there.
        text: looks at a text object.
        ids: the action ids of the elements before it in its block; its own is added.
    """
    kind = item.get("type") if isinstance(item, dict) else None
    if kind not in allowed:
        yield here, "unsupported type"
        return
    for key in item.keys() - _KEYS[kind]:
        yield f"{here}/{key}", "additional property"
    if kind in PRESSED:
        known = item.get("action_id")
        if not _is_text(known, 255):
            yield f"{here}/action_id", "must be a string of at most 255 characters"
        elif known in ids:
            yield f"{here}/action_id", "`action_id` must be its own within the block"
        ids.add(str(known))
        if "confirm" in item:
            yield from _confirm(item["confirm"], f"{here}/confirm", text)
    if kind == "button":
        yield from _button(item, here, text)
    elif kind == "image":
        yield from _image(item, here)
    else:
        yield from _menu(item, here, kind, text)


def _button(item: dict[str, Any], here: str, text: LookAtText) -> Found:
    yield from text(item.get("text"), f"{here}/text", 75, kinds=_PLAIN)
    if "value" in item and not _is_text(item["value"], 2000):
        yield f"{here}/value", "must be a string of at most 2000 characters"
    if item.get("style", "primary") not in {"primary", "danger"}:
        yield f"{here}/style", "must be primary or danger"
    if "url" in item and not _is_address(item["url"]):
        yield f"{here}/url", "must be a URL of at most 3000 characters"
    if "accessibility_label" in item and not _is_text(item["accessibility_label"], 75):
        yield f"{here}/accessibility_label", "must be a string of at most 75 characters"


def _menu(item: dict[str, Any], here: str, kind: str, text: LookAtText) -> Found:
    fewest, most, words, value = _OPTIONS[kind]
    if kind == "static_select" and "placeholder" in item:
        yield from text(item["placeholder"], f"{here}/placeholder", 150, kinds=_PLAIN)
    options = item.get("options")
    if not isinstance(options, list) or not fewest <= len(options) <= most:
        yield f"{here}/options", f"between {fewest} and {most} items"
        return
    for index, option in enumerate(options):
        where = f"{here}/options/{index}"
        if not isinstance(option, dict) or option.keys() - {"text", "value", "description", "url"}:
            yield where, "must be an option"
            continue
        yield from text(option.get("text"), f"{where}/text", words, kinds=_PLAIN)
        if not _is_text(option.get("value"), value):
            yield f"{where}/value", f"must be a string of at most {value} characters"
    if "initial_option" in item and item["initial_option"] not in options:
        yield f"{here}/initial_option", "must be one of the options"


def _image(item: dict[str, Any], here: str) -> Found:
    if not _is_address(item.get("image_url")):
        yield f"{here}/image_url", "must be a URL of at most 3000 characters"
    if not _is_text(item.get("alt_text"), 2000):
        yield f"{here}/alt_text", "must be a string of at most 2000 characters"


def _confirm(said: Any, here: str, text: LookAtText) -> Found:
    if not isinstance(said, dict) or said.keys() - {*_CONFIRM, "style"}:
        yield here, "must be a confirmation dialog"
        return
    for key, most in _CONFIRM.items():
        if key in said or key != "deny":
            yield from text(said.get(key), f"{here}/{key}", most, kinds=_PLAIN)


def _is_text(said: Any, most: int) -> bool:
    return isinstance(said, str) and 0 < len(said.encode("utf-16-le", "surrogatepass")) // 2 <= most


def _is_address(said: Any) -> bool:
    if not isinstance(said, str) or not said.isascii() or len(said) > 3000 or re.search(r"\s", said):
        return False
    try:
        parts = urlsplit(said)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
