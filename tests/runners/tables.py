"""Measures anew what docs/runners.md says of conformance and faults: `python -m tests.runners.tables`.

Runs the two suites with TOCSIN_MEASURED set, and writes their figures between the marks in the guide; what was
skipped, because its engine is not here, has no figure.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.runners.measured import FILE

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "runners.md"
FIGURES = ROOT / "var" / "runners" / "measured.jsonl"
SUITES = tuple(f"tests/runners/test_{name}.py" for name in ("conformance", "faults", "full_disk"))


def measure() -> int:
    """Run the suites; pytest's exit code."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.unlink(missing_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "runners", *SUITES],
        cwd=ROOT,
        env=os.environ | {FILE: str(FIGURES)},
        check=False,
    ).returncode


def table(figures: list[dict[str, Any]]) -> str:
    """One chapter's figures, in the order in which they were measured."""
    rows = list(dict.fromkeys(figure["row"] for figure in figures))
    columns = list(dict.fromkeys(figure["column"] for figure in figures))
    known = {(figure["row"], figure["column"]): f"{figure['seconds']:.0f} s" for figure in figures}
    lines = [["", *columns], ["---"] + ["---:"] * len(columns)]
    lines += [[row, *(known.get((row, column), "") for column in columns)] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def written(guide: str, figures: list[dict[str, Any]]) -> str:
    """The guide with these figures between its marks."""
    for chapter in ("Conformance", "Faults"):
        of_chapter = [figure for figure in figures if figure["chapter"] == chapter]
        mark = re.compile(rf"(<!-- measured: {chapter} -->\n).*?(<!-- end -->)", re.DOTALL)
        if of_chapter:
            guide = mark.sub(rf"\g<1>{table(of_chapter)}\n\g<2>", guide)
    return guide


def main() -> int:
    """Measure, and write what was measured; a failed test writes nothing."""
    code = measure()
    if code == 0:
        figures = [json.loads(line) for line in FIGURES.read_text("utf-8").splitlines()]
        GUIDE.write_text(written(GUIDE.read_text("utf-8"), figures), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
