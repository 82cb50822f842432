"""The topics hold on texts of our own and on articles read by hand, and their codes are the press's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.quality.topics import SAMPLE, SETS, average_precision, rules, score, topic_scores

DATA = Path(__file__).parents[3] / "shared" / "data"
ARTICLES = DATA / SETS[0]
CODES = DATA / "topics" / "iptc-media-topics.json"
EXAMPLES = 4  # of each kind, for every topic, at the least
RULES = rules()
ROWS = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]


def test_there_are_thirty_topics_and_more() -> None:
    assert len(RULES) >= 30


@pytest.mark.parametrize("topic", RULES)
def test_every_topic_has_examples_and_near_misses(topic: str) -> None:
    assert sum(topic in row["topics"] for row in ROWS) >= EXAMPLES
    assert sum(topic in row.get("not", ()) for row in ROWS) >= EXAMPLES


def test_the_examples_name_topics_that_are_there_and_say_nothing_twice() -> None:
    assert {name for row in ROWS for name in (*row["topics"], *row.get("not", ()))} <= set(RULES)
    assert len({row["text"] for row in ROWS}) == len(ROWS)
    assert not any(set(row["topics"]) & set(row.get("not", ())) for row in ROWS)


def test_the_examples_are_told_apart() -> None:
    told = score(SAMPLE)
    assert told["precision"] >= 0.95
    assert told["recall"] >= 0.95
    assert all(0 <= value <= 1 for value in told.values())
    assert min(each.f1 for each in topic_scores(SAMPLE).values()) >= 0.75


@pytest.mark.slow
@pytest.mark.skipif(
    not ARTICLES.exists(), reason="the articles read by hand (../shared/data/topics) are not here"
)
def test_election_interference_holds_on_articles_that_chose_nothing() -> None:
    told = score(ARTICLES)
    assert told["precision"] >= 0.92
    assert told["recall"] >= 0.90
    assert told["f1"] > told["baseline f1"]
    assert told["shipped precision"] >= 0.92
    assert told["shipped recall"] >= 0.90


@pytest.mark.skipif(not CODES.exists(), reason="the IPTC Media Topics (../shared/data/topics) are not here")
def test_every_code_is_one_in_use() -> None:
    concepts = json.loads(CODES.read_text("utf-8"))["concepts"]
    used = {concept["id"] for concept in concepts if not concept["retired"]}
    assert {rule.iptc for rule in RULES.values() if rule.iptc} <= used


def test_average_precision_counts_equals_against_itself() -> None:
    assert average_precision([0.9, 0.5, 0.1], [True, True, False]) == 1
    assert average_precision([0.9, 0.5, 0.1], [False, False, True]) == pytest.approx(1 / 3)
    assert average_precision([0.5, 0.5], [True, False]) == pytest.approx(1 / 2)
    assert average_precision([], []) == 0
