"""The outbox: what each sink is still to hear, who is saying it now, and what came of it.

One row is one message, edit, reply or digest in one sink, numbered in ``sequence`` within its alert. ``write`` puts
them there, ``look`` finds what may leave, ``lease`` hands it out at a sink's pace, ``record`` keeps what came of it;
``states`` are their words.
"""

from pipeline.store.outbox.lease import due
from pipeline.store.outbox.look import channels_due, free_at, look
from pipeline.store.outbox.record import Done, again, record, withhold
from pipeline.store.outbox.states import (
    DEAD,
    DIGESTED,
    LOUDNESS,
    SENT,
    WAITING,
    WITHHELD,
    Pace,
    Withheld,
    alert_in,
)
from pipeline.store.outbox.write import Outbox, Told

__all__ = [
    "DEAD",
    "DIGESTED",
    "LOUDNESS",
    "SENT",
    "WAITING",
    "WITHHELD",
    "Done",
    "Outbox",
    "Pace",
    "Told",
    "Withheld",
    "again",
    "alert_in",
    "channels_due",
    "due",
    "free_at",
    "look",
    "record",
    "withhold",
]
