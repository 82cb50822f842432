"""Sources, what the store remembers of a queue: how far each part of it was taken in.

The store keeps it in the transaction that takes the documents in; what a broker or a runner remembers is not relied on.
"""

from __future__ import annotations

from typing import Protocol


class PositionMemory(Protocol):
    """How far the parts of queues were taken in. A part is a partition, as ``articles/0``."""

    def position(self, queue: str, part: str) -> int | None:
        """The offset before which everything was taken in, without gaps; None where the part never began."""
        ...

    def begin(self, queue: str, part: str, offset: int) -> int:
        """Remember where a part begins, unless that is known; answers ``position``.

        Without it a reader that is told to start at the latest message, and dies before one came, would begin later
        the next time and leave out what came in between.
        """
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...
