"""Slack's pace: one message a second a channel, fifty edits a minute a workspace; else 429, and it is counted.

A bucket holds one more than a second gives, so that a sender who keeps the pace and is late once is not too fast.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Rates:
    """How fast requests may come.

    Attributes:
        post: posts a second a channel.
        burst: posts that may come at once after the first, in a channel that was quiet.
        updates: edits a minute a workspace.
        clock: seconds, from anywhere.
    """

    post: float = 1.0
    burst: int = 1
    updates: int = 50
    clock: Callable[[], float] = time.monotonic
    too_fast: Counter[str] = field(default_factory=Counter)
    """Requests that came too fast, by the id of their channel."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[tuple[str, str], float] = {}

    def ask(self, method: str, team: str, channel: str) -> int | None:
        """The seconds to wait where this comes too fast, as Slack says them; None where it does not."""
        if method == "chat.postMessage":
            return self._ask((team, channel), 1 / self.post, self.burst, channel)
        if method == "chat.update":
            return self._ask((team, "updates"), 60 / self.updates, self.updates - 1, channel)
        return None

    def _ask(self, bucket: tuple[str, str], gap: float, burst: int, channel: str) -> int | None:
        # The time from which on the bucket would be full again stands for the whole of it.
        with self._lock:
            now = self.clock()
            full = max(self._due.get(bucket, now), now)
            if (ahead := full - now - burst * gap) > 1e-9:
                self.too_fast[channel] += 1
                return max(1, math.ceil(ahead))
            self._due[bucket] = full + gap
            return None
