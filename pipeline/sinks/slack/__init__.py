"""The Slack sink: one message for an alert, edited as it grows, with replies in its thread; and digests.

One call sends once and never waits. Every message carries the ids of its alert and delivery as metadata, by which
``find`` knows it again.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, NoReturn

from pipeline.sinks import wording
from pipeline.sinks.names import entity_names
from pipeline.sinks.slack.answers import error_of
from pipeline.sinks.slack.blocks import (
    blocks,
    digest_blocks,
    digest_fallback,
    fallback,
    reply_blocks,
    reply_fallback,
)
from pipeline.sinks.slack.client import Answer, Client
from pipeline.sinks.spec import SlackPace
from pipeline.store.outbox.states import Pace
from transforms.article import Delivery, Receipt
from transforms.errors import Fault, Poison, Refused, Retry

__all__ = ["EVENT", "SlackSink", "blocks"]

EVENT: Final = "tocsin_alert"
"""The type of the metadata on every message."""

MARGIN: Final = timedelta(minutes=5)
"""How far Slack's clock may be behind ours."""

PATIENCE: Final = 20.0
"""Seconds for a search in all; with one more request and a send it stays well within a lease."""

PAGE: Final = 200
GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""Why a message that was sent can be edited no more: deleted, another app's since the token changed, too old."""

NO_THREAD: Final = frozenset({"thread_not_found", "message_not_found", "cannot_reply_to_message"})
"""Why a message takes no reply, or its thread cannot be read: it is gone, or is none that has a thread."""

A_SECOND: Final = 1.01
"""A hundredth more than a second between two messages of a channel: two clocks are never quite the same."""

BURST: Final = 0.2
"""The share of a minute's edits that may come at once after a rest: Slack promises no more."""

_TOKEN = re.compile(r"[!-~]{1,500}")
_ID = re.compile(r"[A-Z0-9]{2,}")
_STAMP = re.compile(r"\d{1,12}\.\d{1,9}")


def pace(said: SlackPace) -> Pace:
    """What Slack lets an app do: about one message a second in a channel, and edits by tier 3, fifty a minute or more.

    Who is faster is told to wait (HTTP 429), and Slack may take the app away from a workspace that it floods.
    """
    return Pace(
        channel=timedelta(seconds=A_SECOND / said.messages),
        edits=timedelta(minutes=1) / said.edits,
        burst=max(1, int(said.edits * BURST)),
    )


class _NoThreadError(Exception):
    """There is no such message, so it has no replies."""


USUAL: Final = pace(SlackPace())


class SlackSink:
    """Alerts as Slack messages.

    Args:
        token: the bot token; kept out of everything that this class says.
        name: what the outbox calls this sink.
        variable: the environment variable that the token came from, or its reference (``file:/…``), for errors.
        base_url: where the Slack API is.
        say: takes one line for the person who runs this.
        buttons: whether somebody listens to what people press; without it a line names the commands instead.
        pace: how fast it may be told; every courier keeps to it.

    Raises:
        Fault: the token cannot be one.
    """

    def __init__(  # noqa: PLR0913 - each is a thing of its own, and all but one are named
        self,
        token: str,
        *,
        name: str,
        variable: str,
        base_url: str,
        say: Callable[[str], None],
        buttons: bool = False,
        pace: Pace = USUAL,
        names: Callable[[], Mapping[str, str]] = entity_names,
    ):
        self._variable = f"{'secret' if ':' in variable else 'environment variable'} {variable}"
        if not _TOKEN.fullmatch(token):
            raise Fault(
                f"sink {name}: the {self._variable} holds no Slack token: it has spaces, line breaks"
                " or letters that no token has; copy the bot token again",
                key="sinks",
            )
        self.name, self.pace = name, pace
        self._say = say
        self._buttons = buttons
        self._names = cache(names)  # once: it may read a whole shelf of rules
        self._said: set[str] = set()
        self._ids: dict[str, str] = {}
        # Many threads share a sink. What one looks up or says, the others need not.
        self._looking, self._saying = threading.Lock(), threading.Lock()
        self._client = Client(token, base_url)

    def __repr__(self) -> str:
        return f"SlackSink(name={self.name!r}, base_url={self._client.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"sink {self.name} holds a token and is not pickled: open it where it is used")

    def send(self, delivery: Delivery) -> Receipt:
        """Post the digest, tell the reply in the thread of its alert, or post the alert or edit its message.

        A message that is gone is posted again; a reply whose thread is gone stands in the channel itself.

        Raises:
            Retry: Slack asks to wait or failed; ``unknown`` where the message may stand there all the same.
            Refused: token, scope or channel; the message says what to change.
            Poison: Slack can never take this message.
        """
        channel, message = wording.channel(delivery.channel), self._message(delivery)
        place = _place(delivery.previous) if delivery.digest is None else None
        if delivery.reply is not None and place is not None:
            return self._reply(channel, place, message)
        if place is not None:
            answer = self._ask("chat_update", channel, channel=place[0], ts=place[1], **message)
            if answer.ok:
                return self._receipt(answer, channel, *place)
            if answer.code not in GONE:
                raise self._error(answer, "chat.update", channel)
        return self._post(channel, channel, message)

    def _message(self, delivery: Delivery) -> dict[str, Any]:
        """What is said, and the ids that it is found by."""
        alert = delivery.alert
        if delivery.digest is not None:
            text, made = digest_fallback(delivery.digest), digest_blocks(delivery.digest)
        elif delivery.reply is not None:
            text, made = reply_fallback(alert, delivery.reply), reply_blocks(alert, delivery.reply)
        else:
            text, made = fallback(alert), blocks(alert, names=self._names(), buttons=self._buttons)
        payload = {"alert": alert.id, "delivery": delivery.id}
        return {
            "text": text,
            "blocks": made,
            "metadata": {"event_type": EVENT, "event_payload": payload},
            "parse": "none",
            "link_names": False,
        }

    def _reply(self, channel: str, place: tuple[str, str], message: dict[str, Any]) -> Receipt:
        """Say it in the thread; where there is none any more, it is said in the channel, once."""
        answer = self._ask("chat_postMessage", channel, **_new(place[0], message), thread_ts=place[1])
        if answer.code in NO_THREAD:
            self._tell_alone(channel)
            return self._post(channel, place[0], message)
        if not answer.ok:
            raise self._error(answer, "chat.postMessage", channel)
        if not answer.part("message").get("thread_ts"):
            # Slack posts at the root and says nothing: what was said is not said again.
            self._tell_alone(channel)
        return self._receipt(answer, channel)

    def _post(self, channel: str, room: str, message: dict[str, Any]) -> Receipt:
        answer = self._ask("chat_postMessage", channel, **_new(room, message))
        if not answer.ok:
            raise self._error(answer, "chat.postMessage", channel)
        return self._receipt(answer, channel)

    def find(self, delivery: Delivery) -> Receipt | None:
        """The message of this delivery, looked for by its metadata.

        None also where the app may not look; ``say`` then tells what it lacks, once.

        Raises:
            Retry: Slack asks to wait, or does not answer.
        """
        if delivery.attempted is None:
            return None
        channel = wording.channel(delivery.channel)
        place = _place(delivery.previous) if delivery.digest is None else None
        if place is None:
            known = self._id(channel)
            return self._search(delivery, delivery.attempted, channel, known) if known is not None else None
        found, gone = (self._in_thread if delivery.reply is not None else self._edited)(
            delivery, channel, *place
        )
        # Where the message is gone, at most a tombstone stands there: what is looked for was posted anew.
        return self._search(delivery, delivery.attempted, channel, place[0]) if gone else found

    def _edited(self, delivery: Delivery, channel: str, room: str, stamp: str) -> tuple[Receipt | None, bool]:
        """The message that an edit was made to, where it carries the edit; and whether there is none any more."""
        answer = self._ask(
            "conversations_history",
            channel,
            channel=room,
            oldest=stamp,
            latest=stamp,
            inclusive=True,
            limit=1,
            include_all_metadata=True,
        )
        if not answer.ok:
            self._cannot_look(answer, "conversations.history", channel)
            return None, False
        marks = [_marked(message) for message in answer.items("messages") if message.get("ts") == stamp]
        if any(marks):
            return (Receipt(channel=room, message=stamp) if delivery.id in marks else None), False
        return None, True

    def _in_thread(
        self, delivery: Delivery, channel: str, room: str, stamp: str
    ) -> tuple[Receipt | None, bool]:
        """The reply in the thread of a message; and whether that message is gone."""
        gone = False
        try:
            for message in self._pages(
                "conversations_replies",
                "messages",
                channel,
                channel=room,
                ts=stamp,
                limit=PAGE,
                include_all_metadata=True,
            ):
                at = message.get("ts")
                if at == stamp:
                    gone = message.get("subtype") == "tombstone"
                elif isinstance(at, str) and _marked(message) == delivery.id:
                    return Receipt(channel=room, message=at), False
        except _NoThreadError:
            gone = True
        return None, gone

    def close(self) -> None:
        """Nothing is held between two messages."""

    def _search(self, delivery: Delivery, attempted: datetime, channel: str, known: str) -> Receipt | None:
        """The message among all that the channel got since the first attempt."""
        oldest = f"{(attempted - MARGIN).timestamp():.6f}"
        for message in self._pages(
            "conversations_history",
            "messages",
            channel,
            channel=known,
            oldest=oldest,
            limit=PAGE,
            include_all_metadata=True,
        ):
            stamp = message.get("ts")
            if isinstance(stamp, str) and _marked(message) == delivery.id:
                return Receipt(channel=known, message=stamp)
        return None

    def _id(self, channel: str) -> str | None:
        """The id of a channel: its history is not given by name."""
        if not channel.startswith("#"):
            return channel
        with self._looking:
            if channel not in self._ids:
                kinds = "public_channel,private_channel"
                for found in self._pages(
                    "conversations_list", "channels", channel, types=kinds, exclude_archived=True, limit=1000
                ):
                    name, known = found.get("name"), found.get("id")
                    if isinstance(name, str) and isinstance(known, str):
                        # All that the list says: the next channel that is asked for needs no other list.
                        self._ids.setdefault(f"#{name.lower()}", known)
                    if channel.lower() in self._ids:
                        self._ids[channel] = self._ids[channel.lower()]
                        break
        return self._ids.get(channel)

    def _pages(self, method: str, key: str, channel: str, /, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """The items of an answer in pages, as far as Slack gives them in time.

        Raises:
            _NoThreadError: the message whose replies are asked for is gone.
            Retry: Slack asks to wait, or does not answer.
        """
        until, first = time.monotonic() + PATIENCE, True
        while True:
            answer = self._ask(method, channel, **arguments)
            if answer.code in NO_THREAD:
                raise _NoThreadError
            if not answer.ok:
                self._cannot_look(answer, method.replace("_", "."), channel, first=first)
                return
            yield from answer.items(key)
            cursor = answer.part("response_metadata").get("next_cursor")
            if not isinstance(cursor, str) or not cursor:
                return
            if time.monotonic() > until:
                self._tell(channel, "too much was posted there since")
                return
            arguments["cursor"], first = cursor, False

    def _cannot_look(self, answer: Answer, method: str, channel: str, *, first: bool = True) -> None:
        """Raise what may pass; tell what will not.

        Args:
            answer: why not.
            method: what was asked.
            channel: about which channel.
            first: whether this was the first page. Who is slowed down after it would never come to the last.
        """
        error = self._error(answer, method, channel)
        if isinstance(error, Retry) and first:
            raise error
        self._tell(channel, f"{method}: {answer.code or f'HTTP {answer.status}'}", answer.scope)

    def _tell(self, channel: str, why: str, scope: str | None = None) -> None:
        advice = f"; give the app the scope {scope}" if scope else ""
        self._once(
            f"sink {self.name}: whether an earlier attempt was heard in {channel} cannot be looked up ({why}): it is"
            f" said again, and may stand there twice{advice}"
        )

    def _tell_alone(self, channel: str) -> None:
        self._once(
            f"sink {self.name}: the message in {channel} that a reply belongs to is gone:"
            " the reply stands in the channel itself"
        )

    def _once(self, line: str) -> None:
        with self._saying:
            if line in self._said:
                return
            self._said.add(line)
        self._say(line)

    def _ask(self, method: str, channel: str, /, **arguments: Any) -> Answer:
        return self._client.ask(method, said=self._about(method.replace("_", "."), channel), **arguments)

    def _error(self, answer: Answer, method: str, channel: str) -> Retry | Refused | Poison:
        return error_of(answer, self._about(method, channel), variable=self._variable, channel=channel)

    def _about(self, method: str, channel: str) -> str:
        return f"sink {self.name}: {channel}: {method}"

    def _receipt(self, answer: Answer, channel: str, *place: str) -> Receipt:
        known = answer.word("channel") or (place[0] if place else None)
        if known is not None:
            self._ids[channel] = known
        return Receipt(channel=known, message=answer.word("ts") or (place[1] if place else None))


def _new(room: str, message: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a message that is posted: nothing that it links to is unfurled."""
    return {"channel": room, **message, "unfurl_links": False, "unfurl_media": False}


def _place(previous: Receipt | None) -> tuple[str, str] | None:
    """Channel id and stamp of the message to edit; None where what was sent before is no message of Slack's."""
    if previous is None or previous.channel is None or previous.message is None:
        return None
    known = _ID.fullmatch(previous.channel) and _STAMP.fullmatch(previous.message)
    return (previous.channel, previous.message) if known else None


def _marked(message: Mapping[str, Any]) -> str | None:
    """The delivery that a message of this sink's is, by its metadata."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT:
        return None
    payload = metadata.get("event_payload")
    found = payload.get("delivery") if isinstance(payload, dict) else None
    return found if isinstance(found, str) else None
