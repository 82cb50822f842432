"""What holds for every text: scores in range, evidence in place, and a necessary condition that is one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, Span
from transforms.lexicon import Lexicon, fold
from transforms.topics import TopicFinder, TopicRule, needed

CONFIGS = Path(__file__).parents[2] / "configs" / "topics"
RULES = {
    path.stem: TopicRule.model_validate(yaml.safe_load(path.read_text("utf-8")))
    for path in sorted(CONFIGS.glob("*.yaml"))
}
FINDER = TopicFinder(RULES)
WORDS = sorted(
    {
        phrase.rstrip("*")
        for rule in RULES.values()
        for groups in needed(rule)
        for group in groups
        for phrase in group
    }
    | {phrase.rstrip("*") for rule in RULES.values() for signal in rule.signals for phrase in signal.unless}
)
NOISE = [
    "amid",
    "in the wake of",
    "the",
    "of",
    "ing",
    "Ünter",
    "´",
    "’",
    "北京",
    "\u00a0",
    "\u2028",
    "\x00",
    "🗳",
]

texts = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(NOISE), st.text(max_size=4)
        ),
        st.sampled_from([" ", " ", " ", ". ", ", ", "\n", "\n\n", "", "-", "'s "]),
    ),
    max_size=60,
).map(lambda pieces: "".join(word + gap for word, gap in pieces))


@st.composite
def articles(draw: st.DrawFn) -> tuple[Article, list[Span], list[Span]]:
    title, text = draw(st.one_of(st.none(), texts)), draw(texts)

    def cuts() -> list[Span]:
        places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6, unique=True)))
        return [Span(start=start, end=end) for start, end in pairwise(places)]

    return Article(title=title, text=text), cuts(), draw(st.one_of(st.just([]), st.builds(cuts)))


@given(articles())
def test_scores_are_in_range_and_evidence_lies_in_the_text(
    read: tuple[Article, list[Span], list[Span]],
) -> None:
    article, sentences, aside = read
    for topic in FINDER.find(article, sentences, aside):
        assert 0 < topic.score <= 1
        assert 1 <= len(topic.evidence) <= 12
        for span in topic.evidence:
            assert 0 <= span.start < span.end <= len(article.of(span.field))
            assert fold(article.of(span.field)[span.start : span.end]).strip()
            assert not any(
                span.field == left.field and left.start < span.end and span.start < left.end for left in aside
            )


@given(articles())
def test_a_topic_that_scores_had_all_that_is_needed(read: tuple[Article, list[Span], list[Span]]) -> None:
    article, sentences, aside = read
    folded = fold(f"{article.title or ''}\n{article.text}")
    for topic in FINDER.find(article, sentences, aside):
        alternatives = needed(RULES[topic.id])
        assert any(
            all(Lexicon((phrase, 0) for phrase in group).find(folded) for group in groups)
            for groups in alternatives
        )


@given(articles())
def test_the_same_article_reads_the_same_twice(read: tuple[Article, list[Span], list[Span]]) -> None:
    article, sentences, aside = read
    assert FINDER.find(article, sentences, aside) == FINDER.find(article, sentences, aside)


@given(texts)
def test_setting_everything_aside_leaves_nothing(text: str) -> None:
    whole = [Span(start=0, end=len(text))]
    assert FINDER.find(Article(text=text), whole, whole) == ()
