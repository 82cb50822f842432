"""One chaos run: the double, two delivering processes, the one who kills them, and what it all came to."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from pipeline.store import Store
from pipeline.store.schema import deliveries
from tests.chaos.journal import Journal, Luck
from tests.chaos.stories import SINK, Newsroom, stories
from tests.chaos.verdict import Verdict, judge
from tests.doubles.slack import Rates, SlackDouble
from tests.integration.conftest import command, environment

TOKEN = "xoxb-1-chaos"  # noqa: S105 - the double's
FIRST_WAIT = 1.0
"""Seconds until what failed is tried again; the product waits 30."""


@dataclass(frozen=True)
class Size:
    """How big a run is.

    Attributes:
        stories: how many.
        channels: over how many they are spread.
        kills: at least so many; nobody is killed any more once all is told.
        every: seconds between two kills, on the average.
        edits: a minute, in the sink's pace as in the double.
        at_most: seconds; a run that takes longer has failed.
        trouble: by how much the shares of bad luck are multiplied.
        seed: of all that is drawn.
    """

    stories: int
    channels: int
    kills: int
    every: float
    edits: int = 6_000
    at_most: float = 1_800
    trouble: float = 1.0
    seed: int = 20260504


FULL = Size(stories=10_000, channels=200, kills=20, every=8.0)
SMALL = Size(stories=300, channels=20, kills=4, every=4.0, trouble=1.5, at_most=600)


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes:
        verdict: what was promised, and what came.
        ended: whether all was told in time.
        seconds: from the first process on.
        requests: all that the double got.
        troubles: how many requests each kind of trouble befell.
        kills: how often a process was killed.
        too_fast: requests that came faster than Slack's pace.
        said: what the processes said, line by line, each once.
    """

    verdict: Verdict
    ended: bool
    seconds: float
    requests: int
    troubles: Counter[str]
    kills: int
    too_fast: int
    said: list[str]

    @property
    def faults(self) -> list[str]:
        """The promises that were broken, a line each; none where all were kept."""
        found = [f"lost: {each}" for each in self.verdict.lost]
        found += [f"doubled without a reason: {each}" for each in self.verdict.unexplained]
        found += [f"out of order: {each}" for each in self.verdict.disordered]
        if self.too_fast:
            found.append(f"{self.too_fast} requests came faster than Slack's pace")
        if not self.ended:
            found.append(f"{self.seconds:.0f} s were not enough: {self.verdict.waiting} messages still wait")
        return found


def chaos(size: Size, url: str, folder: Path) -> Outcome:
    """Run it on the empty store at this URL.

    Args:
        size: of the run.
        url: of the store.
        folder: an empty one, where the processes work.
    """
    journal, luck, told = Journal(), _luck(size), stories(size.stories, size.channels, size.seed)
    channels = [f"desk-{number:03d}" for number in range(size.channels)]
    with (
        Store.open(url) as store,
        SlackDouble(
            token=TOKEN,
            channels=channels,
            # No burst: not one message may come before its second is over.
            rates=Rates(burst=0, updates=size.edits),
            script=luck,
            remember=0,
            journal=journal,
        ) as slack,
    ):
        settings(folder, slack.url, size.edits)
        newsroom = Newsroom(store, told)
        newsroom.open()
        senders = _Senders(folder, url, journal, random.Random(size.seed))  # noqa: S311 - drawn for tests
        began = time.monotonic()
        try:
            ended = _drive(newsroom, store, senders, size, began + size.at_most)
        finally:
            senders.end()
        seconds = time.monotonic() - began
        verdict = judge(store, slack, journal, luck, newsroom.ended)
        return Outcome(
            verdict,
            ended,
            seconds,
            len(journal.entries),
            journal.troubles(),
            len(journal.kills),
            slack.too_fast.total(),
            senders.said(),
        )


def _luck(size: Size) -> Luck:
    much = size.trouble
    return Luck(
        size.seed,
        limited=0.02 * much,
        broken=0.01 * much,
        unavailable=0.01 * much,
        broken_after=0.01 * much,
        reset_before=0.01 * much,
        reset_after=0.01 * much,
        slow=0.02 * much,
        refused=dict.fromkeys(("channel_not_found", "is_archived", "invalid_blocks"), 0.001 * much),
        deleted=0.005 * much,
        history_refused=0.1,
        retry_after=1,
        wait=0.5,
        too_slow=0.002 * much,
    )


def settings(folder: Path, api: str, edits: int) -> None:
    """Write chaos.yaml: one Slack sink, with so many edits a minute."""
    (folder / "chaos.yaml").write_text(
        "store_env: TOCSIN_STORE\n"
        f"sinks: [{{kind: slack, name: {SINK}, base_url: '{api}', pace: {{edits: {edits}}}}}]\n",
        "utf-8",
    )


def _drive(newsroom: Newsroom, store: Store, senders: _Senders, size: Size, until: float) -> bool:
    """Let stories grow and processes die until all is told; False where that took too long."""
    while time.monotonic() < until:
        senders.keep(size, store)
        coming = newsroom.grow()
        if not coming and not store.undelivered():
            if senders.kills >= size.kills:
                return True
            newsroom.more(size.channels)
        time.sleep(0.5)
    return False


class _Senders:
    """Two delivering processes; one of them, drawn, is killed every few seconds and started again."""

    def __init__(self, folder: Path, url: str, journal: Journal, chance: random.Random):
        self._folder, self._journal, self._chance = folder, journal, chance
        self._environment = environment(
            TOCSIN_STORE=url,
            SLACK_BOT_TOKEN=TOKEN,
            # From a checkout that is not installed; nothing where what is tested is.
            PYTHONPATH=os.environ.get("PYTHONPATH", ""),
        )
        self._running: list[subprocess.Popen[bytes]] = [self._start(number) for number in range(2)]
        self._next, self._heard = 0.0, 0

    @property
    def kills(self) -> int:
        return len(self._journal.kills)

    def keep(self, size: Size, store: Store) -> None:
        """Start what is not there, and where it is time kill one that has messages in hand: one, drawn, of the two.

        It is time after some seconds, and some requests: where starting takes long, all would die before they spoke.
        """
        for number, process in enumerate(self._running):
            if process.poll() is not None:
                self._running[number] = self._start(number)
        if time.monotonic() < self._next or len(self._journal.entries) < self._heard + size.channels:
            return
        busy = _busy(store)
        victims = [process for process in self._running if process.pid in busy]
        if victims:
            victim = self._chance.choice(victims)
            victim.kill()
            victim.wait()
            self._heard = len(self._journal.entries)
            # When it is surely dead: an answer that came before may have reached it, or not.
            self._journal.kills.append(time.monotonic())
            self._next = time.monotonic() + size.every * self._chance.uniform(0.5, 1.5)

    def end(self) -> None:
        """End them as a person does."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def said(self) -> list[str]:
        """What they said, each line once."""
        lines = [
            line
            for number in range(2)
            for line in (self._folder / f"said-{number}").read_text("utf-8", "replace").splitlines()
        ]
        return sorted(set(lines))

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        with (self._folder / f"said-{number}").open("ab") as said:
            return subprocess.Popen(
                command(
                    "deliveries", "send", "--for-ever", "--config", "chaos.yaml", "--first-wait", FIRST_WAIT
                ),
                cwd=self._folder,
                env=self._environment,
                stdout=said,
                stderr=said,
            )


def _busy(store: Store) -> set[int]:
    """The processes that have messages in hand."""
    with store.transaction(write=False) as tx:
        owners = tx.scalars(select(deliveries.c.owner).where(deliveries.c.owner.is_not(None)).distinct())
        return {int(owner.split("|")[-2]) for owner in owners}


def interpreter() -> str:
    """What it ran on."""
    return f"CPython {sys.version_info.major}.{sys.version_info.minor}"
