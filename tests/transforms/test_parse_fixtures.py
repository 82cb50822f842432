"""Thousands of feeds that broke other readers: here each is articles, dead letters or poison, never an exception."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from transforms.article import Article, DeadLetter, Document
from transforms.coder import ModelCoder
from transforms.errors import Poison
from transforms.parse import parse

FIXTURES = Path(__file__).parents[3] / "shared" / "data" / "feeds"
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
EVERY = 4


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the feed fixtures (../shared/data/feeds) are not here")
@pytest.mark.parametrize("media", ["feed", "html", "article-json"])
def test_no_feed_of_the_collections_is_too_much(media: str) -> None:
    files = sorted(path for path in FIXTURES.rglob("*") if path.is_file())[
        :: EVERY * (1 if media == "feed" else 5)
    ]
    articles = 0
    for path in files:
        document = Document.model_validate(
            {"origin": path.name, "media": media, "body": path.read_bytes(), "fetched": NOW}
        )
        try:
            results = list(parse(document))
        except Poison as poison:
            assert poison.reason.replace("-", "").isalpha(), path  # noqa: PT017 - poison is right; a bad reason is not
            continue
        for result in results:
            kind = type(result)
            assert ModelCoder(kind).decode(ModelCoder(kind).encode(result)) == result, path
            if isinstance(result, Article):
                articles += 1
                assert result.text.strip(), path
                assert result.title is None or result.title.strip(), path
                assert result.url is None or result.url.startswith(("http://", "https://")), path
            assert isinstance(result, Article | DeadLetter)
    assert len(files) > 150
    assert articles > 200 or media != "feed"
