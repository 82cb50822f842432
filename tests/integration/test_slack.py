"""The seeds through the Slack sink, against a real server that holds messages to Slack's limits."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.slack import SlackDouble, Trouble, broken, limited, refused, reset
from tests.integration.conftest import SEEDS, Tocsin, environment
from tests.integration.test_kills import DYING, SIGKILLED

TOKEN = "xoxb-1-integration"  # noqa: S105 - the double's
TEXTS = sorted(SEEDS.glob("*.txt"))
STORE = ("--config", "c.yaml", "--store", "sqlite:///news.db")


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[SlackDouble]:
    with SlackDouble(token=TOKEN, channels=["elections", "campus"]) as double:
        (tmp_path / "c.yaml").write_text(f"sinks: [{{kind: slack, base_url: '{double.url}'}}]\n")
        yield double


def test_the_seeds_are_one_message_with_linked_coverage(slack: SlackDouble, tocsin: Tocsin) -> None:
    done = tocsin("replay", SEEDS, *STORE, SLACK_BOT_TOKEN=TOKEN)
    assert len(slack.messages) == 2
    said = json.dumps([message.blocks for message in slack.messages], ensure_ascii=False)
    for words in (
        "We have seen, generally speaking",
        "Antony Blinken",
        "The Hill",
        "Jaano Junction",
        "Voz",
        "CNN",
    ):
        assert words in said
    assert "1 independent report" in said
    assert "<https://thehill.example.org/" in said
    assert TOKEN not in done.stdout + done.stderr
    tocsin("replay", SEEDS, *STORE, SLACK_BOT_TOKEN=TOKEN)
    assert len(slack.messages) == 2


@pytest.mark.slow
def test_more_coverage_edits_the_message_and_posts_none_but_in_its_thread(
    slack: SlackDouble, tocsin: Tocsin
) -> None:
    for seed in TEXTS:
        tocsin("replay", seed, *STORE, SLACK_BOT_TOKEN=TOKEN)
    roots = [message for message in slack.messages if message.thread_ts is None]
    assert len(roots) == 2
    replies = [message for message in slack.messages if message.thread_ts is not None]
    assert {message.thread_ts for message in replies} <= {message.ts for message in roots}
    methods = [asked.method for asked in slack.asked]
    assert methods.count("chat.postMessage") == 2 + len(replies)
    assert methods.count("chat.update") >= len(TEXTS) - 1
    assert "5 articles" in json.dumps([message.blocks for message in slack.messages], ensure_ascii=False)


@pytest.mark.parametrize("trouble", [limited(30), broken(503), reset("before"), reset("after")])
@pytest.mark.slow
def test_a_message_that_slack_did_not_take_waits_and_is_not_doubled(
    trouble: Trouble, slack: SlackDouble, tocsin: Tocsin, tmp_path: Path
) -> None:
    slack.fail_next(trouble)
    done = tocsin("replay", *TEXTS, *STORE, SLACK_BOT_TOKEN=TOKEN, code=1)
    assert "1 message could not be delivered now and wait" in done.stderr
    make_due(tmp_path / "news.db")
    tocsin("replay", *TEXTS, *STORE, SLACK_BOT_TOKEN=TOKEN)
    assert len(slack.messages) == 2


def test_a_channel_that_is_not_there_is_a_dead_letter_and_names_what_to_change(
    slack: SlackDouble, tocsin: Tocsin
) -> None:
    slack.fail_next(refused("channel_not_found"))
    done = tocsin("replay", *TEXTS, *STORE, SLACK_BOT_TOKEN=TOKEN)
    assert "channel" in done.stderr
    assert "1 dead letter" in done.stderr
    assert len(slack.messages) == 1


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", ["pipeline.sinks.slack:SlackSink.send", "pipeline.store:Store.record"])
def test_killed_between_the_message_and_its_record_it_is_found_again(
    place: str, when: str, slack: SlackDouble, tocsin: Tocsin, tmp_path: Path
) -> None:
    run = ("replay", *map(str, TEXTS), *STORE)
    done = subprocess.run(
        [sys.executable, str(DYING), place, when, "1", *run],
        cwd=tmp_path,
        env=environment(SLACK_BOT_TOKEN=TOKEN),
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == SIGKILLED, done.stderr
    tocsin(*run, SLACK_BOT_TOKEN=TOKEN)
    assert len(slack.messages) == 2


def make_due(store: Path) -> None:
    """Let the time pass that a postponed delivery waits."""
    connection = sqlite3.connect(store)
    with connection:
        connection.execute("UPDATE deliveries SET due_at = '2000-01-01 00:00:00.000000'")
        connection.execute("DELETE FROM paces")
    connection.close()
