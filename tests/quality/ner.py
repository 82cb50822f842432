"""Names against gold, strict: the same characters and the same type, of PERSON, ORG and LOC (GPE counts as LOC).

Of the shared sets only those parts are scored that the packaged model has not learnt from; the sample is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.models import load_model
from training.evaluate import Gold, names_of, packaged_rules, read_gold, scores
from training.prepare import texts
from training.sources import SOURCES
from transforms.read import Reader

SETS = ("ner",)
"""The folder of all sets: their held-out parts are scored together, and each by itself."""
SAMPLE = "sample/ner.jsonl"


def score(path: Path) -> Mapping[str, float]:
    """F1 by type, by set, and of all together (``f1``) with precision and recall.

    Args:
        path: the folder of the sets, one of its files, or a file of lines with ``text``, ``spans`` and ``group``.
    """
    gold = list(_gold(path))
    found = names_of(Reader(packaged_rules(), load_model()), [each.text for each in gold])
    scored = dict(scores(gold, found))
    together = scored.pop("together", None)
    said = {key: each.f1 for key, each in scored.items() if key != "sample"}
    if together is not None:
        said |= {"precision": together.precision, "recall": together.recall, "f1": together.f1}
    return said


def _gold(path: Path) -> list[Gold]:
    if path.suffix == ".jsonl":
        return list(read_gold(path))
    data, name = (path.parent, "") if path.is_dir() else (path.parent.parent, path.name.partition(".")[0])
    return [
        Gold(each.text, frozenset(each.spans), each.source.group)
        for source in SOURCES
        if name in {"", source.file}
        for each in texts(data, source)
        if each.part == "test"
    ]
