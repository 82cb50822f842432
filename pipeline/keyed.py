"""Keyed steps: what has one key meets in one place, at once on a source that never ends.

No timer, no state, no window: a group is whatever has come so far, and the store makes its effects happen once.
"""

from __future__ import annotations

import apache_beam as beam
from apache_beam.transforms.trigger import AccumulationMode, AfterCount, Repeatedly
from apache_beam.transforms.window import GlobalWindows


def as_they_come() -> beam.WindowInto:
    """Before a GroupByKey: on bounded input it gives each key once, with everything; else whatever has come.

    The runner keeps what has one key on one worker at a time, so a busy key waits for itself and for no other.
    """
    return beam.WindowInto(
        GlobalWindows(), trigger=Repeatedly(AfterCount(1)), accumulation_mode=AccumulationMode.DISCARDING
    )
