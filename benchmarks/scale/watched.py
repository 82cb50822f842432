"""Processes from outside: memory and processor time of workers, of Prism below them, and of PostgreSQL, by /proc."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")
EVERY = 0.5
ROLES = ("worker", "prism", "postgres")


@dataclass(frozen=True)
class Sample:
    """The megabytes of each role at one time, and how many articles were in the store."""

    articles: int
    megabytes: dict[str, float]


@dataclass
class Watch:
    """Looks at processes every half second while something runs.

    Args:
        workers: processes that run the graph; an engine that one of them started is found below it.
        postgres: the server's first process; None where it is not on this machine.
        articles: how many articles are in the store, asked once a second.
    """

    workers: Iterable[int]
    postgres: int | None
    articles: Callable[[], int] = lambda: 0
    samples: list[Sample] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        asked, articles = 0.0, 0
        while not self._over.wait(EVERY):
            if time.monotonic() - asked >= 1:
                asked, articles = time.monotonic(), self.articles()
            self.samples.append(Sample(articles, self._megabytes()))

    def _megabytes(self) -> dict[str, float]:
        sums: dict[str, float] = defaultdict(float)
        children = _children()
        for worker in self.workers:
            for process in _tree(worker, children):
                role = "prism" if _name(process) == "prism" else "worker"
                sums[role] += _megabytes_of(process)
        if self.postgres is not None:
            # Shared buffers count once: each process is asked for its share of them.
            sums["postgres"] = sum(map(_megabytes_of, _tree(self.postgres, children)))
        return dict(sums)

    def peak(self, role: str) -> float:
        """Megabytes at most."""
        return max((sample.megabytes.get(role, 0.0) for sample in self.samples), default=0.0)

    def peaks(self, role: str, marks: Iterable[int]) -> list[float]:
        """Megabytes at most on the way to each mark, a number of articles, from the one before."""
        found, after = [], 0
        for mark in marks:
            span = [each.megabytes.get(role, 0.0) for each in self.samples if after <= each.articles < mark]
            found.append(max(span, default=0.0))
            after = mark
        # What came after the last article was counted belongs to the last mark.
        rest = [each.megabytes.get(role, 0.0) for each in self.samples if each.articles >= after]
        found[-1] = max([found[-1], *rest])
        return found


def seconds_of(process: int | None) -> float:
    """Processor seconds of a process, of those below it, and of those that ended below it."""
    if process is None:
        return 0.0
    return sum(_ticks(each) for each in _tree(process, _children())) / TICK


def _tree(process: int, children: dict[int, list[int]]) -> list[int]:
    found = [process]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            found[int(fields[1])].append(int(folder.name))
    return found


def _stat(process: int) -> list[str]:
    with suppress(OSError):
        # The name before may hold spaces and brackets.
        return (PROC / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return []


def _ticks(process: int) -> int:
    return sum(map(int, _stat(process)[11:15]))


def _name(process: int) -> str:
    with suppress(OSError):
        return (PROC / str(process) / "comm").read_text("utf-8", "replace").strip()
    return ""


def _megabytes_of(process: int) -> float:
    with suppress(OSError):
        for line in (PROC / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
