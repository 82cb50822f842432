"""`make bench`, its second part: matches decided and written into the outbox, on SQLite and on PostgreSQL.

The same matches one by one and together, each measurement in a fresh store; the table joins docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.newsdesk import TOGETHER, Prepared, decide_matches, prepared
from pipeline.newsdesk.telling import Newsroom
from pipeline.store import Store
from tests.doubles.postgres import MISSING, PostgresServer, available
from transforms.article import Article, Held, Match, Reading
from transforms.watch import Clause, Rules, Watch

MATCHES = 2_000
SIZES = (5, 85)
WORDS = 400
NOW = datetime(2026, 3, 1, tzinfo=UTC)
WATCHES = tuple(
    Watch(id=f"watch-{number}", title="bench", when=Clause(phrase="bench"), channel=f"#channel-{number}")
    for number in range(20)
)
ROOM = Newsroom(Rules(watches={watch.id: watch for watch in WATCHES}), ("slack",))
HEADING = "## Deciding"


def generate(count: int, size: int) -> list[Match]:
    """Matches of ``count`` articles of 50 outlets, ``size`` a story, the stories by turns over twenty watches."""
    chance = random.Random(20260301)
    vocabulary = ["".join(chance.choices("abdeghiklmnoprstuvz", k=7)) for _ in range(6_000)]
    told = [chance.choices(vocabulary, k=WORDS) for _ in range(max(count // size, 1))]
    return [
        _match(chance, vocabulary, told[number % len(told)], number, number % len(told))
        for number in range(count)
    ]


def _match(
    chance: random.Random, vocabulary: Sequence[str], told: Sequence[str], number: int, story: int
) -> Match:
    words = [chance.choice(vocabulary) if chance.random() < 0.35 else word for word in told]  # noqa: PLR2004
    at = NOW + timedelta(seconds=number)
    article = Article(
        id=f"{number:032x}",
        text=" ".join(words),
        title=" ".join(told[:9]),
        outlet=f"Outlet {number % 50}",
        url=f"https://outlet{number % 50}.example.org/{number}",
        published=at,
        first_seen=at,
    )
    why = (Held(clause="phrase bench", text=words[0], start=0, end=len(words[0])),)
    return Match(watch=WATCHES[story % len(WATCHES)].id, reading=Reading(article=article), why=why)


def decided(url: str, matches: Sequence[Prepared], together: int) -> float:
    """Matches decided a second, so many in a transaction."""
    by_watch: dict[str, list[Prepared]] = defaultdict(list)
    for match in matches:
        by_watch[match.watch].append(match)
    with Store.open(url) as store:
        started = time.perf_counter()
        for name, some in by_watch.items():
            for start in range(0, len(some), together):
                decide_matches(store, some[start : start + together], ROOM.rules.watches[name], ROOM, NOW)
        return len(matches) / (time.perf_counter() - started)


def measure(count: int, fresh: Callable[[], str]) -> list[tuple[int, float, float]]:
    """For each size of a story, matches a second one by one and together."""
    found = []
    for size in SIZES:
        matches = [prepared(match) for match in generate(count, size)]
        alone = decided(fresh(), matches[: max(count // 5, 1)], 1)
        found.append((size, alone, decided(fresh(), matches, TOGETHER)))
    return found


def main() -> None:
    """Measure, print the table, and put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--matches", type=int, default=MATCHES)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    given = parser.parse_args()
    rows: list[tuple[str, int, float, float]] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        files = (f"sqlite:///{name}/{number}.db" for number in range(99))
        rows += [("SQLite", *row) for row in measure(given.matches, lambda: next(files))]
    if available():
        server = PostgresServer()
        try:
            rows += [
                ("PostgreSQL", *row) for row in measure(given.matches, lambda: server.url(server.fresh()))
            ]
        finally:
            server.stop()
    else:
        print(MISSING)
    matches = generate(given.matches // 4, SIZES[0])
    started = time.perf_counter()
    some = [prepared(match) for match in matches]
    section = _section(rows, len(some) / (time.perf_counter() - started))
    print(section)
    if given.matches == MATCHES:
        page = given.out.read_text("utf-8").partition(HEADING)[0].rstrip()
        given.out.write_text(f"{page}\n\n{section}", encoding="utf-8")


def _section(rows: Sequence[tuple[str, int, float, float]], ready: float) -> str:
    table = "\n".join(
        f"| {store} | {size} | {alone:,.0f} | {together:,.0f} | {together / alone:.1f} |"
        for store, size, alone, together in rows
    )
    return f"""{HEADING}

{MATCHES:,} matches of articles of {WORDS} words, over {len(WATCHES)} watches that each have a channel, are linked,
decided and written into the outbox of one sink, by one process. *Together* is as the graph does it: up to
{TOGETHER} matches of a watch in one transaction. PostgreSQL runs beside it on the same cores, and every commit is on
its disk.

| store | articles a story | matches a second, one by one | together | times |
|---|---:|---:|---:|---:|
{table}

What an article is to linking is found out before, by as many workers as there are: {ready:,.0f} articles a second each.
"""


if __name__ == "__main__":
    main()
