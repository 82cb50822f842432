"""What a reader would find in a message: who is named, what links where, what is formatted."""

from __future__ import annotations

import re
from typing import Any

from tests.doubles.slack.blockkit import texts

_CONTROL = re.compile(r"<([^<>]*)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_FORMAT = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`")
_EMOJI = re.compile(r":[^\s:]+:")


def mrkdwn(message: dict[str, Any]) -> list[str]:
    """All the text of a message that Slack reads as mrkdwn, the notification's included."""
    blocks = [text["text"] for text in texts(message["blocks"]) if text["type"] == "mrkdwn"]
    return [message["text"], *blocks]


def mentions(message: dict[str, Any]) -> list[str]:
    """People, groups and channels that the message calls."""
    return [
        control
        for text in mrkdwn(message)
        for control in _CONTROL.findall(text)
        if control[:1] in tuple("!@#")
    ]


def links(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Where the message links to, and what is written on it."""
    controls = [control for text in mrkdwn(message) for control in _CONTROL.findall(text)]
    return [
        (unescaped(url), unescaped(label))
        for url, _, label in (
            control.partition("|") for control in controls if control[:1] not in tuple("!@#")
        )
    ]


def formats(message: dict[str, Any]) -> list[str]:
    """The marks in the message that make text bold, italic, struck out or code, in their order."""
    return [mark for text in mrkdwn(message) for mark in _FORMAT.findall(_CONTROL.sub(_label, text))]


def emoji(message: dict[str, Any]) -> list[str]:
    """What Slack would turn into emoji."""
    return [name for text in mrkdwn(message) for name in _EMOJI.findall(_CONTROL.sub(_label, text))]


def read(message: dict[str, Any]) -> str:
    """The message as text, links as what is written on them."""
    return "\n".join(
        unescaped(_CONTROL.sub(_label, text["text"])) if text["type"] == "mrkdwn" else text["text"]
        for text in texts(message["blocks"])
    )


def unescaped(text: str) -> str:
    """The text that was escaped."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _label(control: re.Match[str]) -> str:
    return control[1].partition("|")[2]
