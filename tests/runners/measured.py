"""What the tests on engines measured: each figure a line in the file that TOCSIN_MEASURED names, if it names one."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = "TOCSIN_MEASURED"


def measuring() -> bool:
    """Whether figures are asked for."""
    return FILE in os.environ


def measured(chapter: str, row: str, column: str, seconds: float) -> None:
    """Keep one figure; `python -m tests.runners.tables` makes tables of them."""
    if measuring():
        line = {"chapter": chapter, "row": row, "column": column, "seconds": round(seconds, 1)}
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
