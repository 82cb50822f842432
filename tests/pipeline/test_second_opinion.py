"""The packaged second opinion: it is of the packaged topics, and the settings may leave it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.second_opinion import second_opinion, word_vectors
from pipeline.settings import load_rules, load_settings
from transforms.article import Article
from transforms.read import Reader
from transforms.screen import Screen

FIRE = Article(
    title="Saskatchewan empties northern towns as smoke turns noon orange",
    text="More than 15,000 people have left northern Saskatchewan, where 23 blazes are out of control and smoke turned "
    "noon into dusk on Tuesday. Two hotels and a sawmill are gone. Crews are cutting firebreaks in the spruce. Rain is "
    "not in sight, and the haze has reached Minneapolis.",
)


def test_every_packaged_topic_has_one_that_is_of_its_definition() -> None:
    rules = load_rules(load_settings(None))
    assert set(second_opinion().learnt.topics) == set(rules.topics)
    assert all(second_opinion().speaking(rule) for rule in rules.topics.values())


def test_words_have_the_vectors_of_the_names_model() -> None:
    found = word_vectors(["president", "qqzzqqzz"])
    assert found.shape == (2, 100)
    assert found[0].any()
    assert not found[1].any()


@pytest.mark.parametrize(("asked", "named"), [("", True), ("second_opinion: false\n", False)])
def test_it_names_a_fire_that_no_rule_knows_unless_it_is_left_out(
    tmp_path: Path, asked: str, named: bool
) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        f"{asked}watches: [watch.yaml]\nsinks: [{{kind: console, name: console}}]\n", "utf-8"
    )
    (tmp_path / "watch.yaml").write_text(
        "id: fires\ntitle: Fires\nchannel: '#fires'\nwhen: {topic: wildfires}\n", "utf-8"
    )
    rules = load_rules(load_settings(str(tmp_path / "tocsin.yaml")))
    topics = {topic.id: topic for topic in Reader(rules).read([FIRE])[0].topics}
    assert ("wildfires" in topics and topics["wildfires"].about) is named
    assert bool(Screen(rules).could_match(FIRE)) is named
