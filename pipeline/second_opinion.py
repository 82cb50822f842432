"""The second opinion on topics that travels with Tocsin: its weights, and the vectors of words that it asks.

The vectors are those of the packaged names model, read from its folder whatever model names people.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.bundled import bundled
from transforms.topics.opinion import Opinions, SecondOpinion

if TYPE_CHECKING:
    from pipeline.word_vectors import PackedVectors

WEIGHTS = "configs/models/topics.json"
_VECTORS = "configs/models/names/word_vectors"


@functools.lru_cache(maxsize=1)
def second_opinion() -> SecondOpinion:
    """The packaged one, read once a process."""
    return SecondOpinion(Opinions.model_validate_json(bundled(WEIGHTS).read_bytes()), word_vectors)


def word_vectors(words: Sequence[str]) -> Any:
    """float32 of shape (words, 100): the vectors of lower-case words, zeros for those that have none."""
    from spacy.strings import hash_string  # type: ignore[attr-defined]  # noqa: PLC0415 - spaCy takes a second to import

    return _packed().get_batch([hash_string(word) for word in words])


@functools.lru_cache(maxsize=1)
def _packed() -> PackedVectors:
    from pipeline.word_vectors import read_vectors  # noqa: PLC0415 - spaCy takes a second to import

    return read_vectors(bundled(_VECTORS))
