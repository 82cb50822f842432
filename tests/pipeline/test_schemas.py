"""The border shapes: what comes out fits the published schemas, and the published schemas are those of the models."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest

from pipeline.cli.schemas import SHAPES, schema_of
from pipeline.cli.shapes import Linked, enriched
from transforms.article import (
    Alert,
    Article,
    Coverage,
    Credit,
    Held,
    Mention,
    Quote,
    Reading,
    SharedQuote,
    Speaker,
)

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", SHAPES)
def test_the_published_schemas_are_those_of_the_models(name: str) -> None:
    kept = json.loads((PUBLISHED / f"{name}.schema.json").read_text("utf-8"))
    assert kept == schema_of(name), "a border shape has changed: make schemas, and say so in CHANGELOG.md"


def test_an_alert_has_the_keys_of_the_contract() -> None:
    alert = Alert(
        id="a", watch="w", severity="high", channel="#x", kind="new", reason="r", headline="h",
        why=(Held(clause="c", text="t", start=0, end=1, field="title", article="1"),),
        topics=("t",), entities=("country/CN",),
        coverage=(Coverage(article="1", title=None, outlet=None, url=None, published=None, relation="original"),),
        outlets=0, independent=1,
        quotes=(SharedQuote(text="q", speaker=None, in_=("1",), altered_in=("2",)),),
        at=datetime(2024, 4, 27, tzinfo=UTC),
    )  # fmt: skip
    said = json.loads(alert.model_dump_json(by_alias=True))
    jsonschema.validate(said, schema_of("alert"))
    assert list(said) == [
        "id", "watch", "severity", "channel", "kind", "reason", "headline", "why", "topics", "entities",
        "coverage", "outlets", "independent", "quotes", "at", "story", "also",
    ]  # fmt: skip
    assert said["quotes"] == [{"text": "q", "speaker": None, "in": ["1"], "altered_in": ["2"]}]
    assert set(said["why"][0]) >= {"clause", "text", "start", "end", "field"}
    assert set(said["coverage"][0]) == {"article", "title", "outlet", "url", "published", "relation", "of"}
    assert Alert.model_validate(said) == alert


def test_an_enriched_line_has_the_keys_of_the_contract() -> None:
    article = Article(id="a", title="T", text="“We know,” said Xi to CNN.")
    reading = Reading(
        article=article,
        entities=(Mention(start=16, end=18, text="Xi", label="PERSON"),),
        quotes=(Quote(start=1, end=9, speaker=Speaker(text="Xi", start=16, end=18)), Quote(start=1, end=2)),
        credits=(Credit(start=22, end=25, outlet="CNN", kind="cites", id="outlet/cnn"),),
    )
    said = json.loads(enriched(reading).model_dump_json(by_alias=True))
    jsonschema.validate(said, schema_of("enriched"))
    wanted = {"id", "title", "text", "published", "outlet", "lang", "entities", "topics", "quotes", "credits"}
    assert set(said) >= wanted
    assert said["quotes"][0]["text"] == "We know,"
    assert said["quotes"][1]["speaker"] is None
    assert set(said["entities"][0]) == {"text", "label", "start", "end", "field", "id"}


def test_a_linked_line_has_the_keys_of_the_contract() -> None:
    said = json.loads(Linked(id="a", story="b", relation="copy", of="b").model_dump_json())
    jsonschema.validate(said, schema_of("linked"))
    assert list(said) == ["id", "story", "relation", "of"]
