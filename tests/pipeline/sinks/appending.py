"""A process that appends alerts to a file, and may die of it: what the tests of the JSON Lines sink start.

Usage: ``python appending.py PATH FIRST LAST HOW``: deliveries FIRST to LAST; HOW is ``kill`` to die right after the
last one is written, ``small`` where no file may grow beyond 4,000 bytes, ``together`` to begin when told.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from datetime import UTC, datetime

from pipeline.sinks.jsonl import JsonlSink
from transforms.article import Alert, Delivery
from transforms.errors import Retry


def delivery(number: int) -> Delivery:
    """The delivery with this number, the same in every process."""
    alert = Alert(
        id=f"alert-{number}",
        watch="grid",
        severity="high",
        channel="#energy",
        kind="new",
        reason="new",
        headline=f"Headline {number} " + "x" * 500,
        why=(),
        topics=(),
        entities=(),
        coverage=(),
        outlets=1,
        independent=1,
        quotes=(),
        at=datetime(2026, 5, 4, tzinfo=UTC),
    )
    return Delivery(id=f"{number:032x}", sink="file", channel="#energy", sequence=1, alert=alert)


def main(path: str, first: str, last: str, how: str) -> None:
    """Append, and end as told."""
    if how == "small":
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
    sink = JsonlSink(path, name="file")
    if how == "together":
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
    for number in range(int(first), int(last) + 1):
        try:
            sink.send(delivery(number))
        except Retry as error:
            sys.stdout.write(f"later: {error}\n")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
