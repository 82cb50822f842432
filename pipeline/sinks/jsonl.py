"""JSON Lines: one line for every message, appended to a file that is never rewritten.

The file is this sink's memory: a line carries the id of its delivery, so that a process killed after writing and
before recording is found out, and nothing is said twice. What is told in a thread is no line: the edit before it had
kind and reason. A digest is a line for each of its alerts.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from transforms.article import Alert, Delivery, Receipt, fingerprint
from transforms.errors import Refused, Retry

_BLOCK = 1 << 20
_DELIVERY = re.compile(rb'"delivery": "([0-9a-f]{32})"}\n')
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
        self._heard: set[str] = set()
        self._read_to = 0

    def __repr__(self) -> str:
        return f"JsonlSink({str(self._path)!r})"

    def send(self, delivery: Delivery) -> Receipt:
        """Append what there is to append, on the disk when this returns; a line that is there already stays alone.

        Raises:
            Retry: the disk is full or does not answer.
            Refused: the file may not be written.
        """
        if delivery.reply is not None and delivery.digest is None:
            return delivery.previous or self._receipt(delivery)
        with self._locked() as file:
            self._repair(file)
            self._listen(file)
            new = [line for known, line in _lines(delivery) if known not in self._heard]
            if new:
                _append(file, b"".join(new))
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
            self._listen(file)
        return self._receipt(delivery) if delivery.id in self._heard else None

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

    def _listen(self, file: int) -> None:
        """Read what was appended since the last time, by whomever, for the deliveries that it holds."""
        end = os.lseek(file, 0, os.SEEK_END)
        if end < self._read_to:  # someone has begun the file anew
            self._heard, self._read_to = set(), 0
        while self._read_to < end:
            block = os.pread(file, _BLOCK, self._read_to)
            whole = block.rfind(b"\n") + 1
            while not whole and len(block) < end - self._read_to:  # a line longer than a block
                block += os.pread(file, _BLOCK, self._read_to + len(block))
                whole = block.rfind(b"\n") + 1
            if not whole:
                return
            self._heard.update(found[1].decode() for found in _DELIVERY.finditer(block, 0, whole))
            self._read_to += whole


def _lines(delivery: Delivery) -> Iterator[tuple[str, bytes]]:
    """Each line and the id that it carries.

    The last line of a digest has the id of the delivery: where it stands, all do. A process killed among them leaves
    the others behind, which are known by ids of their own.
    """
    if (digest := delivery.digest) is None:
        yield delivery.id, _line(delivery.alert, delivery.id)
        return
    for place, alert in enumerate(digest.alerts, 1):
        last = place == len(digest.alerts)
        known = delivery.id if last else fingerprint(delivery.id, str(place))
        yield known, _line(alert, known, digest=digest.id)


def _line(alert: Alert, known: str, **more: str) -> bytes:
    shape = alert.model_dump(mode="json", by_alias=True) | more | {"delivery": known}
    return json.dumps(shape, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def _append(file: int, lines: bytes) -> None:
    """All of the lines, on the disk, or none of them."""
    end = os.lseek(file, 0, os.SEEK_END)
    try:
        written = os.write(file, lines)
        os.fsync(file)
    except OSError:
        _cut(file, end)
        raise
    if written != len(lines):
        _cut(file, end)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _cut(file: int, end: int) -> None:
    with suppress(OSError):  # a device cannot be cut; what is wrong with it is said by the write
        os.ftruncate(file, end)
