"""Scores of the topics: of all of them on short texts, and of election interference on articles read by hand.

On the articles the weights and the threshold are chosen on four fifths and scored on the last, five times over,
so that no article says how it is to be scored itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pipeline.second_opinion import second_opinion
from transforms.article import Article, Span
from transforms.clean import clean
from transforms.language import passages
from transforms.lexicon import Lexicon, fold
from transforms.read import blank_pipeline
from transforms.topics import TopicFinder, TopicRule, Voice, judged

TOPICS = Path(__file__).parents[2] / "configs" / "topics"
SETS = ("topics/election-interference-dev.jsonl",)
SAMPLE = Path(__file__).with_name("topics.jsonl")
BLIND = Path(__file__).with_name("topics-blind.jsonl")
"""Texts of five hands that had not read the rules. What is "dev" was looked at or learnt from while the topics were
made better, what is "test" only ever told as a score."""
HALVES = (
    "dev",
    "test",
    "second dev",
    "second test",
    "third dev",
    "third test",
    "fourth test",
    "fifth dev",
)

INTERFERENCE = "election-interference"
FOLDS = 5
WEIGHTS = (0.3, 0.45, 0.6, 0.75, 0.9)  # what a signal may weigh while they are chosen
GAIN = 0.001  # of average precision, for which a weight is changed at all
BORDERLINE = 2  # the label of articles that two readers would argue about: left out
DECIMALS = 4

BASELINE = (
    ("interfer*", "meddl*", "hack", "hacks", "hacked", "hacker*", "hacking", "influenc*", "tamper*", "disinformation"),
    ("election*", "vote", "votes", "voter*", "voting", "ballot*", "referendum*", "midterm*"),
)  # fmt: skip
"""Two groups of keywords anywhere in the text: what a search would ask for."""


class Case(NamedTuple):
    """What speaks for the topic in an article, how many sentences it has, and whether it is about the topic."""

    voices: Sequence[Voice]
    length: int
    words: str
    about: bool


class Told(NamedTuple):
    """Right ones told, wrong ones told, right ones not told."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 0.0


def score(path: Path) -> Mapping[str, float]:
    """Scores over one set, each in [0, 1].

    Args:
        path: JSON Lines of either kind: ``{"text", "topics": [id]}`` with every topic that the text is about, or
            ``{"id", "title", "text", "label"}``, where 1 is an article about election interference, 0 one that is not
            and 2 one that is left out. A text may name topics that two readers would argue about (``may``), which
            count for nothing, and say its ``half``.

    Returns:
        Of texts with topics: ``precision``, ``recall``, ``f1`` over all decisions, and ``macro f1``. Of articles:
        ``precision``, ``recall``, ``f1`` and ``average precision`` in five folds, the same with the rule as it ships
        (``shipped …``), and with two groups of keywords anywhere in the text (``baseline …``). With ``SAMPLE`` go the
        scores of the blind texts (``blind dev …``, ``blind test …``).
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    told = _score_texts(rows) if rows and "topics" in rows[0] else _score_articles(rows)
    if path == SAMPLE:
        told = {**told, **_score_blind()}
    return {name: round(value, DECIMALS) for name, value in told.items()}


def topic_scores(path: Path, half: str | None = None) -> Mapping[str, Told]:
    """What is told right and wrong of every topic, by its id, over texts with topics, or one half of them."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return _by_topic([row for row in rows if half in (None, row.get("half"))])


def _score_blind() -> Mapping[str, float]:
    told: dict[str, float] = {}
    for half in HALVES:
        whole = Told(*map(sum, zip(*topic_scores(BLIND, half).values(), strict=True)))
        told |= {f"blind {half} precision": whole.precision, f"blind {half} recall": whole.recall}
    return told


def rules() -> dict[str, TopicRule]:
    """The topics that come with Tocsin, by id."""
    read = (
        TopicRule.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for path in sorted(TOPICS.glob("*.yaml"))
    )
    return {rule.id: rule for rule in read}


def _score_texts(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    each = _by_topic(rows)
    whole = Told(*map(sum, zip(*each.values(), strict=True)))
    return {
        "precision": whole.precision,
        "recall": whole.recall,
        "f1": whole.f1,
        "macro f1": sum(told.f1 for told in each.values()) / len(each),
    }


def _by_topic(rows: Sequence[Mapping[str, Any]]) -> dict[str, Told]:
    known = rules()
    finder = TopicFinder(known, second_opinion())
    told = {name: [0, 0, 0] for name in known}
    for row in rows:
        found = {topic.id for topic in finder.find(*_readable(row)) if topic.about}
        meant = set(row["topics"])
        beside = set(row.get("may", ()))
        for place, names in enumerate((found & meant, found - meant - beside, meant - found)):
            for name in names:
                told[name][place] += 1
    return {name: Told(*counts) for name, counts in told.items()}


def _readable(row: Mapping[str, Any]) -> tuple[Article, tuple[Span, ...], tuple[Span, ...]]:
    """An article as the finder takes it."""
    article = clean(Article(title=row.get("title"), text=row["text"], outlet=row.get("outlet")))
    sentences = (sent for sent in blank_pipeline()(article.text).sents if sent.text.strip())
    places = tuple(
        Span(start=sent.end_char - len(sent.text.lstrip()), end=sent.end_char) for sent in sentences
    )
    return article, places, passages(article)


def _case(row: Mapping[str, Any], finder: TopicFinder) -> Case:
    readable = _readable(row)
    heard = finder.hear(*readable)
    article = readable[0]
    return Case(
        heard.voices.get(0, ()), heard.length, f"{article.title or ''}\n{article.text}", row["label"] == 1
    )


def _score_articles(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, float]:
    shipped = rules()[INTERFERENCE]
    finder = TopicFinder({shipped.id: shipped}, second_opinion())
    cases = [_case(row, finder) for row in rows if row["label"] != BORDERLINE]
    gold = [case.about for case in cases]
    scores = _scores(shipped, cases)
    as_shipped = _decided(scores, gold, shipped.threshold)
    in_folds, ranked = _five_fold(shipped, cases)
    plain = _baseline(cases)
    return {
        "precision": in_folds.precision,
        "recall": in_folds.recall,
        "f1": in_folds.f1,
        "average precision": ranked,
        "shipped precision": as_shipped.precision,
        "shipped recall": as_shipped.recall,
        "shipped f1": as_shipped.f1,
        "shipped average precision": average_precision(scores, gold),
        "baseline precision": plain.precision,
        "baseline recall": plain.recall,
        "baseline f1": plain.f1,
    }


def _scores(rule: TopicRule, cases: Iterable[Case]) -> list[float]:
    return [judged(rule, case.voices, case.length).score if case.voices else 0.0 for case in cases]


def _decided(scores: Sequence[float], gold: Sequence[bool], threshold: float) -> Told:
    pairs = [(score >= threshold, about) for score, about in zip(scores, gold, strict=True)]
    return Told(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True)))


def _baseline(cases: Sequence[Case]) -> Told:
    lexicon = Lexicon((phrase, number) for number, group in enumerate(BASELINE) for phrase in group)
    held = [float(len(lexicon.values(fold(case.words))) == len(BASELINE)) for case in cases]
    return _decided(held, [case.about for case in cases], 1.0)


def average_precision(scores: Sequence[float], gold: Sequence[bool]) -> float:
    """The mean of the precisions at each article that is about the topic, best score first; of equals wrong first."""
    ranked = sorted(zip(scores, gold, strict=True), key=lambda pair: (-pair[0], pair[1]))
    places = [place for place, (_, about) in enumerate(ranked, 1) if about]
    return sum(right / place for right, place in enumerate(places, 1)) / len(places) if places else 0.0


def _five_fold(rule: TopicRule, cases: Sequence[Case]) -> tuple[Told, float]:
    """The decisions of all folds together, and the mean of their average precisions."""
    told, ranked = [], []
    for held_out in _folds(cases):
        rest = [case for number, case in enumerate(cases) if number not in held_out]
        unseen = [case for number, case in enumerate(cases) if number in held_out]
        chosen = _fitted(rule, rest)
        scores, gold = _scores(chosen, unseen), [case.about for case in unseen]
        told.append(_decided(scores, gold, chosen.threshold))
        ranked.append(average_precision(scores, gold))
    return Told(*map(sum, zip(*told, strict=True))), sum(ranked) / len(ranked)


def _folds(cases: Sequence[Case]) -> Iterator[set[int]]:
    """Every fifth article of each kind: the folds have as many of both as can be."""
    kinds = [[number for number, case in enumerate(cases) if case.about is about] for about in (True, False)]
    for fold_number in range(FOLDS):
        yield {number for kind in kinds for number in kind[fold_number::FOLDS]}


def _fitted(rule: TopicRule, cases: Sequence[Case]) -> TopicRule:
    """The rule with weights and a threshold that suit these articles, beginning from equal weights."""
    gold = [case.about for case in cases]

    def worth(weights: Sequence[float]) -> float:
        return average_precision(_scores(_weighing(rule, weights), cases), gold)

    weights = [0.6] * len(rule.signals)
    best = worth(weights)
    for number in range(len(weights)):
        for weight in WEIGHTS:
            tried = [*weights[:number], weight, *weights[number + 1 :]]
            if (gained := worth(tried)) > best + GAIN:
                best, weights = gained, tried
    chosen = _weighing(rule, weights)
    return chosen.model_copy(update={"threshold": _threshold(_scores(chosen, cases), gold)})


def _weighing(rule: TopicRule, weights: Sequence[float]) -> TopicRule:
    signals = tuple(
        signal.model_copy(update={"weight": weight})
        for signal, weight in zip(rule.signals, weights, strict=True)
    )
    return rule.model_copy(update={"signals": signals})


def _threshold(scores: Sequence[float], gold: Sequence[bool]) -> float:
    """In the middle of the gap between two scores where deciding there gives the best F1."""
    ranked = sorted({0.0, *scores})
    middles = [(low + high) / 2 for low, high in pairwise(ranked)]
    return max(middles, key=lambda middle: _decided(scores, gold, middle).f1, default=1.0)
