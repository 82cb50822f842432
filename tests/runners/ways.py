"""The ways by which the same news comes in: replayed, or for ever through feeds or a queue, on each engine."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from pipeline.store import Store
from tests.doubles.kafka import KafkaBroker
from tests.doubles.press import Press, in_rounds
from tests.integration.conftest import SEEDS
from tests.runners.news import encoded
from tests.runners.newsroom import Counters, Newsroom, counters, counters_said

SETTLES = 300.0
"""Seconds that a job for ever may take until everything is settled; on a free machine it takes about thirty."""


class News(NamedTuple):
    """The same articles for every way: files for one command after another, rounds of feeds, messages of a queue."""

    articles: int
    commands: Sequence[Sequence[Path]]
    feeds: dict[str, Sequence[bytes]]
    messages: Sequence[bytes]
    garbled: dict[str, int]


def of_stream(lines: Sequence[dict[str, Any]], folder: Path) -> News:
    """The thousand articles, in this order; what nobody can read is among them in every form."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "news.jsonl"
    file.write_bytes(encoded(lines))
    messages = file.read_bytes().removesuffix(b"\n").split(b"\n")
    distinct = len({line["url"].partition("?")[0] for line in lines})
    return News(distinct, [[file]], in_rounds(lines, 3, 3), messages, {"wire-1": 1, "wire-2": 2})


def of_seeds(order: Sequence[int], *, together: bool) -> News:
    """The seeds in this order, one by one or all at once."""
    files = [sorted(SEEDS.glob("*.txt"))[at] for at in order]
    recorded = (SEEDS / "recorded" / "feed.rss.xml").read_text("utf-8")
    items = re.findall(r"<item>.*?</item>", recorded, re.DOTALL)
    head, foot = recorded[: recorded.index("<item>")], recorded[recorded.rindex("</item>") + len("</item>") :]
    rounds = [items[at] for at in order]
    parts = ["".join(rounds)] if together else rounds
    return News(
        articles=len(files),
        commands=[files] if together else [[file] for file in files],
        feeds={"seeds": [f"{head}{part}{foot}".encode() for part in parts]},
        messages=[json.dumps({"text": file.read_text("utf-8")}).encode() for file in files],
        garbled={},
    )


class Way(Protocol):
    """How news comes in."""

    def bring(self, newsroom: Newsroom, news: News) -> Counters:
        """Bring all of it, and wait until everything is settled; what the steps counted."""


@dataclass(frozen=True)
class Replayed:
    """`tocsin replay`, a bounded graph."""

    runner: str

    def bring(self, newsroom: Newsroom, news: News) -> Counters:
        told: Counters = {}
        for paths in news.commands:
            more = counters(newsroom.replay(*paths, runner=self.runner))
            told = {step: _sum(told.get(step, (0, 0)), counted) for step, counted in more.items()}
        assert newsroom.state().settled(news.articles), newsroom.state()
        return told


@dataclass(frozen=True)
class Polled:
    """`tocsin run` over feeds that bring out the news in rounds."""

    runner: str

    def bring(self, newsroom: Newsroom, news: News) -> Counters:
        with Press(news.feeds, news.garbled) as press:
            newsroom.feeds = {name: press.url(name) for name in news.feeds}
            newsroom.write()
            with newsroom.run(self.runner) as running:
                newsroom.await_state(
                    lambda state: press.all_kept and state.settled(news.articles), running, SETTLES
                )
                assert running.stop() == 0, running.said
        return counters_said(running.said)


@dataclass(frozen=True)
class Queued:
    """`tocsin run` over a Kafka topic."""

    runner: str
    broker: KafkaBroker

    def bring(self, newsroom: Newsroom, news: News) -> Counters:
        topic = f"news-{newsroom.folder.parent.name}"
        if topic not in self.broker.admin.list_topics(timeout=10).topics:
            self.broker.make_topic(topic)
        self.broker.send(topic, news.messages)
        end = self._end(topic)
        newsroom.feeds = {}
        queue = {"kind": "kafka", "id": "wire", "brokers": [self.broker.address], "topic": topic}
        newsroom.write(queues=[queue])
        with newsroom.run(self.runner) as running:
            newsroom.await_state(
                lambda state: state.settled(news.articles) and _position(newsroom, topic) == end,
                running,
                SETTLES,
            )
            assert running.stop() == 0, running.said
        return counters_said(running.said)

    def _end(self, topic: str) -> int:
        from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415 - where it is missing, tests are skipped

        consumer = Consumer({"bootstrap.servers": self.broker.address, "group.id": "tests"})
        try:
            return int(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)[1])
        finally:
            consumer.close()


def _position(newsroom: Newsroom, topic: str) -> int | None:
    with Store.open(newsroom.url) as store:
        return store.position("wire", f"{topic}/0")


def _sum(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


WAYS = ("direct", "prism", "prism for ever", "prism for ever, from Kafka", "flink", "flink for ever")


def way(name: str, request: pytest.FixtureRequest) -> Way:
    """The way of this name; skips where its engine or broker is not here."""
    runner = name.split(maxsplit=1)[0]
    if runner == "prism":
        request.getfixturevalue("prism_named")
    if runner == "flink":
        request.getfixturevalue("job_server_jar")
    if name.endswith("Kafka"):
        return Queued(runner, request.getfixturevalue("broker"))
    return Polled(runner) if "for ever" in name else Replayed(runner)
