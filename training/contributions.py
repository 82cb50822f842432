"""What each set, each augmentation and each input gives: `python -m training.contributions --data DIR --out DIR`.

Trains the model once with all and once without each, all with the same few steps, and scores each by itself on the same
held-out texts. Writes contributions.json after each; what is in it already is not trained again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.evaluate import bare, read_gold, scores
from training.sources import GROUPS

_HERE = Path(__file__).parent

_CHANGED: Mapping[str, Mapping[str, Any]] = {
    "swapped names": {"corpora.train.augmenter.swapped": 0.0},
    "capitals and lower case": {
        "corpora.train.augmenter.shouted": 0.0,
        "corpora.train.augmenter.lowered": 0.0,
    },
    "word vectors": {"components.tok2vec.model.embed.include_static_vectors": False},
    "lists of names": {
        "components.tok2vec.model.embed.attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "components.tok2vec.model.embed.rows": [3000, 500, 2000, 500],
    },
}
"""What is left out, and the settings of the training that leave it out."""


def variants() -> dict[str, tuple[list[str], Mapping[str, Any]]]:
    """What is left out, to the sets that are not learnt from and the settings that differ."""
    return {
        "nothing": ([], {}),
        **{group: ([group], {}) for group in GROUPS if group != "re3d"},
        **{name: ([], changed) for name, changed in _CHANGED.items()},
    }


def trained(
    place: Path, given: argparse.Namespace, without: list[str], changed: Mapping[str, Any]
) -> dict[str, float]:
    """Train in a folder of its own, and the F1 of what came of it."""
    left_out = ["--without", *without] if without else []
    _python("training.prepare", "--data", given.data, "--out", place, *left_out)
    options = {
        "output": place / "model",
        "code": _HERE / "augment.py",
        "paths.train": place / "train.spacy",
        "paths.dev": place / "dev.spacy",
        "paths.lists": given.out / "lists.json.gz",
        "paths.packed": given.out / "vectors.npz",
        "training.max_steps": given.steps,
        "training.eval_frequency": given.steps,
        **changed,
    }
    words = [word for key, value in options.items() for word in (f"--{key}", _written(value))]
    _python("spacy", "train", _HERE / "config.cfg", *words)
    gold = list(read_gold(given.out / "test.jsonl"))
    found = bare(str(place / "model" / "model-last"))([each.text for each in gold])
    shutil.rmtree(place)
    return {key: round(score.f1, 4) for key, score in scores(gold, found).items()}


def _written(value: object) -> str:
    return str(value) if isinstance(value, Path | str) else json.dumps(value)


def _python(module: str, *words: object) -> None:
    subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, *map(str, words)], check=True, stdout=sys.stderr
    )


def table(told: Mapping[str, Mapping[str, float]]) -> str:
    """The scores for people: of all, and what is lost without each."""
    whole = told["nothing"]
    lines = ["| left out | together | its own part | re3d |", "|---|---:|---:|---:|"]
    for name, scored in told.items():
        own = f"{scored[name]:.3f} ({scored[name] - whole[name]:+.3f})" if name in scored else ""
        together, unseen = scored["together"], scored["re3d"]
        lines.append(
            f"| {name} | {together:.3f} ({together - whole['together']:+.3f}) | {own} "
            f"| {unseen:.3f} ({unseen - whole['re3d']:+.3f}) |"
        )
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the folder that has ner/")
    arguments.add_argument(
        "--out", type=Path, required=True, help="where prepare, names and vectors left their files"
    )
    arguments.add_argument("--steps", type=int, default=2000)
    given = arguments.parse_args()
    kept = given.out / "contributions.json"
    told: dict[str, dict[str, float]] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for name, (without, changed) in variants().items():
        if name not in told:
            # A folder of its own for each: a model that was loaded once from a place is the model of that place.
            place = given.out / f"without-{name.replace(' ', '-')}"
            told[name] = trained(place, given, without, changed)
            kept.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    print(table(told))


if __name__ == "__main__":
    main()
