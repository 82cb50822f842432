"""Sources, what was read of a partition: a range of offsets that is claimed one message at a time.

The arithmetic has no broker in it; Beam asks it for checkpoints, and the property tests hold it.
"""

from __future__ import annotations

from typing import Any

import apache_beam as beam
from apache_beam.io.iobase import RestrictionProgress, RestrictionTracker

from transforms.article import Model
from transforms.coder import ModelCoder

ENDLESS = 2**63 - 1
"""The end of a range that has none: no partition ever holds that many messages."""


class Offsets(Model):
    """Offsets ``[start, stop)`` of one partition, to be read."""

    start: int
    stop: int = ENDLESS

    @property
    def endless(self) -> bool:
        """Whether it goes on for as long as messages come."""
        return self.stop == ENDLESS


class OffsetsTracker(RestrictionTracker):
    """Claims offsets in their order, and splits nowhere but behind the last one claimed.

    A message stands for the offsets before it that hold none. Were a range split ahead of the reader, such offsets
    could fall to neither side, and the positions of the partition would have a gap that nothing ever closes. Partitions
    are what is shared between workers, never parts of one.
    """

    def __init__(self, offsets: Offsets):
        self._offsets = offsets
        self._next = offsets.start  # everything before it is claimed
        self._split = False

    def current_restriction(self) -> Offsets:
        return self._offsets

    def current_progress(self) -> RestrictionProgress:
        # How much is left of an endless range nobody knows: one, always.
        left = 1 if self._offsets.endless else self._offsets.stop - self._next
        done = self._next - self._offsets.start
        # A share, not what is done and left: Beam puts the bytes that came out in the place of what is done, and those
        # are no number until it has sized a first message. A range without offsets is what is left of one that nothing
        # was read of. An engine whose question for a split got an error for an answer gives up the job.
        return RestrictionProgress(fraction=done / (done + left) if done + left else 1.0)

    def try_claim(self, offset: int) -> bool:
        """Whether the message at this offset is the reader's; the offsets before it are claimed with it.

        One behind the end says that the range holds no further message: then all of it is claimed.

        Raises:
            ValueError: it was claimed before, or lies before the range.
        """
        if offset < self._next:
            raise ValueError(f"offset {offset} was claimed before: the next is {self._next}")
        self._next = min(offset + 1, self._offsets.stop)
        return offset < self._offsets.stop

    def try_split(self, fraction_of_remainder: float) -> tuple[Offsets, Offsets] | None:
        if fraction_of_remainder > 0 or self._split or self._next >= self._offsets.stop:
            return None
        self._split = True
        done, rest = (
            Offsets(start=self._offsets.start, stop=self._next),
            Offsets(start=self._next, stop=self._offsets.stop),
        )
        self._offsets = done
        return done, rest

    def check_done(self) -> bool:
        if self._next < self._offsets.stop:
            raise ValueError(f"offsets {self._next} to {self._offsets.stop} were neither read nor left over")
        return True

    def is_bounded(self) -> bool:
        return not self._offsets.endless


class OffsetsProvider(beam.transforms.core.RestrictionProvider):
    """What every reader of offsets shares; where a range begins, the reader says."""

    def create_tracker(self, restriction: Offsets) -> OffsetsTracker:
        return OffsetsTracker(restriction)

    def restriction_size(self, element: Any, restriction: Offsets) -> int:  # noqa: ARG002 - Beam's signature
        return 1 if restriction.endless else restriction.stop - restriction.start

    def restriction_coder(self) -> ModelCoder:
        return ModelCoder(Offsets)

    def truncate(self, element: Any, restriction: Offsets) -> Offsets | None:  # noqa: ARG002 - Beam's signature
        # A drained job stops reading here; the store's position is where the next one begins.
        return None if restriction.endless else restriction
