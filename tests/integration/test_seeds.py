"""The main job: the five seed articles in, one alert with linked coverage out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import ELECTION, ROOT, SEEDS, Tocsin, lines, of_watch

SHARED = ROOT.parent / "shared" / "seeds"
QUOTE = "We have seen, generally speaking, evidence of attempts to influence and arguably interfere"
RSS, ATOM = SEEDS / "recorded" / "feed.rss.xml", SEEDS / "recorded" / "feed.atom.xml"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """The five text files alone: no manifest, no recorded feeds."""
    folder = tmp_path / "texts"
    folder.mkdir()
    for seed in SEEDS.glob("*.txt"):
        shutil.copy(seed, folder)
    return folder


def story(alert: dict[str, Any]) -> dict[str | None, str]:
    return {piece["outlet"]: piece["relation"] for piece in alert["coverage"]}


STORY = {
    "CNN": {"original"},
    "The Hill": {"cites"},
    "Jaano Junction": {"copy", "rewrite"},
    "Voz": {"cites"},
    None: {"rewrite", "cites"},
}


def assert_is_the_story(alert: dict[str, Any]) -> None:
    assert {outlet: relation in STORY[outlet] for outlet, relation in story(alert).items()} == dict.fromkeys(
        STORY, True
    )
    assert (len(alert["coverage"]), alert["outlets"], alert["independent"]) == (5, 4, 1)
    assert alert["kind"] == "new"
    origin = next(piece["article"] for piece in alert["coverage"] if piece["outlet"] == "CNN")
    assert {piece["of"] for piece in alert["coverage"]} == {None, origin}
    quote = alert["quotes"][0]
    assert quote["text"].startswith(QUOTE)
    assert quote["speaker"] == "Antony Blinken"
    by_article = {piece["article"]: piece["outlet"] for piece in alert["coverage"]}
    assert {by_article[article] for article in quote["in"]} == {"CNN", "The Hill", "Jaano Junction", "Voz"}
    assert [by_article[article] for article in quote["altered_in"]] == [None]


@pytest.mark.parametrize(
    "form", ["texts", *(pytest.param(form, marks=pytest.mark.slow) for form in ("rss", "atom"))]
)
def test_texts_rss_and_atom_give_the_same_story_and_one_alert(
    form: str, texts: Path, tocsin: Tocsin, tmp_path: Path
) -> None:
    path = {"texts": texts, "rss": RSS, "atom": ATOM}[form]
    tocsin("replay", path, "--alerts", "alerts.jsonl", "--articles", "articles.jsonl")
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])
    titles = {piece["outlet"]: piece["title"] for piece in alerts[0]["coverage"]}
    assert titles["CNN"].startswith("Blinken tells CNN the US has seen evidence")
    assert titles[None].startswith("US Secretary of State Antony Blinken, during the last day")
    published = {piece["outlet"]: piece["published"] for piece in alerts[0]["coverage"]}
    assert published == dict.fromkeys(STORY) | {None: "2024-04-27T03:02:00Z"}


def test_the_reasons_point_at_their_words(texts: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("replay", texts, "--alerts", "alerts.jsonl", "--articles", "articles.jsonl")
    alert = of_watch(tmp_path / "alerts.jsonl")[0]
    articles = {article["id"]: article for article in lines(tmp_path / "articles.jsonl")}
    assert {held["clause"].split(" ")[0] for held in alert["why"]} == {"topic", "entity"}
    for held in alert["why"]:
        assert articles[held["article"]][held["field"]][held["start"] : held["end"]] == held["text"]


@pytest.mark.slow
def test_all_three_forms_in_one_store_ring_once(texts: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    store = ("--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    for path in (texts, RSS, ATOM):
        tocsin("replay", path, *store)
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])


@pytest.mark.slow
def test_all_three_forms_in_one_run_ring_once(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("replay", SEEDS, "--alerts", "alerts.jsonl")
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])


@pytest.mark.slow
def test_replaying_twice_rings_once(texts: Path, tocsin: Tocsin, tmp_path: Path) -> None:
    for file in ("first.jsonl", "second.jsonl"):
        tocsin("replay", texts, "--store", "sqlite:///news.db", "--alerts", file)
    assert len(of_watch(tmp_path / "first.jsonl")) == 1
    assert lines(tmp_path / "second.jsonl") == []


def test_one_article_rings_two_bells_and_the_third_watch_is_silent(
    texts: Path, tocsin: Tocsin, tmp_path: Path
) -> None:
    tocsin("replay", texts, "--alerts", "alerts.jsonl")
    alerts = lines(tmp_path / "alerts.jsonl")
    assert sorted(alert["watch"] for alert in alerts) == ["campus-protests", ELECTION]
    protests = next(alert for alert in alerts if alert["watch"] == "campus-protests")
    assert set(story(protests)) == {"CNN", "Jaano Junction"}


@pytest.mark.skipif(not SHARED.exists(), reason="the seeds beside the project are not there")
def test_the_seeds_beside_the_project_which_have_no_manifest_give_the_same(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    tocsin("replay", SHARED, "--alerts", "alerts.jsonl")
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert len(alerts) == 1
    assert_is_the_story(alerts[0])


def test_the_console_shows_the_alert_and_the_steps(texts: Path, tocsin: Tocsin) -> None:
    done = tocsin("replay", texts)
    assert "Antony Blinken" in done.stdout
    assert "1 independent" in done.stdout
    steps = [line.split()[0] for line in done.stderr.splitlines() if line.strip()]
    for step in ("parse", "clean", "new", "screen", "read", "match", "decide", "deliver"):
        assert step in steps


def test_a_replay_in_json_says_what_came_of_it(texts: Path, tocsin: Tocsin) -> None:
    told = json.loads(tocsin("replay", texts, "--json").stdout)
    assert told["steps"]["parse"] == {"in": 5, "on": 5, "stopped": {}}
    assert told["steps"]["match"]["on"] == 5
    assert {alert["watch"] for alert in told["alerts"]} == {"campus-protests", ELECTION}
    assert told["dead_letters"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("order", ["30214", "42013", "43210"])
def test_in_any_order_one_by_one_it_is_one_alert_and_never_a_false_confirmation(
    order: str, tocsin: Tocsin, tmp_path: Path
) -> None:
    seeds = sorted(SEEDS.glob("*.txt"))
    for place in order:
        tocsin("replay", seeds[int(place)], "--store", "sqlite:///news.db", "--alerts", "alerts.jsonl")
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert [alert["kind"] for alert in alerts] == ["new", *["update"] * 4]
    assert len({alert["id"] for alert in alerts}) == 1
    assert {alert["independent"] for alert in alerts} == {1}
    assert_is_the_story({**alerts[-1], "kind": "new"})
