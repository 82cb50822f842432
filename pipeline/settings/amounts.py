"""Sizes as people write them in YAML: ``15 MiB``. Lengths of time are written as in feeds: ``15m``, ``72h``."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SIZE = re.compile(r"(\d{1,9})\s*(B|kB|MB|GB|KiB|MiB|GiB)")


def _size(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    said = SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if said is None:
        raise ValueError("must be a size: a number and one of B, kB, MB, GB, KiB, MiB, GiB, as in 15 MiB")
    return int(said[1]) * BYTES[said[2]]


Size = Annotated[int, BeforeValidator(_size)]
"""A number of bytes, written ``500 kB`` or ``15 MiB``."""
