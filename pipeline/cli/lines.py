"""Lines of JSON out: to standard output, or whole to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from transforms.errors import Fault


@contextmanager
def written(out: str) -> Iterator[Callable[[BaseModel], None]]:
    """A function that writes one model as one line.

    A file appears under its name only when all of it is written, so that nobody takes a part for the whole.

    Raises:
        Fault: the file cannot be written.
    """
    if out == "-":
        yield lambda model: print(model.model_dump_json(by_alias=True), file=sys.stdout)  # noqa: T201 - it was asked for
        sys.stdout.flush()
        return
    path = Path(out)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("w", encoding="utf-8")
    except OSError as error:
        raise Fault(f"cannot be written: {error.strerror}; name another file", path=out) from None
    try:
        with file:
            yield lambda model: _write(file.write, model, out)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(write: Callable[[str], int], model: BaseModel, out: str) -> None:
    try:
        write(model.model_dump_json(by_alias=True) + "\n")
    except OSError as error:
        raise Fault(
            f"cannot be written: {error.strerror}; make room or name another file", path=out
        ) from None
