"""Watches, topics and entities from files: every mistake at its place, and quick, shared loading for workers."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import load, load_rules, load_settings, rules_for, rules_loader
from transforms.errors import Faults
from transforms.watch import Rules

Write = Callable[[str, str | bytes], Path]


def faults(path: Path) -> list[str]:
    """The faults of the rules that these settings name, without the folder they stand in."""
    with pytest.raises(Faults) as caught:
        load_rules(load_settings(path))
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_rules_are_read_by_id(newsroom: Path) -> None:
    rules = load_rules(load_settings(newsroom))
    assert set(rules.watches) == {"strikes"}
    assert set(rules.topics) == {"port-strikes"}
    assert set(rules.entities) == {"country/CN", "country/NO", "outlet/cnn"}
    assert rules.entities["country/NO"].aliases == ("NO",)


def test_a_file_holds_one_watch_or_a_list_or_several_documents(write: Write, newsroom: Path) -> None:
    one = "id: {}\ntitle: A\nwhen: {{phrase: on strike}}\nchannel: '#a'\n"
    write("watches/b.yaml", one.format("b") + "---\n" + one.format("c"))
    write("watches/deep/d.yml", "- {id: d, title: A, when: {outlet: CNN}, channel: a}\n")
    write("watches/e.yaml", "- id: e\n  title: A\n  when: {not: {phrase: ad}}\n  channel: a\n")
    write("watches/.hidden.yaml", "no: watch\n")
    write("watches/readme.md", "no watch\n")
    assert set(load_rules(load_settings(newsroom)).watches) == {"strikes", "b", "c", "d", "e"}


@pytest.mark.parametrize(
    ("watch", "said"),
    [
        (
            "id: w\ntitle: W\nwhen:\n  any:\n    - topic: port-strike\n    - phrase: x y\nchannel: a\n",
            "watches/w.yaml:5: when.any[0].topic: no topic 'port-strike'; did you mean 'port-strikes'?",
        ),
        (
            "id: w\ntitle: W\nwhen:\n  not:\n    entity: country/CM\nchannel: a\n",
            "watches/w.yaml:5: when.not.entity: no entity 'country/CM'; did you mean 'country/CN'?",
        ),
        (
            "id: w\ntitle: W\nwhen: {entity: china}\nchannel: a\n",
            "watches/w.yaml:3: when.entity: no entity 'china'; did you mean 'country/CN'?",
        ),
        (
            "id: w\ntitle: W\nwhen: {entity: country/prc}\nchannel: a\n",
            "watches/w.yaml:3: when.entity: no entity 'country/prc'; did you mean 'country/CN'?",
        ),
        (
            "id: w\ntitle: W\nwhen: {outlet: outlet/cmn}\nchannel: a\n",
            "watches/w.yaml:3: when.outlet: no outlet 'outlet/cmn'; did you mean 'outlet/cnn'?",
        ),
        (
            (
                "- {id: v, title: V, when: {outlet: CNN}, channel: a}\n"
                "- id: w\n  title: W\n  channel: a\n  when: {topic: z}\n"
            ),
            "watches/w.yaml:5: [1].when.topic: no topic 'z'",
        ),
        (
            "id: w\ntitle: W\nwhen: {topic: port-strikes}\nchanel: a\n",
            "watches/w.yaml:1: channel: is missing: write this key",
        ),
        (
            "id: w\ntitle: W\nwhen: {topic: port-strikes}\nchannel: a\nseverity: hihg\n",
            "watches/w.yaml:5: severity: must be low or normal or high; did you mean 'high'?",
        ),
        (
            "id: w\ntitle: W\nwhen:\n  all:\n    - topic: port-strikes\n      entity: country/CN\nchannel: a\n",
            "watches/w.yaml:5: when.all[0]: a clause is exactly one of all, any, not, topic, entity, phrase, outlet",
        ),
        (
            "id: w\ntitle: W\nwhen:\n  topic: port-strikes\n  score: 1.7\nchannel: a\n",
            "watches/w.yaml:5: when.score: input should be less than or equal to 1; here 1.7",
        ),
        (
            "id: w\ntitle: W\nwhen:\n  topic: port-strikes\n  scores: 0.7\nchannel: a\n",
            "watches/w.yaml:5: when.scores: no such key here; did you mean 'score'?",
        ),
        ("id: w\ntitle: W\nwhen: {all: []}\nchannel: a\n", "watches/w.yaml:3: when.all: must not be empty"),
        ("id: w\ntitle: W\nwhen: {not: }\nchannel: a\n", "watches/w.yaml:3: when: a clause is exactly one of"),
        ("id: w\ntitle: W\nwhen: china\nchannel: a\n", "watches/w.yaml:3: when: must be a mapping"),
        ("id: w\ntitle: W\nwhen: {phrase: 2024}\nchannel: a\n", "watches/w.yaml:3: when.phrase: must be text, not a n"),
        ("id: w\ntitle: W\nwhen: {outlet: CNN}\nchannel: #a\n", "watches/w.yaml:4: channel: must be text, not nothing"),
        ("id: w\ntitle: W\nwhen: {phrase: '--'}\nchannel: a\n", "watches/w.yaml:3: when.phrase: has no letter"),
        ("id: A W\ntitle: W\nwhen: {outlet: CNN}\nchannel: a\n", "watches/w.yaml:1: id: 'A W' is no id: lower-case"),
        ("- just text\n", "watches/w.yaml:1: [0]: must be a watch (a mapping with id and more), or a list of them"),
        ("", "watches/w.yaml:1: is empty"),
        ("id: w\n\ttitle: W\n", "watches/w.yaml:2: "),
        (b"id: w\ntitle: \xff\n", "watches/w.yaml:2: the byte 0xff is no UTF-8"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_watch_is_said_with_file_line_and_key(
    write: Write, newsroom: Path, watch: str | bytes, said: str
) -> None:
    write("watches/w.yaml", watch)
    found = faults(newsroom)
    assert found[0].startswith(said)
    if "chanel" in str(watch):
        assert found[1:] == [
            (
                "watches/w.yaml:4: chanel: no such key here; did you mean 'channel'?"
                " (known: channel, id, note, severity, title, when)"
            )
        ]
    else:
        assert len(found) == 1


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n    weight: 1.5\n",
         "topics/b.yaml:6: signals[0].weight: input should be less than or equal to 1; here 1.5"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n    weight: heavy\n",
         "topics/b.yaml:6: signals[0].weight: must be a number, not text"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [a]\n",
         "topics/b.yaml:5: signals[0].meet[0]: must be a list, not text"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n    within: sentense\n",
         "topics/b.yaml:6: signals[0].within: must be sentence or paragraph or article; did you mean 'sentence'?"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\niptc: 'medtop:1'\nsignals:\n  - meet: [[a]]\n",
         "topics/b.yaml:4: iptc: does not have the form"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet:\n      - [a]\n      - []\n",
         "topics/b.yaml:7: signals[0].meet[1]: must not be empty"),
        ("topics/b.yaml", "id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a, '*']]\n",
         "topics/b.yaml:5: signals[0].meet[0][1]: has no letter or digit to look for"),
        ("topics/b.yaml",
         ("id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n"
         "languages:\n  en:\n    signals:\n      - meet: [[a]]\n"),
         "topics/b.yaml:7: languages.en: English is not listed here: what stands outside of languages is English"),
        ("topics/b.yaml",
         ("id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n"
         "languages:\n  es:\n    signals:\n      - meet: [[a, '*']]\n"),
         "topics/b.yaml:9: languages.es.signals[0].meet[0][1]: has no letter or digit to look for"),
        ("topics/b.yaml",
         ("id: b\nname: B\ndefinition: D\nsignals:\n  - meet: [[a]]\n"
         "languages:\n  es:\n    signals: [{meet: [[a]]}]\n    signal: []\n"),
         "topics/b.yaml:9: languages.es.signal: no such key here; did you mean 'signals'? (known: signals)"),
        ("entities/b.yaml", "- {id: B, name: B, label: ORG}\n", "entities/b.yaml:1: [0].id: 'B' is no entity id"),
        ("entities/b.yaml", "\n- id: org/b\n  name: B\n  label: GEP\n",
         "entities/b.yaml:3: [0].label: must be PERSON or ORG or GPE or LOC or NORP or EVENT or LAW; did you mean 'G"),
        ("entities/b.yaml", "- {id: org/b, name: B, label: ORG, aliases: B}\n",
         "entities/b.yaml:1: [0].aliases: must be a list, not text"),
        ("entities/b.yaml", "- id: org/b\n  name: B\n  label: ORG\n  languages: {Spanish: [B]}\n",
         "entities/b.yaml:4: [0].languages.Spanish: 'Spanish' is no language: its code of two letters, as in es"),
        ("entities/b.yaml", "- id: org/b\n  name: B\n  label: ORG\n  languages:\n    es: B\n",
         "entities/b.yaml:5: [0].languages.es: must be a list, not text"),
        ("entities/b.yaml", "- id: org/b\n  name: B\n  label: ORG\n  languages:\n    es: [B, '.']\n",
         "entities/b.yaml:5: [0].languages.es[1]: has no letter or digit to look for"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_topic_or_an_entity_is_said_with_file_line_and_key(
    write: Write, newsroom: Path, file: str, content: str, said: str
) -> None:
    write(file, content)
    (fault,) = faults(newsroom)
    assert fault.startswith(said)


def test_two_with_one_id_are_told_with_both_places(write: Write, newsroom: Path) -> None:
    write("watches/z.yaml", "title: Z\nid: strikes\nwhen: {outlet: CNN}\nchannel: a\n")
    write("entities/z.yaml", "- {id: country/NO, name: Noruega, label: GPE}\n")
    assert faults(newsroom) == [
        "entities/z.yaml:1: [0].id: 'country/NO' stands in entities/some.yaml:2 already: give one of them another id",
        "watches/z.yaml:2: id: 'strikes' stands in watches/strikes.yaml:1 already: give one of them another id",
    ]


def test_a_file_named_twice_is_read_once(write: Write, newsroom: Path) -> None:
    write(
        "settings.yaml",
        newsroom.read_text().replace("watches: watches", "watches: [watches, watches/strikes.yaml]"),
    )
    assert set(load_rules(load_settings(newsroom)).watches) == {"strikes"}


def test_a_folder_or_file_that_is_not_there_is_told_where_it_is_named(write: Write, newsroom: Path) -> None:
    (newsroom.parent / "none").mkdir()
    write("settings.yaml", "watches:\n  - watches\n  - gone\n  - none\ntopics: topics\nentities: entities\n")
    assert faults(newsroom) == [
        "settings.yaml:3: watches[1]: gone cannot be read: there is no such file or folder",
        "settings.yaml:4: watches[2]: none is a folder without a YAML file in it",
    ]


def test_files_without_any_watch_are_told(write: Write, newsroom: Path) -> None:
    write("watches/strikes.yaml", "[]\n")
    assert faults(newsroom) == ["settings.yaml:1: watches: no watch is written in these files"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(newsroom: Path) -> None:
    (newsroom.parent / "topics/strikes.yaml").chmod(0)
    assert faults(newsroom) == ["topics/strikes.yaml: cannot be read: permission is missing"]


def test_what_only_follows_from_a_faulty_topic_is_not_told_again(write: Write, newsroom: Path) -> None:
    write("topics/strikes.yaml", "id: port-strikes\nname: P\ndefinition: D\nsignals: []\n")
    assert faults(newsroom) == ["topics/strikes.yaml:4: signals: must not be empty"]
    write("topics/strikes.yaml", "id: port-strikes\nid: port-strikes\n")
    assert len(faults(newsroom)) == 1


def test_settings_and_rules_are_loaded_together_with_all_their_faults(write: Write, newsroom: Path) -> None:
    write("watches/w.yaml", "id: w\ntitle: W\nwhen: {topic: zzz}\nchannel: a\n")
    write("settings.yaml", newsroom.read_text() + "stor: x\n")
    with pytest.raises(Faults) as caught:
        load(newsroom)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(4, "stor"), (3, "when.topic")]


def test_workers_get_the_same_rules_from_any_folder_and_read_them_once(
    newsroom: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(newsroom.parent)
    loader = pickle.loads(pickle.dumps(rules_loader(load_settings("settings.yaml"))))  # noqa: S301 - our own bytes
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    rules = loader()
    assert isinstance(rules, Rules)
    assert set(rules.watches) == {"strikes"}
    assert loader() is rules


def test_workers_read_the_rules_again_when_a_file_changed(write: Write, newsroom: Path) -> None:
    before = rules_for(str(newsroom))
    assert rules_for(str(newsroom)) is before
    write("watches/new.yaml", "id: new\ntitle: N\nwhen: {outlet: CNN}\nchannel: a\n")
    assert set(rules_for(str(newsroom)).watches) == {"strikes", "new"}


def test_other_watches_can_stand_in_for_those_of_the_settings(write: Write, newsroom: Path) -> None:
    write("tried/t.yaml", "id: tried\ntitle: T\nwhen: {topic: port-strikes}\nchannel: a\n")
    settings = load_settings(newsroom).with_watches(str(newsroom.parent / "tried"))
    assert set(load_rules(settings).watches) == {"tried"}
    assert set(rules_loader(settings)().watches) == {"tried"}


def test_two_thousand_entities_load(write: Write, newsroom: Path) -> None:
    entry = "- {{id: person/p-{0}, name: Person {0}, label: PERSON, aliases: [P. {0}, Mr {0}], surname: Name{0}}}\n"
    write("entities/many.yaml", "".join(entry.format(number) for number in range(2000)))
    assert len(load_rules(load_settings(newsroom)).entities) == 2003
