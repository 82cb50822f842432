"""``make chaos``: the full run on PostgreSQL and on SQLite; its table is written into docs/delivery.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.page import PAGE, put
from tests.chaos.run import FULL, Outcome, Size, chaos, interpreter
from tests.doubles.postgres import MISSING, PostgresServer, available


def main() -> int:
    """Run it, print the table, and write it down; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--stories", type=int, default=FULL.stories)
    parser.add_argument("--seed", type=int, default=FULL.seed)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--out", type=Path, default=PAGE)
    given = parser.parse_args()
    size = Size(**{**vars(FULL), "stories": given.stories, "seed": given.seed})
    found: dict[str, Outcome] = {}
    for name in ("PostgreSQL", "SQLite"):
        if given.only is not None and not name.lower().startswith(given.only):
            continue
        with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as folder, _store(name, Path(folder)) as url:
            if url is None:
                _say(f"{name} is left out: {MISSING}")
                continue
            found[name] = outcome = chaos(size, url, Path(folder))
        for fault in outcome.faults:
            _say(f"{name}: {fault}")
    text = table(found, size)
    _say(text)
    if size == FULL and given.only is None:
        put(given.out, "chaos", text)
    return 1 if any(outcome.faults for outcome in found.values()) else 0


@contextmanager
def _store(name: str, folder: Path) -> Iterator[str | None]:
    """The URL of an empty store of this kind; None where it cannot be had."""
    if name == "SQLite":
        yield f"sqlite:///{folder}/chaos.db"
        return
    if not available():
        yield None
        return
    server = PostgresServer()
    try:
        yield server.url(server.fresh())
    finally:
        server.stop()


def table(found: dict[str, Outcome], size: Size) -> str:
    """What came of it, as the page has it."""
    rows: dict[str, list[str]] = {
        "seconds": [f"{each.seconds:,.0f}" for each in found.values()],
        "first messages": [f"{each.verdict.sent['message']:,}" for each in found.values()],
        "edits": [f"{each.verdict.sent['edit']:,}" for each in found.values()],
        "replies": [f"{each.verdict.sent['reply']:,}" for each in found.values()],
        "requests": [f"{each.requests:,}" for each in found.values()],
        "processes killed": [f"{each.kills}" for each in found.values()],
    }
    for trouble in sorted({kind for each in found.values() for kind in each.troubles}):
        rows[f"… {trouble}"] = [f"{each.troubles[trouble]:,}" for each in found.values()]
    rows |= {
        "messages deleted by people": [f"{each.verdict.deleted:,}" for each in found.values()],
        "refused for good: dead letters": [f"{each.verdict.dead.total():,}" for each in found.values()],
        "**lost**": [f"**{len(each.verdict.lost)}**" for each in found.values()],
        "**doubled: answer lost, and history could not be read**": [
            f"**{each.verdict.doubled.total()}**" for each in found.values()
        ],
        "**doubled otherwise**": [f"**{len(each.verdict.unexplained)}**" for each in found.values()],
        "**faster than Slack's pace**": [f"**{each.too_fast}**" for each in found.values()],
        "**stories told out of order**": [f"**{len(each.verdict.disordered)}**" for each in found.values()],
        "still waiting at the end": [f"{each.verdict.waiting}" for each in found.values()],
    }
    head = f"| | {' | '.join(found)} |\n|---|{'---:|' * len(found)}\n"
    today = datetime.now(UTC).date().isoformat()
    return (
        f"`make chaos`, {today}, {os.cpu_count()} cores for two senders, the double, the newsroom and the database"
        f" together, {interpreter()}; {size.stories:,} stories over {size.channels} channels, about one kill in"
        f" {size.every:.0f} seconds.\n\n"
        + head
        + "\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
