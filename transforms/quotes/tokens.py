"""Tokens: the words and marks of a stretch of text, as the rules of attribution look at them.

A token knows its offsets in the field, so that whatever is found among tokens is a span of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.quotes.words import PRONOUNS, WEEKDAYS

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|(?:Mr|Mrs|Ms|Mx|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Lt|Col|Sgt|St|Rev|Prof|Jr|Sr|Capt|Maj|Adm"
    r"|Hon|Pres|Amb)\.|[A-Z]\.(?=\s[A-Z])|\w+(?:[.’'&-]\w+)*|[’']s?\b|--|[^\w\s]",
)
SUBJECT_PRONOUNS = PRONOUNS - {"himself", "herself"}
"""Pronouns that stand as the subject of a verb."""


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


def tokens(text: str, start: int, end: int) -> list[Token]:
    """The words and marks of ``text[start:end]``."""
    return [Token(match.group(), *match.span()) for match in _TOKEN.finditer(text, start, end)]


def is_name_word(token: Token) -> bool:
    """A capitalised word that may be part of a name."""
    return token.capital and token.text not in WEEKDAYS
