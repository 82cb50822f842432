"""Places in an article: sentence and paragraph, and how much what stands there says.

A title and a lead say what an article is about, the tail says least, and a clause in passing half.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from transforms.article import Span

_TITLE, _LEAD, _BODY, _TAIL = 1.0, 0.85, 0.45, 0.35  # what a meeting there says, of its full weight
_TITLE_SENTENCE = -1
_FIRST_PARAGRAPH = 1
_LEAD_PARAGRAPHS = 2
_LEAD_AT_LEAST, _LEAD_AT_MOST = 250, 900  # characters: one-line paragraphs, and texts without any
_PARAGRAPH = 60  # characters from which a line counts as a paragraph of the lead: bylines and headings do not
_TAIL_FROM = 2 / 3  # of the text
_LEAD_KEEPS = 0.6  # of the weight, however little follows: a lead says what an article is about

# What stands behind these words is known already, and not the news: "amid the talks about …", "the inquiry into …" (but
# not "an inquiry into …", which may be new), "who is investigating …". It lasts until the next mark.
_IN_PASSING = re.compile(
    r"\b(?:amid(?:st)?|in the (?:midst|wake|shadow) of|against (?:the|a) backdrop of|overshadowed by"
    r"|(?:the|this|that|its|his|her|their|your|our|ongoing|['’]s?)(?: (?!an? )[\w'’-]+){0,2}"
    r" (?:investigations?|probes?|inquir(?:y|ies)) (?:in)?(?:to|of|on)"
    r"|(?:who|which|that) (?:is|are|was|were|has been|have been|had been)(?: [\w-]+){0,2}"
    r" (?:investigating|probing|examining|looking into|overseeing|leading|conducting|running)"
    r"|related to|in connection with"
    r"|(?:after|since|during|following|when|until|before) [^,;:!?.\n]{1,80}? (?:in|of) (?:\w{3,9} )?(?:19|20)\d\d)\b"
    r"[^,;:!?\n]{0,200}",
    re.IGNORECASE,
)


class Title:
    """A title is a sentence numbered before all others, and one paragraph with the text's first."""

    def __init__(self, text: str):
        self._text = text

    def in_passing(self) -> Iterator[tuple[int, int]]:
        return (place.span() for place in _IN_PASSING.finditer(self._text))

    def factor(self, _start: int) -> tuple[float, float]:
        return _TITLE, 1.0

    def sentence(self, _start: int) -> int:
        return _TITLE_SENTENCE

    def paragraph(self, _start: int) -> int:
        return _FIRST_PARAGRAPH


class Page:
    """Where in the text a place lies: its sentence, its paragraph, and how much that place says."""

    def __init__(self, text: str, sentences: Sequence[Span], title: str = ""):
        self._text = text
        self._title_again = len(title) if title and text.startswith(title) else 0
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
        """How many sentences it has, a line without any counting as one; at least one."""
        return max(1, sum(not self._text[start : start + 1].isspace() for start in self._sentences))

    def sentence(self, start: int) -> int:
        """Its number from one on; a title that the text begins with is the title again, and speaks once."""
        return bisect_right(self._sentences, start) if start >= self._title_again else _TITLE_SENTENCE

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


class Stretches:
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
