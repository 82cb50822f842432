"""The data that ships: the gazetteer and the topics in configs/, as anyone may edit them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from transforms.entity import Entity
from transforms.lexicon import fold
from transforms.topics import TopicRule, needed

CONFIGS = Path(__file__).parents[1] / "configs"
ENTITY_FILES = sorted((CONFIGS / "entities").glob("*.yaml"))
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TOPIC_FILES = sorted((CONFIGS / "topics").glob("*.yaml"))

# Words that begin sentences, fill headlines or stand for other things: as names they would be wrong all day.
COMMON = frozenset(
    """
    the a an and or but if he she it we they you his her this that these those here there now then when where why how
    who what which may will can must march august sunday monday not no yes on in at by for from with about over under
    after before new old big small good bad first last next more most man men woman women people child state states city
    country nation world party house office court law war peace police army force union press news times time post sun
    star mirror week day mail express herald record observer journal review standard citizen mercury age hill wire
    wired slate salon fortune forward focus nature science reason science stuff mint dawn punch vanguard local insider
    guardian independent economist conversation federalist intercept verge bulwark telegraph spectator
    apple amazon intel oracle signal target gap visa shell orange x
    male pole dane finn jersey reunion stanley hamilton douglas victoria
    bush brown rice price cook page stone power hunt may gates love long young king prince queen pope president
    """.split()  # noqa: SIM905 - so many words read better as text
)

# One name, two things of the same kind, and we know it; such a name is recognised but not decided.
KNOWN_AMBIGUOUS: frozenset[str] = frozenset()


def load(path: Path) -> list[dict[str, Any]]:
    entries = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - both are safe loaders
    assert isinstance(entries, list)
    return entries


def entities() -> list[Entity]:
    return [Entity.model_validate(entry) for path in ENTITY_FILES for entry in load(path)]


ENTITIES = entities()
BY_ID = {entity.id: entity for entity in ENTITIES}


def topics() -> dict[str, TopicRule]:
    found = {}
    for path in TOPIC_FILES:
        rule = TopicRule.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert rule.id == path.stem
        found[rule.id] = rule
    return found


TOPICS = topics()


def in_capitals_only(phrase: str) -> bool:
    letters = [letter for letter in phrase if letter.isalpha()]
    return len(letters) <= 5 and all(letter.isupper() for letter in letters)


def phrases(entity: Entity) -> Iterator[str]:
    yield from (entity.name, *entity.aliases, *entity.demonyms, *entity.capital)


def test_every_id_stands_there_once() -> None:
    assert len(BY_ID) == len(ENTITIES)


def test_there_are_all_countries_and_many_of_the_rest() -> None:
    kinds: dict[str, int] = defaultdict(int)
    for entity in ENTITIES:
        kinds[entity.id.split("/")[0]] += 1
    assert kinds["country"] >= 240
    assert kinds["person"] >= 500
    assert kinds["organisation"] >= 200
    assert kinds["outlet"] >= 250


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("country/CN", "Chinese"),
        ("country/CN", "Beijing"),
        ("country/US", "U.S."),
        ("country/US", "US"),
        ("country/GB", "U.K."),
        ("country/FR", "Frenchwoman"),
        ("person/antony-blinken", "Antony Blinken"),
        ("person/volodymyr-zelenskyy", "Volodymyr Zelensky"),
        ("person/wang-xiaohong", "Wang Xiaohong"),
        ("organisation/gru", "GRU"),
        ("outlet/the-hill", "The Hill"),
        ("outlet/new-york-times", "NYT"),
        ("outlet/ani", "Asian News International"),
        ("outlet/voz", "Voz"),
    ],
)
def test_names_that_news_text_uses_are_known(entity: str, name: str) -> None:
    assert name in set(phrases(BY_ID[entity]))


def test_a_surname_that_is_not_the_last_word_is_said() -> None:
    assert BY_ID["person/xi-jinping"].surname == "Xi"
    assert BY_ID["person/kim-jong-un"].surname == "Kim"
    assert BY_ID["person/andres-manuel-lopez-obrador"].surname == "López Obrador"


def test_no_name_belongs_to_two_entities_of_the_same_label() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entity in ENTITIES:
        for phrase in phrases(entity):
            key = phrase if in_capitals_only(phrase) else fold(phrase)
            owners[entity.label, key].add(entity.id)
    shared = {key: ids for key, ids in owners.items() if len(ids) > 1 and key[1] not in KNOWN_AMBIGUOUS}
    assert shared == {}


def test_no_name_is_a_common_word_or_a_single_letter() -> None:
    dangerous = [
        (entity.id, phrase)
        for entity in ENTITIES
        for phrase in phrases(entity)
        if not in_capitals_only(phrase) and (fold(phrase) in COMMON or len(phrase) < 3)
    ]
    assert dangerous == []


def test_capitals_of_two_letters_are_few_and_meant() -> None:
    short = {
        phrase
        for entity in ENTITIES
        for phrase in phrases(entity)
        if in_capitals_only(phrase) and len(phrase) <= 2
    }
    assert short == {"US", "UK", "NZ", "UN", "EU", "G7", "AP", "FT", "DW", "RT"}


def test_no_entity_says_the_same_name_twice() -> None:
    for entity in ENTITIES:
        said = [
            phrase if in_capitals_only(phrase) else fold(phrase) for phrase in (entity.name, *entity.aliases)
        ]
        assert len(said) == len(set(said)), entity.id


def test_a_domain_belongs_to_one_outlet_and_is_a_bare_host() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for entity in ENTITIES:
        for domain in entity.domains:
            assert entity.id.startswith("outlet/")
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain), domain
            assert not domain.startswith("www.")
            owners[domain].add(entity.id)
    assert {domain: ids for domain, ids in owners.items() if len(ids) > 1} == {}


def test_every_outlet_has_a_domain_and_only_outlets_are_agencies() -> None:
    for entity in ENTITIES:
        if entity.id.startswith("outlet/"):
            assert entity.domains, entity.id
        else:
            assert not entity.agency, entity.id
    agencies = {entity.id for entity in ENTITIES if entity.agency}
    assert {"outlet/ap", "outlet/reuters", "outlet/afp", "outlet/ani", "outlet/xinhua"} <= agencies
    assert not {"outlet/cnn", "outlet/the-hill"} & agencies


def test_the_gazetteer_is_small_enough_to_load_at_once() -> None:
    assert sum(path.stat().st_size for path in ENTITY_FILES) < 400_000


@pytest.mark.parametrize("path", [*ENTITY_FILES, *TOPIC_FILES], ids=lambda path: path.name)
def test_every_file_opens_by_saying_what_it_is(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(("# Entities:", "# Topic:"))


def test_the_topics_of_the_house_are_there() -> None:
    assert {
        "election-interference", "influence-operations", "disinformation", "election-security", "hack-and-leak",
        "electoral-fraud-claims", "campus-protests", "sanctions", "military-aid", "espionage", "cyber-attacks",
        "ceasefire-talks", "summit-diplomacy", "counternarcotics", "wildfires", "antisemitism",
    } <= set(TOPICS)  # fmt: skip


@pytest.mark.parametrize("rule", TOPICS.values(), ids=lambda rule: rule.id)
def test_a_topic_can_reach_its_threshold_and_no_group_is_empty(rule: TopicRule) -> None:
    assert rule.definition
    assert max(signal.weight for signal in rule.signals) >= rule.threshold
    for groups in needed(rule):
        for group in groups:
            assert group
            for phrase in group:
                assert len(phrase.rstrip("*").strip()) >= 2, phrase
                assert phrase == phrase.lower().strip(), phrase
                assert "*" not in phrase[:-1], phrase
                assert len(phrase.rstrip("*")) >= 3 or not phrase.endswith("*"), phrase


def test_what_ships_is_attributed() -> None:
    notice = (CONFIGS.parent / "NOTICE").read_text(encoding="utf-8")
    for name in ("newsmap", "Kohei Watanabe", "Factbook", "awesome-rss-feeds", "IPTC", "CC BY 4.0"):
        assert name in notice
