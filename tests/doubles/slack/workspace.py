"""A Slack workspace in memory: its channels, its messages, and what it answers to each method."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.slack.blockkit import TOGETHER, faults, texts, width

Said = dict[str, Any]
METHODS = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
}
"""The methods, each with the scope that it needs."""


@dataclass
class Message:
    """A message as it stands in its channel."""

    channel: str
    ts: str
    text: str
    blocks: list[Said]
    metadata: Said | None
    asked: Said
    edits: int = 0
    deleted: bool = False
    tombstone: bool = False

    def shown(self, *, metadata: bool) -> Said:
        if self.deleted:
            return {
                "type": "message",
                "subtype": "tombstone",
                "ts": self.ts,
                "text": "This message was deleted.",
            }
        said: Said = {
            "type": "message",
            "ts": self.ts,
            "text": self.text,
            "blocks": self.blocks,
            "bot_id": "B0TOCSIN",
        }
        if self.edits:
            said["edited"] = {"user": "U0TOCSIN", "ts": self.ts}
        return said | ({"metadata": self.metadata} if metadata and self.metadata is not None else {})


@dataclass
class Workspace:
    """Channels and messages.

    Attributes:
        channels: ids by name; None lets every name be a channel.
        archived: names of channels that are archived.
        scopes: what the app may do.
        page: the most messages that a page of history has.
    """

    channels: dict[str, str] | None = None
    archived: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=lambda: {scope for scope in METHODS.values() if scope})
    page: int = 200
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, str] = {}
        self._last = 0

    def answer(self, method: str, asked: Said) -> Said:
        """What Slack says to a request whose token is right."""
        if method not in METHODS:
            return _no("unknown_method")
        scope = METHODS[method]
        if scope is not None and scope not in self.scopes:
            return _no("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        with self._lock:
            return {
                "auth.test": self._auth,
                "chat.postMessage": self._post,
                "chat.update": self._update,
                "conversations.history": self._history,
                "conversations.info": self._info,
                "conversations.list": self._list,
            }[method](asked)

    def add(self, channel: str, text: str = "someone else's") -> Message:
        """A message that another person wrote."""
        with self._lock:
            known = self._room(f"#{channel.removeprefix('#')}") or ""
            return self._keep(Message(known, self._stamp(), text, [], None, {}))

    def names(self) -> dict[str, str]:
        """All channels there are now: ids by name."""
        return dict(self.channels if self.channels is not None else self._made)

    def _auth(self, asked: Said) -> Said:
        del asked
        return {
            "ok": True,
            "team": "Newsroom",
            "team_id": "T0NEWSROOM",
            "user": "tocsin",
            "user_id": "U0TOCSIN",
        }

    def _post(self, asked: Said) -> Said:
        known = self._room(str(asked.get("channel", "")))
        if known is None:
            return _no("channel_not_found")
        if self._is_archived(known):
            return _no("is_archived")
        if (wrong := _wrong(asked)) is not None:
            return wrong
        message = Message(
            known, self._stamp(), _cut(asked), asked.get("blocks", []), asked.get("metadata"), asked
        )
        self._keep(message)
        return {"ok": True, "channel": known, "ts": message.ts, "message": message.shown(metadata=True)}

    def _update(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))  # by id alone, as Slack has it
        if known not in self.names().values():
            return _no("channel_not_found")
        if self._is_archived(known):
            return _no("is_archived")
        message = next((m for m in self._in(known) if m.ts == asked.get("ts")), None)
        if message is None:
            return _no("message_not_found")
        if (wrong := _wrong(asked)) is not None:
            return wrong
        message.text, message.blocks, message.asked = _cut(asked), asked.get("blocks", []), asked
        message.metadata = asked.get("metadata", message.metadata)
        message.edits += 1
        return {"ok": True, "channel": known, "ts": message.ts, "text": message.text}

    def _history(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))
        if known not in self.names().values():
            return _no("channel_not_found")
        oldest, latest = float(asked.get("oldest", 0)), float(asked.get("latest", "inf"))
        inclusive = _true(asked.get("inclusive"))
        found = [
            message
            for message in reversed(self.messages)
            if message.channel == known
            and (message.tombstone or not message.deleted)
            and (oldest < float(message.ts) < latest or (inclusive and float(message.ts) in (oldest, latest)))
        ]
        start = int(str(asked.get("cursor") or 0))
        end = start + min(int(asked.get("limit", 100)), self.page)
        shown = [m.shown(metadata=_true(asked.get("include_all_metadata"))) for m in found[start:end]]
        more = end < len(found)
        following = {"response_metadata": {"next_cursor": str(end)}} if more else {}
        return {"ok": True, "messages": shown, "has_more": more} | following

    def _info(self, asked: Said) -> Said:
        known = next((item for item in self.names().items() if item[1] == asked.get("channel")), None)
        if known is None:
            return _no("channel_not_found")
        name, room = known
        return {"ok": True, "channel": {"id": room, "name": name, "is_archived": name in self.archived}}

    def _list(self, asked: Said) -> Said:
        start = int(str(asked.get("cursor") or 0))
        end = start + min(int(asked.get("limit", 100)), self.page)
        rooms = sorted(self.names().items())
        shown = [{"id": room, "name": name, "is_archived": name in self.archived} for name, room in rooms]
        cursor = str(end) if end < len(rooms) else ""
        return {"ok": True, "channels": shown[start:end], "response_metadata": {"next_cursor": cursor}}

    def _room(self, channel: str) -> str | None:
        """The id of a channel by its name or id."""
        names = self.names()
        if channel in names.values():
            return channel
        name = channel.removeprefix("#")
        if self.channels is None and name and name not in names:
            self._made[name] = f"C{len(self._made):08d}"
            return self._made[name]
        return names.get(name)

    def _is_archived(self, known: str) -> bool:
        return any(room == known and name in self.archived for name, room in self.names().items())

    def _in(self, known: str) -> list[Message]:
        return [message for message in self.messages if message.channel == known and not message.deleted]

    def _keep(self, message: Message) -> Message:
        self.messages.append(message)
        return message

    def _stamp(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def _wrong(asked: Said) -> Said | None:
    blocks, metadata = asked.get("blocks", []), asked.get("metadata")
    if not asked.get("text") and not blocks:
        return _no("no_text")
    if found := faults(blocks):
        return _no("invalid_blocks", response_metadata={"messages": [f"[ERROR] {fault}" for fault in found]})
    if sum(width(text["text"]) for text in texts(blocks)) > TOGETHER:
        return _no("msg_blocks_too_long")
    kinds: Iterable[tuple[str, type]] = (("event_type", str), ("event_payload", dict))
    if metadata is not None and not all(isinstance(metadata.get(key), kind) for key, kind in kinds):
        return _no("invalid_metadata_format")
    return None


def _cut(asked: Said) -> str:
    return str(asked.get("text", ""))[:40_000]


def _no(error: str, **more: Any) -> Said:
    return {"ok": False, "error": error} | more


def _true(value: object) -> bool:
    return str(value).lower() in {"1", "true"}
