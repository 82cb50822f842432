"""Killed at any step, run again: the bell rings once, with everything."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import SEEDS, Tocsin, command, environment, of_watch
from tests.integration.test_seeds import assert_is_the_story

DYING = Path(__file__).parent / "dying.py"
SIGKILLED = -9
PLACES = {
    "source": "pipeline.sources.replay:ReadFile.process",
    "parse": "pipeline.intake:parsed",
    "clean": "pipeline.intake:cleaned",
    "screen": "transforms.screen:Screen.could_match",
    "new?": "pipeline.store:Store.take_in",
    "read": "transforms.steps:_ReadFn.process",
    "match": "transforms.steps:_MatchFn.process",
    "link + decide": "pipeline.newsdesk:_Decide._decided",
    "the outbox's lease": "pipeline.store:Store.due",
    "the sink": "pipeline.sinks.jsonl:JsonlSink.send",
    "the sink's record": "pipeline.store:Store.record",
}


def killed(tmp_path: Path, place: str, when: str, nth: int, *arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, str(DYING), PLACES[place], when, str(nth), *map(str, arguments)],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == SIGKILLED, (
        f"it was not killed there: {done.returncode}\n{done.stdout}\n{done.stderr}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", PLACES)
def test_killed_at_a_step_and_run_again_it_rings_once_with_everything(
    place: str, when: str, nth: int, tocsin: Tocsin, tmp_path: Path
) -> None:
    if nth > 1 and place in {"new?", "read"}:
        pytest.skip(f"{place} works in batches: the seeds are one batch")
    texts = sorted(SEEDS.glob("*.txt"))
    run = ("replay", *texts, "--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    killed(tmp_path, place, when, nth, *run)
    tocsin(*run)
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])


@pytest.mark.slow
def test_killed_again_and_again_it_rings_once_with_everything(tocsin: Tocsin, tmp_path: Path) -> None:
    texts = sorted(SEEDS.glob("*.txt"))
    run = ("replay", *texts, "--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    for place in PLACES:
        killed(tmp_path, place, "after", 1, *run) if place != "the sink's record" else None
    tocsin(*run)
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])


@pytest.mark.slow
def test_two_processes_on_one_store_ring_once(tocsin: Tocsin, tmp_path: Path) -> None:
    run = command("replay", SEEDS, "--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    both = [
        subprocess.Popen(
            run, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=180)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    tocsin("replay", SEEDS, "--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert [alert["kind"] for alert in alerts].count("new") == 1
    assert len({alert["id"] for alert in alerts}) == 1
    last = alerts[-1]
    assert (len(last["coverage"]), last["outlets"], last["independent"]) == (5, 4, 1)
