"""Bad luck by script: for each request that comes, what befalls it is drawn at the rates that a test gives.

Seeded: the same requests in the same order have the same bad luck.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.doubles.slack.troubles import Trouble, broken, limited, refused, reset, slow

READING = frozenset({"conversations.history", "conversations.replies"})
SENDING = frozenset({"chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral"})


@dataclass
class Script:
    """What befalls requests, each kind as the share of requests that it befalls, in [0, 1].

    Attributes:
        seed: of the draws.
        limited: 429, with ``retry_after``; nothing was carried out.
        broken: 500; nothing was carried out.
        unavailable: 503, the same.
        broken_after: 500 although it was carried out.
        reset_before: the line is reset; nothing was carried out.
        reset_after: the line is reset although it was carried out.
        slow: carried out, and the answer takes ``wait`` seconds.
        refused: ``ok: false`` with these codes; nothing was carried out.
        deleted: after how many posts and edits a person deletes a message of the app's that is no reply.
        history_refused: of the requests for history alone: ``missing_scope``.
        retry_after: seconds.
        wait: seconds.
        methods: those that are befallen; None: all that send or read messages.
    """

    seed: int = 0
    limited: float = 0.0
    broken: float = 0.0
    unavailable: float = 0.0
    broken_after: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    slow: float = 0.0
    refused: Mapping[str, float] = field(default_factory=dict)
    deleted: float = 0.0
    history_refused: float = 0.0
    retry_after: float = 1
    wait: float = 0.2
    methods: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - drawn for tests
        self._lock = threading.Lock()
        self._kinds: tuple[tuple[float, Trouble], ...] = tuple(
            (rate, trouble)
            for rate, trouble in (
                (self.limited, limited(self.retry_after)),
                (self.broken, broken(500)),
                (self.unavailable, broken(503)),
                (self.broken_after, broken(500, carried_out=True)),
                (self.reset_before, reset("before")),
                (self.reset_after, reset("after")),
                (self.slow, slow(self.wait)),
                *((rate, refused(code)) for code, rate in self.refused.items()),
            )
            if rate > 0
        )
        if sum(rate for rate, _ in self._kinds) > 1:
            raise ValueError("the shares of all kinds of trouble together are more than all requests")

    def draw(self, method: str) -> Trouble | None:
        """What befalls this request; None where all goes well."""
        if method not in (READING | SENDING if self.methods is None else self.methods):
            return None
        with self._lock:
            drawn, no_history = self._random.random(), self._random.random()
        if method in READING and no_history < self.history_refused:
            return refused("missing_scope", needed="channels:history", provided="chat:write")
        for rate, trouble in self._kinds:
            if drawn < rate:
                return trouble
            drawn -= rate
        return None

    def deletes(self, among: int) -> int | None:
        """The place, among so many messages, of the one that a person deletes now; None for none."""
        with self._lock:
            return self._random.randrange(among) if self._random.random() < self.deleted and among else None
