"""The spaCy pipeline that names people, organisations and places: the packaged one, or one that is installed.

Loaded once a process, from disk; nothing is ever fetched.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import spacy
from thinc.api import use_ops

import pipeline.known_words
import pipeline.word_vectors  # noqa: F401 - these register the pipes that the packaged model names
from pipeline.bundled import bundled
from pipeline.settings.check import absent_model
from pipeline.settings.model import NO_MODEL, PACKAGED
from transforms.errors import Fault
from transforms.read import blank_pipeline, with_sentences

if TYPE_CHECKING:
    from spacy.language import Language

# Nothing is made of what these say, and they take most of the time of a pipeline that has them.
_UNREAD = (
    "tagger",
    "morphologizer",
    "parser",
    "senter",
    "attribute_ruler",
    "lemmatizer",
    "trainable_lemmatizer",
)


def load_model(model: str = PACKAGED) -> Language:
    """The pipeline of this name, loaded once a process, with sentences set before all its own pipes.

    Args:
        model: ``packaged``, ``none``, the name of an installed spaCy package, or a model's folder.

    Raises:
        Fault: it is not installed, or cannot be loaded.
    """
    return _loaded(model)


@functools.lru_cache(maxsize=2)
def _loaded(model: str) -> Language:
    if model == NO_MODEL:
        return blank_pipeline()
    if model == PACKAGED:
        # numpy multiplies three times as fast as spaCy's own BLIS; a model keeps the way that it was loaded with.
        with use_ops("numpy", use_blis=False):
            return with_sentences(spacy.load(bundled("configs/models/names")))
    wrong = absent_model(model)
    if wrong:
        raise Fault(wrong, key="model")
    try:
        return with_sentences(spacy.load(model, exclude=_UNREAD))
    except Exception as error:
        # Whatever a foreign package raises while it is read.
        raise Fault(f"the spaCy model {model!r} cannot be loaded: {error}", key="model") from error
