"""Sentences: which cue verb and which subject the sentence around a quote gives it.

What stands between two quotes is divided at sentence boundaries, so that each quote has the words before and
behind it in its own sentence; windows are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from transforms.article import Speaker
from transforms.quotes.cues import Found, Token, cues, is_name_word, tokens
from transforms.quotes.marks import Paragraph, boundaries
from transforms.quotes.words import AMBIGUOUS, OPENERS, PREPOSITIONS, SKIP, SPEECH

WINDOW = 400
"""Characters that are looked at on either side of a quote."""
MARKS = "\"“”„‟«»‹›‘’‚'` \t\u00a0"


@dataclass
class Said:
    """A quoted span on its way to a Quote: how it was attributed, and how surely."""

    start: int
    end: int
    left: tuple[int, int]
    right: tuple[int, int]
    sentence: int
    cue: tuple[int, int] | None = None
    subject: tuple[int, int] | None = None
    speaker: Speaker | None = None
    alone: bool = False


def split(text: str, paragraph: Paragraph) -> list[Said]:
    """The quotes of a paragraph, each with what its own sentence says before and behind it."""
    edges = [paragraph.start, *(edge for span in paragraph.spans for edge in span), paragraph.end]
    said: list[Said] = []
    sentence = 0
    gap_left = _shrink(text, edges[0], edges[1])
    for index, (start, end) in enumerate(paragraph.spans):
        cut = list(boundaries(text, max(gap_left[0], gap_left[1] - WINDOW), gap_left[1]))
        if cut:
            sentence += 1
        left = (cut[-1] if cut else max(gap_left[0], gap_left[1] - WINDOW), gap_left[1])
        if left[1] > left[0] and text[left[0] : left[1]].rstrip(MARKS)[-1:] in {".", "!", "?"} and not said:
            left = (left[1], left[1])
        gap_right = _shrink(text, end, edges[2 * index + 3])
        first = next(boundaries(text, gap_right[0], min(gap_right[1], gap_right[0] + WINDOW)), None)
        right = (gap_right[0], min(first if first is not None else gap_right[1], gap_right[0] + WINDOW))
        said.append(Said(start, end, left, right, sentence))
        gap_left = gap_right
        if _stops(text, start, end, right):
            sentence += 1
            said[-1].right = (right[0], right[0])
        elif first is None and text[right[0] : right[1]].rstrip(MARKS)[-1:] in {".", "!", "?"}:
            sentence += 1
            gap_left = (gap_right[1], gap_right[1])
    return said


def _shrink(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without marks and blanks at its edges."""
    while start < end and text[start] in MARKS:
        start += 1
    while end > start and text[end - 1] in MARKS:
        end -= 1
    return start, end


def _stops(text: str, start: int, end: int, right: tuple[int, int]) -> bool:
    """Whether the sentence ends with the quote."""
    final = text[max(start, end - 1) : end]
    if final not in {".", "!", "?", "…"} or right[0] >= right[1]:
        return False
    if text[right[0]].islower() or text[right[0]] in ",—–-(":
        return False
    return final == "." or _direct(cues(tokens(text, *right), after_quote=True), tokens(text, *right)) is None


def _direct(found: Sequence[Found], row: Sequence[Token]) -> Found | None:
    """The attribution that begins right behind a quote: said Blinken; Blinken, who …, said."""
    if not found or not row:
        return None
    first = found[0]
    if first.subject is None or first.text in AMBIGUOUS:
        return None
    near = row[0].start if row[0].text != "," else row[min(1, len(row) - 1)].start
    return first if row[0].start == first.start or first.subject[0] == near else None


def attribute(text: str, said: list[Said]) -> None:
    """Give each quote the cue and the subject that its sentence holds."""
    for index, one in enumerate(said):
        before = said[index - 1] if index else None
        left = tokens(text, *one.left)
        right = tokens(text, *one.right)
        one.alone = not left and not right
        inherits = before if before is not None and before.sentence == one.sentence else None
        behind = _behind(text, one, left, right)
        if behind is not None:
            one.cue, one.subject = (behind.start, behind.end), behind.subject
        elif not _ahead(one, left, inherits, joined=before is not None and before.right[0] == one.left[0]):
            _elsewhere(one, right, inherits)
    for one, following in reversed(list(pairwise(said))):
        if one.cue is None and following.cue is not None and one.sentence == following.sentence:
            one.cue, one.subject = following.cue, following.subject


def _behind(text: str, one: Said, left: Sequence[Token], right: Sequence[Token]) -> Found | None:
    """The cue right behind a quote: “…,” said Blinken; after a comma also one further on."""
    found = cues(right, after_quote=True)
    direct = _direct(found, right)
    if direct is None and text[one.end - 1] in ",?!" and not _leads(left):
        direct = next((cue for cue in found if cue.subject and cue.strong), None) or _unlisted(right)
    return direct


def _ahead(one: Said, left: Sequence[Token], inherits: Said | None, *, joined: bool) -> bool:
    """Take the cue before a quote, with its own subject or the one it shares; False where there is none."""
    found = cues(left, after_quote=joined)
    if not found:
        named = _introduces(left)
        if named is not None:
            one.cue, one.subject = named
        return named is not None
    cue = _governing(found)
    one.cue = cue.start, cue.end
    earlier = [other.subject for other in found if other.subject and other.start < cue.start]
    one.subject = (
        cue.subject
        or (earlier[-1] if earlier else None)
        or (inherits.subject if inherits is not None else None)
        or head([token for token in left if token.end <= cue.start])
        or head(left)
    )
    return True


def _elsewhere(one: Said, right: Sequence[Token], inherits: Said | None) -> None:
    """Take the cue of the quote before in the same sentence, else one further behind."""
    if inherits is not None and inherits.cue:
        one.cue, one.subject = inherits.cue, inherits.subject
        return
    held = [cue for cue in cues(right, after_quote=True) if cue.subject]
    if held:
        cue = next((cue for cue in held if cue.strong), held[0])
        one.cue, one.subject = (cue.start, cue.end), cue.subject


def _leads(row: Sequence[Token]) -> bool:
    """Whether the words before a quote lead into it: they end with a colon or a comma behind a verb."""
    return bool(row) and (
        row[-1].text == ":" or (row[-1].text == "," and len(row) > 1 and row[-2].low in SPEECH)
    )


def _governing(left: Sequence[Found]) -> Found:
    """The cue that holds for what follows: the nearest, but a verb of speech before one that merely describes."""
    near = left[-1]
    if near.strong:
        return near
    return next((found for found in reversed(left) if found.strong and found.subject), near)


def _unlisted(row: Sequence[Token]) -> Found | None:
    """“…,” Trump barked: a verb that is on no list, right behind a name or a pronoun that follows the quote."""
    for index, token in enumerate(row[:6]):
        if index and token.low.endswith(("ed", "s")) and not token.capital and token.word:
            before = row[index - 1]
            if before.low in {"he", "she", "they"} or is_name_word(before):
                return Found(token.start, token.end, (row[0].start, before.end), strong=False, text=token.low)
        if not token.word and token.text != ".":
            break
    return None


def _introduces(row: Sequence[Token]) -> tuple[tuple[int, int] | None, tuple[int, int]] | None:
    """``Frank Newport: “…”`` and ``Potts echoed: “…”``: who stands before the colon."""
    if len(row) < 2 or row[-1].text not in {":", ","}:  # noqa: PLR2004 - a name and its colon
        return None
    last = len(row) - 2
    cue: tuple[int, int] | None = None
    if row[last].low.endswith("ed") and not row[last].capital and last:
        cue = row[last].start, row[last].end
        last -= 1
    elif row[-1].text == ",":
        return None
    if not is_name_word(row[last]) and row[last].low not in {"he", "she", "they"}:
        return None
    first = last
    while first and is_name_word(row[first - 1]) and row[first - 1].text not in OPENERS:
        first -= 1
    return cue, (row[first].start, row[last].end)


def _opens(row: Sequence[Token]) -> bool:
    """Whether a sentence begins with a word that is no name, as ``In`` or the place of a dateline."""
    place = row[0].text.isupper() and len(row) > 1 and row[1].text in {",", "("}
    return row[0].text in OPENERS or place


def head(row: Sequence[Token]) -> tuple[int, int] | None:
    """The likely subject of words without a cue: the last pronoun or name before a verb, else the first name."""
    first: tuple[int, int] | None = None
    index = 0
    best: tuple[int, int] | None = None
    while index < len(row):
        token = row[index]
        if token.low in {"he", "she", "they"}:
            best = token.start, token.end
        elif is_name_word(token) and (index or not _opens(row)):
            last = index
            while last + 1 < len(row) and is_name_word(row[last + 1]):
                last += 1
            name = token.start, row[last].end
            behind = row[last + 1].low if last + 1 < len(row) else ""
            governed = index > 0 and row[index - 1].low in PREPOSITIONS
            if not governed:
                first = first or name
                if behind.endswith(("ed", "s")) or behind in SKIP:
                    best = name
            index = last
        index += 1
    return best or first
