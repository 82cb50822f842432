"""`make bench`: the graph against the same functions in a plain loop, and against reading everything.

One generated stream of articles, each measurement in a process of its own, ratios within one run; the table
is printed and written to docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ARTICLES = 20_000
CHARACTERS = 6_000
HITS = 0.01

_HIT = (
    "Officials said they had seen evidence of attempts by China to interfere in the presidential election. "
    "“We have seen signs of foreign interference in our election,” said President Joe Biden in {place}. "
)
_PLACES = ("Ohio", "Georgia", "Nevada", "Arizona", "Iowa", "Maine", "Texas", "Utah")
_SUBJECTS = (
    "The council",
    "A local school",
    "The company",
    "Her brother",
    "The orchestra",
    "The river",
    "An engineer",
)
_VERBS = (
    "opened",
    "repaired",
    "described",
    "sold",
    "painted",
    "measured",
    "followed",
    "discussed",
    "counted",
)
_OBJECTS = (
    "the bridge",
    "a new line",
    "its harvest",
    "the old mill",
    "three houses",
    "the timetable",
    "a garden",
)
_TAILS = (
    "in the rain", "before the winter", "with some success", "for the second year", "near the station",
    "at the request of residents", "despite the cost", "as the season went on",
)  # fmt: skip


def generate(path: Path, count: int) -> None:
    """Write ``count`` articles as JSON Lines: about 6 kB each, one in a hundred about election interference."""
    chance = random.Random(20240426)
    vocabulary = [
        "".join(chance.choices("abdeghiklmnoprstuvz", k=chance.randint(4, 9))) for _ in range(4_000)
    ]
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            hit = number % int(1 / HITS) == 0
            out.write(json.dumps(_article(chance, vocabulary, number, hit=hit)) + "\n")


def _article(chance: random.Random, vocabulary: list[str], number: int, *, hit: bool) -> dict[str, str]:
    paragraphs = [_HIT.format(place=chance.choice(_PLACES)) + _sentence(chance, vocabulary)] if hit else []
    length = sum(map(len, paragraphs))
    while length < CHARACTERS:
        paragraph = " ".join(_sentence(chance, vocabulary) for _ in range(4))
        paragraphs.append(paragraph)
        length += len(paragraph) + 2
    title = f"{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)} {number}"
    return {
        "url": f"https://outlet{number % 50}.example.org/{number}",
        "outlet": f"Outlet {number % 50}",
        "title": title,
        "published": f"2024-04-{1 + number % 28:02d}T12:00:00+00:00",
        "text": "\n\n".join(paragraphs),
    }


def _sentence(chance: random.Random, vocabulary: list[str]) -> str:
    words = " ".join(chance.choices(vocabulary, k=8))
    head = f"{chance.choice(_SUBJECTS)} {chance.choice(_VERBS)} {chance.choice(_OBJECTS)}"
    return f"{head} {chance.choice(_TAILS)}, and the {words} said it’s “{chance.choice(_TAILS)}”."


def measure(mode: str, stream: Path, folder: Path) -> dict[str, Any]:
    """One measurement in this process: ``graph``, ``graph-all``, ``loop`` or ``loop-all``."""
    from benchmarks import modes  # noqa: PLC0415 - each measurement loads what it needs in its own process

    started = time.perf_counter()
    outcome = modes.RUNS[mode](modes.Bench((stream,), folder))
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {**outcome._asdict(), "seconds": seconds, "megabytes": peak}


def _in_own_process(mode: str, stream: Path, folder: Path) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.stream",
        "--mode",
        mode,
        "--stream",
        str(stream),
        "--folder",
        str(folder),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _table(rows: dict[str, dict[str, Any]]) -> str:
    loop, graph, everything = rows["loop"], rows["graph"], rows["graph, reading all"]
    rates = {mode: row["articles"] / row["seconds"] for mode, row in rows.items()}
    same = graph["alerts"] == loop["alerts"] == everything["alerts"]
    lines = [
        "| run | articles | seconds | articles a second | peak memory | articles in alerts |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {mode} | {row['articles']:,} | {row['seconds']:.1f} | {rates[mode]:,.0f} "
        f"| {row['megabytes']:,.0f} MB | {row['covered']:,} |"
        for mode, row in rows.items()
    ]
    lines.extend(
        (
            "",
            f"- Beam's share: the graph runs at **{rates['graph'] / rates['loop']:.2f}** of the loop (target: 0.7).",
            f"- The screen: **{rates['graph'] / rates['graph, reading all']:.1f}** times reading all (target: 20).",
            f"- The same alerts, article by article: {'yes' if same else '**no**'}.",
            f"- Peak memory of the graph: {graph['megabytes']:,.0f} MB (target: under 1,000).",
        )
    )
    return "\n".join(lines)


def main() -> None:
    """Run all measurements, print the table, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--mode")
    parser.add_argument("--stream", type=Path)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    given = parser.parse_args()
    if given.mode:
        print(json.dumps(measure(given.mode, given.stream, given.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        stream = folder / "stream.jsonl"
        generate(stream, given.articles)
        print(f"{given.articles:,} articles, {stream.stat().st_size / 1e6:,.0f} MB", flush=True)
        rows: dict[str, dict[str, Any]] = {}
        for mode in ("loop", "graph", "graph, reading all"):
            place = folder / mode.replace(" ", "-")
            place.mkdir()
            rows[mode] = _in_own_process(mode, stream, place)
            print(
                f"{mode}: {rows[mode]['articles'] / rows[mode]['seconds']:,.0f} articles a second", flush=True
            )
    table = _table(rows)
    print(table)
    if given.articles == ARTICLES:
        given.out.write_text(_page(table), encoding="utf-8")


def _page(table: str) -> str:
    at = datetime.now(UTC).date().isoformat()
    python = f"CPython {sys.version_info.major}.{sys.version_info.minor}"
    kilobytes, share = f"{CHARACTERS / 1000:.0f}", f"{HITS:.0%}"
    return f"""# Benchmarks

`make bench`, {at}, 2 cores, {python}. A generated stream of {ARTICLES:,} articles of about {kilobytes} kB
from 50 outlets, {share} of them hits, read from one JSON Lines file into a fresh SQLite store, each run in a
process of its own. The plain loop calls the very functions of the graph's steps in the same batches. *Reading
all* is the graph without the screen.

{table}
"""


if __name__ == "__main__":
    main()
