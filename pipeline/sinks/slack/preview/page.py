"""A message of Slack's as a page of HTML: blocks laid out as Slack's light view does, everything inline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any, Final

from pipeline.sinks.slack.preview import mrkdwn

WIDTH: Final = 760
"""Pixels: as wide as Slack's message pane is on a laptop."""

# Slack draws emoji as its own pictures; these are the ones that our messages hold.
_DRAWN: Final = {"🔴": "#dd2e44", "🟠": "#f4900c", "⚪": "#ccd6dd"}
_BELL: Final = (
    '<svg viewBox="0 0 36 36" aria-hidden="true"><rect width="36" height="36" rx="6" fill="#7a1f2b"/>'
    '<path fill="#ffd97a" d="M18 7.2a1.8 1.8 0 0 0-1.8 1.9v.6c-3.2.8-5.4 3.6-5.4 7v4.6l-2.1 2.9c-.5.7 0 1.6.8 1.6h17'
    'c.8 0 1.3-.9.8-1.6l-2.1-2.9v-4.6c0-3.4-2.2-6.2-5.4-7v-.6A1.8 1.8 0 0 0 18 7.2z"/>'
    '<path fill="#ffd97a" d="M15 27.2a3 3 0 0 0 6 0z"/></svg>'
)
_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<style>{style}</style></head>
<body><main>
<header class="pane"><span class="hash">#</span>{channel}</header>
{messages}
</main></body></html>
"""


@dataclass(frozen=True)
class Shown:
    """A message as it is shown.

    Attributes:
        blocks: Block Kit, as it is sent.
        at: when it was posted; None shows no time.
        edited: whether it was edited since.
        replies: blocks of each reply in its thread, shown below it.
    """

    blocks: Sequence[Mapping[str, Any]]
    at: datetime | None = None
    edited: bool = False
    replies: Sequence[Sequence[Mapping[str, Any]]] = field(default=())


def page(messages: Sequence[Shown], *, channel: str) -> str:
    """A page with these messages, one below another, in a channel.

    Args:
        messages: as they are shown.
        channel: its name, with or without ``#``.
    """
    name = escape(channel.removeprefix("#"))
    return _PAGE.format(
        title=f"#{name}", style=_style(), channel=name, messages="\n".join(map(_message, messages))
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("slack.css").read_text(encoding="utf-8")


def _message(shown: Shown) -> str:
    time = f'<time datetime="{shown.at.isoformat()}">{shown.at:%H:%M}</time>' if shown.at is not None else ""
    edited = '<p class="edited">(edited)</p>' if shown.edited else ""
    replies = "".join(f'<div class="reply">{_message(Shown(reply))}</div>' for reply in shown.replies)
    return (
        f'<article class="message"><div class="avatar">{_BELL}</div><div class="body">'
        f'<p class="who"><b>Tocsin</b><span class="app">APP</span>{time}</p>'
        f"{''.join(map(_block, shown.blocks))}{edited}{replies}</div></article>"
    )


def _block(block: Mapping[str, Any]) -> str:
    kind = str(block.get("type"))
    if kind not in _KINDS:
        return f'<p class="unknown">a block of type {escape(kind)}</p>'
    return _KINDS[kind](block)


def _header(block: Mapping[str, Any]) -> str:
    return f"<h3>{_text(block['text'])}</h3>"


def _divider(block: Mapping[str, Any]) -> str:
    del block
    return "<hr>"


def _section(block: Mapping[str, Any]) -> str:
    said = f"<div>{_text(block['text'])}</div>" if "text" in block else ""
    fields = "".join(f"<div>{_text(each)}</div>" for each in block.get("fields", ()))
    beside = f'<div class="beside">{_element(block["accessory"])}</div>' if "accessory" in block else ""
    inner = said + (f'<div class="fields">{fields}</div>' if fields else "")
    return f'<div class="section"><div>{inner}</div>{beside}</div>'


def _context(block: Mapping[str, Any]) -> str:
    elements = "".join(f"<span>{_text(element)}</span>" for element in block.get("elements", ()))
    return f'<div class="context">{elements}</div>'


def _actions(block: Mapping[str, Any]) -> str:
    return f'<div class="actions">{"".join(map(_element, block.get("elements", ())))}</div>'


def _element(element: Mapping[str, Any]) -> str:
    style = element.get("style") if element.get("style") in {"primary", "danger"} else ""
    label = _text(element["text"]) if "text" in element else escape(str(element.get("type")))
    return f'<span role="button" class="button {style}">{label}</span>'


def _text(text: Mapping[str, Any]) -> str:
    said, marked = str(text.get("text", "")), text.get("type") == "mrkdwn"
    made = mrkdwn.html(said, verbatim=bool(text.get("verbatim"))) if marked else escape(said)
    return "".join(_drawn(made))


def _drawn(made: str) -> Iterator[str]:
    for character in made:
        colour = _DRAWN.get(character)
        if colour is None:
            yield character
        else:
            yield (
                f'<svg class="drawn" viewBox="0 0 36 36" role="img" aria-label="{character}">'
                f'<circle cx="18" cy="18" r="18" fill="{colour}"/></svg>'
            )


_KINDS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "header": _header,
    "divider": _divider,
    "section": _section,
    "context": _context,
    "actions": _actions,
}
