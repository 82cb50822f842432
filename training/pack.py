"""The trained pipeline as it travels in the wheel: `python -m training.pack --model DIR --out configs/models/names`.

Without the vocabulary's strings (hashes are enough, and the words of the training texts need not travel) and without
the paths of the machine that trained it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import spacy

import pipeline.known_words
import pipeline.word_vectors  # noqa: F401 - these register the pipes that the model names

_LARGEST = 10 * 2**20


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--version", default="1.0.0")
    asked = arguments.parse_args()
    nlp = spacy.load(asked.model)
    nlp.meta.update(
        name="tocsin_names",
        version=asked.version,
        description="People, organisations and places in English news; see docs/model-card.md",
        author="Tocsin",
        license="Apache-2.0; data as named in the model card",
    )
    nlp.meta.pop("performance", None)
    for section in ("paths", "corpora", "training", "pretraining", "initialize"):
        nlp.config.pop(section, None)
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(asked.out, exclude=["vocab"])
    size = sum(file.stat().st_size for file in asked.out.rglob("*") if file.is_file())
    if size > _LARGEST:
        raise SystemExit(f"{asked.out} has {size:,} bytes: more than {_LARGEST:,} may not travel")
    print(f"{size:,} bytes in {asked.out}")


if __name__ == "__main__":
    main()
