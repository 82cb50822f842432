"""A watch is data: one kind a clause, ids that are spelled right, names that exist."""

import pytest
from pydantic import ValidationError

from transforms.entity import Entity
from transforms.topics import Signal, TopicRule
from transforms.watch import Clause, Rules, Watch, unknown_names

RULES = Rules(
    topics={
        "strikes": TopicRule(id="strikes", name="S", definition="d", signals=(Signal(meet=(("strike",),)),)),
    },
    entities={"country/CN": Entity(id="country/CN", name="China", label="GPE")},
)


def watch(**when: object) -> Watch:
    return Watch.model_validate({"id": "port-strikes", "title": "Ports", "channel": "#ports", "when": when})


def test_a_watch_says_itself_in_words() -> None:
    when = {
        "all": [
            {"topic": "strikes", "score": 0.6},
            {"any": [{"entity": "country/CN"}, {"phrase": "port of"}]},
            {"not": {"outlet": "The Onion"}},
        ]
    }
    said = "all(topic strikes ≥ 0.6, any(entity country/CN, phrase port of), not(outlet The Onion))"
    assert str(watch(**when).when) == said


def test_every_clause_has_its_key_path() -> None:
    rule = watch(all=[{"topic": "strikes"}, {"not": {"any": [{"phrase": "no"}]}}])
    assert [key for key, _ in rule.when.walk()] == [
        "when",
        "when.all[0]",
        "when.all[1]",
        "when.all[1].not",
        "when.all[1].not.any[0]",
    ]


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"topic": "a", "entity": "country/CN"},
        {"all": []},
        {"score": 0.5, "phrase": "x y"},
        {"topik": "a"},
    ],
)
def test_a_clause_is_exactly_one_of_its_kinds(when: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Clause.model_validate(when)


@pytest.mark.parametrize("identity", ["Port Strikes", "port--strikes", "", "-x", "häfen"])
def test_an_id_is_lower_case_words_with_dashes(identity: str) -> None:
    with pytest.raises(ValidationError, match="is no id"):
        Watch.model_validate({"id": identity, "title": "x", "channel": "#x", "when": {"phrase": "xx"}})


def test_names_that_the_rules_do_not_have_are_told_with_their_key() -> None:
    rule = watch(
        any=[{"topic": "strike"}, {"entity": "country/XX"}, {"outlet": "outlet/none"}, {"outlet": "By Name"}]
    )
    assert [(key, wrong) for key, wrong, _ in unknown_names(rule, RULES)] == [
        ("when.any[0].topic", "no topic 'strike'"),
        ("when.any[1].entity", "no entity 'country/XX'"),
        ("when.any[2].outlet", "no outlet 'outlet/none'"),
    ]
    assert list(unknown_names(watch(topic="strikes"), RULES)) == []
