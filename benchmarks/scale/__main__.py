"""Runs every measurement, each in a process of its own, prints what came of it, and writes docs/scale.md.

Ratios compare within one run. What cannot run here is said and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.scale import page, sizing
from benchmarks.scale.database import Bank, between
from benchmarks.scale.poured import A_SECOND
from benchmarks.scale.runs import FLINK
from benchmarks.scale.watched import Watch, seconds_of
from benchmarks.stream import generate
from pipeline.runners.flink import find_jar
from pipeline.runners.prism import find
from pipeline.settings.runner import FlinkSpec, PrismSpec
from tests.doubles.postgres import MISSING, available
from transforms.errors import Fault

ROOT = Path(__file__).parents[2]
PARTS = 4
"""Files that the stream is split into, so that one, two or four workers have as much to do."""

Said = dict[str, Any]


@dataclass(frozen=True)
class Sizes:
    """How many articles each measurement takes."""

    rates: int = 24_000
    heavy: int = 2_000
    backlog: int = 100_000
    decided: int = 60_000
    poured_seconds: int = 40
    workers: tuple[int, ...] = (1, 2, 4)
    whole: bool = True


QUICK = Sizes(rates=400, heavy=0, backlog=800, decided=400, poured_seconds=2, workers=(1, 2), whole=False)
"""That it runs, and loses nothing; nothing of how fast it is."""


@dataclass
class Scale:
    """The measurements, one after the other, in one folder on one server."""

    bank: Bank
    folder: Path
    sizes: Sizes
    parts: Sequence[Path]
    backlog: Path
    _places: int = field(default=0)

    def together(
        self, run: str, parts: Sequence[Sequence[Path]], *, sqlite: bool = False, follow: bool = False
    ) -> Said:
        """Processes that do the same run at once on disjoint parts and one new store; what came of them together.

        Args:
            run: what each does, by its name in ``runs``.
            parts: the files of each process.
            sqlite: on a SQLite file instead of the server.
            follow: look at how far they are while they run; it costs the store a question a second.
        """
        with self.bank.database() as database:
            before, used = self.bank.counters(database), seconds_of(self.bank.process)
            url = None if sqlite else self.bank.url(database)
            started = [self._start(run, each, url) for each in parts]
            taken: Callable[[], int] = (lambda: self.bank.taken_in(database)) if follow else (lambda: 0)
            with Watch([process.pid for process, _ in started], self.bank.process, taken) as watch:
                told = [_told(run, *each) for each in started]
            seconds = max(each["done"] for each in told) - min(each["began"] for each in told)
            # A backend tells its counts when it ends.
            time.sleep(0.2)
            said: Said = {
                "articles": sum(each["articles"] for each in told),
                "covered": max(each.get("covered", 0) for each in told),
                "seconds": seconds,
                "worker cpu": sum(each["cpu"] for each in told),
                "prism cpu": sum(each["below"] for each in told),
                "postgres cpu": seconds_of(self.bank.process) - used,
                "worker MB": max(each["megabytes"] for each in told),
                "prism MB": watch.peak("prism"),
                "postgres MB": watch.peak("postgres"),
                "each": told,
                "watch": watch,
            }
            said["rate"] = said["articles"] / seconds
            if not sqlite:
                said |= {
                    "load": between(before, self.bank.counters(database)),
                    "kept": self.bank.kept(database),
                }
        return said

    def _start(
        self, run: str, streams: Sequence[Path], url: str | None
    ) -> tuple[subprocess.Popen[str], Path]:
        self._places += 1
        place = self.folder / f"run-{self._places}"
        place.mkdir()
        command = [sys.executable, "-m", "benchmarks.scale.runs", run, "--folder", str(place)]
        store = ["--store", url] if url else []
        with (place / "errors").open("w") as errors:
            process = subprocess.Popen(
                [*command, *store, *map(str, streams)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
            )
        return process, place / "errors"

    # the measurements

    def rates(self, engines: Sequence[str]) -> dict[str, Said]:
        """Articles a second: the loop, then the graph on each engine and store."""
        whole = [self.parts]
        found = {
            "loop, PostgreSQL": self.together("loop", whole),
            "direct, SQLite": self.together("direct", whole, sqlite=True),
            "direct, PostgreSQL": self.together("direct", whole),
        }
        if "prism" in engines:
            found["prism, PostgreSQL"] = self.together("prism", whole)
        return found

    def workers(self, engines: Sequence[str], heavy: Sequence[Path]) -> dict[str, dict[int, Said]]:
        """One, two and four processes on one PostgreSQL, each with its part of the stream."""
        runs: dict[str, Sequence[Path]] = {engine: self.parts for engine in engines if "flink" not in engine}
        runs = {**runs, "direct, reading all": heavy} if self.sizes.whole else {"direct": self.parts}
        found = {
            run: {many: self.together(run, _shared(parts, many)) for many in self.sizes.workers}
            for run, parts in runs.items()
        }
        flink = {
            many: self.together(f"flink {many}", [self.parts])
            for many in (1, 2, 4)
            if f"flink {many}" in engines
        }
        return {**found, **({"flink": flink} if flink else {})}

    def drained(self, engines: Sequence[str]) -> dict[str, Said]:
        """The backlog, with the memory of every process on the way."""
        marks = [self.sizes.backlog * quarter // 4 for quarter in (1, 2, 3, 4)]
        found = {}
        for engine in engines:
            if "flink" not in engine:
                said = self.together(engine, [[self.backlog]], follow=True)
                said["marks"] = marks
                said["quarters"] = {
                    role: said["watch"].peaks(role, marks) for role in ("worker", "prism", "postgres")
                }
                found[engine] = said
        return found

    def poured(self) -> Said:
        """A million an hour, on Prism, for ever."""
        stream = self.folder / "poured.jsonl"
        _head(self.backlog, stream, self.sizes.poured_seconds * A_SECOND)
        return self.together("poured", [[stream]])

    def decided(self) -> dict[str, Said]:
        """Decisions a second: on each store, and two processes that decide for one watch."""
        streams = [self.folder / f"hits-{number}.jsonl" for number in (0, 1)]
        with self.backlog.open("rb") as lines:
            hits = list(islice(lines, 0, self.sizes.decided, 100))
        for number, stream in enumerate(streams):
            stream.write_bytes(b"".join(hits[number::2]))
        if not self.sizes.whole:
            return {"PostgreSQL": self.together("decide", [streams])}
        return {
            "SQLite": self.together("decide", [streams], sqlite=True),
            "PostgreSQL": self.together("decide", [streams]),
            "PostgreSQL, two processes, one watch": self.together("decide", [[stream] for stream in streams]),
        }


def _told(run: str, process: subprocess.Popen[str], errors: Path) -> Said:
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{run} ended with {process.returncode}:\n{errors.read_text()[-3000:]}")
    said: Said = json.loads(output.splitlines()[-1])
    return said


def _shared(parts: Sequence[Path], many: int) -> list[Sequence[Path]]:
    return [parts[number::many] for number in range(many)]


def _head(whole: Path, part: Path, count: int) -> None:
    with whole.open("rb") as lines, part.open("wb") as out:
        out.writelines(islice(lines, count))


def _split(whole: Path, folder: Path, name: str, count: int) -> list[Path]:
    """The first ``count`` lines in four files; hits are spread over all of them."""
    files = [folder / f"{name}-{number}.jsonl" for number in range(PARTS)]
    with whole.open("rb") as source:
        lines = list(islice(source, count))
    size = -(-count // PARTS)
    for number, file in enumerate(files):
        file.write_bytes(b"".join(lines[number * size : (number + 1) * size]))
    return files


def _engines() -> tuple[list[str], list[str]]:
    """Engines that can run here, and why the others cannot."""
    engines, missing = ["direct"], []
    try:
        find(PrismSpec(), os.environ)
        engines.append("prism")
    except Fault as fault:
        missing.append(f"Prism: {fault}")
    try:
        find_jar(FlinkSpec(), os.environ)
        if os.environ.get(FLINK):
            engines += [f"flink {many}" for many in (1, 2, 4)]
        else:
            missing.append(f"Flink: no cluster is named by {FLINK}")
    except Fault as fault:
        missing.append(f"Flink: {fault}")
    return engines, missing


def _measure(folder: Path, sizes: Sizes) -> Said:
    engines, missing = _engines()
    for each in missing:
        print(f"left out: {each}", flush=True)
    bank = Bank()
    try:
        backlog = folder / "backlog.jsonl"
        generate(backlog, sizes.backlog)
        scale = Scale(bank, folder, sizes, _split(backlog, folder, "part", sizes.rates), backlog)
        heavy = _split(backlog, folder, "heavy", sizes.heavy)
        steps: Mapping[str, Callable[[], Any]] = {
            "rates": lambda: scale.rates(engines),
            "workers": lambda: scale.workers(engines, heavy),
            "decided": scale.decided,
            "poured": lambda: scale.poured() if "prism" in engines else None,
            "backlog": lambda: scale.drained(engines),
        }
        found: Said = {"missing": missing, "sizes": asdict(sizes)}
        for name, step in steps.items():
            started = time.monotonic()
            found[name] = step()
            print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
        return found
    finally:
        bank.server.stop()


def _plain(found: Any) -> Any:
    """What was found, without what cannot be said as JSON."""
    if isinstance(found, Mapping):
        return {str(key): _plain(value) for key, value in found.items() if key != "watch"}
    return [_plain(each) for each in found] if isinstance(found, list) else found


def main() -> None:
    """Measure everything, print it, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a few articles each: that it runs, not how fast"
    )
    parser.add_argument("--json", type=Path, help="also write all figures to this file")
    parser.add_argument("--out", type=Path, default=Path("docs/scale.md"))
    parser.add_argument("--sizing", type=Path, default=Path("docs/deployment.md"))
    given = parser.parse_args()
    if not available():
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory(prefix="tocsin-scale-") as name:
        found = _plain(_measure(Path(name), QUICK if given.quick else Sizes()))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    text = page.whole(found)
    print(text)
    if not given.quick:
        given.out.write_text(text, encoding="utf-8")
        given.sizing.write_text(sizing.sized(given.sizing.read_text("utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
