"""Shared quotes: the same words in several articles, and the articles that changed them.

Words are compared after ``normalise_quote``. Grouping never compares all pairs: candidates share a run of words,
and the lists of those who share one are capped, so that the time is linear in the number of words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from transforms.article import SharedQuote

Likeness = Literal["same", "altered", "different"]

WORDS_COMPARED = 200
"""Words of a quote, from its beginning, that are compared for changes."""
QUOTES_COMPARED = 300
"""Quotes of an article, in its order, that are grouped."""
CANDIDATES = 32
"""Quotes that one run of words may bring up as candidates."""
COMPARISONS = 8
"""Candidates, those with most shared runs, that one quote is compared with word by word."""

_CONTAINED = 5
"""Words that a quote needs to be found inside a longer one, whoever speaks."""
_CONTAINED_SPEAKER = 3
"""The same, where both have the same speaker."""
_RUN = 3
_ALTERED = 0.6
_MATCHED_WORDS = 6
_MATCHED_CONTENT = 3
_CONTENT_LETTERS = 4

_APOSTROPHES = re.compile(r"[’‘ʼ`´′]")
_IRREGULAR = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "let's": "let us",
              "ain't": "is not", "gonna": "going to", "wanna": "want to"}  # fmt: skip
_ENDINGS = {"n't": " not", "'ve": " have", "'re": " are", "'ll": " will", "'m": " am", "'d": " would"}
_IS = frozenset(
    {"that", "it", "what", "there", "he", "she", "who", "how", "where", "here", "when", "why", "this"}
)
_BETWEEN_NAMES = re.compile(r"[\s/-]+")
_WORD = re.compile(r"\w+(?:'\w+)*")
_ELLIPSIS = re.compile(r"…|\.\s?\.\s?\.|\[\s*\.\.\.\s*\]")


@lru_cache(maxsize=8192)  # a story's quotes are compared again with every article that joins it
def normalise_quote(text: str) -> str:
    """The words of a quote for comparison: lower case, contractions in full, no marks, single blanks."""
    plain = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_in_full(word) for word in _WORD.findall(plain))


def _in_full(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if "'" not in word:
        return word
    for ending, words in _ENDINGS.items():
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)] + words
    stem = word.removesuffix("'s")
    return f"{stem} is" if stem in _IS else word.replace("'", "")


def same_quote(one: str, other: str) -> Likeness:
    """Whether two quotes are the same words, changed ones, or different.

    ``same``: equal after ``normalise_quote``, or one of at least five words stands within the other, also in pieces
    around an ellipsis. ``altered``: at least three fifths of the shorter one's words stand in the other in the same
    order, six of them or more. Compares the first ``WORDS_COMPARED`` words for the latter.
    """
    first, second = normalise_quote(one), normalise_quote(other)
    if not first or not second:
        return "same" if first == second else "different"
    if first == second or _within(first, second) or _within(second, first):
        return "same"
    if _in_pieces(one, second) or _in_pieces(other, first):
        return "same"
    return "altered" if _changed(first.split(), second.split()) else "different"


def _within(shorter: str, longer: str, least: int = _CONTAINED) -> bool:
    return len(shorter) < len(longer) and shorter.count(" ") + 1 >= least and f" {shorter} " in f" {longer} "


def _in_pieces(shorter: str, longer: str) -> bool:
    """Whether the parts around the ellipses of one stand in the other, in order, five words or more in all."""
    parts = [part for part in map(normalise_quote, _ELLIPSIS.split(shorter)) if part]
    if len(parts) < 2 or sum(part.count(" ") + 1 for part in parts) < _CONTAINED:  # noqa: PLR2004 - one piece is whole
        return False
    text, at = f" {longer} ", 0
    for part in parts:
        at = text.find(f" {part} ", at)
        if at < 0:
            return False
        at += len(part) + 1
    return True


def _changed(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether many of the shorter one's words stand in the other in the same order."""
    first, second = first[:WORDS_COMPARED], second[:WORDS_COMPARED]
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    matched = [word for block in blocks for word in first[block.a : block.a + block.size]]
    content = sum(len(word) >= _CONTENT_LETTERS for word in matched)
    enough = len(matched) >= _MATCHED_WORDS and content >= _MATCHED_CONTENT
    return enough and len(matched) >= _ALTERED * min(len(first), len(second))


@dataclass
class _Wording:
    """One wording, and who printed it."""

    words: str
    text: str
    order: int
    articles: dict[str, None] = field(default_factory=dict)
    altered: dict[str, None] = field(default_factory=dict)
    speakers: Counter[str] = field(default_factory=Counter)

    @property
    def length(self) -> int:
        return self.words.count(" ") + 1

    @property
    def speaker(self) -> str | None:
        """The speaker most articles name, in the fullest form of the name."""
        if not self.speakers:
            return None
        best = max(self.speakers.values())
        return max((name for name, count in self.speakers.items() if count == best), key=len)

    @property
    def last_name(self) -> str | None:
        """The speaker's last name as it is compared."""
        name = self.speaker
        return _BETWEEN_NAMES.split(name.casefold())[-1] if name is not None else None

    def rank(self) -> tuple[int, int, int, int]:
        """Most printed first, then longest, then earliest."""
        return -len(self.articles) - len(self.altered), -len(self.articles), -self.length, self.order

    def take(self, other: _Wording) -> None:
        self.articles.update(other.articles)
        self.speakers.update(other.speakers)


def group_quotes(quotes: Mapping[str, Sequence[tuple[str, str | None]]]) -> tuple[SharedQuote, ...]:
    """What several articles quote: most articles first, then those with the longer text.

    Time is linear in the words given: of each article the first ``QUOTES_COMPARED`` quotes are taken, and a run
    of words brings up at most ``CANDIDATES`` others, of which ``COMPARISONS`` are compared word by word.

    Args:
        quotes: article id to its quotes, each (text, speaker's name or id, or None); the first article wins ties.
    """
    wordings = _distinct(quotes)
    whole = _absorb(wordings)
    groups = _attach_altered(whole)
    shared = [group for group in groups if len(group.articles.keys() | group.altered.keys()) > 1]
    order = {article: place for place, article in enumerate(quotes)}
    return tuple(
        SharedQuote(
            text=group.text.strip().rstrip(",;:").strip(),
            speaker=group.speaker,
            in_=tuple(sorted(group.articles, key=order.__getitem__)),
            altered_in=tuple(sorted(group.altered.keys() - group.articles.keys(), key=order.__getitem__)),
        )
        for group in sorted(shared, key=_Wording.rank)
    )


def _distinct(quotes: Mapping[str, Sequence[tuple[str, str | None]]]) -> list[_Wording]:
    """Each wording once, with the articles that print it."""
    found: dict[str, _Wording] = {}
    for article, said in quotes.items():
        for text, speaker in said[:QUOTES_COMPARED]:
            words = normalise_quote(text)
            wording = found.get(words)
            if wording is None:
                if words.count(" ") + 1 < _CONTAINED_SPEAKER:
                    continue
                wording = found[words] = _Wording(words, text, len(found))
            wording.articles[article] = None
            if speaker:
                wording.speakers[speaker] += 1
    return list(found.values())


def _runs(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(len(words) - size + 1):
        yield tuple(words[start : start + size])


def _absorb(wordings: Sequence[_Wording]) -> list[_Wording]:
    """Shorter wordings go into the most printed longer one that contains them."""
    beginnings: dict[tuple[str, ...], list[_Wording]] = defaultdict(list)
    for wording in wordings:
        row = beginnings[tuple(wording.words.split(" ", _RUN)[:_RUN])]
        if len(row) < CANDIDATES:
            row.append(wording)
    inside: dict[int, list[_Wording]] = defaultdict(list)
    speakers = {wording.order: wording.last_name for wording in wordings}
    for longer in wordings:
        speaker = speakers[longer.order]
        seen: set[int] = set()
        for run in _runs(longer.words.split(), _RUN):
            for shorter in beginnings.get(run, ()):
                if shorter.order in seen:
                    continue
                seen.add(shorter.order)
                same = speaker is not None and speakers[shorter.order] == speaker
                least = _CONTAINED_SPEAKER if same else _CONTAINED
                if _within(shorter.words, longer.words, least):
                    inside[shorter.order].append(longer)
    # Longest first, so that what a wording has taken moves on with it.
    printed = {wording.order: len(wording.articles) for wording in wordings}
    for wording in sorted(wordings, key=lambda wording: wording.length):
        homes = inside.get(wording.order)
        if homes:
            home = min(homes, key=lambda longer: (-printed[longer.order], -longer.length, longer.order))
            home.take(wording)
    return [wording for wording in wordings if wording.order not in inside]


def _differ(one: _Wording, other: _Wording) -> bool:
    """Whether two people are named."""
    first, second = one.last_name, other.last_name
    return first is not None and second is not None and first != second


def _attach_altered(wordings: Sequence[_Wording]) -> list[_Wording]:
    """Wordings that change a more printed one become its altered forms."""
    ranked = sorted(wordings, key=_Wording.rank)
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    originals: list[_Wording] = []
    for wording in ranked:
        words = wording.words.split()[:WORDS_COMPARED]
        shared: Counter[int] = Counter()
        for run in set(_runs(words, _RUN)):
            shared.update(index.get(run, ()))
        home = None
        for place, count in shared.most_common(COMPARISONS):
            original = originals[place]
            if count > 1 and not _differ(original, wording) and _changed(original.words.split(), words):
                home = original
                break
        if home is not None:
            home.altered.update(wording.articles)
            continue
        for run in set(_runs(words, _RUN)):
            if len(index[run]) < CANDIDATES:
                index[run].append(len(originals))
        originals.append(wording)
    return originals
