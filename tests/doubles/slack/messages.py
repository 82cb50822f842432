"""The messages of a workspace, found by channel and stamp: 20,000 of them are no slower than one."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

Said = dict[str, Any]
STAMP = re.compile(r"\d{1,12}(?:\.\d{1,6})?")


@dataclass
class Message:
    """A message as it stands in its channel.

    Attributes:
        channel: the id of its channel.
        ts: its stamp, by which it is known in its channel.
        asked: the arguments of the request that it was last written by.
        edits: how often it was edited.
        thread_ts: the stamp of the message that it replies to; None where it stands in the channel itself.
        broadcast: a reply that stands in the channel too.
        ours: whether the app wrote it.
        deliveries: the deliveries that wrote it, by its metadata: the first posted it, the others edited it.
    """

    channel: str
    ts: str
    text: str
    blocks: list[Said]
    metadata: Said | None
    asked: Said
    edits: int = 0
    deleted: bool = False
    tombstone: bool = False
    thread_ts: str | None = None
    broadcast: bool = False
    ours: bool = True
    deliveries: list[str] = field(default_factory=list)

    @property
    def seen(self) -> bool:
        """Whether anything stands there, be it that something was deleted."""
        return self.tombstone or not self.deleted

    @property
    def delivery(self) -> str | None:
        """The delivery that its metadata names."""
        payload = (self.metadata or {}).get("event_payload")
        found = payload.get("delivery") if isinstance(payload, dict) else None
        return found if isinstance(found, str) else None

    def shown(self, *, metadata: bool, replies: list[Message] | None = None) -> Said:
        """The message as Slack gives it.

        Args:
            metadata: whether that is asked for.
            replies: those of its thread, where it begins one.
        """
        thread: Said = {} if self.thread_ts is None else {"thread_ts": self.thread_ts}
        if replies:
            thread = {"thread_ts": self.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
        if self.deleted:
            gone: Said = {"type": "message", "subtype": "tombstone", "ts": self.ts, "hidden": True}
            return gone | {"text": "This message was deleted."} | thread
        said: Said = {"type": "message", "ts": self.ts, "text": self.text, "blocks": self.blocks} | thread
        said |= (
            {"bot_id": "B0TOCSIN", "app_id": "A0TOCSIN", "user": "U0TOCSIN"} if self.ours else {"user": "U1"}
        )
        if self.edits and not self.blocks:  # Slack marks no edit of a message of blocks
            said["edited"] = {"user": "U0TOCSIN", "ts": self.ts}
        if self.broadcast:
            said["subtype"] = "thread_broadcast"
        return said | ({"metadata": self.metadata} if metadata and self.metadata is not None else {})


class Row:
    """Messages in the order of their stamps."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._stamps: list[int] = []

    def add(self, message: Message) -> None:
        """The newest message."""
        self.messages.append(message)
        self._stamps.append(micro(message.ts))

    def between(self, oldest: int, latest: int, *, inclusive: bool) -> range:
        """The places of the messages between two stamps."""
        low, high = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
        return range(low(self._stamps, oldest), high(self._stamps, latest))


class Shelf:
    """All messages of a workspace."""

    def __init__(self) -> None:
        self.all: list[Message] = []
        self._by: dict[tuple[str, str], Message] = {}
        self._rooms: defaultdict[str, Row] = defaultdict(Row)
        self._threads: defaultdict[tuple[str, str], Row] = defaultdict(Row)

    def add(self, message: Message) -> Message:
        """Keep the newest message."""
        self.all.append(message)
        self._by[message.channel, message.ts] = message
        if message.thread_ts is not None:
            self._threads[message.channel, message.thread_ts].add(message)
        if message.thread_ts is None or message.broadcast:
            self._rooms[message.channel].add(message)
        return message

    def holds(self, message: Message) -> bool:
        """Whether this very message is one of them."""
        return self._by.get((message.channel, message.ts)) is message

    def find(self, channel: str, ts: object) -> Message | None:
        """The message with this stamp that was not deleted."""
        message = self._by.get((channel, str(ts)))
        return None if message is None or message.deleted else message

    def root(self, channel: str, ts: object) -> Message | None:
        """The message that begins the thread of this one."""
        message = self._by.get((channel, str(ts)))
        if message is None or message.thread_ts is None:
            return message
        return self._by.get((channel, message.thread_ts))

    def replies(self, message: Message) -> list[Message]:
        """The replies to a message that were not deleted, in their order."""
        row = self._threads.get((message.channel, message.ts))
        return [] if row is None else [reply for reply in row.messages if not reply.deleted]

    def page(
        self, room: tuple[str, str | None], span: tuple[int, int], most: int, *, inclusive: bool, newest: bool
    ) -> tuple[list[Message], bool]:
        """So many messages of a channel, or of a thread in it, and whether there are more.

        Args:
            room: the channel, and the stamp that begins the thread.
            span: oldest and latest stamp, in microseconds.
            most: of the page.
            inclusive: whether those at either end belong to it.
            newest: the newest first.
        """
        channel, thread = room
        row = self._rooms[channel] if thread is None else self._threads[channel, thread]
        places = row.between(*span, inclusive=inclusive)
        found: Iterator[Message] = (row.messages[at] for at in (reversed(places) if newest else places))
        page = list(islice((message for message in found if message.seen), most + 1))
        return page[:most], len(page) > most


def micro(ts: str) -> int:
    """A stamp in microseconds.

    Raises:
        ValueError: it is none.
    """
    if not STAMP.fullmatch(ts):
        raise ValueError(f"{ts!r} is no stamp")
    seconds, _, rest = ts.partition(".")
    return int(seconds) * 1_000_000 + int(f"{rest:0<6}")
