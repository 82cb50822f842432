"""How fast one process delivers: two hundred channels at Slack's pace, against the double, on both databases.

``make bench`` runs it with the rest; it writes its table into docs/delivery.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen

from pipeline.store import Store
from tests.chaos.journal import Journal
from tests.chaos.page import PAGE, put
from tests.chaos.run import TOKEN, settings
from tests.chaos.stories import Newsroom, Story
from tests.doubles.postgres import MISSING, PostgresServer, available
from tests.doubles.slack import Rates, SlackDouble
from tests.integration.conftest import command, environment

CHANNELS, SECONDS = 200, 30.0
WARM = 5.0
"""Seconds from the first message on that are not counted."""
BEFORE = 120.0
"""Seconds that the first message may take."""


@dataclass(frozen=True)
class Measured:
    """What was measured over some seconds.

    Attributes:
        rate: messages a second.
        waiting: messages in the outbox at the beginning.
        sender: cores that the delivering process used.
        double: cores that the double used.
        too_fast: messages that came faster than Slack's pace.
    """

    rate: float
    waiting: int
    sender: float
    double: float
    too_fast: int


def measure(url: str, folder: Path, channels: int = CHANNELS, seconds: float = SECONDS) -> Measured:
    """Deliver from the empty store at this URL for so many seconds.

    Raises:
        TimeoutError: nothing was delivered at all.
    """
    # Enough for every channel to have one message left at the end.
    many = int(channels * (seconds + WARM + 15))
    journal = Journal()
    with (
        Store.open(url) as store,
        SlackDouble(
            token=TOKEN,
            channels=[f"desk-{number:03d}" for number in range(channels)],
            rates=Rates(burst=0),
            remember=0,
            journal=journal,
        ) as slack,
    ):
        settings(folder, slack.url, 50)
        Newsroom(store, [Story(n, f"#desk-{n % channels:03d}", 1, replied=False) for n in range(many)]).open()
        with _sending(folder, url) as sender:
            _until(lambda: bool(journal.entries))
            time.sleep(WARM)
            began, used, own = time.monotonic(), _cpu(sender.pid), _cpu(os.getpid())
            time.sleep(seconds)
            ended, used, own = time.monotonic(), _cpu(sender.pid) - used, _cpu(os.getpid()) - own
        told = sum(began <= entry.at < ended and entry.accepted for entry in list(journal.entries))
        span = ended - began
        return Measured(told / span, many, used / span, own / span, slack.too_fast.total())


@contextmanager
def _sending(folder: Path, url: str) -> Iterator[Popen[bytes]]:
    process = Popen(
        command("deliveries", "send", "--for-ever", "--config", "chaos.yaml"),
        cwd=folder,
        env=environment(TOCSIN_STORE=url, SLACK_BOT_TOKEN=TOKEN, PYTHONPATH=os.environ.get("PYTHONPATH", "")),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _until(come: Callable[[], bool]) -> None:
    until = time.monotonic() + BEFORE
    while not come():
        if time.monotonic() > until:
            raise TimeoutError(f"no message within {BEFORE:.0f} s")
        time.sleep(0.05)


def _cpu(process: int) -> float:
    """Seconds of a core that a process used so far."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure on both databases, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        if given.only != "postgres":
            found["SQLite"] = _say(
                "SQLite", measure(f"sqlite:///{name}/news.db", Path(name), seconds=given.seconds)
            )
        if given.only != "sqlite":
            if not available():
                print(f"PostgreSQL is left out: {MISSING}")
            else:
                server = PostgresServer()
                try:
                    url = server.url(server.fresh())
                    found["PostgreSQL"] = _say("PostgreSQL", measure(url, Path(name), seconds=given.seconds))
                finally:
                    server.stop()
    if given.only is None:
        put(given.out, "speed", table(found, given.seconds))


def _say(database: str, found: Measured) -> Measured:
    print(f"{database}: {found}", flush=True)
    return found


def table(found: dict[str, Measured], seconds: float) -> str:
    """The measurements as the page has them."""
    python, today = f"CPython {sys.version_info.major}.{sys.version_info.minor}", datetime.now(UTC).date()
    rows = "\n".join(
        f"| {database} | {each.rate:,.0f} | {CHANNELS} | {each.waiting:,} | {each.sender:.2f} | {each.double:.2f} |"
        f" {each.too_fast} |"
        for database, each in found.items()
    )
    return f"""`make bench`, {today}, {os.cpu_count()} cores for the sender, the double and the database together,
{python}, {seconds:.0f} seconds.

| store | messages a second | possible | waiting at first | cores of the sender | cores of the double | too fast |
|---|---:|---:|---:|---:|---:|---:|
{rows}"""


if __name__ == "__main__":
    main()
