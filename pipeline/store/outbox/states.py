"""The outbox, its words: the states of a message, why it is held or withheld, and the pace of a sink.

What the other files of this room share.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pipeline.store.readback import ReadBack
from transforms.article import Alert, AlertKind

WAITING, SENT, DEAD, WITHHELD, DIGESTED = "waiting", "sent", "dead", "withheld", "digested"
MESSAGE, REPLY, DIGEST = "message", "reply", "digest"

Withheld = Literal["silenced", "inhibited"]
"""Why a message will not leave."""

LOUDNESS: tuple[AlertKind, ...] = ("update", "correction", "escalation", "new")


@dataclass(frozen=True)
class Pace:
    """How fast a sink may be told.

    Attributes:
        channel: between two messages of one channel.
        edits: between two edits in all channels together, on the average.
        burst: edits that may come at once after a rest.
    """

    channel: timedelta
    edits: timedelta = timedelta(0)
    burst: int = 1


# Every sink of an alert, and the alert itself, are kept in the same words.
alert_in = ReadBack(Alert.model_validate_json, 512)
"""The alert that is kept in these words."""
