"""The seeds: what the manifest says is true, and the recorded feeds carry the same five articles."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pipeline.sources.files import documents
from pipeline.sources.found import listing
from transforms.article import Article, Document
from transforms.clean import clean
from transforms.parse import parse

SEEDS = Path(__file__).parents[3] / "seeds"
GIVEN = Path(__file__).parents[4] / "shared" / "seeds"
MANIFEST: dict[str, Any] = json.loads((SEEDS / "manifest.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def articles(*paths: Path) -> list[Article]:
    read = documents(listing(paths), NOW)
    found = [result for document in read if isinstance(document, Document) for result in parse(document)]
    assert all(isinstance(result, Article) for result in found)
    return [result for result in found if isinstance(result, Article)]


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


TEXTS = [SEEDS / entry["file"] for entry in MANIFEST["articles"]]


def test_the_seeds_are_as_they_came() -> None:
    for entry, path in zip(MANIFEST["articles"], TEXTS, strict=True):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
        assert path.stat().st_size == entry["bytes"]
    assert sorted(SEEDS.glob("*.txt")) == TEXTS


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the seeds as they were given (../shared/seeds) are not here")
def test_the_seeds_are_those_that_were_given() -> None:
    assert {path.name: path.read_bytes() for path in GIVEN.glob("*.txt")} == {
        path.name: path.read_bytes() for path in TEXTS
    }


def test_the_manifest_states_only_what_the_texts_state() -> None:
    for entry, path in zip(MANIFEST["articles"], TEXTS, strict=True):
        text = path.read_text(encoding="utf-8")
        for said in (entry["title"], entry["outlet"], *entry["credits"]):
            assert said is None or said in text.replace("\xa0", " ")
        assert entry["url"] is None
    dated = [entry["published"] for entry in MANIFEST["articles"] if entry["published"]]
    assert dated == ["2024-04-27T08:32:00+05:30"]


@pytest.mark.parametrize("name", MANIFEST["recorded"])
def test_a_recorded_feed_carries_the_same_articles(name: str) -> None:
    recorded = articles(SEEDS / name)
    assert len(recorded) == 5
    for entry, path, article in zip(MANIFEST["articles"], TEXTS, recorded, strict=True):
        (text,) = articles(path)
        assert letters(clean(article).text) == letters(clean(text).text)
        assert (article.title, article.outlet) == (entry["title"], entry["outlet"])
        assert article.published == (
            datetime.fromisoformat(entry["published"]) if entry["published"] else None
        )
        assert str(urlsplit(article.url or "").hostname).endswith(".example.org")
        assert article.guid
        assert clean(article).title == clean(text).title


def test_both_recorded_feeds_give_the_same_and_say_what_they_are() -> None:
    first, second = (
        [article.model_copy(update={"origin": ""}) for article in articles(SEEDS / name)]
        for name in MANIFEST["recorded"]
    )
    assert first == second
    for name in MANIFEST["recorded"]:
        assert "Recorded for replay" in (SEEDS / name).read_text(encoding="utf-8")


def test_the_damage_of_the_second_seed_is_recorded_as_it_is() -> None:
    assert "thatâs cut off" in articles(SEEDS / MANIFEST["recorded"][0])[1].text


def test_a_replay_of_the_folder_finds_all_three_ways_in() -> None:
    assert len(articles(SEEDS)) == 15
