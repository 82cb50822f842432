"""Cue verbs: the words that attribute speech, and who stands as their subject.

No parser runs here: the subject is found by what closed-class words, commas and capitals show. Windows are a few
hundred characters, so the cost of one quote is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transforms.quotes.words import (
    AMBIGUOUS,
    DESCRIPTION,
    DETERMINERS,
    INVERTIBLE,
    MODIFIERS,
    OPENERS,
    PREPOSITIONS,
    PRONOUNS,
    SKIP,
    SPEECH,
    STOPPERS,
    TIMES,
    WEEKDAYS,
)  # fmt: skip

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|(?:Mr|Mrs|Ms|Mx|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Lt|Col|Sgt|St|Rev|Prof|Jr|Sr|Capt|Maj|Adm"
    r"|Hon|Pres|Amb)\.|[A-Z]\.(?=\s[A-Z])|\w+(?:[.’'&-]\w+)*|[’']s?\b|--|[^\w\s]",
)
_SUBJECT_PRONOUNS = PRONOUNS - {"himself", "herself"}
_NOUN_BEFORE = (DETERMINERS | {"of", "’s", "'s"}) - {
    "that",
    "these",
    "those",
    "both",
    "all",
    "some",
    "many",
    "most",
    "two",
    "three",
    "four",
    "five",
    "one",
    "other",
    "another",
}
_MADE = frozenset(
    {"obtained", "released", "published", "reviewed", "conducted", "issued", "commissioned", "filed", "posted"}
    | {"written", "signed", "sent", "seen", "circulated", "produced", "funded", "backed", "run", "led", "represented"}
)
"""Participles before ``by`` that tell where a paper or a group comes from."""
_INITIAL = 4
"""Letters that an abbreviated first name or title may have."""
_LONGEST = 14
"""Tokens that the subject of a cue may have."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark, by its offsets in the field."""

    text: str
    start: int
    end: int

    @property
    def low(self) -> str:
        return self.text.lower()

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def word(self) -> bool:
        return self.text[0].isalnum()


@dataclass(frozen=True, slots=True)
class Found:
    """A cue and its subject: offsets in the field. ``subject`` is None where the sentence's own subject serves."""

    start: int
    end: int
    subject: tuple[int, int] | None
    strong: bool
    text: str = ""


def tokens(text: str, start: int, end: int) -> list[Token]:
    """The words and marks of ``text[start:end]``."""
    return [Token(match.group(), *match.span()) for match in _TOKEN.finditer(text, start, end)]


def is_name_word(token: Token) -> bool:
    """A capitalised word that may be part of a name."""
    return token.capital and token.text not in WEEKDAYS


def cues(row: Sequence[Token], *, after_quote: bool) -> list[Found]:
    """All cues among these tokens, in order.

    Args:
        row: tokens of one stretch of a sentence outside of quotation marks.
        after_quote: the stretch stands directly behind a quote: “…,” said Blinken is possible at its start.
    """
    found: list[Found] = []
    for index, token in enumerate(row):
        low = token.low
        if low == "according" and index + 1 < len(row) and row[index + 1].low == "to":
            subject = noun_phrase(row, index + 2)
            if subject:
                found.append(Found(token.start, row[index + 1].end, subject, strong=True))
            continue
        strong = low in SPEECH
        if not strong and low not in DESCRIPTION:
            continue
        if index and _no_verb(row, index):
            continue
        subject = _subject(row, index, after_quote=after_quote)
        if low in AMBIGUOUS and not (after_quote and _closes(row, index)) and not _plainly(row, index, subject):
            continue
        found.append(Found(token.start, token.end, subject, strong, low))
    return found


def _no_verb(row: Sequence[Token], index: int) -> bool:
    """Whether what stands beside this form shows that it attributes nothing: a name, a noun, ``continue to be``."""
    token, before = row[index], row[index - 1]
    if before.low in {"in", "for", "by", "with", "from"} and not token.low.endswith("ing"):
        return True
    if before.capital and before.low.endswith(("'s", "’s", "s'", "s’")) and not token.low.endswith("ing"):
        return True
    if (token.capital and not _ends(before)) or before.low in _NOUN_BEFORE:
        return True
    return token.low.startswith("continu") and index + 1 < len(row) and row[index + 1].low == "to"


def _subject(row: Sequence[Token], index: int, *, after_quote: bool) -> tuple[int, int] | None:
    """The subject of a verb of speech: behind it right after a quote, else before it, else behind it after a comma."""
    inverts = row[index].low in INVERTIBLE
    subject = _inverted(row, index + 1) if inverts and after_quote and index == 0 else None
    subject = subject or _left(row, index)
    if subject is None and inverts and index and row[index - 1].text == ",":
        subject = _inverted(row, index + 1)
    return subject


def _closes(row: Sequence[Token], index: int) -> bool:
    """Whether a form ends the few words behind a quote: “…,” the email read."""
    last = index + 1 == len(row) or row[index + 1].text in {".", ",", ";"}
    return last and 0 < index <= _LONGEST and not any(token.low in SPEECH for token in row[:index])


def _plainly(row: Sequence[Token], index: int, subject: tuple[int, int] | None) -> bool:
    """Whether an ambiguous form is a verb here: right behind a name, a pronoun, or an auxiliary."""
    if subject is None:
        return index + 1 < len(row) and row[index + 1].text in {":", ","}
    if index == 0:
        return True
    before = row[index - 1]
    if before.low.endswith(("'s", "’s", "s'", "s’")):
        return False
    return (
        before.capital
        or before.low in _SUBJECT_PRONOUNS
        or before.low in SKIP
        or before.text in {",", ")"}
        or (index + 1 < len(row) and row[index + 1].low in {"that", ":", ","})
    )


def _ends(token: Token) -> bool:
    return token.text in {".", "!", "?", ":", ";", "—", "–", "-"}


def _span(row: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    return row[first].start, row[last].end


def _inverted(row: Sequence[Token], index: int) -> tuple[int, int] | None:
    """``said Blinken``, ``added the spokesman``: the subject behind its verb."""
    if index >= len(row):
        return None
    token = row[index]
    if token.low in _SUBJECT_PRONOUNS and token.text != "who":
        follows = row[index + 1].low if index + 1 < len(row) else "."
        return None if follows in SPEECH or follows in SKIP else _span(row, index, index)
    if token.text in WEEKDAYS or not (token.capital or token.low in DETERMINERS or _plain_noun(row, index)):
        return None
    return noun_phrase(row, index)


def _plain_noun(row: Sequence[Token], index: int) -> bool:
    """A lower-case noun phrase that ends in a name: said former president Donald Trump."""
    for token in row[index : index + 7]:
        if token.capital:
            return True
        governs = token.low in PREPOSITIONS and token.low != "of"
        if not token.word or token.low in STOPPERS or governs or token.low in SKIP:
            return False
    return False


def noun_phrase(row: Sequence[Token], index: int) -> tuple[int, int] | None:
    """The noun phrase that begins here."""
    last = index - 1
    while last + 1 < len(row) and last - index < _LONGEST:
        token = row[last + 1]
        if token.low in {"'s", "’s", "&"} or (
            token.text == "." and last >= index and len(row[last].text) <= 1
        ):
            last += 1
            continue
        if not token.word or token.low in STOPPERS or token.text in WEEKDAYS:
            break
        if token.low in PREPOSITIONS and (token.low != "of" or last < index):
            break
        if token.low == "who" or (last >= index and (token.low in SPEECH or token.low in SKIP)):
            break
        last += 1
    return _span(row, index, last) if last >= index else None


def _left(row: Sequence[Token], index: int) -> tuple[int, int] | None:
    """The subject before its verb; None where the verb shares an earlier one (``adding``, ``and said``)."""
    at = _before_times(row, index - 1)
    if at < 0 or _infinitive(row, index) or row[index - 1].low == "having":
        return None
    if row[index].low.endswith("ing") and not _progressive(row, index):
        return _accompanying(row, at)
    token = row[at]
    if token.text in {")", ",", "—", "–", "-", "--", "]"}:
        at = _before_aside(row, at)
        if at < 0:
            return None
        token = row[at]
    if token.low in {"who", "that"} and at:
        return _antecedent(row, at)
    if token.low in _SUBJECT_PRONOUNS:
        return _span(row, at, at)
    if (token.low in STOPPERS and token.low != "that") or not token.word:
        return None
    if token.text in WEEKDAYS:
        return None
    return _whose(row, _phrase(row, at))


def _whose(row: Sequence[Token], span: tuple[int, int]) -> tuple[int, int]:
    """A letter obtained by the paper warns: whoever follows a participle and ``by`` is not the subject."""
    first = next(index for index, token in enumerate(row) if token.start == span[0])
    if first > 2 and row[first - 1].low == "by" and row[first - 2].low in _MADE and row[first - 3].word:  # noqa: PLR2004
        return _phrase(row, first - 3)
    return span


def _infinitive(row: Sequence[Token], index: int) -> bool:
    """``to explain``, ``to further explain``: a verb without a subject of its own."""
    at = index - 1
    while at and row[at].low != "to" and (row[at].low.endswith("ly") or row[at].low in {"further", "not"}):
        at -= 1
    return row[at].low == "to"


def _antecedent(row: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Whom or what a relative pronoun means: the name or the noun phrase before it."""
    before = at - 1
    if row[before].text == "," and row[at].low == "who":
        before -= 1
    if before < 0 or not row[before].word or row[before].low in SPEECH:
        return _span(row, at, at) if row[at].low == "that" else None
    span = _phrase(row, before)
    first = next(token for token in row if token.start == span[0])
    plain = not (first.capital or first.low in DETERMINERS) and row[at - 1].text != ","
    return None if plain and row[at].low == "who" else span


def _accompanying(row: Sequence[Token], at: int) -> tuple[int, int] | None:
    """``with Senator McCain calling it “…”``: a participle with a subject of its own."""
    if not is_name_word(row[at]):
        return None
    span = _phrase(row, at)
    first = next(index for index, token in enumerate(row) if token.start == span[0])
    return span if first and row[first - 1].low in {"with", "and", "but", "while"} else None


def _before_times(row: Sequence[Token], at: int) -> int:
    """Step back over auxiliaries, adverbs and times, as in ``Sanders on Tuesday night also warned``."""
    while at >= 0:
        if (row[at].low in SKIP or row[at].low.endswith("ly")) and not row[at].capital:
            at -= 1
            continue
        if row[at].low not in TIMES and row[at].text not in WEEKDAYS:
            return at
        first = at
        while first >= 0 and (
            row[first].low in TIMES
            or row[first].text in WEEKDAYS
            or row[first].low in {"last", "this", "the", "early", "late"}
        ):
            first -= 1
        if first >= 0 and row[first].low in {"on", "in", "at", "during", "for", "over"}:
            first -= 1
        elif row[first + 1].low == "the":
            return at
        at = first
    return at


def _progressive(row: Sequence[Token], index: int) -> bool:
    return index > 0 and row[index - 1].low in {"is", "was", "are", "were", "been", "be"}


def _before_aside(row: Sequence[Token], at: int) -> int:
    """Step back over ``, who …,`` ``(R-Texas)`` and the like: the index of the last word before it, or -1."""
    if row[at].text in {")", "]"}:
        while at >= 0 and row[at].text not in {"(", "["}:
            at -= 1
        return at - 1
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
        elif row[at].text in {".", ";", ":", "?", "!"} and not (row[at].text == "." and row[at + 1].text == ","):
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
    return is_name_word(row[at]) or row[at].low in _SUBJECT_PRONOUNS


def _role_before(row: Sequence[Token], at: int) -> bool:
    return any(token.low in DETERMINERS for token in row[max(0, at - 4) : at])


def _phrase(row: Sequence[Token], last: int) -> tuple[int, int]:
    """The noun phrase that ends at this token: a name with its role, or a role with what belongs to it."""
    first = last
    while first > 0 and last - first < _LONGEST:
        token = row[first - 1]
        low = token.low
        if low in {"'s", "’s"} or (token.text in {"&", "-"} and first > 1):
            first -= 1
            continue
        if not token.word and not (
            token.text == "."
            and first > 1
            and len(row[first - 2].text) <= _INITIAL
            and row[first - 2].capital
        ):
            break
        if (
            low in STOPPERS
            or low in SPEECH
            or low in _SUBJECT_PRONOUNS
            or token.text in WEEKDAYS
            or low in SKIP
        ):
            break
        if low in PREPOSITIONS and (
            low not in {"of", "for", "at", "from", "with", "in"} or not _nounlike(row, first - 2)
        ):
            break
        first -= 1
        if low in DETERMINERS and not (first and row[first - 1].low in PREPOSITIONS):
            break
    while first < last and (
        row[first].low in PREPOSITIONS
        or (row[first].text in OPENERS - {"The"} and row[first].low not in DETERMINERS)
    ):
        first += 1
    return _span(row, first, last)


def _nounlike(row: Sequence[Token], at: int) -> bool:
    return at >= 0 and row[at].word and row[at].low not in STOPPERS and row[at].low not in SKIP
