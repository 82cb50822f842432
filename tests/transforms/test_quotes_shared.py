"""The same words in several articles are one shared quote, and whoever changed them is named."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, Mention
from transforms.clean import clean
from transforms.quotes import find_quotes, group_quotes, normalise_quote, same_quote

SEEDS = Path(__file__).parents[2] / "seeds"
ORIGINAL = (
    "We have seen, generally speaking, evidence of attempts to influence and arguably interfere, "
    "and we want to make sure that that’s cut off as quickly as possible,"
)
CHANGED = (
    "We've seen, generally speaking, evidence of attempted influence and arguably interference, "
    "and we want to make sure that that is disrupted as quickly as possible,"
)


def quotes_of_the_seeds() -> dict[str, list[tuple[str, str | None]]]:
    found: dict[str, list[tuple[str, str | None]]] = {}
    for path in sorted(SEEDS.glob("*.txt")):
        article = clean(Article(text=path.read_text(encoding="utf-8", errors="replace")))
        people = [
            Mention(start=m.start(), end=m.end(), field=field, text=m.group(), label="PERSON")
            for field in ("title", "text")
            for m in re.finditer(
                r"\b(?:Antony )?Blinken\b|\bXi(?: Jinping)?\b|\bKylie Atwood\b", article.of(field)
            )
        ]
        found[path.name[:3]] = [
            (article.of(quote.field)[quote.start : quote.end], quote.speaker.name if quote.speaker else None)
            for quote in find_quotes(article, people, {})
        ]
    return found


def test_the_seeds_share_the_sentence_that_one_of_them_changed() -> None:
    first = group_quotes(quotes_of_the_seeds())[0]
    assert first.text.startswith(
        "We have seen, generally speaking, evidence of attempts to influence and arguably interfere"
    )
    assert not first.text.endswith(",")
    assert first.speaker == "Antony Blinken"
    assert first.in_ == ("000", "001", "002", "004")
    assert first.altered_in == ("003",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("We've seen it.", "we have seen it"),
        ("That’s what it is – now!", "That is what it is now"),
        ("We can't, won't and don’t know", "we can not will not and do not know"),
        ("Let's go … I'm ready", "let us go, I am ready"),
        ("the countries' plans and Xi's plans", "The countries’ plans and Xi’s plans."),
        ("They'd said they'll go", "they would said they will go"),
    ],
)
def test_writing_does_not_make_a_quote_another(one: str, other: str) -> None:
    assert normalise_quote(one) == normalise_quote(other)


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        (ORIGINAL, CHANGED, "altered"),
        (ORIGINAL, "that’s cut off as quickly as possible.", "same"),
        (ORIGINAL, "as quickly as", "different"),
        (
            "We look to them to act, and … if they do not, we will",
            "We look to them to act, and soon, and if they do not, we will",
            "same",
        ),
        ("to act … never … they", ORIGINAL, "different"),
        ("one … two", "two and one", "different"),
        (ORIGINAL, "Any interference by China in our election is something that we look at", "different"),
        ("", "", "same"),
        ("…", "words", "different"),
    ],
)
def test_quotes_are_the_same_altered_or_different(one: str, other: str, likeness: str) -> None:
    assert same_quote(one, other) == likeness
    assert same_quote(other, one) == likeness


def test_a_part_goes_to_the_whole_and_short_parts_only_with_the_same_speaker() -> None:
    whole = "we shall rebuild the harbour stone by stone"
    together = group_quotes({"a": [(whole, "Ana Ruiz")], "b": [("rebuild the harbour", "Ruiz")]})
    assert [(quote.in_, quote.speaker) for quote in together] == [(("a", "b"), "Ana Ruiz")]
    apart = group_quotes({"a": [(whole, "Ana Ruiz")], "c": [("rebuild the harbour", "Tom Reed")]})
    assert apart == ()


def test_changed_words_of_another_speaker_are_no_altered_quote() -> None:
    assert group_quotes({"a": [(ORIGINAL, "Antony Blinken")], "b": [(CHANGED, "Wang Yi")]}) == ()
    assert group_quotes({"a": [(ORIGINAL, "Antony Blinken")], "b": [(CHANGED, None)]})[0].altered_in == ("b",)


def test_an_article_that_has_both_wordings_is_not_called_altered() -> None:
    shared = group_quotes({"a": [(ORIGINAL, None)], "b": [(ORIGINAL, None), (CHANGED, None)]})
    assert [(quote.in_, quote.altered_in) for quote in shared] == [(("a", "b"), ())]


def test_most_printed_comes_first_then_the_longer() -> None:
    long, short, common = "one two three four five six seven", "red green blue", "we will all go home"
    shared = group_quotes(
        {
            "a": [(short, None), (long, None), (common, None)],
            "b": [(short, None), (long, None), (common, None)],
            "c": [(common, None), ("ok", None)],
            "d": [("ok", None)],
        }
    )
    assert [quote.text for quote in shared] == [common, long, short]


def test_hundreds_of_articles_are_grouped_in_bounded_time() -> None:
    many = {
        f"a{number}": [(f"{ORIGINAL} said for the {number} time", "Antony Blinken")]
        + [(f"word{number} of {index} and the rest of it goes on and on and on", None) for index in range(20)]
        for number in range(300)
    }
    begun = time.thread_time()
    shared = group_quotes(many)
    assert len(shared[0].in_) + len(shared[0].altered_in) > 1
    assert time.thread_time() - begun < 20


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(
            st.tuples(st.text(alphabet="ab cd'’.…“ ", max_size=60), st.sampled_from([None, "A B", "C", " "])),
            max_size=6,
        ),
    )
)
def test_any_quotes_can_be_grouped(quotes: dict[str, list[tuple[str, str | None]]]) -> None:
    for shared in group_quotes(quotes):
        assert len(set(shared.in_) | set(shared.altered_in)) > 1
        assert not set(shared.in_) & set(shared.altered_in)
        assert any(shared.text in text for article in shared.in_ for text, _ in quotes[article])
