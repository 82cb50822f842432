"""Vectors of words, packed small: a spaCy pipe that gives the names model what 170,000 words are used like.

They are GloVe's, written once by ``training/vectors.py``; docs/model-card.md says where they come from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from spacy.attrs import LOWER
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vectors import BaseVectors  # type: ignore[import-not-found]  # spaCy gives it no types
from spacy.vocab import Vocab

_KEY = 0xFFFFFFFF  # the part of a word's hash that is kept: of 170,000 words a stranger is taken for one in 25,000


class PackedVectors(BaseVectors):
    """A product quantizer (Jégou, Douze, Schmid 2011): each vector is the numbers of its parts in books of 256 parts.

    Args:
        keys: uint32 of shape (words,), ascending: the lower 32 bits of the words' hashes.
        codes: uint8 of shape (words, parts).
        books: float32 of shape (parts, 256, width of a part).
    """

    attr = LOWER  # what spaCy looks words up by
    name = "tocsin_words"
    mode = "packed"

    def __init__(self, keys: Any, codes: Any, books: Any):
        self._keys, self._codes, self._books = keys, codes, books
        self._parts = np.arange(len(books))

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: int) -> bool:
        return bool(self._find(np.asarray([key], "uint64"))[1][0])

    def __getitem__(self, key: int) -> Any:
        return self.get_batch([key])[0]

    @property
    def n_keys(self) -> int:
        return len(self)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self), self.vectors_length

    @property
    def vectors_length(self) -> int:
        parts, _, width = self._books.shape
        return int(parts * width)

    @property
    def size(self) -> int:
        return len(self) * self.vectors_length

    def is_full(self) -> bool:
        return True

    def get_batch(self, keys: Any) -> Any:
        """float32 of shape (keys, width); nothing but zeros for a word that is not here."""
        rows, here = self._find(np.asarray(keys, "uint64"))
        found = self._books[self._parts, self._codes[rows]].reshape(len(rows), self.vectors_length)
        found[~here] = 0
        return found

    def _find(self, keys: Any) -> tuple[Any, Any]:
        short = (keys & _KEY).astype("uint32")
        rows = np.minimum(np.searchsorted(self._keys, short), len(self._keys) - 1)
        return rows, self._keys[rows] == short

    def packed(self) -> dict[str, Any]:
        """The arrays, as ``numpy.savez`` takes them."""
        return {"keys": self._keys, "codes": self._codes, "books": self._books}


def read_vectors(path: Path) -> PackedVectors:
    """What ``training/vectors.py`` wrote."""
    with path.open("rb") as raw:
        arrays = np.load(raw, allow_pickle=False)
        return PackedVectors(arrays["keys"], arrays["codes"], arrays["books"])


class WordVectors:
    """Brings its vectors into the vocabulary; the documents go through as they are."""

    def __init__(self, vocab: Vocab):
        self._vocab = vocab
        self._vectors: PackedVectors | None = None

    def __call__(self, doc: Doc) -> Doc:
        return doc

    def initialize(self, get_examples: Any, *, nlp: Language | None = None, vectors: str) -> None:  # noqa: ARG002
        """Take the vectors that ``training/vectors.py`` packed; spaCy calls this before training."""
        self._read(Path(vectors))

    def _read(self, path: Path) -> None:
        self._vectors = read_vectors(path)
        self._vocab.vectors = self._vectors

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:  # noqa: ARG002 - spaCy gives it
        """Write the packed vectors as one file."""
        if self._vectors is not None:
            with Path(path).open("wb") as raw:
                np.savez(raw, **self._vectors.packed())

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> Self:  # noqa: ARG002 - spaCy gives it
        """Read what ``to_disk`` wrote."""
        self._read(Path(path))
        return self


@Language.factory("word_vectors")
def _word_vectors(nlp: Language, name: str) -> WordVectors:  # noqa: ARG001 - spaCy gives it
    return WordVectors(nlp.vocab)
