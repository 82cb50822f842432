"""Quotation marks: where quoted speech begins and ends in a text, paragraph by paragraph.

Knows straight and curly, single and double, guillemets, low-high and typewriter marks, and what to do
when one of a pair is missing. One pass over the text: the time is linear in its length.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

_MARK = re.compile(r"``|''|[\"“”„‟″«»‹›]")
_SINGLE = re.compile(r"(?<!['‘’`])['‘’‚](?!['‘’])")
_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,400}>")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_ELISION = re.compile(r"(?:\d0s|em|tis|twas|til|till|cause|bout|round|n|cuz|twill)\b", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"(?P<stop>[.!?…])[)\]\"”’»']{0,3}\s+(?=[\"“‘«'(\[]{0,2}[^\W_a-z])",
)
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Mx|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Col|Sgt|St|Rev|Prof|Jr|Sr|Capt|Cpl|Maj|Adm"
    r"|Hon|Pres|Amb|Supt|Det|Cmdr|No|vs|v|Inc|Corp|Co|Ltd|Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La"
    r"|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|Jan|Feb|Mar|Apr|Jun|Jul|Aug"
    r"|Sept|Sep|Oct|Nov|Dec|approx|etc|al))$",
)
_LEFT_EDGE = frozenset(" \t\n\r\u00a0\u2009\u202f([{—–-/‘'’“|>*_\u200b\ufeff")
_RIGHT_EDGE = frozenset(" \t\n\r\u00a0\u2009\u202f)]}.,;:!?…—–-/’'‘”|<*_\u200b\ufeff")
_CLOSERS = {"“": "”", "„": "“”‟", "«": "»", "»": "«»", "‹": "›", "‟": "”", "``": "''"}
_INTRODUCES = frozenset(':,.!?…”"')
FIRST_PERSON = re.compile(
    r"\b(?:I|we|us|our|ours|my|me|you|your|let['’]s|(?:I|we|you)['’](?:m|ve|re|ll|d))\b",
    re.IGNORECASE,
)
_ATTRIBUTED = re.compile(
    r",\s+(?=(?:(?:[A-Z][\w.'’-]*\s+){1,4}|(?:he|she|they|it)\s+|the\s+\w+\s+)"
    r"(?:also\s+|has\s+|had\s+)?(?:said|says|added|told|wrote|asked|replied|noted)\b)",
)

_CAPTION = 70
"""Characters that the line below a quote has at most."""

Kind = Literal["open", "close"]


@dataclass
class Paragraph:
    """One paragraph and the quoted spans inside it, without marks, in order, never overlapping.

    Attributes:
        start: offset of its first character that is no white space.
        end: offset after its last.
        spans: the quoted spans.
        opened: spans[-1] has no closing mark and goes on in the next paragraph.
        continued: spans[0] goes on from the paragraph before.
    """

    start: int
    end: int
    spans: list[tuple[int, int]] = field(default_factory=list)
    opened: bool = False
    continued: bool = False


@dataclass
class _Open:
    """An opening mark that waits for its other half, and the pairs found since."""

    start: int
    inside: int
    mark: str
    inner: list[tuple[int, int]] = field(default_factory=list)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The ``[start, end)`` of each paragraph: a line, or a block of lines that were wrapped at a fixed width."""
    at = 0
    blocks = [*((gap.start(), gap.end()) for gap in _BLANK_LINES.finditer(text)), (len(text), len(text))]
    for end, following in blocks:
        yield from _lines(text, at, end)
        at = following


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    at = start
    for line in text[start:end].split("\n"):
        stripped = line.strip()
        if stripped:
            first = at + line.index(stripped[0])
            lines.append((first, first + len(stripped)))
        at += len(line) + 1
    if len(lines) > 1 and _wrapped(text, lines):
        yield lines[0][0], lines[-1][1]
    else:
        yield from lines


def _wrapped(text: str, lines: list[tuple[int, int]]) -> bool:
    """Lines of about one width, at least one of them broken within a sentence."""
    widths = [end - start for start, end in lines]
    even = max(widths) <= 110 and min(widths[:-1]) >= 45  # noqa: PLR2004 - mail and teletype widths
    return even and any(text[start].islower() for start, _ in lines[1:])


def boundaries(text: str, start: int, end: int) -> Iterator[int]:
    """Offsets in ``text[start:end]`` where a new sentence begins."""
    for match in _BOUNDARY.finditer(text, start, end):
        stop = match.start("stop")
        if text[stop] == "." and _ABBREVIATION.search(text, max(start, stop - 8), stop):
            continue
        yield match.end()


def find_marked(text: str) -> list[Paragraph]:
    """Every paragraph of the text with its quoted spans; nested quotes stay inside the outer one."""
    hidden = [match.span() for match in _TAG.finditer(text)]
    found: list[Paragraph] = []
    waiting: _Open | None = None
    for start, end in paragraphs(text):
        paragraph, lone, orphan = _scan(text, start, end, hidden)
        if orphan is not None and waiting is not None and _is_caption(text, start, orphan):
            orphan = None
        if waiting is not None:
            _settle(text, found[-1], waiting, paragraph, orphan=orphan)
        if orphan is not None and not paragraph.continued:
            begin = _orphan_start(text, paragraph, orphan)
            if begin is not None:
                _add(text, paragraph, begin, orphan)
        waiting = lone
        found.append(paragraph)
    if waiting is not None:
        _settle(text, found[-1], waiting, None, orphan=None)
    for paragraph in found:
        paragraph.spans = _outermost(paragraph.spans)
    return found


def _outermost(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, without those that lie in another."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _settle(
    text: str, paragraph: Paragraph, lone: _Open, following: Paragraph | None, *, orphan: int | None
) -> None:
    """Decide what an opening mark without a closing one means, once the next paragraph is known."""
    introduced = (
        lone.start == paragraph.start
        or text[max(0, lone.start - 8) : lone.start].rstrip()[-1:] in _INTRODUCES
    )
    if introduced and following is not None and _reopens(text, following):
        _add(text, paragraph, lone.inside, paragraph.end)
        paragraph.opened = True
        following.continued = True
        return
    if introduced and following is not None and orphan is not None:
        _add(text, paragraph, lone.inside, paragraph.end)
        paragraph.opened = True
        following.continued = True
        _add(text, following, following.start, orphan)
        return
    for inner in lone.inner:
        _add(text, paragraph, *inner)
    if introduced and not lone.inner:
        cut = _ATTRIBUTED.search(text, lone.inside, paragraph.end)
        _add(text, paragraph, lone.inside, cut.start() + 1 if cut else paragraph.end)


def _is_caption(text: str, start: int, end: int) -> bool:
    """Whether these words name who is quoted above them: ``Amy Pope, deputy adviser.”`` below a quote left open."""
    if end - start > _CAPTION or FIRST_PERSON.search(text, start, end):
        return False
    words = text[start:end].split()
    names = sum(word[:1].isupper() for word in words)
    return names > 1 and names * 2 >= len(words)


def _reopens(text: str, paragraph: Paragraph) -> bool:
    return text[paragraph.start] in '"“„«' or text.startswith("``", paragraph.start)


def _add(text: str, paragraph: Paragraph, start: int, end: int) -> None:
    """Take a span, without the white space at its edges; spans of no letter or digit are none."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(character.isalnum() for character in text[start:end]):
        paragraph.spans.append((start, end))


def _orphan_start(text: str, paragraph: Paragraph, closing: int) -> int | None:
    """Where a quote begins whose opening mark is missing: its sentence, and those before it that speak as I or we."""
    floor = max((end for _, end in paragraph.spans if end < closing), default=paragraph.start)
    while floor > paragraph.start and floor < closing and not text[floor].isspace():
        floor += 1
    starts = [at for at in boundaries(text, floor, closing) if at < closing]
    if floor == paragraph.start:
        starts.insert(0, floor)
    if not starts:
        return None
    begin = starts[-1]
    for earlier, later in zip(reversed(starts[:-1]), reversed(starts[1:]), strict=True):
        if not FIRST_PERSON.search(text, earlier, later):
            break
        begin = earlier
    return begin


def _scan(
    text: str, start: int, end: int, hidden: list[tuple[int, int]],
) -> tuple[Paragraph, _Open | None, int | None]:  # fmt: skip
    """Pair the marks of one paragraph: it, a lone opening mark or None, the place of a lone closing one or None."""
    paragraph = Paragraph(start, end)
    marks = [mark for mark in _MARK.finditer(text, start, end) if not _inside(hidden, mark.start())]
    stack: list[_Open] = []
    orphan: int | None = None
    for single in _singles(text, start, end, [mark.start() for mark in marks]):
        _add(text, paragraph, *single)
    covered = list(paragraph.spans)
    for mark in marks:
        at, sign = mark.start(), mark.group()
        if _inside(covered, at):
            continue
        kind = _kind(text, at, sign, start, end, stack)
        if kind == "open":
            stack.append(_Open(at, mark.end(), sign))
        elif stack:
            opening = stack.pop()
            pair = (opening.inside, at)
            if stack:
                stack[-1].inner.append(pair)
            else:
                _add(text, paragraph, *pair)
        elif orphan is None and _closes_speech(text, at, sign):
            orphan = at
    # Every mark still open but the first was opened inside it: what it held belongs to the first.
    for later in stack[1:]:
        stack[0].inner.extend(later.inner)
    # A pair of single marks inside a pair of double ones is nested.
    outer = paragraph.spans[len(covered) :]
    paragraph.spans = [span for span in covered if not _inside(outer, span[0])] + outer
    return paragraph, stack[0] if stack else None, orphan


def _inside(spans: list[tuple[int, int]], at: int) -> bool:
    """Whether an offset lies in one of these spans, which are sorted and do not overlap."""
    index = bisect_right(spans, (at, float("inf"))) - 1
    return index >= 0 and spans[index][0] <= at < spans[index][1]


def _kind(text: str, at: int, sign: str, start: int, end: int, stack: list[_Open]) -> Kind:
    """Whether this mark opens or closes, by its shape, what stands beside it, and what is open."""
    before = text[at - 1] if at > start else " "
    after = text[at + len(sign)] if at + len(sign) < end else " "
    opened = stack[-1].mark if stack else ""
    if sign in _CLOSERS.get(opened, ""):
        return "close"
    edge_left, edge_right = before in _LEFT_EDGE, after in _RIGHT_EDGE
    if sign in {"“", "„", "«", "‹", "``"}:
        # An opening shape in a closing place: “so,“ he said.
        misused = bool(stack) and sign == "“" and opened in {"“", '"'} and not edge_left and edge_right
        return "close" if misused else "open"
    if sign in {"”", "»", "›", "''", "‟"}:
        return "open" if not stack and edge_left and (at == start or not edge_right) else "close"
    if (edge_left or before == ":") and not edge_right:
        return "open"
    if edge_right and not edge_left:
        return "close"
    return "close" if stack else "open"


def _closes_speech(text: str, at: int, sign: str) -> bool:
    """Whether a closing mark without an opening one ends speech, and is no inch or ditto mark."""
    before = text[at - 1 : at]
    if sign in {'"', "″", "''"}:
        return before in {",", ".", "!", "?", "…"}
    return bool(before) and not before.isspace()


def _singles(text: str, start: int, end: int, doubles: list[int]) -> Iterator[tuple[int, int]]:
    """Pairs of single marks that are quotation and no apostrophes, outside and around double ones."""
    opening: int | None = None
    weak: int | None = None
    for match in _SINGLE.finditer(text, start, end):
        at, sign = match.start(), match.group()
        before = text[at - 1] if at > start else " "
        after = text[at + 1] if at + 1 < end else " "
        if before.isalnum() and after.isalnum():
            continue
        if before in _LEFT_EDGE or before in '"“:' or (sign == "‘" and not before.isalnum()):
            starts = not after.isspace() and (after.isalnum() or after in '"“.…([$£€#@')
            if starts and not _ELISION.match(text, at + 1, min(end, at + 12)):
                if opening is not None and weak is not None and _even(doubles, opening, weak):
                    yield opening + 1, weak
                opening, weak = at, None
            continue
        if opening is None or sign in "‘‚":
            continue
        strong = before not in "sS" or after in ".,;:!?)—–" or at + 1 >= end
        if strong and _even(doubles, opening, at):
            yield opening + 1, at
            opening, weak = None, None
        elif weak is None:
            weak = at
    if opening is not None and weak is not None and _even(doubles, opening, weak):
        yield opening + 1, weak


def _even(doubles: list[int], start: int, end: int) -> bool:
    return (bisect_right(doubles, end) - bisect_right(doubles, start)) % 2 == 0
