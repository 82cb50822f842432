"""Texts, pages and JSON lines to articles, and the step that wires them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, DeadLetter, Document
from transforms.coder import ModelCoder
from transforms.errors import Poison
from transforms.parse import parse, parsed

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
PAGE = """<!doctype html><html lang="en-GB"><head><title>Vote | Voz</title>
<meta property="og:title" content="China &amp;amp; the vote"><meta property="og:site_name" content="Voz">
<link rel="canonical" href="/a/1"><script type="application/ld+json">
{"@graph":[{"@type":["NewsArticle"],"headline":"x","datePublished":"2024-04-27T08:32:00+05:30"}]}</script></head>
<body><nav>Home News Sport</nav><article><h1>China and the vote</h1><p>%s</p><p>%s</p></article>
<footer>Copyright 1999</footer></body></html>"""
FIRST = (
    "Secretary of State Antony Blinken said on Friday that there is evidence of attempts to influence the vote. "
    * 2
)
SECOND = (
    "Beijing has repeatedly said that it does not interfere in elections of other countries, as a principle. "
    * 2
)


def document(body: str | bytes, media: str, **known: Any) -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document.model_validate(
        {"origin": "x", "media": media, "body": data, "fetched": NOW, "order": 3} | known
    )


def one(body: str | bytes, media: str, **known: Any) -> Article:
    (article,) = parse(document(body, media, **known))
    assert isinstance(article, Article)
    return article


def line(**keys: Any) -> str:
    return json.dumps({"text": "Some text."} | keys)


def test_a_text_is_one_article_with_nothing_made_up() -> None:
    article = one("Title\n\nText.", "text")
    assert (article.text, article.title, article.outlet, article.published) == (
        "Title\n\nText.",
        None,
        None,
        None,
    )
    assert (article.order, article.fetched, article.origin) == ((3, 0), NOW, "x")


def test_a_page_says_what_it_is_about_itself() -> None:
    article = one(PAGE % (FIRST, SECOND), "html", location="https://voz.us/x")
    assert (article.title, article.outlet, article.url, article.lang) == (
        "China & the vote",
        "Voz",
        "https://voz.us/a/1",
        "en-GB",
    )
    assert article.published == datetime(2024, 4, 27, 3, 2, tzinfo=UTC)
    assert FIRST.strip() in article.text
    assert SECOND.strip() in article.text
    assert "Copyright" not in article.text
    assert "Sport" not in article.text


def test_a_page_that_names_no_date_has_none() -> None:
    page = (
        f"<html><body><article><p>On 3 May 2021: {FIRST}</p><p>Updated 4 May 2021</p></article></body></html>"
    )
    article = one(page, "html")
    assert (article.published, article.outlet, article.title, article.url) == (None, None, None, None)


@pytest.mark.parametrize(
    "mark",
    [
        '<meta property="article:published_time" content="{}">',
        '<meta itemprop="datePublished" content="{}">',
        '<script type="application/ld+json">{{"@type":"NewsArticle","datePublished":"{}"}}</script>',
        '<time itemprop="datePublished" datetime="{}">then</time>',
        '<script type="application/ld+json">{{broken</script><article><time datetime="{}">then</time></article>',
    ],
)
def test_a_date_is_taken_from_explicit_marks(mark: str) -> None:
    page = mark.format("2024-04-27T03:02:00Z") + f"<p>{FIRST}</p>"
    assert one(page, "html").published == datetime(2024, 4, 27, 3, 2, tzinfo=UTC)


def test_a_large_page_is_read_without_its_scripts() -> None:
    heavy = f"<script>{'var x = 1;' * 150_000}</script>"
    assert FIRST.strip() in one(heavy + PAGE % (FIRST, SECOND), "html").text
    assert "many words" in one("<main>" + "<p>many words</p>" * 80_000 + "</main>", "html").text


@pytest.mark.parametrize(
    ("page", "reason"),
    [("<html><body><script>x</script></body></html>", "no-text"), ("<div>" * 5000 + "x", "too-deep")],
)
def test_a_page_without_an_article_says_so(page: str, reason: str) -> None:
    with pytest.raises(Poison) as caught:
        one(page, "html")
    assert caught.value.reason == reason


def test_a_json_line_is_taken_as_given() -> None:
    text = " Two  spaces\r\nand a \u0007 bell\n"
    article = one(
        line(
            text=text,
            id="a-1",
            url="https://x.example.org/1",
            outlet="Voz",
            title="T",
            published="2024-04-27T08:32:00+05:30",
            lang="en",
            feed="f",
            section=[1, None],
        ),
        "article-json",
    )
    assert article.text == text
    assert (article.id, article.url, article.outlet, article.title, article.lang, article.feed) == (
        "a-1",
        "https://x.example.org/1",
        "Voz",
        "T",
        "en",
        "f",
    )
    assert article.published == datetime(2024, 4, 27, 3, 2, tzinfo=UTC)
    assert article.extra == {"section": [1, None]}


def test_missing_and_empty_keys_are_unknown() -> None:
    article = one(
        '{"text": "T", "url": null, "title": "", "published": NaN}', "article-json", feed="f", outlet="O"
    )
    assert (article.url, article.title, article.published, article.feed, article.outlet) == (
        None,
        None,
        None,
        "f",
        "O",
    )


def test_a_day_without_a_zone_is_kept_and_marked() -> None:
    article = one(line(published="2017-03-05"), "article-json")
    assert article.published == datetime(2017, 3, 5, tzinfo=UTC)
    assert article.extra == {"published": "2017-03-05"}


def test_what_cannot_be_stored_is_replaced_in_place() -> None:
    article = one(
        '{"text": "a\\u0000b \\ud800 c", "title": "\\ud83d\\ude00", "k\\u0000": ["\\udfff"]}', "article-json"
    )
    assert (article.text, article.title, article.extra) == ("ab \ufffd c", "😀", {"k": ["\ufffd"]})


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        (line(title=5), "wrong-type", '"title" must be a string; here: 5'),
        (line(text=["a"]), "wrong-type", '"text" must be a string; here: ["a"]'),
        (line(id=True), "wrong-type", '"id" must be a string; here: true'),
        (line(published="soon"), "wrong-type", '"published" must be an ISO 8601 date; here: "soon"'),
        (line(text=None), "no-text", '"text" is missing'),
        (line(text="  "), "no-text", '"text" is empty'),
        ('{"title": "T"}', "no-text", '"text" is missing: title'),
        ("[1]", "no-article", "here: [1]"),
        ('{"text": "cut', "not-json", "Unterminated string"),
        ("{'text': 1}", "not-json", "double quotes"),
        ('{"text": "a", "x": ' + "[" * 60 + "]" * 60 + "}", "too-deep", "nested deeper than 50"),
        ("[" * 200_000, "too-deep", "nested"),
        ('{"text": "a", "x": ' + "9" * 5000 + "}", "not-json", "integer"),
        ("", "empty", "no bytes"),
    ],
)
def test_a_line_that_is_no_article_names_key_and_value(body: str, reason: str, said: str) -> None:
    with pytest.raises(Poison) as caught:
        one(body, "article-json")
    assert caught.value.reason == reason
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["text", "id", "url", "outlet", "title", "published", "lang", "feed", "x"])


@given(st.dictionaries(keys, json_values, max_size=6))
def test_any_json_object_is_an_article_that_travels_or_poison(said: dict[str, Any]) -> None:
    try:
        article = one(json.dumps({"text": "T"} | said), "article-json")
    except Poison as poison:
        assert "\n" not in poison.message  # noqa: PT017 - either way is right; this is what poison must be
        return
    coder = ModelCoder(Article)
    assert coder.decode(coder.encode(article)).model_dump(exclude={"extra"}) == article.model_dump(
        exclude={"extra"}
    )


def test_what_can_never_be_parsed_is_a_dead_letter_whole() -> None:
    bad = document(b"\x89PNG....", "text", order=9)
    dead = DeadLetter(
        step="parse", reason="binary", message="a PNG image, not text", origin="x", document=bad, at=NOW
    )
    assert list(parsed(bad)) == [dead]
    assert [
        article.text for article in parsed(document("A text.", "text")) if isinstance(article, Article)
    ] == ["A text."]
