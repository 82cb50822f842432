"""docs/delivery.md, as far as it is measured: what stands between two marks is written by who measures."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"


def put(page: Path, name: str, text: str) -> None:
    """Write this between the marks of this name.

    Raises:
        ValueError: the page has no such marks.
    """
    before, begin, end = page.read_text("utf-8"), f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in before or end not in before:
        raise ValueError(
            f"{page}: the marks {begin} and {end} are missing: write them where the table stands"
        )
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"{begin}\n{text}\n{end}", before, count=1), "utf-8")
