"""The commands as a user types them: what they print, where, and with which exit code."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import ELECTION, SEEDS, Tocsin, lines, of_watch

HILL, CNN = SEEDS / "000_a3a4e190bdfc8395.txt", SEEDS / "001_90fa9655d456b5db.txt"


@pytest.mark.slow
def test_help_teaches(tocsin: Tocsin) -> None:
    said = tocsin("--help").stdout
    for command in ("replay", "run", "check", "explain", "enrich", "link", "dead-letters"):
        assert command in said
        assert "tocsin" in tocsin(command, "--help").stdout


def test_explain_answers_for_a_match_with_clauses_and_places(tocsin: Tocsin) -> None:
    said = tocsin("explain", ELECTION, HILL).stdout
    assert "rings" in said
    assert "held  topic election-interference" in said
    assert "held  entity country/CN" in said
    told = json.loads(tocsin("explain", ELECTION, HILL, "--json").stdout)
    assert told["rings"] is True
    assert {held["clause"] for held in told["why"]} == {"topic election-interference", "entity country/CN"}


def test_explain_answers_for_a_non_match_with_the_stage_and_the_clause(tocsin: Tocsin) -> None:
    said = tocsin("explain", "wildfires", HILL).stdout
    assert "does not ring" in said
    assert "screen" in said
    told = json.loads(tocsin("explain", "campus-protests", HILL, "--json").stdout)
    assert (told["rings"], told["stage"]) == (False, "screen")
    assert "campus-protests" in told["failed"]


def test_explain_of_an_unknown_watch_names_those_that_there_are(tocsin: Tocsin) -> None:
    done = tocsin("explain", "elections", HILL, code=2)
    assert "no watch 'elections'" in done.stderr
    assert ELECTION in done.stderr


@pytest.mark.slow
def test_explain_finds_a_stored_article_by_its_id(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("replay", HILL, "--store", "sqlite:///news.db", "--articles", "articles.jsonl")
    [article] = lines(tmp_path / "articles.jsonl")
    told = tocsin("explain", ELECTION, article["id"], "--store", "sqlite:///news.db", "--json")
    assert json.loads(told.stdout)["rings"] is True
    done = tocsin("explain", ELECTION, "0" * 32, "--store", "sqlite:///news.db", code=2)
    assert "no article" in done.stderr


def test_enrich_gives_one_line_an_article_whose_offsets_hold(tocsin: Tocsin, tmp_path: Path) -> None:
    tocsin("enrich", SEEDS / "001_90fa9655d456b5db.txt", HILL, "-o", "out.jsonl")
    read = lines(tmp_path / "out.jsonl")
    assert [article["outlet"] for article in read] == ["CNN", "The Hill"]
    for article in read:
        for entity in article["entities"]:
            assert article[entity["field"]][entity["start"] : entity["end"]] == entity["text"]
        for quote in article["quotes"]:
            assert article[quote["field"]][quote["start"] : quote["end"]] == quote["text"]
    names = {entity["text"] for entity in read[1]["entities"]}
    assert {"Antony Blinken", "Xi Jinping", "Wang Yi", "Wang Xiaohong", "Chen Jining"} <= names


def test_enrich_leaves_the_text_alone_where_it_is_told_to(tocsin: Tocsin, tmp_path: Path) -> None:
    text = "  China’s   plan.\n\nAlso Read\nSomething else  "
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": "mine", "text": text, "note": 1}) + "\n\n{broken\n")
    done = tocsin("enrich", "in.jsonl", "-o", "out.jsonl", "--no-clean")
    [article] = lines(tmp_path / "out.jsonl")
    assert (article["id"], article["text"], article["extra"]) == ("mine", text, {"note": 1})
    assert article["entities"][0]["start"] == 2
    assert "in.jsonl:3" in done.stderr


def test_link_gives_stories_and_relations_in_the_order_of_the_input(tocsin: Tocsin, tmp_path: Path) -> None:
    seeds = [{"id": seed.name[:3], "text": seed.read_text("utf-8")} for seed in sorted(SEEDS.glob("*.txt"))]
    other = {
        "id": "quake",
        "text": "A strong earthquake shook the coast of Hokkaido.\n\nTrains stood still for hours.",
    }
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(article) + "\n" for article in [*seeds, other]))
    tocsin("link", "in.jsonl", "-o", "out.jsonl")
    linked = lines(tmp_path / "out.jsonl")
    assert [line["id"] for line in linked] == ["000", "001", "002", "003", "004", "quake"]
    assert len({line["story"] for line in linked[:5]}) == 1
    assert linked[5]["story"] != linked[0]["story"]
    assert {line["id"]: line["of"] for line in linked} == dict.fromkeys(
        ("000", "002", "003", "004"), "001"
    ) | {
        "001": None,
        "quake": None,
    }


def test_check_names_file_line_and_key_of_every_fault(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(
        "id: w\ntitle: W\nchanel: x\nchannel: '#x'\nwhen:\n  all:\n    - topic: electoin-interference\n"
        "    - entity: country/XX\n"
    )
    (tmp_path / "c.yaml").write_text("watches: [w.yaml]\nsnks: []\nentities: [packaged, missing.yaml]\n")
    done = tocsin("check", "--config", "c.yaml", code=2)
    said = done.stderr
    assert "c.yaml:2: snks" in said
    assert "c.yaml:3: entities" in said
    assert "w.yaml:3: chanel" in said
    (tmp_path / "c.yaml").write_text("watches: [w.yaml]\n")
    (tmp_path / "w.yaml").write_text(
        "id: w\ntitle: W\nchannel: '#x'\nwhen:\n  all:\n    - topic: electoin-interference\n    - entity: country/XX\n"
    )
    said = tocsin("replay", HILL, "--config", "c.yaml", code=2).stderr
    assert (
        "w.yaml:6: when.all[0].topic: no topic 'electoin-interference'; did you mean 'election-interference'"
        in said
    )
    assert "w.yaml:7: when.all[1].entity: no entity 'country/XX'" in said


def test_the_configuration_that_comes_along_has_no_fault(tocsin: Tocsin) -> None:
    done = tocsin("check")
    assert "0 faults" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay", "nowhere"), "nowhere"),
        (("replay",), "PATH"),
        (("replay", HILL, "--store", "postgres://x"), "store"),
        (("replay", HILL, "--runner", "FlinkRunner"), "SQLite"),
        (("replay", HILL, "--config", "none.yaml"), "none.yaml"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: tuple[object, ...], words: str, tocsin: Tocsin
) -> None:
    done = tocsin(*arguments, code=2)
    assert words in done.stderr


def test_without_a_token_the_console_stands_in_and_says_so(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("sinks: [slack]\n")
    done = tocsin("replay", *SEEDS.glob("*.txt"), "--config", "c.yaml", "--store", "sqlite:///news.db")
    assert "SLACK_BOT_TOKEN is not set" in done.stderr
    assert done.stderr.count("SLACK_BOT_TOKEN") == 1
    assert ELECTION in done.stdout


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """A real server on loopback with the recorded feed, which knows its validator."""
    asked: list[tuple[str, int]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("If-None-Match") == '"one"'
            status = 404 if "feed" not in self.path else 304 if known else 200
            body = (SEEDS / "recorded" / "feed.rss.xml").read_bytes() if status == 200 else b""
            asked.append((self.path, status))
            self.send_response(status)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"one"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}", asked
        served.shutdown()
        thread.join()


@pytest.mark.slow
def test_one_round_over_files_and_loopback_urls_rings_once(
    server: tuple[str, list[tuple[str, int]]], tocsin: Tocsin, tmp_path: Path
) -> None:
    url, asked = server
    (tmp_path / "c.yaml").write_text(
        "sinks: [{kind: jsonl, path: alerts.jsonl}]\nstore: sqlite:///news.db\nfeeds:\n"
        f"  - {{id: live, url: {url}/feed}}\n  - {{id: gone, url: {url}/nothing}}\n"
        f"  - {{id: file, url: {SEEDS}/recorded/feed.atom.xml}}\n"
    )
    first = tocsin("run", "--once", "--config", "c.yaml")
    assert "404" in first.stderr
    second = tocsin("run", "--once", "--config", "c.yaml")
    assert "unchanged 1" in second.stderr
    assert [status for path, status in asked if path == "/feed"] == [200, 304]
    alerts = of_watch(tmp_path / "alerts.jsonl")
    assert [(alert["kind"], len(alert["coverage"]), alert["outlets"]) for alert in alerts] == [("new", 5, 4)]
