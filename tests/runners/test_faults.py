"""Whatever dies while the thousand articles go through, the newsroom hears the same in the end, and each alert once.

What dies, dies by SIGKILL; what is cut, hears nothing; then everything must settle, without anyone's help but the
one who starts again what nobody watches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from tests.doubles.cut import CutProxy
from tests.doubles.postgres import PostgresServer
from tests.doubles.press import Press, rss
from tests.runners.conftest import Expected
from tests.runners.measured import measured, measuring
from tests.runners.news import BEGIN
from tests.runners.newsroom import Newsroom
from tests.runners.stage import Stage, staged
from tests.runners.streaming import ARTICLES, settles, streaming
from tests.runners.ways import SETTLES

pytestmark = [pytest.mark.runners, pytest.mark.filterwarnings("ignore::ResourceWarning")]
DOWN = 10.0
CUT = 60.0 if measuring() else 20.0
BARGE = "barge-strike"


@pytest.fixture(params=["prism", "flink"])
def stage(request: pytest.FixtureRequest, newsroom: Newsroom) -> Iterator[Stage]:
    with staged(request.param, newsroom, request) as made:
        yield made


def is_as_without_a_fault(newsroom: Newsroom, of_the_stream: Expected) -> None:
    assert newsroom.outcome() == of_the_stream.outcome
    newsroom.rang_each_once()


@pytest.mark.skipif(not measuring(), reason="only for the table: the conformance tests run it too")
def test_nothing_dies(stage: Stage, newsroom: Newsroom, of_the_stream: Expected) -> None:
    with streaming(newsroom, stage.runner) as (press, running):
        settles(newsroom, press, running, "none", time.monotonic())
    is_as_without_a_fault(newsroom, of_the_stream)


def test_the_command_is_killed_and_started_again(
    stage: Stage, newsroom: Newsroom, of_the_stream: Expected
) -> None:
    with streaming(newsroom, stage.runner) as (press, running):
        since = time.monotonic()
        running.kill()
        with newsroom.run(stage.runner["kind"]) as again:
            settles(newsroom, press, again, "command killed, started again", since)
    is_as_without_a_fault(newsroom, of_the_stream)


@pytest.mark.parametrize("part", ["worker", "engine"])
def test_a_part_of_the_job_is_killed_and_the_command_starts_it_again(
    part: str, stage: Stage, newsroom: Newsroom, of_the_stream: Expected
) -> None:
    with streaming(newsroom, stage.runner) as (press, running):
        since = time.monotonic()
        if part == "worker":
            stage.kill_worker()
        else:
            stage.kill_engine(running)
        settles(newsroom, press, running, f"{part} killed", since)
    if stage.runner["kind"] == "prism":
        assert "it is started again" in running.said
    is_as_without_a_fault(newsroom, of_the_stream)


def test_the_database_is_killed_and_comes_back(
    stage: Stage, newsroom: Newsroom, of_the_stream: Expected, postgres: PostgresServer
) -> None:
    if postgres.given:
        pytest.skip("the server of TOCSIN_TEST_POSTGRES is not ours to kill")
    with streaming(newsroom, stage.runner) as (press, running):
        since = time.monotonic()
        postgres.kill()
        time.sleep(DOWN)
        postgres.start()
        settles(newsroom, press, running, f"database killed, back after {DOWN:.0f} s", since)
    is_as_without_a_fault(newsroom, of_the_stream)


@pytest.mark.parametrize("runner", ["prism", "flink"])
def test_workers_and_store_are_cut_off_from_each_other(
    runner: str, tmp_path: Path, postgres_url: str, request: pytest.FixtureRequest, of_the_stream: Expected
) -> None:
    # The network is cut before the newsroom's own, so that the test still sees the store.
    url = make_url(postgres_url)
    assert url.port
    with CutProxy(url.port) as network:
        through = url.set(host="127.0.0.1", port=network.port).render_as_string(hide_password=False)
        newsroom = Newsroom(tmp_path / "newsroom", postgres_url, through)
        with (
            staged(runner, newsroom, request) as stage,
            streaming(newsroom, stage.runner) as (press, running),
        ):
            since = time.monotonic()
            network.hold(on=True)
            time.sleep(CUT)
            network.hold(on=False)
            settles(newsroom, press, running, f"store cut off for {CUT:.0f} s", since)
    is_as_without_a_fault(newsroom, of_the_stream)


def test_a_new_version_with_another_graph_takes_over_in_mid_stream(
    stage: Stage, newsroom: Newsroom, of_the_stream: Expected
) -> None:
    with streaming(newsroom, stage.runner) as (press, running):
        since = time.monotonic()
        assert running.stop() == 0, running.said
        rang = set(newsroom.rings())
        second = newsroom.folder / "second.jsonl"
        with Press({"barges": [rss(barges())]}) as more:
            newsroom.feeds["barges"] = more.url("barges")
            newsroom.write(
                watches=["packaged", another_watch(newsroom.folder)],
                sinks=[
                    {"kind": "jsonl", "path": str(newsroom.alerts)},
                    {"kind": "jsonl", "path": str(second), "name": "second"},
                ],
            )
            with newsroom.run(stage.runner["kind"]) as updated:
                newsroom.await_state(
                    lambda state: press.all_kept and state.settled(ARTICLES + len(barges())), updated, SETTLES
                )
                measured("Faults", "drained, updated", stage.runner["kind"], time.monotonic() - since)
                assert updated.stop() == 0, updated.said
    told = newsroom.outcome()
    assert [alert for alert in told if alert[0] != BARGE] == of_the_stream.outcome
    assert [(watch, outlets) for watch, _, _, outlets, _ in told if watch == BARGE] == [(BARGE, 3)]
    newsroom.rang_each_once()
    # The new sink hears as new what was opened since, and nothing twice.
    heard = newsroom.rings(second)
    assert set(heard) >= newsroom.alert_ids() - rang
    assert set(heard.values()) == {1}


def another_watch(folder: Path) -> str:
    file = folder / "barges.yaml"
    watch = {"id": BARGE, "title": "Barges", "when": {"phrase": "barge strike"}, "channel": "#rivers"}
    file.write_text(yaml.safe_dump(watch | {"severity": "normal"}), encoding="utf-8")
    return str(file)


def barges() -> list[dict[str, Any]]:
    text = "The barge strike on the lower river went on for a third day, and the union said that talks had failed."
    return [
        {
            "url": f"https://river{desk}.example.org/barges",
            "outlet": f"River Post {desk}",
            "title": "Barge strike goes on",
            "text": f"{text} Desk {desk} was told so on Monday.",
            "published": BEGIN.isoformat(),
        }
        for desk in range(3)
    ]
