"""Every engine makes the same of the same news: one suite, each scenario by each way, with a PostgreSQL store.

The measure is what DirectRunner makes of it with SQLite. What deliver counts is not compared: messages of one story
join while they wait, so that their number depends on how fast an engine is; that each alert rang once is.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.runners.conftest import Expected
from tests.runners.measured import measured
from tests.runners.news import Line, stream
from tests.runners.newsroom import Counters, Newsroom
from tests.runners.ways import WAYS, of_seeds, of_stream, way

pytestmark = pytest.mark.runners
ORDERS = {
    "together": ((0, 1, 2, 3, 4), True),
    "together, the last first": ((4, 3, 2, 1, 0), True),
    "one by one, the original last": ((3, 0, 4, 1, 2), False),
}
TURNS = ("as it comes", "shuffled")


def turned(turn: str) -> list[Line]:
    lines = stream()
    if turn == "shuffled":
        random.Random(7).shuffle(lines)  # noqa: S311 - the same order each time
    return lines


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", WAYS)
def test_the_seeds_in_any_order_are_one_story(
    name: str, order: str, request: pytest.FixtureRequest, newsroom: Newsroom, of_the_seeds: Expected
) -> None:
    comes = way(name, request)
    places, together = ORDERS[order]
    began = time.monotonic()
    comes.bring(newsroom, of_seeds(places, together=together))
    measured("Conformance", name, f"seeds, {order}", time.monotonic() - began)
    assert shape(newsroom.outcome()) == shape(of_the_seeds.outcome)
    newsroom.rang_each_once()


def shape(outcome: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Without addresses and relations: a file has none, and who was first decides who copied whom."""
    return [
        (watch, channel, len(coverage), outlets, independent)
        for watch, channel, coverage, outlets, independent in outcome
    ]


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", WAYS)
def test_a_thousand_articles_in_any_order_are_the_same_stories_and_ring_once(
    name: str,
    turn: str,
    request: pytest.FixtureRequest,
    newsroom: Newsroom,
    of_the_stream: Expected,
    tmp_path: Path,
) -> None:
    comes, news = way(name, request), of_stream(turned(turn), tmp_path / "news")
    began = time.monotonic()
    told = comes.bring(newsroom, news)
    measured("Conformance", name, f"stream, {turn}", time.monotonic() - began)
    assert newsroom.outcome() == of_the_stream.outcome
    # A job that an engine lost was started again and counts from there on; its outcome is the same all the same.
    if not newsroom.restarted:
        assert told == of_the_stream.counters
    newsroom.rang_each_once()
    if turn == TURNS[0]:
        rang, again = newsroom.rings(), comes.bring(newsroom, news)
        if not newsroom.restarted:
            assert again["new"] == (news_came(again), 0)
        assert newsroom.rings() == rang
        assert newsroom.outcome() == of_the_stream.outcome


def news_came(told: Counters) -> int:
    came = told["new"][0]
    assert came == len(stream())
    return came
