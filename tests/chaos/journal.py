"""What the double of Slack did with each request of a chaos run, and the bad luck that it draws."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.sinks.slack.client import TIMEOUT
from tests.doubles.slack import Answered, Script, Trouble, slow

TOO_SLOW = TIMEOUT + 2.0
"""Seconds of an answer for which nobody waits any more; the request is carried out when they are over."""


@dataclass
class Luck(Script):
    """The double's script, with answers that come too late, and with the times at which it deleted messages.

    Attributes:
        too_slow: the share of requests that are carried out, and answered, after ``TOO_SLOW`` seconds.
        deletions: when which message, by its place among all, was deleted.
    """

    too_slow: float = 0.0
    deletions: dict[int, float] = field(default_factory=dict)

    def draw(self, method: str) -> Trouble | None:
        """What befalls this request."""
        found = super().draw(method)
        if found is not None or not method.startswith("chat."):
            return found
        with self._lock:
            return slow(TOO_SLOW) if self._random.random() < self.too_slow else None

    def deletes(self, among: int) -> int | None:
        """The place of the message that is deleted now."""
        at = super().deletes(among)
        if at is not None:
            self.deletions.setdefault(at, time.monotonic())
        return at


@dataclass(frozen=True)
class Entry:
    """A request.

    Attributes:
        at: when it was carried out, or refused.
        method: of Slack's.
        delivery: that the message names; None for what asks.
        channel: its id, where it is known.
        ts: of the message that was posted or edited.
        accepted: whether it was carried out.
        refused: Slack's word for why not, of ``ok: false``.
        trouble: what befell it; None where it was answered in time as it should.
    """

    at: float
    method: str
    delivery: str | None
    channel: str
    ts: str
    accepted: bool
    refused: str
    trouble: str | None


class Journal:
    """All requests, in the order in which they were carried out."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.kills: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, answered: Answered) -> None:
        """Write it down."""
        asked, said, trouble = answered.asked, answered.said, answered.trouble
        told = trouble.said if isinstance(trouble.said, Mapping) else said
        entry = Entry(
            answered.at,
            asked.method,
            _delivery(asked.arguments),
            str(said.get("channel") or asked.arguments.get("channel") or ""),
            str(said.get("ts") or asked.arguments.get("ts") or ""),
            answered.accepted,
            "" if told.get("ok", True) or trouble.status != 200 else str(told.get("error", "")),
            _kind(trouble),
        )
        with self._lock:
            self.entries.append(entry)

    def troubles(self) -> Counter[str]:
        """How many requests each kind of trouble befell."""
        return Counter(entry.trouble for entry in self.entries if entry.trouble is not None)


def _delivery(arguments: Mapping[str, object]) -> str | None:
    metadata = arguments.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    found = payload.get("delivery") if isinstance(payload, dict) else None
    return found if isinstance(found, str) else None


def _kind(trouble: Trouble) -> str | None:
    """What befell a request, in the words of the page."""
    if trouble.hangs_up:
        return "line reset after it was carried out" if trouble.carried_out else "line reset before"
    if trouble.status == 429:
        return "429 with Retry-After"
    if trouble.status != 200:
        return f"{trouble.status} after it was carried out" if trouble.carried_out else f"{trouble.status}"
    if trouble.wait:
        return "answer after the time-out" if trouble.wait > TIMEOUT else "slow answer"
    if isinstance(trouble.said, Mapping):
        error = str(trouble.said.get("error"))
        return "history refused" if error == "missing_scope" else f"ok: false, {error}"
    return None


LOST = frozenset(
    {"line reset after it was carried out", "500 after it was carried out", "answer after the time-out"}
)
"""Of requests that were carried out, those of which the sender did not hear."""
