"""Words and phrases found in one pass: the folding of text and the automaton over it.

The screen, the gazetteer and the topics all look through this file, so what one of them can find the
others can: that is why the screen loses nothing. Folding keeps the length, so offsets are the text's own.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation

T = TypeVar("T")

_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
_SPOKEN_ALIKE = {
    **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_USUAL = (("’", "'"), ("“", '"'), ("”", '"'), ("‘", "'"), ("–", "-"), ("—", "-"), ("\n", " "), ("\xa0", " "))
_FOLDED_ASCII = bytes(code if chr(code).isprintable() else ord(" ") for code in range(128)).lower().ljust(256)
_SMALL = 5_000  # phrases up to which the full automaton's memory is small beside its speed
_FIRST_IDEOGRAPH = 0x2E80  # from here on scripts that put no blanks between words


@functools.lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    alike = _SPOKEN_ALIKE.get(character)
    if alike is not None:
        return alike
    if character.isspace() or unicodedata.category(character) == "Cc":
        return " "
    base = unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in base if not unicodedata.combining(part))
    folded = _SPOKEN_ALIKE.get(bare) or (bare.lower() if len(bare) == 1 else character.lower())
    return folded if len(folded) == 1 else character


def fold(text: str) -> str:
    """The text as it is compared: lower case, no accents, plain quotes and dashes, blanks for white space.

    The result has exactly as many characters as the text, so that offsets stay true.
    """
    # English news has these and no others: then all is done at the speed of str.replace.
    for character, folded in _USUAL:
        text = text.replace(character, folded)
    if text.isascii():
        return text.encode("ascii").translate(_FOLDED_ASCII).decode("ascii")
    # Else a text has few different characters beyond ASCII: replacing each once is faster than a table for all.
    for character in set(_NOT_PLAIN.findall(text)):
        text = text.replace(character, _fold_character(character))
    # What is left beyond ASCII is lower case already, so that this changes no length (a test asks all of Unicode).
    return text.lower()


class Hit(NamedTuple, Generic[T]):
    """A phrase found: ``[start, end)`` in the folded text, and what it stands for."""

    start: int
    end: int
    value: T


class Lexicon(Generic[T]):
    """Phrases, each with a value, found in one pass over folded text, as whole words.

    Args:
        entries: (phrase, value); a phrase may end in ``*``: any ending of its last word. The same phrase may
            stand there more than once. Phrases are folded here.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]):
        values: dict[tuple[str, bool], list[T]] = {}
        for phrase, value in entries:
            open_ended = phrase.endswith("*")
            folded = " ".join(fold(phrase.removesuffix("*")).split())
            if folded:
                values.setdefault((folded, open_ended), []).append(value)
        self._entries = [(open_ended, found) for (_, open_ended), found in values.items()]
        patterns = [phrase for phrase, _ in values]
        self.size = len(patterns)
        kind = Implementation.DFA if len(patterns) <= _SMALL else Implementation.ContiguousNFA
        self._automaton = AhoCorasick(patterns, implementation=kind) if patterns else None

    def find(self, folded: str) -> list[Hit[T]]:
        """All whole-word occurrences in order of their end; overlapping ones are kept.

        The hit of an open-ended phrase reaches to the end of the word.
        """
        if self._automaton is None:
            return []
        hits: list[Hit[T]] = []
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if not _starts_word(folded, start):
                continue
            open_ended, values = self._entries[index]
            reach = end
            if open_ended:
                while reach < len(folded) and folded[reach].isalnum():
                    reach += 1
            elif not _ends_word(folded, end):
                continue
            hits.extend(Hit(start, reach, value) for value in values)
        return hits

    def values(self, folded: str) -> set[T]:
        """What the phrases in the text stand for: the cheap question that the screen asks."""
        if self._automaton is None:
            return set()
        found: set[T] = set()
        known: set[int] = set()
        for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if index not in known and _starts_word(folded, start):
                open_ended, values = self._entries[index]
                if open_ended or _ends_word(folded, end):
                    known.add(index)
                    found.update(values)
        return found


def _starts_word(text: str, start: int) -> bool:
    return start == 0 or not text[start - 1].isalnum() or ord(text[start]) >= _FIRST_IDEOGRAPH


def _ends_word(text: str, end: int) -> bool:
    return end == len(text) or not text[end].isalnum() or ord(text[end - 1]) >= _FIRST_IDEOGRAPH
