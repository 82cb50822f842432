"""Identity: what makes two inputs one article, and what does not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article
from transforms.identity import (
    SHORT,
    canonical_url,
    guid_key,
    identify,
    identity_of,
    outlet_of,
    text_print,
    url_key,
)

LONG = "The envoy spoke of “forged orders” — and of nothing else, she said. " * 4


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://cnn.example.org/a?utm_source=x&utm_medium=y", "https://cnn.example.org/a"),
        ("https://cnn.example.org/a?id=3&fbclid=1&p=2&GCLID=9", "https://cnn.example.org/a?id=3&p=2"),
        ("HTTPS://CNN.Example.org:443/A/b?Q=1#top", "https://cnn.example.org/A/b?Q=1"),
        ("http://cnn.example.org:80", "http://cnn.example.org/"),
        ("http://cnn.example.org:8080/a", "http://cnn.example.org:8080/a"),
        ("https://cnn.example.org./a?", "https://cnn.example.org/a"),
        ("https://me:secret@cnn.example.org/a", "https://cnn.example.org/a"),
        ("  https://cnn.example.org/a b?x=%20&x=%C3%A9&y ", "https://cnn.example.org/a b?x=%20&x=%C3%A9&y"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("http://[broken/a", "http://[broken/a"),
        ("https://h.example.org:99999/a", "https://h.example.org:99999/a"),
        (" no url ", "no url"),
    ],
)
def test_a_url_loses_what_does_not_tell_pages_apart(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


def test_http_and_https_are_one_page_and_a_front_page_is_no_article() -> None:
    assert url_key("http://h.example.org/a") == url_key("https://h.example.org/a#b") == "h.example.org/a"
    assert url_key("https://h.example.org/?p=12") == "h.example.org/?p=12"
    assert [
        url_key(url) for url in (None, "", "  ", "https://h.example.org", "https://h.example.org/?utm_x=1")
    ] == [None] * 5


def test_a_guid_counts_in_its_feed_and_everywhere_only_where_it_is_unique_in_the_world() -> None:
    def key(guid: str | None, feed: str | None = None) -> str | None:
        return guid_key(Article(text="x", guid=guid, feed=feed))

    assert key("7", "cnn") != key("7", "voz")
    assert key("http://h.example.org/7", "cnn") == key("https://h.example.org/7", "cnn")
    assert [key("7"), key(None), key(" ", "cnn")] == [None] * 3
    assert None not in {key("tag:cnn,2026:7"), key("urn:uuid:7"), key("https://h.example.org/7")}


def test_an_outlet_is_compared_by_its_words() -> None:
    assert outlet_of(Article(text="x", outlet="The Hill")) == outlet_of(Article(text="x", outlet="the  hill"))
    assert [outlet_of(Article(text="x", outlet=name)) for name in (None, "", "  ")] == [None] * 3


def test_quotation_marks_spaces_and_case_do_not_make_another_text() -> None:
    other = LONG.replace("“", '"').replace("”", '"').replace("—", "-").replace(" ", "\n\n").upper()
    assert text_print(Article(text=other)) == text_print(Article(text=LONG, title="A title", outlet="CNN"))


def test_a_word_more_is_another_text() -> None:
    assert text_print(Article(text=LONG + "not")) != text_print(Article(text=LONG))
    assert text_print(Article(text="中国外交部发言人" * 30)) != text_print(
        Article(text="中国外交部发言" * 30)
    )


def test_composed_and_decomposed_letters_are_one_text() -> None:
    text = "Élise à Besançon, où l’été dure. " * 9
    assert text_print(Article(text=unicodedata.normalize("NFD", text))) == text_print(Article(text=text))


def test_a_short_text_is_taken_with_its_title() -> None:
    one, other = (Article(text="Watch the video.", title=title) for title in ("Flood", "Fire"))
    assert text_print(one) != text_print(other)
    assert text_print(Article(text="x" * SHORT, title="a")) == text_print(
        Article(text="x" * SHORT, title="b")
    )
    assert text_print(Article(text="— … !")) == ""


@given(st.text(), st.text())
def test_any_text_has_a_print_that_ignores_all_but_letters_and_digits(text: str, title: str) -> None:
    spaced = " “".join(text)
    assert text_print(Article(text=spaced, title=title)) == text_print(Article(text=text, title=title)) or (
        # A letter that is changed by its neighbour is not the same letter alone.
        unicodedata.normalize("NFC", text) != text
    )


def test_the_id_is_that_of_the_url_else_of_outlet_and_text() -> None:
    page = Article(text=LONG, url="https://h.example.org/a?utm_source=x")
    assert identify(page).id == identify(Article(text="other", url="http://h.example.org/a")).id
    assert identify(page).url == page.url
    cnn, voz, unknown = (identify(Article(text=LONG, outlet=outlet)).id for outlet in ("CNN", "Voz", None))
    assert len({identify(page).id, cnn, voz, unknown}) == 4
    assert identify(Article(text=LONG.upper(), outlet="cnn")).id == cnn
    assert identify(identify(page)) is not None
    assert identify(Article(id="press-7", text=LONG)).id == "press-7"
    assert identity_of(Article(text=LONG), text_print(Article(text=LONG))) == unknown
    assert identity_of(Article(id="press-7", text=LONG)) == "press-7"


@given(
    st.sampled_from(("http://a.example", "https://b.a", "https://me@b")),
    st.text(alphabet="ab.-:/@?&=;%~ \té[]AZ09_", max_size=20),
)
def test_a_url_with_nothing_to_take_away_is_treated_as_all_others(host: str, rest: str) -> None:
    # An empty fragment is something to take away.
    url = host + rest.rstrip()
    assert canonical_url(f"{url}#").removesuffix("#") == canonical_url(url)


@given(st.text(alphabet="aé1 ‘’“”–—…•", max_size=200))
def test_quotation_marks_and_dashes_are_no_part_of_a_text(text: str) -> None:
    bare = text.translate(dict.fromkeys(map(ord, "‘’“”–—…• ")))
    assert text_print(Article(text=text)) == text_print(Article(text=bare))
