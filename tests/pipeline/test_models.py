"""The spaCy pipeline by its name in the settings: the packaged one, none, one that is installed, one that is not."""

from pathlib import Path

import pytest
import spacy

from pipeline.models import load_model
from pipeline.settings import check
from transforms.errors import Fault
from transforms.read import blank_pipeline

LARGEST = 10 * 2**20


def test_the_packaged_model_names_people_organisations_and_places() -> None:
    doc = load_model()("Narendra Modi met Joko Widodo in Lagos on Monday, the United Nations said.")
    found = {(entity.text, entity.label_) for entity in doc.ents}
    assert {("Narendra Modi", "PERSON"), ("Lagos", "LOC"), ("United Nations", "ORG")} <= found


def test_it_is_loaded_once_a_process() -> None:
    assert load_model() is load_model("packaged")


def test_what_travels_in_the_wheel_stays_small() -> None:
    folder = Path(load_model().path or "")
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < LARGEST


def test_none_is_the_rules_alone() -> None:
    assert load_model("none") is blank_pipeline()


def test_a_folder_may_hold_a_model_of_ones_own(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "EVENT", "pattern": "Olympic Games"}])  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "own")
    doc = load_model(str(tmp_path / "own"))("One line\n\nThe Olympic Games")
    assert [(entity.text, entity.label_) for entity in doc.ents] == [("Olympic Games", "EVENT")]
    assert len(list(doc.sents)) == 2, "sentences end with paragraphs"


@pytest.mark.parametrize("name", ["en_core_web_none", "/nowhere/model", "../\n"])
def test_a_model_that_is_not_there_is_a_fault_with_what_to_change(name: str) -> None:
    with pytest.raises(Fault, match="is no spaCy model of this installation: install its package"):
        load_model(name)


def test_a_folder_that_is_broken_says_so(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(Fault, match="cannot be loaded"):
        load_model(str(tmp_path))


def test_the_settings_name_the_line_of_a_model_that_is_not_installed(tmp_path: Path) -> None:
    config = tmp_path / "tocsin.yaml"
    config.write_text("sinks: [console]\nmodel: en_core_web_none\n")
    [fault] = check(config, {}).faults
    assert (fault.line, fault.key) == (2, "model")


def test_a_folder_in_the_settings_lies_beside_them(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "own")
    config = tmp_path / "tocsin.yaml"
    config.write_text("sinks: [console]\nmodel: ./own\n")
    checked = check(config, {})
    assert not checked.faults
    assert checked.settings is not None
    assert Path(checked.settings.model) == tmp_path / "own"
