"""Rows: gold files read line by line, and the arithmetic that the parts share."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.settings.check import load
from transforms.credits import Outlets
from transforms.read import Reader
from transforms.watch import Rules


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, packed or not."""
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        yield from map(json.loads, lines)


def ratio(part: float, whole: float) -> float:
    """A share; of nothing, 0."""
    return part / whole if whole else 0.0


def f_score(hits: int, found: int, gold: int) -> float:
    """The harmonic mean of precision and recall."""
    return ratio(2 * hits, found + gold)


@functools.cache
def rules() -> Rules:
    """The rules that travel with Tocsin."""
    return load()[1]


@functools.cache
def reader() -> Reader:
    """The product's reader with its entities; topics are scored by themselves."""
    return Reader(Rules(entities=rules().entities))


@functools.cache
def outlets() -> Outlets:
    """The outlets that travel with Tocsin."""
    return Outlets(entity for entity in rules().entities.values() if entity.id.startswith("outlet/"))
