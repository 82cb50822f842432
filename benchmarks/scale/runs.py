"""One measurement in a process of its own: the graph on an engine, the plain loop, a poured stream, decisions.

It says as one line of JSON what came of it, when it began and ended, and what it cost this process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import modes
from benchmarks.modes import Bench
from benchmarks.scale.poured import poured
from pipeline.cli.house import now
from pipeline.courier import deliver_due
from pipeline.newsdesk import decide_match
from pipeline.settings.runner import FlinkSpec
from pipeline.store import Brought, Store
from transforms.article import Match
from transforms.match import Matcher
from transforms.read import Reader
from transforms.screen import Screen

FLINK = "TOCSIN_BENCH_FLINK"
"""Names the job manager of a cluster that sees this machine's files, with a worker pool beside each task manager."""

Said = dict[str, Any]


def _flink(parallelism: int) -> Callable[[Bench], Said]:
    def go(bench: Bench) -> Said:
        spec = FlinkSpec(master=os.environ[FLINK], parallelism=parallelism)
        return modes.graph(bench, spec)._asdict()

    return go


def decide(bench: Bench) -> Said:
    """Decide every hit of the streams, one after the other, then say all that is due."""
    house = bench.house()
    rules = house.rules()
    screen, reader, matcher = Screen(rules), Reader(rules, house.language()), Matcher(rules)
    with house.store() as store:
        matches = _matches(store, bench, screen, reader, matcher)
        begun, started = time.time(), time.perf_counter()
        for match in matches:
            decide_match(store, match, rules.watches[match.watch], house.sink_names, now(), house.window)
        decided = time.perf_counter() - started
        started = time.perf_counter()
        told = deliver_due(store, house.sinks(), now)
        said = time.perf_counter() - started
    return {
        "articles": len(matches),
        "messages": sum(told.values()),
        "decided_in": decided,
        "said_in": said,
        "began": begun,
        "done": begun + decided,
    }


def _matches(store: Store, bench: Bench, screen: Screen, reader: Reader, matcher: Matcher) -> list[Match]:
    found = [article for article in modes.articles(bench.streams) if screen.could_match(article)]
    taken = [verdict.article for verdict in store.take_in(Brought(found), now())]
    return [match for reading in reader.read(taken) for match in matcher.matches(reading)]


RUNS: dict[str, Callable[[Bench], Said]] = {
    "loop": lambda bench: modes.loop(bench)._asdict(),
    "direct": lambda bench: modes.graph(bench)._asdict(),
    "prism": lambda bench: modes.graph(bench, "prism")._asdict(),
    "direct, reading all": lambda bench: modes.graph(bench, screened=False)._asdict(),
    "poured": poured,
    "decide": decide,
    **{f"flink {parallelism}": _flink(parallelism) for parallelism in (1, 2, 4)},
}


def main() -> None:
    """Measure what is named, and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", choices=sorted(RUNS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--store", help="a migrated store; none: a SQLite file in the folder")
    parser.add_argument("streams", type=Path, nargs="+")
    given = parser.parse_args()
    used, began = _cpu(), time.time()
    said = RUNS[given.run](Bench(tuple(given.streams), given.folder, given.store))
    told = {"began": began, "done": time.time()} | said
    told |= {
        "seconds": told["done"] - told["began"],
        "cpu": _cpu() - used,
        "below": _cpu(resource.RUSAGE_CHILDREN),
    }
    told["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


def _cpu(who: int = resource.RUSAGE_SELF) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
