"""Whatever the text is, quotes index into it, and their cost grows with its length and no faster."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article, Mention
from transforms.quotes import find_quotes

GOLD = Path(__file__).parents[3] / "shared" / "data" / "quotes" / "polnear-dev.jsonl.gz"
PIECES = [
    "“", "”", '"', "'", "‘", "’", "«", "»", "„", "``", "''", " ", "\n", "\n\n", ".", ",", ":", "?", "…", "—", "(", ")",
    "said", " said ", "Blinken", " he ", " the spokesman ", "Ann Lee, a spokesman,", " told CNN", " who ", "word", "ß",
    "According to ", "adding", "<a b=", ">", "\u202e", "😀", "é", "\x00", "Mr. ", "U.S. ", " and ", "We ", "İ",
]  # fmt: skip


def check(article: Article, mentions: tuple[Mention, ...] = ()) -> None:
    end = {"title": 0, "text": 0}
    for quote in find_quotes(article, mentions, {"person/x": "Ann Lee"}):
        field = article.of(quote.field)
        assert end[quote.field] <= quote.start < quote.end <= len(field)
        assert field[quote.start : quote.end].strip() == field[quote.start : quote.end]
        end[quote.field] = quote.end
        for part in (quote.speaker, quote.cue):
            if part is not None:
                assert article.of(part.field)[part.start : part.end] == part.text != ""


@given(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)
@settings(max_examples=150, deadline=None)
def test_every_span_of_a_soup_of_quotes_yields_its_surface(text: str, title: str) -> None:
    mentions = [
        Mention(
            start=at,
            end=at + len(name),
            text=name,
            label="PERSON",
            id="person/x" if name == "Ann Lee" else None,
        )
        for name in ("Blinken", "Ann Lee")
        if (at := text.find(name)) >= 0
    ]
    check(Article(text=text, title=title), tuple(mentions))


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read(text: str) -> None:
    check(Article(text=text))


def test_mentions_that_do_not_fit_the_text_are_passed_over() -> None:
    far = Mention(start=900, end=910, text="Ann Lee", label="PERSON", id="person/x")
    check(Article(text="“We go,” Lee said."), (far,))


@pytest.mark.parametrize(
    "piece",
    [
        '"', "“", "a,” ", "“a” ", "“Yes,” Blinken said. ", "“Yes,” he said.\n\n", "'a ", "‘a’ ", "A.", "A-", "Alpha ",
        " ", " \n ", "<a ", "“‘", "“a “b” c” ", "He said:\n\nWe are good, I say here.\n\n", "“We go on.\n\n",
        "John Smith, a spokesman, said. ", "a", "Mr. ", "we go. We stay,” he said\n\n",
    ],
)  # fmt: skip
def test_time_is_linear_in_the_length(piece: str) -> None:
    def cost(size: int) -> float:
        article = Article(text=(piece * (size // len(piece) + 1))[:size])
        begun = time.thread_time()
        check(article)
        return time.thread_time() - begun

    def linear() -> bool:
        # Four times the text: four times the work, with much room for a busy machine; a quadratic one takes sixteen.
        return cost(20_000) < 9 * cost(5_000) + 0.3

    cost(1_000)
    # What is quadratic is so each time; a collection of garbage, or a machine that stalls, is not.
    assert any(linear() for _ in range(4))


def test_ten_thousand_marks_and_a_megabyte_are_read_in_seconds() -> None:
    begun = time.thread_time()
    check(Article(text="“Yes,” Blinken said. " * 5_000))
    check(Article(text="The minister went home in the evening. " * 26_000))
    assert time.thread_time() - begun < 15


@pytest.mark.skipif(not GOLD.exists(), reason="PolNeAR is not beside the repository (evaluation only)")
def test_speakers_and_spans_on_held_out_news() -> None:
    found = wanted = hits = asked = right = 0
    with gzip.open(GOLD, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            text = row["text"]
            gold = {}
            for attribution in row["attributions"]:
                for start, end in attribution["content"]:
                    piece = text[start:end].strip()
                    if (
                        len(piece) > 2
                        and piece[0] in '"“'
                        and piece[-1] in '"”'
                        and not set(piece[1:-1]) & set('"“”')
                    ):
                        begin = text.index(piece, start)
                        gold[begin + 1, begin + len(piece) - 1] = attribution
            content = [span for attribution in row["attributions"] for span in attribution["content"]]
            quotes = {(q.start, q.end): q for q in find_quotes(Article(text=text), (), {})}
            quotes = {
                span: q for span, q in quotes.items() if text[span[0] - 1] in '"“' and text[span[1]] in '"”'
            }
            inside = {
                s for s in quotes if s in gold or not any(a <= s[0] and s[1] <= b + 1 for a, b in content)
            }
            found, wanted, hits = found + len(inside), wanted + len(gold), hits + len(gold.keys() & quotes)
            for span in gold.keys() & quotes:
                source, speaker = gold[span]["source"], quotes[span].speaker
                if source:
                    asked += 1
                    right += speaker is not None and any(
                        a < speaker.end and speaker.start < b for a, b in source
                    )
    assert 2 * hits / (found + wanted) > 0.9
    assert right / asked > 0.8
