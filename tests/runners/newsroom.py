"""A newsroom as a user has it: a folder with settings and an alerts file, a store, and the command that runs.

The tests drive it from outside: the command in a process of its own, its store asked, its sink's file read.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from sqlalchemy import create_engine, text

from pipeline.store import Store
from tests.integration.conftest import command, environment, lines
from tests.runners.news import outcome
from transforms.errors import TocsinError

LOOK = 0.25
ENDS = 60.0
Counters = dict[str, tuple[int, int]]
COUNTED = ("new", "screen", "match", "decide")


def passed_on(store: str) -> dict[str, str]:
    """What commands and workers find in their environment: where the store is, and this code if it is not installed."""
    kept = {"TOCSIN_PRISM": os.environ["TOCSIN_PRISM"]} if "TOCSIN_PRISM" in os.environ else {}
    if code := os.environ.get("PYTHONPATH"):
        # They run in folders of their own, where a relative path leads nowhere.
        kept["PYTHONPATH"] = os.pathsep.join(str(Path(part).absolute()) for part in code.split(os.pathsep))
    return kept | {"TOCSIN_STORE": store}


@dataclass(frozen=True)
class State:
    """What the store holds now."""

    articles: int
    pending: int
    in_hand: int
    waiting: int
    dead: int

    def settled(self, articles: int) -> bool:
        return (self.articles, self.pending, self.in_hand, self.waiting) == (articles, 0, 0, 0)


class Running:
    """`tocsin run` in a process of its own."""

    def __init__(self, arguments: Sequence[object], folder: Path, environ: Mapping[str, str]) -> None:
        self._log = folder / "said.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                command(*arguments), cwd=folder, env=dict(environ), stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def kill(self) -> None:
        """SIGKILL: it can do nothing about it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, as an orchestrator does; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(ENDS)

    def kill_below(self, name: str) -> int:
        """SIGKILL to the one process of this name that the command started, directly or not; its pid."""
        (found,) = [pid for pid, called in _below(self.process.pid) if called == name]
        os.kill(found, signal.SIGKILL)
        return found


def _below(pid: int) -> list[tuple[int, str]]:
    listed = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [(int(line.split(None, 1)[0]), line.split(None, 1)[1]) for line in listed.stdout.splitlines()]
    return [found for child in children for found in (child, *_below(child[0]))]


class Newsroom:
    """A folder, a store, and what came of it.

    Args:
        folder: an empty one.
        store: the store's URL, password and all: the settings name the variable that holds it.
        through: another URL by which the command reaches it, as through a network that can be cut.
    """

    def __init__(self, folder: Path, store: str, through: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.url, self.through = folder, store, through or store
        self.alerts = folder / "alerts.jsonl"
        self.settings = folder / "settings.yaml"
        self.feeds: dict[str, str] = {}
        self.in_hand = 300
        self.runner: dict[str, Any] = {}
        self.write()

    @property
    def restarted(self) -> bool:
        """Whether a job of `tocsin run` here was lost, and the command started another."""
        said = self.folder / "said.log"
        return said.exists() and "it is started again in" in said.read_text("utf-8", "replace")

    def write(self, **more: Any) -> None:
        """The settings, and what is to be other than usual in them."""
        usual = {
            "store_env": "TOCSIN_STORE",
            "sinks": [{"kind": "jsonl", "path": str(self.alerts)}],
            # An engine may lose a worker between two bundles and not say so: the command sees that nothing moves.
            "limits": {"in_hand": f"{self.in_hand}s", "standstill": "90s"},
            "feeds": [
                # Nothing is back catalogue: the stream tells of days long past.
                {"id": name, "url": url, "every": "1s", "backfill_after": "4000d"}
                for name, url in self.feeds.items()
            ],
            "allow_hosts": ["127.0.0.1"],
        } | ({"runner": self.runner} if self.runner else {})
        self.settings.write_text(yaml.safe_dump(usual | more), encoding="utf-8")

    def replay(self, *paths: Path, runner: str) -> dict[str, Any]:
        """`tocsin replay`; what it tells."""
        done = subprocess.run(
            command("replay", *paths, "--config", self.settings, "--runner", runner, "--json"),
            cwd=self.folder,
            env=environment(**passed_on(self.through)),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def run(self, runner: str) -> Running:
        """`tocsin run`, for ever."""
        arguments = ("run", "--config", self.settings, "--runner", runner)
        return Running(arguments, self.folder, environment(**passed_on(self.through)))

    def state(self) -> State:
        with Store.open(self.url) as store:
            summary, waiting = store.summary(), store.status().waiting
        engine = create_engine(_driver(self.url))
        try:
            with engine.connect() as connection:
                in_hand = connection.scalar(text("select count(*) from in_hand"))
        finally:
            engine.dispose()
        return State(summary.articles, summary.pending, int(in_hand or 0), waiting, summary.dead_letters)

    def await_state(self, wanted: Callable[[State], bool], running: Running, seconds: float) -> State:
        """Wait until the store is so; the state then."""
        until, state = time.monotonic() + seconds, None
        while time.monotonic() < until:
            assert running.process.poll() is None, running.said
            with contextlib.suppress(TocsinError):  # the store itself may be down
                state = self.state()
                if wanted(state):
                    return state
            time.sleep(LOOK)
        raise AssertionError(f"not so in {seconds:.0f} s: {state}\n{running.said}")

    def outcome(self) -> list[tuple[Any, ...]]:
        with Store.open(self.url) as store:
            return outcome(store)

    def alert_ids(self) -> set[str]:
        with Store.open(self.url) as store:
            return {standing.alert.id for standing in store.alerts()}

    def rings(self, file: Path | None = None) -> Counter[str]:
        """How often each alert was heard as new."""
        return Counter(alert["id"] for alert in lines(file or self.alerts) if alert["kind"] == "new")

    def rang_each_once(self) -> None:
        """Every alert of the store was heard as new exactly once."""
        assert self.rings() == Counter(self.alert_ids())


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def counters(told: Mapping[str, Any]) -> Counters:
    """What the steps of a replay counted that must be the same everywhere: what came, and what went on.

    Not what deliver counted: messages of one story join while they wait, so their number depends on how fast it went.
    """
    nothing = {"in": 0, "on": 0}
    steps = {step: told["steps"].get(step, nothing) for step in COUNTED}
    return {step: (counted["in"], counted["on"]) for step, counted in steps.items()}


def counters_said(said: str) -> Counters:
    """The same, out of the table that a run for ever shows at its end."""
    rows = re.findall(r"^(\w+) +([\d,]+) +([\d,]+)\b", said, re.MULTILINE)
    table = {step: (int(came.replace(",", "")), int(went.replace(",", ""))) for step, came, went in rows}
    return {step: table.get(step, (0, 0)) for step in COUNTED}
