"""Sentences: which cue verb and which subject the sentence around a quote gives it.

What stands between two quotes is divided at sentence boundaries, so that each quote has the words before and
behind it in its own sentence; windows are bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from transforms.article import Speaker
from transforms.quotes.cues import Found, cues, noun_phrase
from transforms.quotes.marks import Paragraph, boundaries
from transforms.quotes.tokens import Token, is_name_word, tokens
from transforms.quotes.words import (
    AMBIGUOUS,
    DETERMINERS,
    IRREGULAR,
    OPENERS,
    PREPOSITIONS,
    SKIP,
    SPEECH,
    STOPPERS,
    UTTERANCES,
)

_COUNTS = frozenset({"about", "nearly", "hundreds", "thousands", "dozens", "scores", "more"})
_PASTS = IRREGULAR | frozenset(
    {
        "came",
        "drew",
        "fell",
        "gave",
        "held",
        "led",
        "left",
        "lost",
        "met",
        "rose",
        "sat",
        "stood",
        "told",
        "was",
        "won",
    }
)
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
        if _stops(text, (start, end), left, right):
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


def _stops(text: str, quote: tuple[int, int], left: tuple[int, int], right: tuple[int, int]) -> bool:
    """Whether the sentence ends with the quote."""
    final = text[quote[1] - 1 : quote[1]]
    if final not in {".", "!", "?", "…"} or right[0] >= right[1]:
        return False
    if text[right[0]].islower() or text[right[0]] in ",—–―-(|":
        return False
    introduced = text[left[0] : left[1]].rstrip(MARKS)[-1:] in {":", ","}
    if final == "." or introduced:
        return True
    row = tokens(text, *right)
    return _direct(cues(row, after_quote=True), row) is None and _unlisted(row) is None


def _direct(found: Sequence[Found], row: Sequence[Token]) -> Found | None:
    """The attribution that begins right behind a quote: said Blinken; Blinken, who …, said."""
    if not found or not row:
        return None
    first = found[0]
    if first.subject is None:
        return None
    named = first.subject[0] == row[0].start and is_name_word(row[0]) and row[0].text not in OPENERS
    if first.text in AMBIGUOUS and first.start != row[0].start and not named:
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
    led = any(cue.strong and cue.subject for cue in cues(left, after_quote=False))
    if direct is not None and not direct.strong and led and right[0].text != "," and text[one.end - 1] != ",":
        # said the “measures” she had been using: what follows the words belongs to them.
        return None
    if direct is None and not led and text[one.end - 1] in ",?!" and not _leads(left):
        direct = next((cue for cue in found if cue.subject and cue.strong), None)
        direct = _unlisted(right) if direct is None else _whole(right, direct)
    return direct


def _whole(row: Sequence[Token], cue: Found) -> Found:
    """The cue with all of its subject: “…,” a voice-over in the spot says; “…,” Ann Lee, 67, of Ames, Iowa, said."""
    row = row[1:] if row[0].text == "," else row
    between = [token for token in row if token.end <= cue.start]
    if not between or not (is_name_word(between[0]) or between[0].low in DETERMINERS):
        return cue
    if any(token.low in STOPPERS or token.low in SPEECH or token.text in {";", ":"} for token in between):
        return cue
    if any(token.low in SKIP for token in between[:-2]):
        return cue
    subject = noun_phrase(row, 0)
    return cue if subject is None else replace(cue, subject=subject)


def _ahead(one: Said, left: Sequence[Token], inherits: Said | None, *, joined: bool) -> bool:
    """Take the cue before a quote, with its own subject or the one it shares; False where there is none."""
    found = cues(left, after_quote=joined)
    owned = _owned(left)
    if owned is not None and not any(
        cue.subject or (cue.strong and cue.text.endswith("ing")) for cue in found
    ):
        one.cue, one.subject = owned
        return True
    if not found:
        named = _introduces(left)
        if named is not None:
            one.cue, one.subject = named
        return named is not None
    cue = _governing(left, found)
    one.cue = cue.start, cue.end
    earlier = [other for other in found if other.subject and other.start < cue.start]
    sure = [other for other in earlier if other.strong]
    one.subject = (
        cue.subject
        or (sure[-1].subject if sure else None)
        or _opening(left, cue)
        or (earlier[-1].subject if earlier else None)
        or (inherits.subject if inherits is not None else None)
        or head([token for token in left if token.end <= cue.start])
        or head(left)
    )
    return True


def _opening(row: Sequence[Token], cue: Found) -> tuple[int, int] | None:
    """The subject that begins the sentence of a participle: the marchers filled the street, chanting “…”."""
    if not cue.text.endswith("ing"):
        return None
    first = 0
    later = len(row) > 1 and row[1].low == "later"
    opens = row[0].text in OPENERS and row[0].low not in DETERMINERS | {"he", "she", "they"}
    if opens or later:
        first = next((index + 1 for index, token in enumerate(row[:12]) if token.text == ","), 0)
        if not first:
            return None
    if first >= len(row) or row[first].end > cue.start:
        return None
    if row[first].low in {"he", "she", "they"}:
        return row[first].start, row[first].end
    last = first
    name = is_name_word(row[first]) and row[first].low not in _COUNTS
    while last + 1 < len(row) and (is_name_word(row[last + 1]) if name else _in_phrase(row[last + 1])):
        last += 1
    subject = row[first].start, row[last].end
    if subject[1] > cue.start:
        return None
    behind = next((token for token in row if token.start >= subject[1]), None)
    named = is_name_word(row[first]) or row[first].low in DETERMINERS | _COUNTS or row[first].text.isdigit()
    return subject if named and behind is not None and behind.start < cue.start else None


def _in_phrase(token: Token) -> bool:
    """Whether a token can go on a noun phrase that begins with a determiner: no verb, no mark, no clause."""
    ends = token.low in STOPPERS or token.low in SKIP or token.low in PREPOSITIONS - {"of"}
    return token.word and not ends and not token.low.endswith("ed") and token.low not in _PASTS


def _elsewhere(one: Said, right: Sequence[Token], inherits: Said | None) -> None:
    """Take the cue of the quote before in the same sentence, else one further behind."""
    if inherits is not None and inherits.cue:
        one.cue, one.subject = inherits.cue, inherits.subject
        return
    held = next((cue for cue in cues(right, after_quote=True) if cue.subject and cue.strong), None)
    if held is not None:
        one.cue, one.subject = (held.start, held.end), held.subject


def _leads(row: Sequence[Token]) -> bool:
    """Whether the words before a quote lead into it: they end with a colon or a comma behind a verb."""
    return bool(row) and (
        row[-1].text == ":" or (row[-1].text == "," and len(row) > 1 and row[-2].low in SPEECH)
    )


def _governing(row: Sequence[Token], left: Sequence[Found]) -> Found:
    """The cue that holds for what follows: the nearest, but a verb of speech before one that merely describes."""
    near = left[-1]
    if near.strong:
        outer = left[-2] if left[1:] else None
        if outer is not None and _same_speaker(row, outer, near):
            return replace(near, subject=outer.subject)
        return near
    leads = (
        found for found in reversed(left) if found.strong and (found.subject or found.text.endswith("ing"))
    )
    return next(leads, near)


def _same_speaker(row: Sequence[Token], outer: Found, inner: Found) -> bool:
    """Whether the inner cue's pronoun is whom the outer one lets speak: Trump said (that) he responded."""
    if not outer.strong or outer.subject is None or inner.subject is None:
        return False
    pronoun = any(
        token.start == inner.subject[0] and token.low in {"he", "she", "they", "it"} for token in row
    )
    return pronoun and inner.subject[0] - outer.end <= len(" that ")


def _unlisted(row: Sequence[Token]) -> Found | None:
    """“…,” Trump barked; “…,” beamed Ann Lee: a verb on no list, beside the name that follows the quote."""
    row = row[1:] if row and row[0].text == "," else row
    if len(row) > 1 and _verblike(row[0]) and is_name_word(row[1]):
        last = 1
        while last + 1 < len(row) and (is_name_word(row[last + 1]) or row[last + 1].text == "."):
            last += 1
        last -= row[last].text == "."
        return Found(row[0].start, row[0].end, (row[1].start, row[last].end), strong=False, text=row[0].low)
    for index, token in enumerate(row[:7]):
        before = row[index - 1]
        if index and _verblike(token) and (is_name_word(before) or before.low in {"he", "she", "they"}):
            return Found(token.start, token.end, (row[0].start, before.end), strong=False, text=token.low)
        if not token.word or token.low in STOPPERS or token.low in PREPOSITIONS or token.low in SKIP:
            break
        if not index and not (
            is_name_word(token) or token.low in {"he", "she", "they"} or token.low in DETERMINERS
        ):
            break
    return None


def _verblike(token: Token) -> bool:
    shaped = token.low.endswith(("ed", "s")) or token.low in IRREGULAR
    return token.word and not token.capital and shaped and token.low not in SKIP


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


def _owned(row: Sequence[Token]) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """``her remark that “…”``, ``Barrett’s dictum was “…”``, ``in the words of an aide, “…”``: the owner said it."""
    for index in range(len(row) - 1, max(0, len(row) - 12), -1):
        if row[index].low not in UTTERANCES:
            continue
        if index + 2 < len(row) and row[index].low == "words" and row[index + 1].low == "of":
            owner = noun_phrase(row, index + 2)
            return None if owner is None else ((row[index].start, row[index + 1].end), owner)
        at = index - 1
        while at > max(0, index - 4) and row[at].word and not _owns(row[at]):
            at -= 1
        if not _owns(row[at]):
            continue
        first = at
        while (
            first
            and is_name_word(row[at])
            and is_name_word(row[first - 1])
            and row[first - 1].text not in OPENERS
        ):
            first -= 1
        return (row[index].start, row[index].end), (row[first].start, row[at].end)
    return None


def _owns(token: Token) -> bool:
    return token.low in {"his", "her", "their"} or (
        token.capital and token.low.endswith(("'s", "’s", "s'", "s’"))
    )


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
