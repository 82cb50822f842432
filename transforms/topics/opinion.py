"""A second opinion on topics: a linear model over the words of an article's title and lead, and over their vectors.

The rules say by which words a topic is known; this says whether the article as a whole sounds like it.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from transforms.article import Article, FieldName, Span, Topic
from transforms.lexicon import fold
from transforms.topics.rules import TopicRule

LEAD = 800
"""Characters of the text that are asked: what follows is told in other words in each article."""
_TITLE = 1.5  # how much more the vector of a word of the title says
_DOUBTED = 0.9  # of the threshold: what is left of a score that the opinion speaks against
_NEAR = 100  # characters on either side of the evidence
_FEWEST = 5  # words of which there must be vectors: less is not enough to say anything
_SHOWN = 12  # spans of evidence, as of the rules
_WORD = re.compile(r"(?<!\w)[a-z]{2,}(?!\w)")

SPEAKING = 2
"""Different words of a topic's list that must stand in an article for which no rule speaks."""

Vectors = Callable[[Sequence[str]], Any]
"""Words to their vectors: float32 of shape (words, width), zeros where a word has none."""


class Learnt(BaseModel):
    """What was learnt of one topic.

    Attributes:
        definition: the topic's when it was learnt; of a topic that is defined otherwise this says nothing.
        bias: the model's.
        weights: one for each dimension of the vectors.
        said: what a word itself says for the topic, or against it where that is below 0.
        words: those that say most for the topic, the strongest first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    definition: str
    bias: float
    weights: tuple[float, ...]
    said: Mapping[str, float]
    words: tuple[str, ...]


class Opinions(BaseModel):
    """The whole model (``configs/models/topics.json``).

    Attributes:
        doubt: a chance below this speaks against a topic that the rules hold for.
        sure: a chance from this on is a topic by itself.
        certain: a score of the rules from which no doubt counts: a long article says so again and again.
        mean: the vectors' mean over the texts it learnt from.
        common: what frequent words' vectors count for, in [0, 1]; any other counts 1.
        rare: how rare a word is in those texts (its inverse document frequency); others are not known by themselves.
        topics: by id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    doubt: float = Field(ge=0, le=1)
    sure: float = Field(ge=0, le=1)
    certain: float = Field(ge=0, le=1)
    mean: tuple[float, ...]
    common: Mapping[str, float]
    rare: Mapping[str, float]
    topics: Mapping[str, Learnt]


class Word(NamedTuple):
    """A word of the title or the lead, folded, and where it stands."""

    text: str
    start: int
    end: int
    field: FieldName


class _Model(NamedTuple):
    """The numbers as arrays: of the vectors, of each word by its row."""

    weights: Any
    biases: Any
    mean: Any
    rows: Mapping[str, int]
    said: Any


class SecondOpinion:
    """The model, with the vectors of words that it was learnt over.

    Args:
        learnt: the model.
        vectors: gives the words' vectors; first asked when there is an article.
    """

    def __init__(self, learnt: Opinions, vectors: Vectors):
        self.learnt = learnt
        self._vectors = vectors

    def speaking(self, rule: TopicRule) -> tuple[str, ...]:
        """The words of which an article must have two different ones for this to name the topic unasked."""
        known = self._of(rule)
        return known.words if known else ()

    def heeded(
        self,
        article: Article,
        rules: Sequence[TopicRule],
        found: Mapping[str, Topic],
        aside: Sequence[Span] = (),
    ) -> dict[str, Topic]:
        """What the rules found, after this was asked, too: some fall below their threshold, some come up to it.

        Args:
            article: cleaned, in English.
            rules: the topics that were looked for.
            found: what the rules found, by id.
            aside: passages that are no evidence.
        """
        told = dict(found)
        words = list(words_of(article))
        clear = [word for word in words if not any(_within(word, span) for span in aside)]
        chances = self._chances(words)
        for rule in rules if chances else ():
            known = self._of(rule)
            if known is None:
                continue
            by_rule, chance = found.get(rule.id), chances[rule.id]
            if by_rule is None or not by_rule.about:
                if chance >= self.learnt.sure and (spans := _spoken(clear, known.words)):
                    told[rule.id] = Topic(
                        id=rule.id, score=rule.threshold, evidence=spans, opinion=round(chance, 3)
                    )
            elif chance < self.learnt.doubt and by_rule.score < self.learnt.certain and _in_the_lead(by_rule):
                # A lead may speak of more than one thing: what stands near the evidence is asked about by itself.
                chance = max(chance, self._chances(_near(words, by_rule)).get(rule.id, 0.0))
                if chance < self.learnt.doubt:
                    lower = {"score": rule.threshold * _DOUBTED, "about": False, "opinion": round(chance, 3)}
                    told[rule.id] = by_rule.model_copy(update=lower)
        return told

    def named(self, article: Article, rules: Iterable[TopicRule]) -> frozenset[str]:
        """Ids of the topics that this names unasked, of those of which enough words stand in title and lead."""
        words = list(words_of(article))
        spoken = [rule.id for rule in rules if (known := self._of(rule)) and _spoken(words, known.words)]
        chances = self._chances(words) if spoken else {}
        return frozenset(topic for topic in spoken if chances.get(topic, 0.0) >= self.learnt.sure)

    def chances(self, article: Article) -> dict[str, float]:
        """How likely the article is about each topic that was learnt, in [0, 1]; nothing where it has too few words."""
        return self._chances(list(words_of(article)))

    def _chances(self, words: Sequence[Word]) -> dict[str, float]:
        vectors = self._vectors([word.text for word in words]) if words else None
        if vectors is None or int(vectors.any(axis=1).sum()) < _FEWEST:
            return {}
        model = self._model
        by_meaning = model.weights @ meant(words, vectors, self.learnt.common, model.mean)
        by_word = model.biases.copy()
        for word, weight in told_apart(words, self.learnt.rare).items():
            if word in model.rows:
                by_word += weight * model.said[model.rows[word]]
        return {
            topic: 1 / (1 + math.exp(-max(-50.0, min(50.0, float(value)))))
            for topic, value in zip(self.learnt.topics, by_meaning + by_word, strict=True)
        }

    @functools.cached_property
    def _model(self) -> _Model:
        import numpy as np  # noqa: PLC0415 - only what reads needs it

        each = tuple(self.learnt.topics.values())
        rows = {word: row for row, word in enumerate(sorted({word for topic in each for word in topic.said}))}
        said = np.zeros((len(rows), len(each)), "float32")
        for column, topic in enumerate(each):
            for word, weight in topic.said.items():
                said[rows[word], column] = weight
        return _Model(
            weights=np.asarray([topic.weights for topic in each], "float32"),
            biases=np.asarray([topic.bias for topic in each], "float32"),
            mean=np.asarray(self.learnt.mean, "float32"),
            rows=rows,
            said=said,
        )

    def _of(self, rule: TopicRule) -> Learnt | None:
        known = self.learnt.topics.get(rule.id)
        return known if known and known.definition == rule.definition else None


def words_of(article: Article) -> Iterator[Word]:
    """The words of the title and the lead, in reading order."""
    whole: tuple[tuple[FieldName, str], ...] = (
        ("title", (article.title or "")[:LEAD]),  # a hostile title may be as long as a book
        ("text", article.text[:LEAD]),
    )
    for name, text in whole:
        for match in _WORD.finditer(fold(text)):
            yield Word(match[0], *match.span(), name)


def _within(word: Word, span: Span) -> bool:
    return word.field == span.field and span.start < word.end and word.start < span.end


def _in_the_lead(topic: Topic) -> bool:
    """True where all evidence was before the opinion's eyes: what stands further down may be a subject of its own."""
    return all(span.field == "title" or span.end <= LEAD for span in topic.evidence)


def _near(words: Sequence[Word], topic: Topic) -> list[Word]:
    """The words of the title or text between the first and the last evidence there, and a few on either side."""
    near: list[Word] = []
    for name in ("title", "text"):
        places = [span for span in topic.evidence if span.field == name]
        if places:
            begin, end = min(span.start for span in places) - _NEAR, max(span.end for span in places) + _NEAR
            near += [word for word in words if word.field == name and begin <= word.start and word.end <= end]
    return near


def told_apart(words: Iterable[Word], rare: Mapping[str, float]) -> dict[str, float]:
    """What tells an article from others: its words' tf-idf, counted by their logarithm, of length 1 together."""
    counted = Counter(word.text for word in words if word.text in rare)
    weights = {word: (1 + math.log(count)) * rare[word] for word, count in counted.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()}


def meant(words: Sequence[Word], vectors: Any, common: Mapping[str, float], mean: Any) -> Any:
    """What an article speaks of: the mean of its words' vectors, frequent words less, brought to length 1.

    The weighting is that of Arora, Liang and Ma (2017), "A Simple but Tough-to-Beat Baseline for Sentence Embeddings",
    with the mean of all texts in the place of their common direction.

    Returns:
        A vector as wide as the words'.
    """
    import numpy as np  # noqa: PLC0415 - only what reads needs it

    says = np.asarray(
        [common.get(word.text, 1.0) * (_TITLE if word.field == "title" else 1.0) for word in words], "float32"
    )
    whole = _of_length_one(says @ vectors)
    return _of_length_one(whole - mean)


def _of_length_one(vector: Any) -> Any:
    length = float((vector * vector).sum()) ** 0.5
    return vector / length if length else vector


def _spoken(words: Sequence[Word], speaking: Sequence[str]) -> tuple[Span, ...]:
    """Where an article has words that speak for a topic; nothing where it has too few of them."""
    listed = set(speaking)
    said = [word for word in words if word.text in listed]
    if len({word.text for word in said}) < SPEAKING:
        return ()
    return tuple(Span(start=word.start, end=word.end, field=word.field) for word in said[:_SHOWN])
