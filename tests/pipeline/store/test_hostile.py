"""Hostile text: what no database keeps as text must not fail an article, whichever column it comes to."""

from collections.abc import Callable
from datetime import datetime

import pytest

from pipeline.newsdesk import decide_match
from pipeline.store import FeedState, Store
from pipeline.store.schema import plain
from transforms.article import Article, DeadLetter, Document, Match, Stopped
from transforms.watch import Watch

Make = Callable[..., Match]
HOSTILE = (
    "\0",
    "a\0b",
    "\ud800",
    "\udcff\0",
    "\\0",
    "'); DROP TABLE articles; --",
    "𝔄 \u202e",
    "%s %(x)s :x",
    "\x7f\x1b[2J",
)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_text_in_any_column_is_kept_as_it_can_be(store: Store, noon: datetime, text: str) -> None:
    document = Document(origin="a", media="feed", body=text.encode("utf-8", "surrogatepass"), fetched=noon)
    letter = DeadLetter(step="parse", reason=text, message=text, origin=text, document=document)
    store.bury([letter], noon)
    (listed,) = store.dead_letters()
    assert (listed.reason, listed.message, listed.origin) == (plain(text),) * 3
    whole = store.dead_letter(listed.id)
    assert whole is not None
    assert whole.document == document
    (verdict,) = store.claim(
        [Article(text=text, id=text, url=text, outlet=text, guid=text, feed=text)], noon, "one"
    )
    twin = Article(text=text, url=f"https://h.example.org/{text}", outlet=text)
    store.claim([twin], noon, "one")
    store.settle([Stopped(article=verdict.article.id, step=text, reason=text)], noon)
    assert store.summary().settled == {f"{plain(text)}:{plain(text)}": 1}
    store.remember_feed(FeedState(id=plain(text), url="https://h.example.org", etag=plain(text)))
    assert store.feed(text) is not None


# Halves of surrogate pairs do not come as far as this: they cannot travel as JSON, and parsing leaves them out.
@pytest.mark.parametrize(
    "text", [text for text in HOSTILE if text.isascii() or plain(text) == text], ids=ascii
)
def test_an_article_with_such_a_title_and_id_rings(
    store: Store, watch: Watch, match: Make, noon: datetime, text: str
) -> None:
    found = match("x", title=text, outlet=text, url=text, id=text)
    (verdict,) = store.claim([found.reading.article], noon, "one")
    mine = found.model_copy(update={"reading": found.reading.model_copy(update={"article": verdict.article})})
    assert decide_match(store, mine, watch, ("desk",), noon).reason == "first-coverage"
    (delivery,) = store.due("desk", noon)
    assert delivery.alert.coverage[0].title == text
    assert store.claim([found.reading.article], noon, "two")[0].kind == "seen"
    known = store.article(verdict.article.id)
    assert known is not None
    assert known.reading is not None
    assert known.reading.article.title == text


def test_an_id_that_cannot_be_kept_stands_for_the_same_article_every_time(
    store: Store, noon: datetime
) -> None:
    first, second = (store.claim([Article(text=f"Text {n}.", id="\0\ud800")], noon)[0] for n in range(2))
    assert (first.kind, second.kind) == ("new", "changed")
    assert first.article.id == second.article.id
    assert plain(first.article.id) == first.article.id
