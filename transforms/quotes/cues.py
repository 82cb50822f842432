"""Cue verbs: the words that attribute speech, and who stands as their subject.

No parser runs here: the subject is found by what closed-class words, commas and capitals show. Windows are a few
hundred characters, so the cost of one quote is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.quotes.asides import before_aside
from transforms.quotes.tokens import SUBJECT_PRONOUNS, Token, is_name_word
from transforms.quotes.words import (
    AMBIGUOUS,
    DESCRIPTION,
    DETERMINERS,
    INVERTIBLE,
    OPENERS,
    PREPOSITIONS,
    SKIP,
    SPEECH,
    STOPPERS,
    TIMES,
    WEEKDAYS,
)  # fmt: skip

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
    {
        "obtained",
        "released",
        "published",
        "reviewed",
        "conducted",
        "issued",
        "commissioned",
        "filed",
        "posted",
        "written",
        "signed",
        "sent",
        "seen",
        "circulated",
        "produced",
        "funded",
        "backed",
        "run",
        "led",
        "represented",
    }
)
"""Participles before ``by`` that tell where a paper or a group comes from."""
_INITIAL = 4
"""Letters that an abbreviated first name or title may have."""
_LONGEST = 14
"""Tokens that the subject of a cue may have."""


@dataclass(frozen=True, slots=True)
class Found:
    """A cue and its subject: offsets in the field. ``subject`` is None where the sentence's own subject serves."""

    start: int
    end: int
    subject: tuple[int, int] | None
    strong: bool
    text: str = ""


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
            subject = _sender(row, noun_phrase(row, index + 2))
            if subject:
                found.append(Found(token.start, row[index + 1].end, subject, strong=True))
            continue
        strong = low in SPEECH
        if not strong and low not in DESCRIPTION:
            continue
        if index and _no_verb(row, index):
            continue
        subject = _subject(row, index, after_quote=after_quote)
        if (
            low in AMBIGUOUS
            and not (after_quote and not found and _closes(row, index))
            and not _plainly(row, index, subject)
        ):
            continue
        found.append(Found(token.start, token.end, subject, strong, low))
    return found


def _sender(row: Sequence[Token], span: tuple[int, int] | None) -> tuple[int, int] | None:
    """``a statement from Ann Lee``: the phrase with whom it comes from."""
    at = next((index for index, token in enumerate(row) if span is not None and token.start >= span[1]), 0)
    if span is None or not at or row[at].low not in {"from", "by"} or at + 1 >= len(row):
        return span
    sender = noun_phrase(row, at + 1) if is_name_word(row[at + 1]) else None
    return span if sender is None else (span[0], sender[1])


def _no_verb(row: Sequence[Token], index: int) -> bool:
    """Whether what stands beside this form shows that it attributes nothing: a name, a noun, ``continue to be``."""
    token, before = row[index], row[index - 1]
    if before.low in {"in", "for", "by", "with", "from", "following"} and not token.low.endswith("ing"):
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
    return last and 0 < index <= _LONGEST


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
        or before.low in SUBJECT_PRONOUNS
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
    if token.low in SUBJECT_PRONOUNS and token.text != "who":
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
        if token.low == "who" or (
            last >= index and row[last].low != "of" and (token.low in SPEECH or token.low in SKIP)
        ):
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
        at = before_aside(row, at)
        if at < 0:
            return None
        token = row[at]
    if token.low in {"who", "that"} and at:
        return _antecedent(row, at)
    if token.low in SUBJECT_PRONOUNS:
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
            or low in SUBJECT_PRONOUNS
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
