"""Sources, the files of a replay: which there are, in which order, and what each is taken for.

Names are listed before anything runs; contents are read later, by the workers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from transforms.errors import Fault, Faults

REMOTE = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
NO_ARTICLES = re.compile(
    r"manifest\.json|(?:readme|licen[cs]e|copying|notice|changelog|contributing)(?:[-_.].*)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Found:
    """The files of a replay, in their order, and how many in its folders are no input by their name."""

    paths: tuple[str, ...]
    passed_over: int


def listing(paths: Sequence[str | os.PathLike[str]]) -> tuple[str, ...]:
    """The files below these paths, as ``find`` gives them.

    Raises:
        Fault: as there.
    """
    return find(paths).paths


def find(paths: Sequence[str | os.PathLike[str]]) -> Found:
    """The files below these paths: folders with all that is in them, sorted; each file once.

    Hidden files, manifests, read-me and licence files in folders are no articles; one that is named itself is read.

    Raises:
        Fault: nothing was named, or a path is not there, or its filesystem is not installed; ``Faults`` for several.
    """
    if not paths:
        raise Fault("nothing to replay: name files or folders")
    files: dict[str, None] = {}
    passed_over, faults = 0, []
    for path in [os.fspath(path) for path in paths]:
        try:
            listed = _remote(path) if REMOTE.match(path) else _local(path)
        except Fault as fault:
            faults.append(fault)
            continue
        for name, inner in listed:
            if inner is not None and no_article(inner):
                passed_over += 1
            else:
                files[name] = None
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults)
    return Found(tuple(files), passed_over)


def no_article(inner: str) -> bool:
    """Whether a file, by its path inside the folder that was named, is no input."""
    parts = inner.split("/")
    return any(part.startswith(".") for part in parts) or bool(NO_ARTICLES.fullmatch(parts[-1]))


def _local(path: str) -> Iterable[tuple[str, str | None]]:
    place = Path(path).expanduser()
    try:
        if not place.exists():
            raise Fault("no such file or folder", path=path)
        if not place.is_dir():
            return [(str(place), None)]
        os.scandir(place).close()  # a folder that may not be opened is said now, not after the run
    except OSError as error:
        raise Fault(f"cannot be read: {error.strerror or type(error).__name__}", path=path) from None
    return _below(place)


def _below(place: Path) -> Iterator[tuple[str, str | None]]:
    closed: list[str] = []
    for folder, folders, names in os.walk(place, onerror=lambda error: closed.append(error.filename)):
        folders.sort()
        for name in sorted(names):
            file = Path(folder) / name
            yield str(file), file.relative_to(place).as_posix()
    for folder in closed:
        yield folder, None  # reading it fails, and says so in a dead letter


def _remote(path: str) -> Iterable[tuple[str, str | None]]:
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415 - Beam takes two seconds to import

    folder = path.rstrip("/") + "/"
    try:
        exact, below = FileSystems.match([path, folder + "**"])
    except (OSError, ValueError, ImportError) as error:
        said = str(error).split("\n", 1)[0]
        raise Fault(f"cannot be listed: {said}", path=path) from None
    if exact.metadata_list:
        return [(entry.path, None) for entry in exact.metadata_list]
    if not below.metadata_list:
        raise Fault("no such file or folder", path=path)
    return sorted((entry.path, entry.path.removeprefix(folder)) for entry in below.metadata_list)
