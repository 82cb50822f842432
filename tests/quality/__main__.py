"""`make quality`: scores every part on what is here, and writes docs/quality.md and docs/quality.json.

Sets that are not beside the repository keep the scores that were committed, and the run says so.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.quality.board import HERE, SHARED, Scores, fallen, on_sample, on_sets, parts, table

DOCS = HERE.parents[1] / "docs"
_BEGIN, _END = "<!-- scores -->", "<!-- end of scores -->"


def main() -> int:
    """Score, print, write; 1 where a score on the sample has fallen."""
    arguments = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    arguments.add_argument("--shared", type=Path, default=SHARED, help="where the sets lie")
    arguments.add_argument("--docs", type=Path, default=DOCS, help="where quality.md and quality.json lie")
    given = arguments.parse_args()
    file = given.docs / "quality.json"
    committed: dict[str, Scores] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    sample = on_sample(parts(given.shared))
    sets = on_sets(parts(given.shared))
    for part, scores in committed.get("sets", {}).items():
        if part not in sets:
            sys.stderr.write(f"No set for {part} under {given.shared}: its committed scores stand.\n")
            sets[part] = scores
    file.write_text(json.dumps({"sample": sample, "sets": sets}, indent=1, sort_keys=True) + "\n", "utf-8")
    page = given.docs / "quality.md"
    text = page.read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, behind = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{table(sample, sets)}\n{_END}{behind}", "utf-8")
    sys.stdout.write(table(sample, sets) + "\n")
    lost = fallen(committed.get("sample", {}), sample)
    for line in lost:
        sys.stderr.write(f"Fallen: {line}\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
