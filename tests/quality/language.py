"""Languages against gold: one short text a line, its language, and texts of which none may be guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.quality.rows import ratio, rows
from transforms.language import language_of


def score(path: Path) -> Mapping[str, float]:
    """``recognised``: of the texts with a language, those it was given; ``not wrong``: of all, those not given another.

    A text whose gold is null is too short or too mixed to tell: any language is a wrong one.
    """
    count: Counter[str] = Counter()
    for row in rows(path):
        found = language_of(row["text"])
        count["all"] += 1
        count["told"] += row["lang"] is not None
        count["right"] += row["lang"] is not None and found == row["lang"]
        count["wrong"] += found not in {None, row["lang"]}
    return {
        "recognised": ratio(count["right"], count["told"]),
        "not wrong": 1 - ratio(count["wrong"], count["all"]),
    }
