"""Input that nobody can read, or that was made to do harm, holds up nothing, on an engine that runs for ever."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.press import GARBLED, Press, rss
from tests.runners.news import BEGIN, Line, stream
from tests.runners.newsroom import Newsroom
from tests.runners.ways import SETTLES

pytestmark = pytest.mark.runners
RINGS = (
    "Officials said they had seen evidence of attempts by China to interfere in the presidential election. "
)


def hostile() -> list[Line]:
    """Texts that pass the screen and are hard to read: each an article that costs or confuses whoever reads it."""
    bodies = {
        "word without end": "x" * 200_000,
        "quotation marks": "“" * 5_000 + "”" * 20_000,
        "marks upon marks": "e" + "\u0301" * 20_000,
        "turned around": "\u202e\u2066" * 5_000,
        "markup in markup": "<div><b>" * 2_000,
        "entities": "&amp;lt;" * 20_000,
        "no end of sentences": ". " * 50_000,
        "beyond the first plane": "\U0001f514" * 50_000,
    }
    return [
        {
            "url": f"https://hostile.example.org/{number}",
            "outlet": f"Hostile {number}",
            "title": name,
            "text": f"{RINGS}{body}",
            "published": (BEGIN - timedelta(days=300 + 10 * number)).isoformat(),
        }
        for number, (name, body) in enumerate(bodies.items())
    ]


@pytest.mark.parametrize("runner", ["prism", "flink"])
def test_what_is_garbled_or_hostile_holds_up_nothing(
    runner: str, newsroom: Newsroom, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("prism_named" if runner == "prism" else "job_server_jar")
    told = {"wire": rss(stream()[:100]), "hostile": rss(hostile()), "garbled": GARBLED}
    expected, articles = as_on_direct(told, tmp_path / "direct")
    with Press({name: [body] for name, body in told.items()}) as press:
        newsroom.feeds = {name: press.url(name) for name in told}
        newsroom.write()
        with newsroom.run(runner) as running:
            newsroom.await_state(lambda state: state.settled(articles) and state.dead >= 1, running, SETTLES)
            assert running.stop() == 0, running.said
    assert "it is started again" not in running.said
    assert newsroom.outcome() == expected
    newsroom.rang_each_once()


def as_on_direct(told: dict[str, bytes], folder: Path) -> tuple[list[tuple[Any, ...]], int]:
    """What DirectRunner and SQLite make of these feeds, and how many articles are in them."""
    newsroom = Newsroom(folder, f"sqlite:///{folder / 'tocsin.db'}")
    files = [folder / f"{name}.xml" for name in told]
    for file, body in zip(files, told.values(), strict=True):
        file.write_bytes(body)
    newsroom.replay(*files, runner="direct")
    state = newsroom.state()
    assert state.settled(state.articles)
    assert state.dead >= 1
    return newsroom.outcome(), state.articles
