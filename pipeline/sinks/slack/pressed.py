"""What a press of a button in a message says: who pressed what, where, for which alert. And what they are answered.

Pure functions over the payload that Slack sends; it passed through a person's client, and is believed in nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pipeline.sinks.hostile import clip, harmless

MUTE_STORY: Final = "tocsin:mute-story"
MUTE_WATCH: Final = "tocsin:mute-watch"
RIGHT: Final = "tocsin:right"
WRONG: Final = "tocsin:wrong"
COVERAGE: Final = "tocsin:coverage"
WHY: Final = "tocsin:why"
ACTIONS: Final = frozenset({MUTE_STORY, MUTE_WATCH, RIGHT, WRONG, COVERAGE, WHY})
"""The action ids of the buttons in an alert."""

VALUE: Final = 2000
"""Characters of a button's value at most, as Slack has it."""

_ID = re.compile(r"[A-Z0-9]{2,64}")
_STAMP = re.compile(r"\d{1,12}\.\d{1,9}")


@dataclass(frozen=True)
class Pressed:
    """A press.

    Attributes:
        action: the action id, one of ``ACTIONS``.
        alert: the button's value, or that of the option that was chosen.
        team: the id of the workspace.
        channel: the id of the channel.
        message: the stamp of the message.
        thread: the stamp of the message that it replies to; None where it is no reply.
        user: the id of who pressed.
        name: what they are called; harmless, not escaped.
        at: when, by Slack's clock.
    """

    action: str
    alert: str
    team: str
    channel: str
    message: str
    thread: str | None
    user: str
    name: str
    at: datetime


@dataclass(frozen=True)
class Answer:
    """What the one who pressed is told, and nobody else sees.

    Attributes:
        text: mrkdwn, escaped by who made it; empty: nothing is said.
        blocks: in place of the text, which is then for notifications.
    """

    text: str
    blocks: tuple[Mapping[str, Any], ...] = ()


Ignored = Literal["unknown-action", "malformed"]
"""Why nothing is done for a press."""


def pressed(payload: Mapping[str, Any]) -> Iterator[Pressed | Ignored]:
    """Each press that a payload tells of, or why it is passed over."""
    actions = payload.get("actions")
    if payload.get("type") != "block_actions" or not isinstance(actions, list):
        yield "unknown-action"
        return
    for action in actions:
        if not isinstance(action, dict):
            yield "malformed"
        elif action.get("action_id") not in ACTIONS:
            yield "unknown-action"
        else:
            yield _press(payload, action) or "malformed"


def _press(payload: Mapping[str, Any], action: Mapping[str, Any]) -> Pressed | None:
    user, message, place = (_part(payload, key) for key in ("user", "message", "container"))
    value = action.get("value", _part(action, "selected_option").get("value"))
    thread = message.get("thread_ts", place.get("thread_ts"))
    known = {
        "team": _part(payload, "team").get("id", user.get("team_id")),
        "channel": _part(payload, "channel").get("id", place.get("channel_id")),
        "user": user.get("id"),
    }
    stamp = message.get("ts", place.get("message_ts"))
    at = _moment(action.get("action_ts"))
    if not all(isinstance(each, str) and _ID.fullmatch(each) for each in known.values()):
        return None
    if not _is_stamp(stamp) or not isinstance(value, str) or len(value) > VALUE or at is None:
        return None
    name = user.get("name") or user.get("username")
    return Pressed(
        action=str(action["action_id"]),
        alert=value,
        message=stamp,
        thread=thread if _is_stamp(thread) and thread != stamp else None,
        name=clip(harmless(name), 80) if isinstance(name, str) else "",
        at=at,
        **known,
    )


def _part(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = payload.get(key)
    return found if isinstance(found, dict) else {}


def _is_stamp(said: object) -> bool:
    return isinstance(said, str) and _STAMP.fullmatch(said) is not None


def _moment(said: object) -> datetime | None:
    if not isinstance(said, str) or not _is_stamp(said):
        return None
    try:
        return datetime.fromtimestamp(float(said), UTC)
    except (OverflowError, OSError, ValueError):
        return None
