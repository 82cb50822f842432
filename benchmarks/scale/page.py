"""What was measured, as docs/scale.md says it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from benchmarks.scale.poured import A_SECOND
from benchmarks.scale.sizing import a_thousand
from benchmarks.stream import CHARACTERS, HITS

Said = Mapping[str, Any]
LOADS = {
    "transactions": "transactions",
    "rows inserted": "inserted",
    "rows updated": "updated",
    "rows deleted": "deleted",
    "rows fetched": "fetched",
    "WAL records": "wal_records",
    "WAL bytes": "wal_bytes",
    "bytes more on the disk": "size",
}


def whole(found: Said) -> str:
    """The page."""
    sizes = found["sizes"]
    left_out = "".join(f"- Left out here: {each}.\n" for each in found["missing"])
    python = f"CPython {sys.version_info.major}.{sys.version_info.minor}"
    cores, today = os.cpu_count(), datetime.now(UTC).date().isoformat()
    return f"""# Scale

`make bench-scale`, {today}, {cores} cores for everything, {python}. The stream of docs/benchmarks.md:
articles of about {CHARACTERS / 1000:.0f} kB, {HITS:.0%} of them hits. PostgreSQL runs on the same machine with its own
defaults, every commit on its disk (`fsync`). Each measurement has processes and a database of its own; its clock begins
when Python is loaded, and includes laying the graph and starting the engine. Compare within this page.

{left_out}
## Articles a second

{_rates(found)}

## Workers that share a store

One, two and four processes, each with its part of the same {sizes["rates"]:,} articles, on one PostgreSQL. *Reading
all* is the graph without the screen, {sizes["heavy"]:,} articles: there the work is in the workers.

{_workers(found)}

## A backlog

{sizes["backlog"]:,} articles at once, from one file: memory at most, by how far it was.

{_backlog(found)}

## What the store has to do

For 1,000 articles. *Poured* is a job for ever on Prism, a million articles an hour, with a bundle each second and a
beat every five.

{_loads(found)}

{_poured(found)}

## Deciding

A watch is decided one match after the other, under one lock: this is the speed limit of one watch, and of the outbox in
one channel.

{_decided(found)}
"""


def _table(head: str, rows: list[str]) -> str:
    columns = head.count("|") - 1
    return "\n".join([head, "|---|" + "---:|" * (columns - 1), *rows])


def _rates(found: Said) -> str:
    rates = found["rates"]
    loop, direct = rates["loop, PostgreSQL"], rates["direct, PostgreSQL"]
    rows = [
        f"| {name} | {said['articles']:,} | {said['seconds']:.1f} | {said['rate']:,.0f} | {said['worker MB']:,.0f} MB "
        f"| {said['covered']:,} |"
        for name, said in rates.items()
    ]
    same = {said["covered"] for said in rates.values()}
    lines = [
        _table("| run | articles | seconds | articles a second | peak memory | articles in alerts |", rows),
        "",
        f"- The runner's share: direct runs at **{direct['rate'] / loop['rate']:.2f}** of the loop on PostgreSQL.",
        f"- PostgreSQL: direct runs at **{direct['rate'] / rates['direct, SQLite']['rate']:.2f}** of SQLite.",
    ]
    if prism := rates.get("prism, PostgreSQL"):
        lines.append(
            f"- Prism: **{prism['rate'] / direct['rate']:.2f}** of direct, with {prism['prism cpu']:.1f} s of "
            f"processor time in Prism and {prism['worker cpu']:.1f} s in the worker."
        )
    lines.append(f"- As many articles in alerts everywhere: {'yes' if len(same) == 1 else '**no**'}.")
    return "\n".join(lines)


def _workers(found: Said) -> str:
    rows = []
    for run, by_many in found["workers"].items():
        one = by_many["1"]
        rows += [
            f"| {run} | {many} | {said['seconds']:.1f} | {said['rate']:,.0f} | {said['rate'] / one['rate']:.2f} "
            f"| {said['worker cpu'] / said['seconds']:.2f} | {said['prism cpu'] / said['seconds']:.2f} "
            f"| {said['postgres cpu'] / said['seconds']:.2f} |"
            for many, said in by_many.items()
        ]
    table = _table(
        "| run | workers | seconds | articles a second | to one worker | cores: workers | Prism | PostgreSQL |",
        rows,
    )
    cores = os.cpu_count() or 1
    return (
        f"{table}\n\nCores are processor seconds a second: where their sum comes near {cores}, this machine is what "
        "limits, and more workers only take turns. Workers claim articles one batch after the other, under one lock of "
        "the store: that part does not add up."
    )


def _backlog(found: Said) -> str:
    rows = []
    for engine, said in found["backlog"].items():
        for role, quarters in said["quarters"].items():
            if any(quarters):
                told = " | ".join(f"{each:,.0f} MB" for each in quarters)
                rows.append(f"| {engine}: {role} | {told} |")
    marks = next(iter(found["backlog"].values()))["marks"]
    head = "| process | " + " | ".join(f"to {mark:,}" for mark in marks) + " |"
    drained = [
        f"- {engine}: {said['articles']:,} articles in {said['seconds']:.0f} s, {said['rate']:,.0f} a second."
        for engine, said in found["backlog"].items()
    ]
    return _table(head, rows) + "\n\n" + "\n".join(drained)


def _loads(found: Said) -> str:
    runs = {name: said for name, said in found["rates"].items() if "load" in said}
    if found["poured"]:
        runs["poured, Prism"] = found["poured"]
    rows = [
        f"| {label} | " + " | ".join(f"{a_thousand(said, key):,.0f}" for said in runs.values()) + " |"
        for label, key in LOADS.items()
    ]
    return _table(f"| | {' | '.join(runs)} |", rows)


def _poured(found: Said) -> str:
    said = found["poured"]
    if not said:
        return ""
    late, seconds = said["each"][0]["late"], said["seconds"]
    return (
        f"Poured: {said['articles']:,} articles in {said['articles'] / A_SECOND:.0f} s, the last of them settled "
        f"{late:.1f} s after it came; {said['worker cpu'] / seconds:.2f} cores in the worker, "
        f"{said['prism cpu'] / seconds:.2f} in Prism, {said['postgres cpu'] / seconds:.2f} in PostgreSQL."
    )


def _decided(found: Said) -> str:
    rows = []
    for name, said in found["decided"].items():
        saying = max(each["said_in"] for each in said["each"])
        messages = sum(each["messages"] for each in said["each"])
        rows.append(
            f"| {name} | {said['articles']:,} | {said['rate']:,.0f} | {messages:,} "
            f"| {messages / max(saying, 1e-9):,.0f} |"
        )
    return _table("| store | matches | decided a second | messages | said a second |", rows)
