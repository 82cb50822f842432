"""JSON Lines: one line for every message, appended to a file that is never rewritten.

The file is this sink's memory: a line carries the id of its delivery, so that a process killed after writing and
before recording is found out, and nothing is said twice.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transforms.article import Delivery, Receipt
from transforms.errors import Refused, Retry

_BLOCK = 1 << 16
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class JsonlSink:
    """Appends alerts to a file, which is made with its folders where it is missing.

    Args:
        path: the file.
        name: what the outbox calls this sink.
    """

    def __init__(self, path: str, *, name: str):
        self.name = name
        self._path = Path(path)

    def __repr__(self) -> str:
        return f"JsonlSink({str(self._path)!r})"

    def send(self, delivery: Delivery) -> Receipt:
        """Append the alert as one line, on the disk when this returns; a line that is there already stays alone.

        Raises:
            Retry: the disk is full or does not answer.
            Refused: the file may not be written.
        """
        with self._locked() as file:
            self._repair(file)
            if self._line_of(file, delivery.id) is None:
                shape = delivery.alert.model_dump(mode="json", by_alias=True) | {"delivery": delivery.id}
                line = json.dumps(shape, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
                end = os.lseek(file, 0, os.SEEK_END)
                try:
                    if os.write(file, line) != len(line):
                        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                    os.fsync(file)
                except OSError:
                    os.ftruncate(file, end)
                    raise
        return self._receipt(delivery)

    def find(self, delivery: Delivery) -> Receipt | None:
        """The receipt, where the file holds the line of this delivery.

        Raises:
            Retry: the disk does not answer.
            Refused: the file may not be read.
        """
        if not self._path.exists():
            return None
        with self._locked() as file:
            found = self._line_of(file, delivery.id)
        return self._receipt(delivery) if found is not None else None

    def close(self) -> None:
        """Nothing is held between two messages."""

    def _receipt(self, delivery: Delivery) -> Receipt:
        return Receipt(channel=delivery.channel, message=delivery.id)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, held by this process alone: others that append to it wait."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
            finally:
                os.close(file)
        except OSError as error:
            said = f"sink {self.name}: {self._path}: {error.strerror or error}"
            if error.errno in _FULL:
                raise Retry(f"{said}: make room; the alert is kept and written later") from None
            raise Refused(f"{said}: name a file that can be written as path of this sink") from None

    @staticmethod
    def _repair(file: int) -> None:
        """Cut a last line that a killed process left unfinished: whoever reads the file could not."""
        end = os.lseek(file, 0, os.SEEK_END)
        if end == 0 or os.pread(file, 1, end - 1) == b"\n":
            return
        start = end
        while start > 0:
            begin = max(0, start - _BLOCK)
            place = os.pread(file, start - begin, begin).rfind(b"\n")
            if place >= 0:
                start = begin + place + 1
                break
            start = begin
        os.ftruncate(file, start)

    @staticmethod
    def _line_of(file: int, delivery: str) -> int | None:
        """Where the line of this delivery is, looked for from the end."""
        wanted = f'"delivery": "{delivery}"}}\n'.encode()
        end = os.lseek(file, 0, os.SEEK_END)
        while end > 0:
            begin = max(0, end - _BLOCK)
            block = os.pread(file, end - begin + len(wanted), begin)
            place = block.rfind(wanted)
            if place >= 0:
                return begin + place
            end = begin
        return None
