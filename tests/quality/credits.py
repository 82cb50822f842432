"""Credits against gold: the wire of PolNeAR's articles, and every credit of our own sample.

PolNeAR names one agency an article, or none; ours gives kind and outlet of each credit, in any order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.quality.rows import f_score, outlets, ratio, rows
from transforms.article import Article
from transforms.clean import clean
from transforms.credits import find_credits

_AGENCIES = {"AP": "outlet/ap", "UPI": "outlet/upi", "REUTERS": "outlet/reuters", "AFP": "outlet/afp"}


def score(path: Path) -> Mapping[str, float]:
    """Precision, recall and F1 over pairs of article and credit; beside it what naming an agency anywhere gives.

    On PolNeAR only credits of kind ``wire`` count, by the outlet's id; on the sample the kind and the outlet's name
    must both be right. The baseline takes every agency that an article names anywhere, once.
    """
    count: Counter[str] = Counter()
    wires = False
    for row in rows(path):
        wires = "wire" in row
        article = Article(text=row["text"]) if wires else clean(Article(**row["article"]))
        gold, found = set(_gold(row)), set(_found(article, wires=wires))
        count["gold"] += len(gold)
        count["found"] += len(found)
        count["hits"] += len(gold & found)
        if wires:
            named = {one.outlet.id for one in outlets().find(row["text"]) if one.outlet.agency}
            count["named"] += len(named)
            count["named hits"] += len(gold & named)
    scores = {
        "precision": ratio(count["hits"], count["found"]),
        "recall": ratio(count["hits"], count["gold"]),
        "F1": f_score(count["hits"], count["found"], count["gold"]),
    }
    if wires:
        scores["F1 of naming"] = f_score(count["named hits"], count["named"], count["gold"])
    return scores


def _gold(row: Mapping[str, Any]) -> Iterator[object]:
    if "wire" in row:
        if row["wire"]:
            yield _AGENCIES[row["wire"].upper()]
        return
    yield from (tuple(credit) for credit in row["credits"])


def _found(article: Article, *, wires: bool) -> Iterator[object]:
    for credit in find_credits(article, outlets()):
        if not wires:
            yield credit.kind, credit.outlet
        elif credit.kind == "wire":
            yield credit.id or credit.outlet
