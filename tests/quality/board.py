"""The board: which parts can be scored, on which sets, and the table of their scores.

A part is a module of this folder with ``score(path) -> Mapping[str, float]``: all scores the higher the better, in
[0, 1]. It may say where its gold lies by ``SETS`` (patterns under the shared data) and ``SAMPLE`` (a path beside it).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "data"
WORSE = 0.01
"""How far a score may fall below the committed one."""

Scores = dict[str, dict[str, dict[str, float]]]
"""Part -> set -> name of the score -> score."""

_SETS = {
    "ner": ("ner/*.jsonl.gz",),
    "topics": ("topics/election-interference-dev.jsonl",),
    "quotes": ("quotes/polnear-*.jsonl.gz",),
    "credits": ("quotes/polnear-*.jsonl.gz",),
}


class Part(Protocol):
    """What a module of this folder offers."""

    def score(self, path: Path) -> Mapping[str, float]:
        """The scores on one set of gold."""
        ...


@dataclass(frozen=True)
class Scored:
    """A part by its name, with the sets that are here."""

    name: str
    part: Part
    sample: Path | None
    sets: tuple[Path, ...]


def parts(shared: Path = SHARED) -> Iterator[Scored]:
    """Every part in this folder, in the order of their names."""
    for found in sorted(pkgutil.iter_modules([str(HERE)]), key=lambda found: found.name):
        if found.name.startswith(("_", "test_")) or found.name == "board":
            continue
        module: Any = importlib.import_module(f"tests.quality.{found.name}")
        if not callable(getattr(module, "score", None)):
            continue
        patterns = getattr(module, "SETS", _SETS.get(found.name, ()))
        sets = tuple(path for pattern in patterns for path in sorted(shared.glob(pattern)))
        yield Scored(found.name, cast("Part", module), _sample(found.name, module), sets)


def _sample(name: str, module: object) -> Path | None:
    stated = getattr(module, "SAMPLE", None)
    usual = (f"sample/{name}.jsonl", f"sample/{name}", f"{name}.jsonl")
    return next((HERE / one for one in ((stated,) if stated else usual) if (HERE / one).exists()), None)


def on_sample(found: Iterator[Scored]) -> Scores:
    """What each part scores on the gold inside the repository."""
    return {one.name: {"sample": _rounded(one, one.sample)} for one in found if one.sample is not None}


def on_sets(found: Iterator[Scored]) -> Scores:
    """What each part scores on the sets beside the repository; empty where they are not here."""
    return {
        one.name: {path.name.partition(".")[0]: _rounded(one, path) for path in one.sets}
        for one in found
        if one.sets
    }


def _rounded(one: Scored, path: Path) -> dict[str, float]:
    return {name: round(float(score), 4) for name, score in one.part.score(path).items()}


def fallen(committed: Scores, now: Scores) -> list[str]:
    """One line for each committed score that is missing now, or lower by more than ``WORSE``."""
    lines = []
    for part, sets in committed.items():
        for name, scores in sets.items():
            for score, was in scores.items():
                got = now.get(part, {}).get(name, {}).get(score)
                if got is None or got < was - WORSE:
                    lines.append(f"{part}, {name}, {score}: {got} now, {was:.4f} committed")
    return lines


def table(sample: Scores, sets: Scores) -> str:
    """The scores as Markdown."""
    rows = []
    for part in sorted({*sample, *sets}):
        for name, scores in (*sets.get(part, {}).items(), *sample.get(part, {}).items()):
            said = ", ".join(f"{score} {value:.3f}" for score, value in scores.items())
            rows.append(f"| {part} | {name} | {said} |")
    return "\n".join(("| part | set | scores |", "|---|---|---|", *rows))
