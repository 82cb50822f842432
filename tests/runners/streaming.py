"""The thousand articles on their way through a newsroom, half of them done: here the tests break things."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.doubles.press import Press, in_rounds
from tests.runners.measured import measured
from tests.runners.news import stream
from tests.runners.newsroom import Newsroom, Running, State
from tests.runners.ways import SETTLES

ARTICLES = 920
"""Of the stream, without what comes again."""


@contextmanager
def streaming(newsroom: Newsroom, runner: dict[str, Any]) -> Iterator[tuple[Press, Running]]:
    """The stream half-way through: some is settled, some in hand, some not yet brought out."""
    newsroom.in_hand, newsroom.runner = 15, runner
    with Press(in_rounds(stream(), 3, 3), {"wire-1": 1}) as press:
        newsroom.feeds = {f"wire-{at}": press.url(f"wire-{at}") for at in range(3)}
        newsroom.write()
        with newsroom.run(runner["kind"]) as running:
            newsroom.await_state(midway, running, SETTLES)
            yield press, running


def midway(state: State) -> bool:
    return state.articles >= ARTICLES // 4 and state.in_hand > 0


def settles(newsroom: Newsroom, press: Press, running: Running, fault: str, since: float) -> None:
    """Everything is settled in the end, and stays so when the job is stopped."""
    newsroom.await_state(lambda state: press.all_kept and state.settled(ARTICLES), running, SETTLES)
    measured("Faults", fault, newsroom.runner["kind"], time.monotonic() - since)
    assert running.stop() == 0, running.said
    assert newsroom.state().settled(ARTICLES)
