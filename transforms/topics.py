"""Topics: subjects as data, and how surely an article is about one.

A topic is a list of signals: groups of words that must meet, and how near. Where they meet in the title or
the lead it says more than further down, what an article repeats adds less each time, and a long article that
comes to speak of it only once is hardly about it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from transforms.article import Article, FieldName, Span, Topic
from transforms.lexicon import Hit, Lexicon, fold

Within = Literal["sentence", "paragraph", "article"]
Group = tuple[str, ...]


class Signal(BaseModel):
    """Groups of words that must meet: one word or phrase of every group, within a sentence, paragraph or article.

    Attributes:
        meet: the groups; each a list of phrases. A trailing ``*`` stands for any ending (``interfer*``).
        within: how near they must meet.
        weight: how much one meeting says, in (0, 1].
        unless: phrases that rule the meeting out where they stand in the same span.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meet: tuple[Group, ...] = Field(min_length=1)
    within: Within = "sentence"
    weight: float = Field(default=0.5, gt=0, le=1)
    unless: Group = ()


class TopicRule(BaseModel):
    """One topic (``configs/topics/*.yaml``).

    Attributes:
        id: lower-case words with dashes.
        name: for people.
        definition: when an article is about it, in a sentence.
        iptc: the IPTC Media Topic code that fits best, as ``medtop:20000575``, or None.
        signals: what speaks for it; scores of meetings are joined as independent chances.
        threshold: the score from which a watch's clause holds, unless the clause says its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    name: str
    definition: str
    iptc: str | None = Field(default=None, pattern=r"^medtop:\d{8}$")
    signals: tuple[Signal, ...] = Field(min_length=1)
    threshold: float = Field(default=0.5, gt=0, le=1)


def needed(rule: TopicRule) -> tuple[tuple[Group, ...], ...]:
    """What an article must contain for the topic to score at all: a necessary condition, for the screen.

    Returns:
        Alternatives, one a signal; each is a list of groups, and every group must have at least one of its
        phrases somewhere in the title or the text.
    """
    return tuple(dict.fromkeys(signal.meet for signal in rule.signals))


_TITLE, _LEAD, _BODY, _TAIL = 1.0, 0.85, 0.45, 0.35  # what a meeting there says, of its full weight
_LEAD_PARAGRAPHS = 2
_LEAD_AT_LEAST, _LEAD_AT_MOST = 250, 900  # characters: one-line paragraphs, and texts without any
_PARAGRAPH = 60  # characters from which a line counts as a paragraph of the lead: bylines and headings do not
_TAIL_FROM = 2 / 3  # of the text
_BACKGROUND = 0.5  # of the weight, for what is named only in passing, "amid the inquiry into …"
_REPEATED = 0.8  # of the one before: each further meeting of the same signal
_PASSED_BY = 0.25  # of the weight, where next to none of the sentences speak for the topic …
_DWELLS = 6.0  # … and what the share of those that do adds: one in eight is an article about it
_LEAD_KEEPS = 0.6  # of the weight, however little follows: a lead says what an article is about
_EVIDENCE = 12  # spans shown for one topic
_FIELDS: tuple[FieldName, ...] = ("title", "text")

# What stands behind these words is known already, and not the news: "amid the talks about …", "the inquiry into …" (but
# not "an inquiry into …", which may be new), "who is investigating …". It lasts until the next mark.
_IN_PASSING = re.compile(
    r"\b(?:amid(?:st)?|in the (?:midst|wake|shadow) of|against (?:the|a) backdrop of|overshadowed by"
    r"|(?:the|this|that|its|his|her|their|your|our|ongoing|['’]s?)(?: (?!an? )[\w'’-]+){0,2}"
    r" (?:investigations?|probes?|inquir(?:y|ies)) (?:in)?(?:to|of|on)"
    r"|(?:who|which|that) (?:is|are|was|were|has been|have been|had been)(?: [\w-]+){0,2}"
    r" (?:investigating|probing|examining|looking into|overseeing|leading|conducting|running)"
    r"|(?:related|linked|tied) to|in connection with)\b"
    r"[^,;:!?\n]{0,200}",
    re.IGNORECASE,
)

_UNLESS = -1  # stands in the place of a group's number


class _Slot(NamedTuple):
    """What a phrase can fill: a group of a signal, which is known by its number."""

    signal: int
    group: int
    within: Within


class _Known(NamedTuple):
    """A signal, its topic's number, and which groups it has, as bits."""

    topic: int
    signal: Signal
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
class _Voice:
    """A meeting that came about: what it says, from which signal, its words, and the least it keeps of its say."""

    strength: float
    signal: int
    sentence: int
    floor: float
    words: tuple[_Word, ...]


class TopicFinder:
    """Finds all topics in one pass over an article's words.

    Args:
        topics: the rules by id.
    """

    def __init__(self, topics: Mapping[str, TopicRule]):
        self._rules = tuple(topics.values())
        self._signals: list[_Known] = []
        slots: dict[str, list[_Slot]] = defaultdict(list)
        for topic, rule in enumerate(self._rules):
            for signal in rule.signals:
                number = len(self._signals)
                self._signals.append(_Known(topic, signal, (1 << len(signal.meet)) - 1))
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
        hits = {name: self._lexicon.find(fold(article.of(name))) for name in _FIELDS}
        slots = self._open({hit.value for found in hits.values() for hit in found})
        if not slots:
            return ()
        page = _Page(article.text, sentences)
        pages: dict[FieldName, _Title | _Page] = {"title": _Title(article.title or ""), "text": page}
        meetings: dict[int, dict[int, _Meeting]] = defaultdict(dict)
        for name in _FIELDS:
            meant = [hit for hit in hits[name] if hit.value in slots]
            for word, paragraph, phrase in _words(name, pages[name], meant, aside):
                units: dict[Within, int] = {"sentence": word.sentence, "paragraph": paragraph, "article": 0}
                for signal, group, within in slots[phrase]:
                    unit = units[within]
                    meetings[signal].setdefault(unit, _Meeting()).take(group, word)
        voices: dict[int, list[_Voice]] = defaultdict(list)
        for number, places in meetings.items():
            topic, signal, _ = self._signals[number]
            voices[topic].extend(_voices(signal, number, places.values()))
        found = [_topic(self._rules[topic], spoken, page.length) for topic, spoken in voices.items() if spoken]
        return tuple(sorted(found, key=lambda topic: (-topic.score, topic.id)))

    def _open(self, phrases: Set[int]) -> dict[int, tuple[_Slot, ...]]:
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
    name: FieldName, page: _Title | _Page, hits: Sequence[Hit[int]], aside: Sequence[Span]
) -> Iterator[tuple[_Word, int, int]]:
    """Every phrase found outside the passages set aside, with the number of its paragraph and its own."""
    if not hits:
        return
    left_out = _Stretches((span.start, span.end) for span in aside if span.field == name)
    in_passing = _Stretches(page.in_passing())
    for hit in hits:
        if left_out.touch(hit.start, hit.end):
            continue
        factor, floor = page.factor(hit.start)
        if in_passing.touch(hit.start, hit.end):
            factor *= _BACKGROUND
        word = _Word(hit.start, hit.end, name, page.sentence(hit.start), factor, floor)
        yield word, page.paragraph(hit.start), hit.value


def _voices(signal: Signal, number: int, meetings: Iterable[_Meeting]) -> Iterator[_Voice]:
    for meeting in meetings:
        if meeting.ruled_out or len(meeting.words) < len(signal.meet):
            continue
        words = tuple(meeting.words[group] for group in range(len(signal.meet)))
        weakest = min(words, key=lambda word: word.factor)
        yield _Voice(signal.weight * weakest.factor, number, weakest.sentence, weakest.floor, words)


def _topic(rule: TopicRule, voices: list[_Voice], length: int) -> Topic:
    """Join what speaks for a topic: one voice a sentence, each repetition of a signal quieter.

    Args:
        rule: the topic's.
        voices: at least one.
        length: how many sentences the article has.
    """
    share = len({voice.sentence for voice in voices}) / length
    dwells = min(1.0, _PASSED_BY + _DWELLS * share)
    said = [(voice.strength * max(voice.floor, dwells), voice) for voice in voices]
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


class _Title:
    """A title is one sentence and one paragraph, numbered before all others."""

    def __init__(self, text: str):
        self._text = text

    def in_passing(self) -> Iterator[tuple[int, int]]:
        return (place.span() for place in _IN_PASSING.finditer(self._text))

    def factor(self, _start: int) -> tuple[float, float]:
        return _TITLE, 1.0

    def sentence(self, _start: int) -> int:
        return -1

    def paragraph(self, _start: int) -> int:
        return -1


class _Page:
    """Where in the text a place lies: its sentence, its paragraph, and how much that place says."""

    def __init__(self, text: str, sentences: Sequence[Span]):
        self._text = text
        self._paragraphs = list(_paragraphs(text))
        # A sentence ends with its line: a heading without a full stop is not the next line's beginning.
        starts = {sentence.start for sentence in sentences if sentence.field == "text"}
        self._sentences = sorted(starts.union(self._paragraphs))
        self._lead = self._end_of_lead()

    def in_passing(self) -> Iterator[tuple[int, int]]:
        for place in _IN_PASSING.finditer(self._text):
            after = bisect_right(self._sentences, place.start())
            limit = self._sentences[after] if after < len(self._sentences) else len(self._text)
            yield place.start(), min(place.end(), limit)

    def factor(self, start: int) -> tuple[float, float]:
        """Of its weight, what a meeting here says, and what it keeps of that however little more is said."""
        if start < self._lead:
            return _LEAD, _LEAD_KEEPS
        return (_BODY if start < len(self._text) * _TAIL_FROM else _TAIL), 0.0

    @property
    def length(self) -> int:
        """How many sentences it has, counting lines without any; at least one."""
        return len(self._sentences)

    def sentence(self, start: int) -> int:
        return bisect_right(self._sentences, start)

    def paragraph(self, start: int) -> int:
        return bisect_right(self._paragraphs, start)

    def _end_of_lead(self) -> int:
        ends = [*self._paragraphs[1:], len(self._text)]
        long_ones = [
            end for start, end in zip(self._paragraphs, ends, strict=True) if end - start >= _PARAGRAPH
        ]
        end = long_ones[:_LEAD_PARAGRAPHS][-1] if long_ones else 0
        return min(max(end, _LEAD_AT_LEAST), _LEAD_AT_MOST)


def _paragraphs(text: str) -> Iterator[int]:
    """Where paragraphs begin: at every line, but for one that goes on in lower case (a wrapped line)."""
    yield 0
    place = text.find("\n")
    while place >= 0:
        if not text[place + 1 : place + 2].islower() or text[place - 1 : place] in ("", "\n"):
            yield place + 1
        place = text.find("\n", place + 1)


class _Stretches:
    """Stretches of a text, joined where they overlap, and whether a place touches one."""

    def __init__(self, stretches: Iterable[tuple[int, int]]):
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(stretches):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: int, end: int) -> bool:
        """Whether ``[start, end)`` and a stretch have a character in common."""
        last = bisect_right(self._starts, end - 1) - 1
        return last >= 0 and self._ends[last] > start
