"""Names against gold, strict: the same characters and the same type, of PERSON, ORG and LOC (GPE counts as LOC).

Of the shared sets only those parts are scored that the packaged model has not learnt from; the sample is our own. With
it go 320 passages of world news, written and marked by a second hand that knew neither model nor rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.models import load_model
from training.evaluate import Gold, Score, names_of, packaged_rules, read_gold, scores
from training.prepare import texts
from training.sources import SOURCES
from transforms.read import Reader

SETS = ("ner",)
"""The folder of all sets: their held-out parts are scored together, and each by itself."""
SAMPLE = "sample/ner.jsonl"
BLIND = Path(__file__).with_name("names-blind.jsonl")
"""The second hand's passages: the half "dev" was looked at while the rules were made better, "test" only as a score."""


def score(path: Path) -> Mapping[str, float]:
    """F1 by type, by set, and of all together (``f1``) with precision and recall.

    Args:
        path: the folder of the sets, one of its files, or a file of lines with ``text``, ``spans`` and ``group``.
    """
    reader = Reader(packaged_rules(), load_model())
    scored = _scores(reader, list(_gold(path)))
    together = scored.pop("together", None)
    said = {key: each.f1 for key, each in scored.items() if key != "sample"}
    if together is not None:
        said |= {"precision": together.precision, "recall": together.recall, "f1": together.f1}
    if path.name == Path(SAMPLE).name:
        for half in ("dev", "test"):
            blind = _scores(reader, [each for each in read_gold(BLIND) if each.group == half])
            said |= {f"blind {half} {key}": blind[key].f1 for key in ("LOC", "ORG", "PERSON", "together")}
    return said


def _scores(reader: Reader, gold: list[Gold]) -> dict[str, Score]:
    return dict(scores(gold, names_of(reader, [each.text for each in gold])))


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
