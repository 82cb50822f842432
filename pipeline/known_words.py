"""The names model: people, organisations and places by a small neural network, as spaCy pipes.

It is trained by ``training/`` and lies in ``configs/models/``; docs/model-card.md says on what and how well.
"""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from spacy.attrs import TAG
from spacy.language import Language
from spacy.strings import hash_string  # type: ignore[attr-defined]  # its stubs leave it out
from spacy.tokens import Doc
from spacy.vocab import Vocab


class KnownWords:
    """Tells the network what kind of word the lists of names know each word as.

    A class is a string of letters: ``g`` given name, ``f`` family name, ``p`` place, ``o`` organisation, ``d`` demonym,
    ``n`` in some actor's name, ``c`` a common word. It is kept as the token's tag, which spaCy's embedding can read.
    """

    def __init__(self, vocab: Vocab):
        self._vocab = vocab
        self._classes: dict[str, str] = {}  # class to its words, parted by blanks
        self._by_word: dict[int, int] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Set the class of every token as its tag."""
        known = self._by_word.get
        classes: Any = np.fromiter((known(token.lower, 0) for token in doc), "uint64", len(doc))
        doc.from_array([TAG], classes)
        return doc

    def initialize(self, get_examples: Any, *, nlp: Language | None = None, lists: str) -> None:  # noqa: ARG002
        """Take the classes from the lists that ``training/names.py`` made; spaCy calls this before training."""
        with gzip.open(lists, "rt", encoding="utf-8") as packed:
            self._set({letters: " ".join(words) for letters, words in json.load(packed)["classes"].items()})

    def _set(self, classes: dict[str, str]) -> None:
        self._classes = classes
        strings = self._vocab.strings
        self._by_word = {}
        for letters, words in classes.items():
            known_as = strings.add(letters)
            for word in words.split(" "):
                # The hash alone: the words need no place in the vocabulary.
                self._by_word[hash_string(word)] = known_as

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy gives it
        """Write the classes as one packed file."""
        with Path(path).open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            packed.write(json.dumps(self._classes, ensure_ascii=False).encode())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:  # noqa: ARG002 - spaCy gives it
        """Read what ``to_disk`` wrote."""
        with gzip.open(path, "rt", encoding="utf-8") as packed:
            self._set(json.load(packed))
        return self


@Language.factory("known_words", assigns=["token.tag"])
def _known_words(nlp: Language, name: str) -> KnownWords:  # noqa: ARG001 - spaCy gives it
    return KnownWords(nlp.vocab)
