"""Punctuation that was lost for good, restored from where it stood.

Some converters read UTF-8 as Latin-1 and then drop the control characters: of ``“ ” ‘ ’ –`` only ``â`` is left,
of ``…`` a stray sign. Others leave the replacement character. No decoding brings the rest back, but a quotation
mark, an apostrophe and a dash stand in different places. A real ``â`` stands in yet another, between consonants
(château, câmara, român), so the whole article is weighed first, and where there is doubt nothing is touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from transforms.language import language_of

ELLIPSIS = "⊠"
_MARK = re.compile("[â\ufffd]")
_SAMPLE = 4000
_DEEPEST = 4
_LONG = 3
_DENSEST = 25
"""No prose has more punctuation of these kinds than one in so many characters; what has is no prose."""

_ENGLISH = re.compile(r"\b(?:the|and|of|to|in|said|is|was|for|that|with)\b", re.IGNORECASE)
_LEFT_WORD = re.compile(r"[^\W\d_]+$")
_RIGHT_WORD = re.compile(r"[^\W_]+")
_SHORTENED = re.compile("\\d0s\\b|(?:em|tis|twas)\\b|n[â\ufffd]\\s")
_OPENS = frozenset("([{“‘—–-/\"'" + ELLIPSIS)
_CLOSES = frozenset(".,;:!?)]}…”’—–-/\"'")


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


_SPEAKERS = _words(
    "i you he she it we they who what there that this how where when here could would should might must will"
)
_ELIDED = _words("l d qu n s c j m t jusqu lorsqu puisqu aujourd quelqu presqu")
_LINKING = _words(
    """and or but nor so yet the that which who whose whom where when while because if as for from with without not
    in on at by to of his her their its our he she they we it is are was were has have had will would can could
    including especially even also then still from into over after before since until said says told"""
)
_CIRCUMFLEX_FIRST = _words("âge âges âgé âgés âgée âgées âme âmes âne ânes âpre âtre âcre âpreté ânerie")
_VOWELS = frozenset("aeiouyAEIOUYáéíóúàèìòùäëïöüāēīōū")


@dataclass
class _Evidence:
    """What speaks for punctuation (strong, weak, a pair of quotation marks, a dash) and for real letters (against)."""

    strong: int = 0
    weak: int = 0
    against: int = 0
    opening: int = 0
    closing: int = 0
    dashes: int = 0
    joined: int = 0

    def convinces(self, language: str | None, *, english: bool) -> bool:
        """English is convinced by less: it has no letter like this, nor (as Welsh has) a word."""
        strong = self.strong + (self.dashes + self.joined // 2 if language == "en" else 0)
        if self.against:
            return strong > max(2, self.against)
        if english:
            return strong > 0 or (self.opening > 0 and self.closing > 0)
        return strong > 1


@dataclass
class _Line:
    """One paragraph being restored: what is written so far, and the quotations that are open in it."""

    source: str
    english: bool
    evidence: _Evidence
    written: list[str] = field(default_factory=list)
    last: str = ""
    open: list[str] = field(default_factory=list)
    straight: int = 0

    def add(self, text: str) -> None:
        if text:
            self.written.append(text)
            self.last = text[-1]
            self.straight += text.count('"')


def restore(text: str) -> str:
    """The text with its lost punctuation, one paragraph a line; unchanged where the evidence is thin."""
    for mark in "â\ufffd":
        count = text.count(mark)
        if count and (len(text) < _SAMPLE or count * _DENSEST < len(text)):
            text = _restore(text, mark)
    return text


def _restore(text: str, mark: str) -> str:
    language = language_of(text[:_SAMPLE])
    english = language == "en" or (language is None and _ENGLISH.search(text) is not None)
    evidence = _Evidence(strong=int(mark == "â" and ELLIPSIS in text))
    lines = [_line(line, mark, english, evidence) if mark in line else line for line in text.split("\n")]
    if not evidence.convinces(language, english=english):
        return text
    restored = "\n".join(lines)
    if mark == "â" and ELLIPSIS in restored:
        restored = re.sub(rf"(?<=\s){ELLIPSIS}(?=[^\W_]|[“‘])", "… ", restored).replace(ELLIPSIS, "…")
    return restored


def _line(source: str, mark: str, english: bool, evidence: _Evidence) -> str:
    places = [found.start() for found in _MARK.finditer(source) if source[found.start()] == mark]
    closes_later = _closing_ahead(source, places, mark)
    line = _Line(source, english, evidence)
    done = 0
    for place, closes in zip(places, closes_later, strict=True):
        line.add(source[done:place])
        line.add(_one(line, place, mark, closes))
        done = place + 1
    line.add(source[done:])
    return "".join(line.written)


def _closing_ahead(source: str, places: list[int], mark: str) -> list[bool]:
    """For each place: does a mark that can close come after it, before one that opens?"""
    answers, ahead = [], False
    for place in reversed(places):
        answers.append(ahead)
        before, after = source[place - 1 : place], source[place + 1 : place + 2]
        if mark in (before, after):
            continue
        if _is_opening(before, after):
            ahead = False
        elif _is_end(after) and not before.isspace() and not _is_possessive(source, place, before):
            ahead = True
    return answers[::-1]


def _is_start(before: str) -> bool:
    return not before or before.isspace() or before in _OPENS


def _is_end(after: str) -> bool:
    return not after or after.isspace() or after in _CLOSES


def _is_possessive(source: str, place: int, before: str) -> bool:
    """Whether a plural's apostrophe may stand here: ``the workersâ union``."""
    return (
        before in ("s", "S")
        and source[place + 1 : place + 2].isspace()
        and source[place + 2 : place + 3].isalpha()
    )


def _is_opening(before: str, after: str) -> bool:
    return _is_start(before) and not _is_end(after)


def _one(line: _Line, place: int, mark: str, closes_later: bool) -> str:
    """What stood at this place."""
    source = line.source
    before = line.last
    after = source[place + 1 : place + 2]
    crowd = after == mark
    if crowd:
        after = source[place + 2 : place + 3]
    if before.isalnum() and after.isalnum():
        return _between_quotations(line) if crowd else _inside_word(line, place, mark)
    if (not before or before.isspace()) and (not after or after.isspace()) and not crowd:
        line.evidence.dashes += 1
        return "–"
    if _is_opening(before, after):
        return _opening(line, place, mark)
    return _closing(line, place, mark, closes_later)


def _between_quotations(line: _Line) -> str:
    """Two marks between letters: a quotation that ends at a dash, or begins behind one."""
    return line.open.pop() if line.open else "—"


def _opening(line: _Line, place: int, mark: str) -> str:
    source = line.source
    word = _RIGHT_WORD.match(source, place, place + 24) if mark == "â" else None
    if word is not None and word[0] in _CIRCUMFLEX_FIRST:
        line.evidence.against += 1
        return mark
    after = source[place + 1 : place + 2]
    if _SHORTENED.match(source, place + 1, place + 6) is not None:
        line.evidence.weak += 1
        return "’"
    line.evidence.strong += after.isupper() or after in "([“‘"
    line.evidence.opening += 1
    if len(line.open) >= _DEEPEST:
        line.open.clear()
    nested = bool(line.open) or line.straight % 2 == 1
    line.open.append("’" if nested and "’" not in line.open else "”")
    return "‘" if line.open[-1] == "’" else "“"


def _closing(line: _Line, place: int, mark: str, closes_later: bool) -> str:
    source, before = line.source, line.last
    after = source[place + 1 : place + 2]
    if before == "”" and after.isalnum():
        return "—"
    if before == "’" and after.isalpha():
        line.evidence.against += 1
        return mark
    if not before.isalnum():
        line.evidence.strong += before in ",.?!;:)…%" and bool(before)
        line.evidence.closing += 1
        return line.open.pop() if line.open else "”"
    possessive = _is_possessive(source, place, before)
    if line.open and not (possessive and closes_later):
        line.evidence.closing += 1
        return line.open.pop()
    if possessive:
        line.evidence.strong += line.english
        return "’"
    if mark == "\ufffd":
        return mark
    line.evidence.weak += 1
    return "’"


def _inside_word(line: _Line, place: int, mark: str) -> str:
    """Between two letters or digits: an apostrophe, a dash, or a real letter."""
    source, evidence = line.source, line.evidence
    before, after = source[place - 1], source[place + 1]
    if before.isdigit() and after.isdigit():
        evidence.strong += 1
        return "–"
    left_found = _LEFT_WORD.search(source[max(0, place - 24) : place])
    left = left_found[0] if left_found is not None else before
    right_found = _RIGHT_WORD.match(source, place + 1, place + 25)
    right = right_found[0] if right_found is not None else after
    low_left, low_right = left.lower(), right.lower()
    if low_left in _ELIDED and (after in _VOWELS or after in "hHéèêàâîô"):
        evidence.strong += 1
        return "’"
    if line.english and _contracted(low_left, low_right):
        evidence.strong += 1
        return "’"
    if mark == "\ufffd":
        return mark
    if low_right == "s" or left in {"O", "D", "L"}:
        evidence.weak += 1
        return "’"
    return _between_words(line, left, right, mark)


def _contracted(left: str, right: str) -> bool:
    if right == "s":
        return len(left) > 1 or left == "s"
    if right == "t":
        return left.endswith("n")
    if right in {"re", "ve"}:
        return True
    return right in {"ll", "d", "m"} and left in _SPEAKERS


def _between_words(line: _Line, left: str, right: str, mark: str) -> str:
    if line.english:
        if right[0].isupper() and len(left) > 1 and left[-1].islower():
            line.evidence.weak += 1
            return "–"
        if _are_two_words(left, right):
            line.evidence.joined += 1
            return "—"
        if left[-1] in _VOWELS or right[0] in _VOWELS:
            line.evidence.weak += 1
            return "’"
    line.evidence.against += 1
    return mark


def _are_two_words(left: str, right: str) -> bool:
    """Whether a dash divides two English words; together they would make no word with a circumflex in it."""
    if right.isupper() or (left.isupper() and right[0].isupper()):
        return True
    if right.lower() == "a":
        return left[-1] not in "ai"
    if len(left) > 1 and len(right) > 1 and (right.lower() in _LINKING or left.lower() in _LINKING):
        return True
    return len(left) >= _LONG and len(right) > _LONG and not right.startswith("nc")
