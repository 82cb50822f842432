"""Words as they are compared between articles, and how much a word in common says.

Used by linking; finding words in one text is the lexicon's room.
"""

from __future__ import annotations

import re

from transforms.common_words import ROWS
from transforms.lexicon import fold

_WORD = re.compile(r"[^\W_]+")
_BETWEEN_WORDS = {code: " " for code in range(128) if not chr(code).isalnum()}
_COMMON = 6  # words more frequent than one in e^6 (about 400) say nothing of what a text is about
_RARITY = {word: float(max(rarity - _COMMON, 0)) for rarity, words in ROWS.items() for word in words.split()}
_RAREST = float(max(ROWS) + 1 - _COMMON)


def words_of(text: str) -> list[str]:
    """The text's words, folded, in order; numbers are words, underscores are not."""
    folded = fold(text)
    # The same words either way; English news is ASCII once it is folded, and this way takes a third of the time.
    return folded.translate(_BETWEEN_WORDS).split() if folded.isascii() else _WORD.findall(folded)


def rarity(word: str) -> float:
    """How much a word says of what a text is about: 0 for function words, more the rarer it is."""
    return _RARITY.get(word, _RAREST)
