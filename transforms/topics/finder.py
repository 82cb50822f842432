"""All topics of an article in one pass over its words, and how surely it is about each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from transforms.article import Article, FieldName, Span, Topic
from transforms.lexicon import Hit, Lexicon, fold
from transforms.topics.opinion import SecondOpinion
from transforms.topics.places import Page, Stretches, Title
from transforms.topics.rules import TopicRule, Within

_BACKGROUND = 0.5  # of the weight, for what is named only in passing, "amid the inquiry into …"
_REPEATED = 0.8  # of the one before: each further meeting of the same signal
_ELSEWHERE = 3  # sentences that a long article may spend on what came before; 4 and 5 were no better
_PASSED_BY = 0.25  # of the weight, where next to none of the sentences speak for the topic …
_DWELLS = 6.0  # … and what the share of those that do adds: one in eight is an article about it
_EVIDENCE = 12  # spans shown for one topic
_FIELDS: tuple[FieldName, ...] = ("title", "text")

_UNLESS = -1  # stands in the place of a group's number


class _Slot(NamedTuple):
    """What a phrase can fill: a group of a signal, which is known by its number."""

    signal: int
    group: int
    within: Within


class _Known(NamedTuple):
    """A signal: its topic's number, its place in the rule, and the groups it has, as bits."""

    topic: int
    place: int
    groups: int


@dataclass(frozen=True, slots=True)
class _Word:
    """A phrase found, with what its place says."""

    start: int
    end: int
    field: FieldName
    sentence: int
    factor: float
    floor: float

    def span(self) -> Span:
        return Span(start=self.start, end=self.end, field=self.field)


@dataclass(slots=True)
class _Meeting:
    """The groups of one signal that have been found in one sentence, paragraph or article."""

    words: dict[int, _Word] = field(default_factory=dict)
    ruled_out: bool = False

    def take(self, group: int, word: _Word) -> None:
        """Keep the word that says most for its group; the first of equals."""
        if group == _UNLESS:
            self.ruled_out = True
            return
        kept = self.words.get(group)
        if kept is None or word.factor > kept.factor:
            self.words[group] = word


@dataclass(frozen=True, slots=True)
class Voice:
    """A meeting that came about.

    Attributes:
        factor: what its place says, of its signal's weight.
        signal: its signal's place in the rule.
        sentence: where it speaks.
        floor: what it keeps of that, however little more is said.
        words: one of each group.
    """

    factor: float
    signal: int
    sentence: int
    floor: float
    words: tuple[_Word, ...]


class Heard(NamedTuple):
    """What speaks for the topics of a finder, by their number in it, and how many sentences the article has."""

    voices: Mapping[int, Sequence[Voice]]
    length: int


class TopicFinder:
    """Finds all topics in one pass over an article's words.

    Args:
        topics: the rules by id.
        opinion: asked after the rules; None: the rules alone.
    """

    def __init__(self, topics: Mapping[str, TopicRule], opinion: SecondOpinion | None = None):
        self._rules = tuple(topics.values())
        self._opinion = opinion
        self._signals: list[_Known] = []
        slots: dict[str, list[_Slot]] = defaultdict(list)
        for topic, rule in enumerate(self._rules):
            for place, signal in enumerate(rule.signals):
                number = len(self._signals)
                self._signals.append(_Known(topic, place, (1 << len(signal.meet)) - 1))
                for group, phrases in enumerate(signal.meet):
                    for phrase in dict.fromkeys(phrases):
                        slots[phrase].append(_Slot(number, group, signal.within))
                for phrase in dict.fromkeys(signal.unless):
                    slots[phrase].append(_Slot(number, _UNLESS, signal.within))
        self._slots = tuple(map(tuple, slots.values()))
        self._lexicon = Lexicon((phrase, number) for number, phrase in enumerate(slots))

    def find(
        self, article: Article, sentences: Sequence[Span], aside: Sequence[Span] = ()
    ) -> tuple[Topic, ...]:
        """The topics that anything speaks for, the surest first; which hold is for their thresholds to say.

        Args:
            article: cleaned.
            sentences: its sentences; where a line has none it counts as one.
            aside: passages that are no evidence.

        Returns:
            Topics with a score in (0, 1] and at most twelve spans of evidence, in reading order.
        """
        heard = self.hear(article, sentences, aside)
        found = {
            self._rules[topic].id: judged(self._rules[topic], voices, heard.length)
            for topic, voices in heard.voices.items()
        }
        if self._opinion:
            found = self._opinion.heeded(article, self._rules, found, aside)
        return tuple(sorted(found.values(), key=lambda topic: (-topic.score, topic.id)))

    def hear(self, article: Article, sentences: Sequence[Span], aside: Sequence[Span] = ()) -> Heard:
        """What speaks for which topic, before it is weighed; arguments as of ``find``."""
        hits = {name: self._lexicon.find(fold(article.of(name))) for name in _FIELDS}
        slots = self._open({hit.value for found in hits.values() for hit in found})
        if not slots:
            return Heard({}, 1)
        page = Page(article.text, sentences, article.title or "")
        pages: dict[FieldName, Title | Page] = {"title": Title(article.title or ""), "text": page}
        meetings: dict[int, dict[int, _Meeting]] = defaultdict(dict)
        for name in _FIELDS:
            meant = [hit for hit in hits[name] if hit.value in slots]
            for word, paragraph, phrase in _words(name, pages[name], meant, aside):
                units: dict[Within, int] = {"sentence": word.sentence, "paragraph": paragraph, "article": 0}
                for signal, group, within in slots[phrase]:
                    unit = units[within]
                    meetings[signal].setdefault(unit, _Meeting()).take(group, word)
        voices: dict[int, list[Voice]] = defaultdict(list)
        for number, places in meetings.items():
            topic, place, groups = self._signals[number]
            for voice in _voices(groups.bit_length(), place, places.values()):
                voices[topic].append(voice)
        return Heard(voices, page.length)

    def _open(self, phrases: AbstractSet[int]) -> dict[int, tuple[_Slot, ...]]:
        """What the phrases of an article can fill in signals whose groups all stand somewhere in it.

        Most words of most topics have no company: to ask this first leaves little to look at closely.
        """
        present: dict[int, int] = defaultdict(int)
        for phrase in phrases:
            for signal, group, _ in self._slots[phrase]:
                if group != _UNLESS:
                    present[signal] |= 1 << group
        whole = {signal for signal, groups in present.items() if groups == self._signals[signal].groups}
        if not whole:
            return {}
        left = {
            phrase: tuple(slot for slot in self._slots[phrase] if slot.signal in whole) for phrase in phrases
        }
        return {phrase: slots for phrase, slots in left.items() if slots}


def _words(
    name: FieldName, page: Title | Page, hits: Sequence[Hit[int]], aside: Sequence[Span]
) -> Iterator[tuple[_Word, int, int]]:
    """Every phrase found outside the passages set aside, with the number of its paragraph and its own."""
    if not hits:
        return
    left_out = Stretches((span.start, span.end) for span in aside if span.field == name)
    in_passing = Stretches(page.in_passing())
    for hit in hits:
        if left_out.touch(hit.start, hit.end):
            continue
        factor, floor = page.factor(hit.start)
        if in_passing.touch(hit.start, hit.end):
            factor *= _BACKGROUND
        word = _Word(hit.start, hit.end, name, page.sentence(hit.start), factor, floor)
        yield word, page.paragraph(hit.start), hit.value


def _voices(groups: int, signal: int, meetings: Iterable[_Meeting]) -> Iterator[Voice]:
    for meeting in meetings:
        if meeting.ruled_out or len(meeting.words) < groups:
            continue
        words = tuple(meeting.words[group] for group in range(groups))
        weakest = min(words, key=lambda word: word.factor)
        yield Voice(weakest.factor, signal, weakest.sentence, weakest.floor, words)


def judged(rule: TopicRule, voices: Sequence[Voice], length: int) -> Topic:
    """How surely an article is about a topic: one voice a sentence, each repetition of a signal quieter.

    Args:
        rule: the topic's.
        voices: what speaks for it; at least one.
        length: how many sentences the article has.
    """
    share = len({voice.sentence for voice in voices}) / max(1, length - _ELSEWHERE)
    dwells = min(1.0, _PASSED_BY + _DWELLS * share)
    said = [
        (rule.signals[voice.signal].weight * voice.factor * max(voice.floor, dwells), voice)
        for voice in voices
    ]
    said.sort(key=lambda each: -each[0])
    heard: set[int] = set()
    spoken: dict[int, int] = defaultdict(int)
    silence = 1.0
    evidence: dict[tuple[FieldName, int, int], Span] = {}
    for strength, voice in said:
        if voice.sentence in heard:
            continue
        heard.add(voice.sentence)
        silence *= 1 - strength * _REPEATED ** spoken[voice.signal]
        spoken[voice.signal] += 1
        for word in voice.words:
            if len(evidence) < _EVIDENCE:
                evidence.setdefault((word.field, word.start, word.end), word.span())
    ordered = sorted(evidence.values(), key=lambda span: (span.field != "title", span.start, span.end))
    score = 1 - silence
    return Topic(id=rule.id, score=score, about=score >= rule.threshold, evidence=tuple(ordered))
