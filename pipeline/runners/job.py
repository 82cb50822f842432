"""A job that runs on an engine: wait for it, look at what it counted, end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pipeline.runners.counted import Counted

if TYPE_CHECKING:
    import apache_beam as beam  # takes a second, and names are asked for without it

Lay = Callable[["beam.Pipeline"], object]
"""Lays the graph into a pipeline."""

ENDED = frozenset({"DONE", "FAILED", "CANCELLED", "UPDATED", "DRAINED"})


class Job(Protocol):
    """What every engine's job can be asked."""

    @property
    def name(self) -> str:
        """What the engine calls it."""

    @property
    def state(self) -> str:
        """As Beam names it: ``RUNNING``, ``DONE``, ``FAILED``, ``CANCELLED``, ``DRAINED``, ….

        Raises:
            EngineError: the engine does not answer.
        """

    def wait(self, seconds: float | None = None) -> str:
        """Wait until it ends, at most so long; the state then.

        Raises:
            TocsinError: it failed; with what a step raised, where the engine tells.
        """

    def cancel(self) -> None:
        """End it at once. What was in hand stays in the store, and the next job takes it up."""

    def drain(self) -> None:
        """Take in nothing more, finish what is in hand, then end; where the engine cannot, the same as cancel."""

    def counted(self) -> list[Counted]:
        """What each step counted so far."""

    def close(self) -> None:
        """Let go of what was started here for it; a job that ran in this process or on our engine ends."""
