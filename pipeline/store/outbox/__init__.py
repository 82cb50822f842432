"""The outbox: what each sink is still to hear, who is saying it now, and what came of it.

One row is one message, edit, reply or digest in one sink, numbered in ``sequence`` within its alert. ``write`` puts
them there, ``lease`` hands them out at a sink's pace, ``record`` keeps what came of them; ``states`` are their words.
"""

from pipeline.store.outbox.lease import any_due, channels_due, due, free_at
from pipeline.store.outbox.record import Done, again, delivered, postponed, record, undeliverable, withhold
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
    "any_due",
    "channels_due",
    "delivered",
    "due",
    "free_at",
    "postponed",
    "record",
    "undeliverable",
    "withhold",
]
