"""Asides: what stands between a subject and its verb, as ``, who runs the port,`` or ``(R-Texas)``.

Stepping back over one is bounded to a few dozen tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

from transforms.quotes.tokens import SUBJECT_PRONOUNS, Token, is_name_word
from transforms.quotes.words import DETERMINERS, MODIFIERS, STOPPERS


def before_aside(row: Sequence[Token], at: int) -> int:
    """Step back over ``, who …,`` ``(R-Texas)`` and the like: the index of the last word before it, or -1."""
    if row[at].text in {")", "]"}:
        return next((first for first in range(at, -1, -1) if row[first].text in {"(", "["}), -1) - 1
    mark = row[at].text
    floor = max(-1, at - 45)
    closing = at
    at -= 1
    place = -1
    while at > floor:
        if row[at].text == mark or (mark in {",", "—"} and row[at].text == ","):
            opens = row[at + 1]
            if at + 1 < closing and at - 1 >= 0 and row[at - 1].word and not _gap(row, at):
                aside = (
                    opens.low in MODIFIERS
                    or opens.low.endswith(("ing", "ed"))
                    or opens.capital
                    or mark != ","
                )
                if aside or not _name_before(row, at - 1):
                    if mark == "," and place < 0 and _located(row, at - 1):
                        place = at - 1
                    elif _name_before(row, at - 1) or _role_before(row, at - 1):
                        return at - 1
                else:
                    return at - 1
        elif _breaks(row, at):
            break
        at -= 1
    if place >= 0:
        return place
    # Their lawyer, Joe Kasper, told: no name before the aside, so the aside is the name.
    return closing - 1 if closing and is_name_word(row[closing - 1]) else -1


def _located(row: Sequence[Token], at: int) -> bool:
    """Whether this name is a place that a preposition governs: ``in Columbus``, Ohio."""
    while at and is_name_word(row[at]):
        at -= 1
    return row[at].low in {"in", "at", "near", "outside", "from"}


def _gap(row: Sequence[Token], at: int) -> bool:
    return row[at - 1].low in STOPPERS


def _name_before(row: Sequence[Token], at: int) -> bool:
    return is_name_word(row[at]) or row[at].low in SUBJECT_PRONOUNS


def _role_before(row: Sequence[Token], at: int) -> bool:
    return any(token.low in DETERMINERS for token in row[max(0, at - 4) : at])


def _breaks(row: Sequence[Token], at: int) -> bool:
    """Whether a sentence ends here; the stop of an abbreviation before a comma ends none: Cambridge, Mass., said."""
    return row[at].text in {".", ";", ":", "?", "!"} and not (row[at].text == "." and row[at + 1].text == ",")
