"""The second opinion on topics: `python -m training.opinion --out configs/models/topics.json`.

A logistic regression a topic over the words of short texts and their vectors' mean. It learns from what may be learnt
from in tests/quality: the sample and the halves that were looked at. The halves named "test" are never read here.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import spacy
from sklearn.linear_model import LogisticRegression

from pipeline.second_opinion import word_vectors
from pipeline.settings import load_rules, load_settings
from transforms.article import Article
from transforms.clean import clean
from transforms.topics import Learnt, Opinions, TopicRule
from transforms.topics.opinion import meant, told_apart, words_of

ROOT = Path(__file__).parents[1]
TEXTS = (ROOT / "tests/quality/topics.jsonl", ROOT / "tests/quality/topics-blind.jsonl")

PENALTY = 20.0  # scikit-learn's C
DOUBT, SURE, CERTAIN = 0.1, 0.7, 0.8
_RARE = 0.1  # Arora's a: a word in every tenth text counts half
_OFTEN = 4  # texts that a word must stand in to be listed as common
_TWICE = 2  # texts that a word must stand in to say something by itself
_SLIGHT = 0.3  # what a word says by itself, below which it is left out
_LISTED = 30  # words a topic
_FEWEST = 3  # letters of such a word


class Text(NamedTuple):
    """One text, what it is about, and what may be argued of it."""

    article: Article
    topics: frozenset[str]
    may: frozenset[str]


def texts(paths: Sequence[Path] = TEXTS) -> Iterator[Text]:
    """Those that may be learnt from."""
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if "test" not in row.get("half", ""):
                article = clean(Article(title=row.get("title"), text=row["text"]))
                yield Text(article, frozenset(row["topics"]), frozenset(row.get("may", ())))


def learnt(given: Sequence[Text], rules: Mapping[str, TopicRule]) -> Opinions:
    """The model of these texts; the same from the same."""
    words = [list(words_of(text.article)) for text in given]
    stand = Counter(word for each in words for word in {word.text for word in each})
    stops = {word for word in spacy.blank("en").Defaults.stop_words if word.isascii() and word.isalpha()}
    common = {
        word: round(_RARE / (_RARE + count / len(given)), 2)
        for word, count in sorted(stand.items())
        if count >= _OFTEN
    } | dict.fromkeys(sorted(stops), 0.0)
    rare = {
        word: round(math.log((1 + len(given)) / (1 + count)) + 1, 2)
        for word, count in sorted(stand.items())
        if count >= _TWICE and word not in stops
    }
    rows = {word: row for row, word in enumerate(rare)}
    apart = np.zeros((len(given), len(rows)), "float32")
    for place, each in enumerate(words):
        for word, weight in told_apart(each, rare).items():
            apart[place, rows[word]] = weight
    vectors = [word_vectors([word.text for word in each]) for each in words]
    mean = np.mean([meant(*each, common, 0.0) for each in zip(words, vectors, strict=True)], axis=0).round(4)
    whole = np.stack([meant(*each, common, mean) for each in zip(words, vectors, strict=True)])
    features = np.hstack([whole, apart])

    listed = sorted(
        word for word in stand.keys() | _phrased(rules.values()) if len(word) >= _FEWEST and word not in stops
    )
    directions = word_vectors(listed)
    directions /= np.maximum(np.linalg.norm(directions, axis=1), 1e-6)[:, None]
    topics = {}
    for rule in rules.values():
        keep = [place for place, text in enumerate(given) if rule.id not in text.may]
        about = [rule.id in given[place].topics for place in keep]
        model = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=1000).fit(
            features[keep], about
        )
        weights, by_word = np.split(model.coef_[0].round(4), [whole.shape[1]])
        said = {
            word: round(float(by_word[row]), 1) for word, row in rows.items() if abs(by_word[row]) >= _SLIGHT
        }
        speaks = directions @ weights + np.asarray([said.get(word, 0.0) for word in listed])
        topics[rule.id] = Learnt(
            definition=rule.definition,
            bias=round(float(model.intercept_[0]), 4),
            weights=tuple(map(float, weights)),
            said=said,
            words=tuple(listed[place] for place in np.argsort(-speaks, kind="stable")[:_LISTED]),
        )
    return Opinions(
        doubt=DOUBT,
        sure=SURE,
        certain=CERTAIN,
        mean=tuple(map(float, mean)),
        common=common,
        rare=rare,
        topics=topics,
    )


def _phrased(rules: Any) -> set[str]:
    """The words that the rules themselves look for."""
    return {
        phrase
        for rule in rules
        for signal in rule.signals
        for group in signal.meet
        for phrase in group
        if phrase.isascii() and phrase.isalpha()
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    # Without the opinion that is there: it may be missing, or of other words.
    settings = load_settings(None).model_copy(update={"second_opinion": False})
    model = learnt(list(texts()), load_rules(settings).topics)
    asked.out.write_text(json.dumps(model.model_dump(mode="json"), separators=(",", ":")) + "\n", "utf-8")
    print(f"{len(model.topics)} topics, {asked.out.stat().st_size:,} bytes in {asked.out}")


if __name__ == "__main__":
    main()
