"""A Slack workspace in memory: its channels, its people, and what it answers to each method."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tests.doubles.slack.blockkit import TOGETHER, faults, texts, width
from tests.doubles.slack.messages import STAMP, Message, Said, Shelf, micro

__all__ = ["METHODS", "Ephemeral", "Message", "Said", "Workspace"]

METHODS: Final = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.getPermalink": None,
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "conversations.info": "channels:read",
    "conversations.list": "channels:read",
}
"""The methods, each with the scope that it needs in a public channel."""

SCOPES: Final = frozenset(
    {"chat:write", "channels:history", "channels:read", "groups:history", "groups:read"}
)
EVER: Final = 10**18
METADATA_LIMIT: Final = 8000


@dataclass(frozen=True)
class Ephemeral:
    """A message that one person saw, once."""

    channel: str
    user: str
    text: str
    blocks: list[Said]
    thread_ts: str | None


@dataclass
class Workspace:
    """Channels and messages.

    Attributes:
        channels: ids by name; None lets every name be a channel.
        team: its id.
        number: told apart from other workspaces by it.
        archived: names of channels that are archived.
        private: names of channels that are private.
        outside: names of channels that the app was not invited to.
        scopes: what the app may do.
        users: names of people by their ids.
        page: the most messages that a page of history has.
        posted: how often each delivery posted a message.
        edited: how often each delivery edited one.
        ephemeral: what single people were told.
    """

    channels: dict[str, str] | None = None
    team: str = "T0NEWSROOM"
    number: int = 0
    archived: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    users: dict[str, str] = field(default_factory=lambda: {"U0EDITOR": "editor"})
    page: int = 200
    posted: Counter[str] = field(default_factory=Counter)
    edited: Counter[str] = field(default_factory=Counter)
    ephemeral: list[Ephemeral] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shelf = Shelf()
        self._lock = threading.Lock()
        self._made: dict[str, str] = {}
        self._called: dict[str, str] = {room: name for name, room in (self.channels or {}).items()}
        self._last = 0
        self._methods: dict[str, Callable[[Said], Said]] = {
            "auth.test": self._auth,
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "conversations.list": self._list,
        }

    @property
    def messages(self) -> list[Message]:
        """Every message that there ever was, in their order."""
        return self.shelf.all

    def answer(self, method: str, asked: Said) -> Said:
        """What Slack says to a request whose token is right."""
        if method not in METHODS:
            return _no("unknown_method")
        for scope in self._needed(method, asked):
            if scope not in self.scopes:
                return _no("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
        for key, error in (("blocks", "invalid_blocks_format"), ("metadata", "invalid_metadata_format")):
            if isinstance(asked.get(key), str):  # as a form has them
                try:
                    asked[key] = json.loads(asked[key])
                except ValueError:
                    return _no(error)
        with self._lock:
            try:
                return self._methods[method](asked)
            except (ValueError, TypeError):
                return _no("invalid_arguments")

    def add(self, channel: str, text: str = "someone else's", *, thread_ts: str | None = None) -> Message:
        """A message that another person wrote."""
        with self._lock:
            known = self._room(f"#{channel.removeprefix('#')}") or ""
            return self.shelf.add(
                Message(known, self._stamp(), text, [], None, {}, thread_ts=thread_ts, ours=False)
            )

    def delete(self, message: Message, *, tombstone: bool | None = None) -> None:
        """Someone deletes a message; ``tombstone`` stays in its place, by default where it has replies."""
        message.tombstone = bool(self.shelf.replies(message)) if tombstone is None else tombstone
        message.deleted = True

    def names(self) -> dict[str, str]:
        """All channels there are now: ids by name."""
        return dict(self.channels if self.channels is not None else self._made)

    def name_of(self, room: str) -> str:
        """The name of a channel by its id; empty where there is none."""
        if (
            room not in self._called and self.channels is not None
        ):  # a test may have added one since it was made
            self._called = {known: name for name, known in self.channels.items()}
        return self._called.get(room, "")

    def room_of(self, channel: object) -> str | None:
        """The id of a channel by its name or id, as a post may name it."""
        with self._lock:
            return self._room(str(channel))

    def _needed(self, method: str, asked: Said) -> Iterable[str]:
        scope = METHODS[method]
        if scope is None or method.startswith("chat."):
            return () if scope is None else (scope,)
        if method == "conversations.list":
            kinds = str(asked.get("types") or "public_channel").split(",")
            words = {"public_channel": "channels:read", "private_channel": "groups:read"}
            return [words.get(kind.strip(), f"{kind.strip()}:read") for kind in kinds]
        if self.name_of(str(asked.get("channel", ""))) in self.private:
            return (scope.replace("channels:", "groups:"),)
        return (scope,)

    def _auth(self, asked: Said) -> Said:
        del asked
        team = {"team": "Newsroom", "team_id": self.team, "url": "https://newsroom.slack.com/"}
        return {"ok": True, "user": "tocsin", "user_id": "U0TOCSIN", "bot_id": "B0TOCSIN"} | team

    def _post(self, asked: Said) -> Said:
        known = self._room(str(asked.get("channel", "")))
        if (wrong := self._may_not_write(known) or _wrong(asked)) is not None or known is None:
            return wrong or _no("channel_not_found")
        message = Message(
            known, self._stamp(), _cut(asked), asked.get("blocks") or [], asked.get("metadata"), asked
        )
        if (thread := asked.get("thread_ts")) is not None:
            if not isinstance(thread, str) or not STAMP.fullmatch(thread):
                return _no("invalid_arguments")
            root = self.shelf.find(known, thread)
            if root is not None and root.thread_ts is not None:
                # Slack asks for the parent's stamp, never a reply's, and does not say what comes of another.
                return _no("cannot_reply_to_message")
            # Whose parent is gone stands in the channel itself, and nothing is said of it.
            message.thread_ts = None if root is None else thread
            message.broadcast = root is not None and _true(asked.get("reply_broadcast"))
        self.shelf.add(message)
        self._delivered(message, self.posted)
        return {"ok": True, "channel": known, "ts": message.ts, "message": message.shown(metadata=True)}

    def _whisper(self, asked: Said) -> Said:
        known = self._room(str(asked.get("channel", "")))
        if (wrong := self._may_not_write(known) or _wrong(asked)) is not None or known is None:
            return wrong or _no("channel_not_found")
        user = str(asked.get("user", ""))
        if user not in self.users:
            return _no("user_not_in_channel")
        self.ephemeral.append(
            Ephemeral(known, user, _cut(asked), asked.get("blocks") or [], asked.get("thread_ts"))
        )
        return {"ok": True, "message_ts": self._stamp()}

    def _update(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))  # by id alone, as Slack has it
        if (wrong := self._may_not_write(known)) is not None:
            return wrong
        message = self.shelf.find(known, asked.get("ts"))
        if message is None:
            return _no("message_not_found")
        if not message.ours:
            return _no("cant_update_message")
        if (wrong := _wrong(asked)) is not None:
            return wrong
        if asked.get("text") or asked.get("blocks") is not None:  # text alone takes the blocks away
            message.text, message.blocks = _cut(asked), asked.get("blocks") or []
        if "metadata" in asked:
            message.metadata = asked["metadata"] or None
        message.asked = asked
        message.edits += 1
        self._delivered(message, self.edited)
        return {"ok": True, "channel": known, "ts": message.ts, "text": message.text}

    def _delete(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))
        if not self.name_of(known):
            return _no("channel_not_found")
        message = self.shelf.find(known, asked.get("ts"))
        if message is None:
            return _no("message_not_found")
        if not message.ours:
            return _no("cant_delete_message")
        self.delete(message)
        return {"ok": True, "channel": known, "ts": message.ts}

    def _permalink(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))
        if not self.name_of(known):
            return _no("channel_not_found")
        message = self.shelf.find(known, asked.get("message_ts"))
        if message is None:
            return _no("message_not_found")
        thread = f"?thread_ts={message.thread_ts}&cid={known}" if message.thread_ts else ""
        link = f"https://newsroom.slack.com/archives/{known}/p{message.ts.replace('.', '')}{thread}"
        return {"ok": True, "channel": known, "permalink": link}

    def _history(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))
        if (wrong := self._may_not_read(known)) is not None:
            return wrong
        (oldest, latest), inclusive = _span(asked), _true(asked.get("inclusive"))
        if asked.get("cursor"):  # the last of the page before: what was posted meanwhile moves nothing
            latest = int(str(asked["cursor"])) - inclusive
        found, more = self.shelf.page(
            (known, None), (oldest, latest), self._most(asked, 100), inclusive=inclusive, newest=True
        )
        return self._page(asked, found, [], more=more)

    def _replies(self, asked: Said) -> Said:
        known = str(asked.get("channel", ""))
        if (wrong := self._may_not_read(known)) is not None:
            return wrong
        root = self.shelf.root(known, asked.get("ts"))
        if root is None or not root.seen:
            return _no("thread_not_found")
        (oldest, latest), inclusive = _span(asked), _true(asked.get("inclusive"))
        if asked.get("cursor"):
            oldest = int(str(asked["cursor"])) + inclusive
        found, more = self.shelf.page(
            (known, root.ts), (oldest, latest), self._most(asked, 1000), inclusive=inclusive, newest=False
        )
        return self._page(asked, found, [] if asked.get("cursor") else [root], more=more)

    def _page(self, asked: Said, found: list[Message], before: list[Message], *, more: bool) -> Said:
        metadata = _true(asked.get("include_all_metadata"))
        shown = [
            message.shown(metadata=metadata, replies=self.shelf.replies(message))
            for message in (*before, *found)
        ]
        following = {"response_metadata": {"next_cursor": str(micro(found[-1].ts))}} if more else {}
        return {"ok": True, "messages": shown, "has_more": more} | following

    def _info(self, asked: Said) -> Said:
        name = self.name_of(str(asked.get("channel", "")))
        if not name or (name in self.private and name in self.outside):
            return _no("channel_not_found")
        return {"ok": True, "channel": self._channel(name, str(asked["channel"]))}

    def _list(self, asked: Said) -> Said:
        kinds = str(asked.get("types") or "public_channel")
        rooms = [
            self._channel(name, room)
            for name, room in sorted(self.names().items())
            if ("private_channel" in kinds if name in self.private else "public_channel" in kinds)
            and not (name in self.private and name in self.outside)
            and not (name in self.archived and _true(asked.get("exclude_archived")))
        ]
        start = int(str(asked.get("cursor") or 0))
        end = start + self._most(asked, 100)
        cursor = str(end) if end < len(rooms) else ""
        return {"ok": True, "channels": rooms[start:end], "response_metadata": {"next_cursor": cursor}}

    def _channel(self, name: str, room: str) -> Said:
        kept = {"is_archived": self.archived, "is_private": self.private}
        flags = {key: name in names for key, names in kept.items()}
        return {"id": room, "name": name, "is_channel": True, "is_member": name not in self.outside} | flags

    def _most(self, asked: Said, usual: int) -> int:
        return max(1, min(int(asked.get("limit") or usual), self.page))

    def _room(self, channel: str) -> str | None:
        """The id of a channel by its name or id."""
        if self.name_of(channel):
            return channel
        name, names = channel.removeprefix("#"), self._made if self.channels is None else self.channels
        if self.channels is None and name and name not in names:
            self._made[name] = f"C{self.number}{len(self._made):07d}"
            self._called[self._made[name]] = name
        return names.get(name)

    def _may_not_write(self, known: str | None) -> Said | None:
        if known is None or not (name := self.name_of(known)):
            return _no("channel_not_found")
        if name in self.outside and (name in self.private or "chat:write.public" not in self.scopes):
            return _no("channel_not_found" if name in self.private else "not_in_channel")
        return _no("is_archived") if name in self.archived else None

    def _may_not_read(self, known: str) -> Said | None:
        if not (name := self.name_of(known)):
            return _no("channel_not_found")
        if name in self.outside:
            return _no("channel_not_found" if name in self.private else "not_in_channel")
        return None

    def _delivered(self, message: Message, counter: Counter[str]) -> None:
        if (delivery := message.delivery) is not None:
            counter[delivery] += 1
            message.deliveries.append(delivery)

    def _stamp(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def _span(asked: Said) -> tuple[int, int]:
    oldest, latest = asked.get("oldest"), asked.get("latest")
    return micro(str(oldest)) if oldest else 0, micro(str(latest)) if latest else EVER


def _wrong(asked: Said) -> Said | None:
    blocks, metadata = asked.get("blocks") or [], asked.get("metadata")
    if not asked.get("text") and not blocks:
        return _no("no_text")
    if found := faults(blocks):
        return _no("invalid_blocks", response_metadata={"messages": [f"[ERROR] {fault}" for fault in found]})
    if sum(width(text["text"]) for text in texts(blocks)) > TOGETHER:
        return _no("msg_blocks_too_long")
    if not metadata:  # an empty one takes that of a message away
        return None
    kinds: Iterable[tuple[str, type]] = (("event_type", str), ("event_payload", dict))
    if not isinstance(metadata, dict) or not all(isinstance(metadata.get(key), kind) for key, kind in kinds):
        return _no("invalid_metadata_format")
    return _no("metadata_too_large") if len(json.dumps(metadata)) > METADATA_LIMIT else None


def _cut(asked: Said) -> str:
    return str(asked.get("text", ""))[:40_000]


def _no(error: str, **more: object) -> Said:
    return {"ok": False, "error": error} | more


def _true(value: object) -> bool:
    return str(value).lower() in {"1", "true"}
