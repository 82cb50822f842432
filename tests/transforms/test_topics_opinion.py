"""The second opinion on topics: what lowers a score, what names a topic, and that the screen loses nothing by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, Span
from transforms.screen import Screen
from transforms.topics import Learnt, Opinions, SecondOpinion, Signal, TopicFinder, TopicRule
from transforms.topics.opinion import words_of
from transforms.watch import Clause, Rules, Watch

DIRECTIONS = {
    **dict.fromkeys(("flames", "smoke", "blaze", "hectares", "crews"), (1.0, 0.0)),
    **dict.fromkeys(("shares", "profit", "dividend", "bourse", "traders"), (0.0, 1.0)),
}


def vectors(words: Sequence[str]) -> Any:
    return np.asarray([DIRECTIONS.get(word, (0.0, 0.0)) for word in words], "float32").reshape(-1, 2)


FIRES = TopicRule(
    id="fires",
    name="Fires",
    definition="Fires.",
    signals=(Signal(meet=(("fire*",), ("forest",)), weight=0.6), Signal(meet=(("inferno",),), weight=0.9)),
    threshold=0.4,
)
LEARNT = Opinions(
    doubt=0.1,
    sure=0.9,
    certain=0.8,
    mean=(0.0, 0.0),
    common={"the": 0.0},
    rare={"forest": 1.0, "fires": 1.0, "brand": 1.0},
    topics={
        "fires": Learnt(
            definition="Fires.",
            bias=0.0,
            weights=(10.0, -10.0),
            said={"brand": -0.5},
            words=("flames", "smoke", "blaze"),
        )
    },
)
OPINION = SecondOpinion(LEARNT, vectors)
RULES = Rules(
    topics={"fires": FIRES},
    watches={"fires": Watch(id="fires", title="Fires", when=Clause(topic="fires"), channel="#fires")},
    opinion=OPINION,
)
SCREEN = Screen(RULES)
ABOUT = "Flames and smoke drove crews back; the blaze took hectares."
ELSEWHERE = "Shares rose: profit, dividend and bourse pleased traders."


def told(text: str, *, rule: TopicRule = FIRES, opinion: SecondOpinion | None = OPINION) -> Any:
    found = TopicFinder({rule.id: rule}, opinion).find(Article(text=text), ())
    return found[0] if found else None


def test_what_no_rule_speaks_for_is_named_with_its_words_where_the_whole_sounds_like_it() -> None:
    topic = told(ABOUT)
    assert (topic.about, topic.score) == (True, 0.4)
    assert topic.opinion > 0.9
    assert [ABOUT[span.start : span.end] for span in topic.evidence] == ["Flames", "smoke", "blaze"]
    assert told(ABOUT, opinion=None) is None


def test_a_rule_is_doubted_where_the_whole_sounds_like_something_else() -> None:
    text = f"The forest fire brand grew. {ELSEWHERE}"
    assert told(text, opinion=None).about
    doubted = told(text)
    assert (doubted.about, doubted.score) == (False, pytest.approx(0.36))
    assert doubted.opinion < 0.1
    assert doubted.evidence


def test_what_the_rules_are_certain_of_is_not_doubted() -> None:
    topic = told(f"An inferno.\nThat inferno.\n{ELSEWHERE}")
    assert topic.about
    assert topic.score > 0.8
    assert topic.opinion is None


def test_what_stands_further_down_may_be_a_subject_of_its_own() -> None:
    low = FIRES.model_copy(update={"threshold": 0.25})
    topic = told(f"{ELSEWHERE}\n" + " " * 900 + "\nAn inferno.", rule=low)
    assert topic.about
    assert topic.opinion is None


def test_a_lead_that_speaks_of_two_things_is_asked_about_each() -> None:
    text = f"A forest fire: flames, smoke, a blaze, crews, hectares. {'So it was told. ' * 8}{ELSEWHERE} {ELSEWHERE}"
    assert OPINION.chances(Article(text=text))["fires"] < 0.1
    topic = told(text)
    assert topic.about
    assert topic.opinion is None


def test_a_word_by_itself_may_speak_against_a_topic() -> None:
    said = OPINION.chances(Article(text=ABOUT))["fires"]
    assert OPINION.chances(Article(text=f"{ABOUT} Brand."))["fires"] < said


def test_one_word_of_the_list_is_not_enough() -> None:
    assert told("Smoke, smoke, smoke: crews counted hectares, hectares and hectares.") is None


def test_words_in_passages_set_aside_name_nothing() -> None:
    aside = (Span(start=0, end=len(ABOUT), field="text"),)
    assert TopicFinder({"fires": FIRES}, OPINION).find(Article(text=ABOUT), (), aside) == ()


def test_a_title_as_long_as_a_book_is_not_read_to_its_end() -> None:
    assert all(word.end <= 800 for word in words_of(Article(title="flames " * 100_000, text="")))


def test_a_handful_of_words_is_no_whole() -> None:
    assert told("Flames and smoke.") is None


def test_a_topic_that_was_defined_anew_is_the_rules_alone() -> None:
    anew = FIRES.model_copy(update={"definition": "Dismissals."})
    assert told(ABOUT, rule=anew) is None
    assert OPINION.speaking(anew) == ()


def test_only_the_title_and_the_lead_are_asked() -> None:
    assert told("word " * 200 + ABOUT) is None
    far = Article(title="Flames, smoke, blaze, crews, hectares", text="word " * 200)
    assert TopicFinder({"fires": FIRES}, OPINION).find(far, ())[0].about


@pytest.mark.parametrize("text", [ABOUT, "A forest fire.", "FLAMES – “Smoke”; crews, blaze, hectares"])
def test_the_screen_lets_through_what_it_names(text: str) -> None:
    assert SCREEN.could_match(Article(text=text)) == ("fires",)


def test_the_screen_stops_what_neither_could_name() -> None:
    assert SCREEN.could_match(Article(text=ELSEWHERE + " Smoke.")) == ()
    assert SCREEN.could_match(Article(text="word " * 200 + ABOUT)) == ()
    assert SCREEN.could_match(Article(text=f"Smoke. Flames. {ELSEWHERE} Profit, dividend, bourse.")) == ()


@given(
    st.lists(
        st.sampled_from([*DIRECTIONS, "forest", "fires", "Flames", "smoke's", "the-blaze", "x", "3"]),
        max_size=25,
    ),
    st.sampled_from([" ", "\n", ", ", "-", "’", "_"]),
)
def test_the_screen_never_stops_what_is_named(words: list[str], joint: str) -> None:
    article = Article(text=joint.join(words))
    found = TopicFinder(RULES.topics, OPINION).find(article, ())
    if any(topic.about for topic in found):
        assert SCREEN.could_match(article) == ("fires",)
    for topic in found:
        for span in topic.evidence:
            assert article.text[span.start : span.end]


@given(st.text(max_size=200), st.text(max_size=50))
def test_every_word_stands_where_it_says(text: str, title: str) -> None:
    article = Article(text=text, title=title)
    for word in words_of(article):
        surface = article.of(word.field)[word.start : word.end]
        assert len(surface) == len(word.text)
