"""Sources, what a server answered: its body unpacked with care, its validators, and how long to wait.

Everything in an answer is hostile: sizes, encodings and dates are bounded before they are believed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from transforms.errors import TocsinError

VALIDATOR_LIMIT = 1024
LONGEST_PAUSE = timedelta(hours=24)


class FetchFailed(TocsinError):  # noqa: N818 - what it is for whoever reads the line
    """A feed that could not be read this time.

    Args:
        reason: typed, names a counter: ``http-404``, ``timeout``, ``dns``, ``refused-address``, ``too-large`` …
        message: one line for a person.
        status: what the server answered, where it did.
        after: how long it asked to be left alone.
    """

    def __init__(
        self, reason: str, message: str, *, status: int | None = None, after: timedelta | None = None
    ):
        self.reason, self.message, self.status, self.after = reason, message, status, after
        super().__init__(message)


@dataclass(frozen=True)
class Fetched:
    """What a server answered: ``body`` is None where nothing has changed.

    ``etag`` and ``last_modified`` are what to send back, byte for byte (as Latin-1); ``after`` is how long the
    answer says it stays fresh.
    """

    status: int
    url: str
    body: bytes | None
    content_type: str | None
    etag: str | None
    last_modified: str | None
    after: timedelta | None


def unpacked(response: httpx.Response, limit: int) -> bytes:
    """The body without its compression, given up on as soon as it is too large.

    Raises:
        FetchFailed: ``bad-encoding``, ``too-large``, ``cut-off``.
    """
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise FetchFailed("bad-encoding", f"packed as {coding[:40]!r}, which was not asked for")
    unpack = None if coding in {"identity", ""} else _Unpack(raw_allowed=coding == "deflate")
    parts, size = [], 0
    for chunk in response.iter_raw():
        for part in (chunk,) if unpack is None else unpack.parts(chunk, limit):
            size += len(part)
            if size > limit:
                raise FetchFailed(
                    "too-large", f"larger than {limit:,} bytes as unpacked", status=response.status_code
                )
            parts.append(part)
    if unpack is not None and not unpack.whole:
        raise FetchFailed("cut-off", "the compressed answer ends in the middle")
    return b"".join(parts)


class _Unpack:
    """gzip or deflate, a piece at a time, so that a bomb is seen before it is unpacked."""

    def __init__(self, *, raw_allowed: bool):
        self._raw_allowed = raw_allowed
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._begun = False

    @property
    def whole(self) -> bool:
        """Whether it came to its end; an empty answer has none."""
        return self._stream.eof or not self._begun

    def parts(self, chunk: bytes, limit: int) -> Iterator[bytes]:
        if self._stream.eof:
            return  # what follows the end is padding
        try:
            yield self._stream.decompress(chunk, limit + 1)
        except zlib.error:
            if self._begun or not self._raw_allowed:
                raise
            self._stream = zlib.decompressobj(
                -zlib.MAX_WBITS
            )  # deflate without its envelope: some servers do
            yield self._stream.decompress(chunk, limit + 1)
        self._begun = True
        while self._stream.unconsumed_tail:
            yield self._stream.decompress(self._stream.unconsumed_tail, limit + 1)


def validator(response: httpx.Response, name: bytes) -> str | None:
    """A validator byte for byte, as Latin-1; None where there is none, or one too long to keep."""
    for key, value in response.headers.raw:
        if key.lower() == name and 0 < len(value) <= VALIDATOR_LIMIT:
            return value.decode("latin-1")
    return None


def told(status: int) -> str:
    """A status for people."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "an unknown answer"
    if status == HTTPStatus.GONE:
        return f"HTTP {status} {phrase}: the publisher has ended this feed; remove it from the configuration"
    return f"HTTP {status} {phrase}"


def retry_after(response: httpx.Response) -> timedelta | None:
    """How long the server asks to be left alone."""
    said = response.headers.get("retry-after", "").strip()
    return _seconds(said) if said.isdecimal() else _until(said)


def fresh_for(response: httpx.Response) -> timedelta | None:
    """How long the answer says it stays fresh."""
    for part in response.headers.get("cache-control", "").lower().split(","):
        key, _, value = part.strip().partition("=")
        if key == "max-age" and value.strip('"').isdecimal():
            return _seconds(value.strip('"'))
    return _until(response.headers.get("expires", ""))


def _seconds(digits: str) -> timedelta:
    return min(timedelta(seconds=int(digits[:9])), LONGEST_PAUSE)


def _until(said: str) -> timedelta | None:
    try:
        moment = parsedate_to_datetime(said)
        left = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(left, LONGEST_PAUSE) if left > timedelta(0) else None
