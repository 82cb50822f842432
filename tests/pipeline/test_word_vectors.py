"""Packed vectors: what comes out is what went in, as far as the books say it, and nothing for another word."""

import functools
from pathlib import Path

import numpy as np
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.strings import hash_string  # type: ignore[attr-defined]  # its stubs leave it out

from pipeline.models import load_model
from pipeline.word_vectors import PackedVectors, WordVectors
from training.vectors import packed

WORDS = [f"word{number}" for number in range(400)]


@functools.cache
def vectors() -> PackedVectors:
    drawn = np.random.default_rng(5).normal(size=(len(WORDS), 100)).astype("float32")
    return PackedVectors(**packed(WORDS, drawn, seed=1))


def test_each_word_comes_back_near_what_it_was() -> None:
    drawn = np.random.default_rng(5).normal(size=(len(WORDS), 100)).astype("float32")
    scaled = (drawn - drawn.mean(0)) / drawn.std()
    found = vectors().get_batch([hash_string(word) for word in WORDS])
    assert found.shape == (len(WORDS), 100)
    alike = (found * scaled).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(scaled, axis=1)
    assert alike.min() > 0.9
    # A word's own vector is the nearest to what came back for it.
    assert ((found @ scaled.T).argmax(1) == np.arange(len(WORDS))).mean() > 0.99


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=12), max_size=20))
def test_a_word_that_is_not_there_is_nothing(words: list[str]) -> None:
    known = vectors()
    found = known.get_batch(np.array([hash_string(word) for word in words], "uint64"))
    assert found.shape == (len(words), 100)
    for word, vector in zip(words, found, strict=True):
        assert bool(vector.any()) == (hash_string(word) in known)


def test_they_come_back_from_disk_the_same(tmp_path: Path) -> None:
    pipe = load_model().get_pipe("word_vectors")
    assert isinstance(pipe, WordVectors)
    pipe.to_disk(tmp_path / "vectors")
    other = spacy.blank("en")
    again = WordVectors(other.vocab).from_disk(tmp_path / "vectors")
    asked = [hash_string(word) for word in ("minister", "lagos", "narendra", "zzzqqq")]
    mine, theirs = load_model().vocab.vectors.get_batch(asked), other.vocab.vectors.get_batch(asked)
    assert np.array_equal(mine, theirs)
    assert mine[:3].any(axis=1).all()
    assert not mine[3].any()
    doc = other.make_doc("Lagos")
    assert again(doc) is doc
