"""Reading configuration files, wherever they are: a local disk, or any file system that Beam knows.

All of configuration is read through ``read_config``; folders are listed by ``yaml_files``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pipeline.settings.sheet import BYTES
from transforms.errors import Fault

REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
ENDINGS = (".yaml", ".yml")

Stamp = tuple[str, float, int]
"""A file as it was when it was read: path, time of change, bytes."""


def is_remote(path: str) -> bool:
    """Whether this is a place for Beam's file systems, as ``gs://bucket/local.yaml``."""
    return REMOTE.match(path) is not None


def beside(file: str, name: str) -> str:
    """What a file means by this name: absolute and remote names as they are, others from the file's folder."""
    if is_remote(name):
        return name
    if is_remote(file):
        return name if name.startswith("/") else f"{file.rsplit('/', 1)[0]}/{name}"
    joined = str(Path(file).parent / name)
    plain = os.path.normpath(joined)
    # Behind a link, `..` is another folder than the name suggests.
    return plain if _same_file(plain, joined) else joined


def read_config(path: str) -> bytes:
    """The bytes of one configuration file; one more than may be is read, so that too many are seen.

    Raises:
        Fault: it cannot be read.
    """
    if is_remote(path):
        return _read_remote(path)
    try:
        with Path(path).open("rb") as file:
            return file.read(BYTES + 1)
    except (OSError, ValueError) as error:
        raise Fault(f"cannot be read: {reason_of(error)}", path=path) from None


def yaml_files(path: str) -> tuple[str, ...]:
    """The file itself, or all YAML files in a folder and below it, by name; hidden ones are passed over.

    Raises:
        Fault: there is no such file or folder, it cannot be read, or the folder has no YAML file in it.
    """
    if is_remote(path):
        return (path,) if path.endswith(ENDINGS) else _list_remote(path)
    try:
        if not Path(path).is_dir():
            os.stat(path)  # noqa: PTH116 - its error says which of many reasons it is
            return (path,)
        found = tuple(sorted(_walk(path)))
    except (OSError, ValueError) as error:
        raise Fault(f"{path} cannot be read: {reason_of(error)}") from None
    if not found:
        raise Fault(f"{path} is a folder without a YAML file in it")
    return found


def stamp(path: str) -> Stamp:
    """How the file stands now, to know later whether it changed; a file that is gone has a stamp of its own."""
    if is_remote(path):
        return _stamp_remote(path)
    try:
        known = os.stat(path)  # noqa: PTH116 - a path that pathlib refuses is no stamp either
    except (OSError, ValueError):
        return path, 0.0, -1
    return path, float(known.st_mtime_ns), known.st_size


def reason_of(error: Exception) -> str:
    """Why a file cannot be read, in a few words, without its name."""
    said: dict[type[Exception], str] = {
        FileNotFoundError: "there is no such file or folder",
        IsADirectoryError: "it is a folder, a file is needed",
        NotADirectoryError: "a part of its path is no folder",
        PermissionError: "permission is missing",
    }
    return said.get(type(error)) or getattr(error, "strerror", None) or "its name is no path"


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.realpath(one) == os.path.realpath(other)
    except (OSError, ValueError):
        return False


def _walk(path: str) -> list[str]:
    found: list[str] = []

    def refuse(error: OSError) -> None:
        raise error

    for folder, below, names in os.walk(path, onerror=refuse):
        below[:] = [name for name in below if not name.startswith(".")]
        shown = (name for name in names if name.endswith(ENDINGS) and not name.startswith("."))
        # A pipe in the folder would be waited on for ever.
        found += [os.path.join(folder, name) for name in shown if Path(folder, name).is_file()]  # noqa: PTH118
    return found


def _filesystems() -> Any:
    # Beam takes a second to import, and few configurations need its file systems.
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    return FileSystems


def _read_remote(path: str) -> bytes:
    try:
        with _filesystems().open(path) as file:
            return bytes(file.read(BYTES + 1))
    except Exception as error:  # noqa: BLE001
        # Each file system has errors of its own; all say that the file could not be read.
        raise Fault(f"cannot be read: {_one_line(error)}", path=path) from None


def _list_remote(path: str) -> tuple[str, ...]:
    try:
        matches = _filesystems().match([f"{path.rstrip('/')}/*{ending}" for ending in ENDINGS])
        found = sorted(entry.path for match in matches for entry in match.metadata_list)
    except Exception as error:  # noqa: BLE001 - as above
        raise Fault(f"{path} cannot be listed: {_one_line(error)}") from None
    if not found:
        raise Fault(f"{path} is a folder without a YAML file in it")
    return tuple(found)


def _stamp_remote(path: str) -> Stamp:
    try:
        entries = _filesystems().match([path])[0].metadata_list
    except Exception:  # noqa: BLE001 - reading it will say what is wrong
        entries = []
    if not entries:
        return path, 0.0, -1
    return path, float(entries[0].last_updated_in_seconds or 0), int(entries[0].size_in_bytes or 0)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
