"""Sources, one file: what it is taken for by its name and its first bytes, and the documents in it.

A file that cannot be read is a dead letter with one line; it never ends the run.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pipeline.sources.found import REMOTE
from transforms.article import DeadLetter, Document
from transforms.errors import Poison
from transforms.parse.decoding import LIMIT, decode, plain
from transforms.parse.json_feed import is_json_feed
from transforms.parse.lines import load_json
from transforms.parse.prolog import ROOTS, root_of

KEPT_WHOLE = 256 * 1024 * 1024
"""Bytes up to which an input that is too large is kept in its dead letter; above, by size and hash."""
LINES = 1 << 32
"""Lines that one file may have: a document's order is its file's place, times this, plus its line."""
HEAD = 4096
CHUNK = 1 << 20

TEXT = frozenset((".txt", ".text", ".md", ".markdown"))
PAGES = frozenset((".html", ".htm", ".xhtml"))
MARKED = frozenset((".xml", ".rss", ".atom", ".rdf", ".opml"))
JSON_LINES = frozenset((".jsonl", ".ndjson", ".jsonlines"))
WIDE = ("\ufeff".encode("utf-16-le"), "\ufeff".encode("utf-16-be"))
JSON_HEAD = re.compile(r'\{\s*["}]|\[\s*\{')
HTML_HEAD = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Intake:
    """How files are read: when they count as fetched, and how many bytes one document may have."""

    now: datetime
    limit: int = LIMIT


def documents(
    files: Sequence[str], now: datetime, *, limit: int = LIMIT, first: int = 0
) -> Iterator[Document | DeadLetter]:
    """The documents of these files, each read once, in their order; a dead letter for each that cannot be read.

    Args:
        files: as ``listing`` gives them.
        now: when they were fetched: the same for all.
        limit: bytes that one document may have.
        first: the place of the first file.
    """
    for place, path in enumerate(files, first):
        yield from read_file(path, place, Intake(now, limit))


def read_file(path: str, place: int, how: Intake) -> Iterator[Document | DeadLetter]:
    """The documents of one file: one, or one for each line or item of JSON, in their order.

    Args:
        path: a local file or one on a Beam filesystem; ``.gz`` is opened.
        place: the file's place in the run, from 0.
        how: the time and the limit.
    """
    origin = path.encode("utf-8", "replace").decode()  # a file's name may be no text
    try:
        with closing(_open(path)) as stream:
            yield from _documents(stream, origin, place, how)
    except Poison as poison:
        yield _dead(origin, how, poison.reason, poison.message)
    except (OSError, EOFError, zlib.error) as error:
        yield _dead(origin, how, "unreadable", _why(error))


def kind(path: str, head: bytes) -> str:
    """What a file is taken for: a media of Document, or ``json`` or ``jsonl``.

    The name decides where it says enough; what is inside decides between XML, HTML and feeds, and for unknown names.
    """
    suffix = PurePosixPath(path.lower().removesuffix(".gz")).suffix
    if suffix in TEXT:
        return "text"
    if suffix in PAGES:
        return "html"
    try:
        start = decode(head).lstrip("\ufeff \t\n")
    except Poison as poison:
        if suffix in JSON_LINES and (b'{"' in head or (poison.reason == "empty" and len(head) == HEAD)):
            return "jsonl"  # one bad line, or many blank ones, are no reason to lose the others
        return "feed" if suffix in MARKED else "text"  # no text at all: parse says why
    if suffix in JSON_LINES:
        alone = start.partition("\n")[0].strip() == "{" or start.startswith("[")
        return "json" if alone else "jsonl"
    if suffix == ".json":
        return "json"
    root = root_of(start)
    if root == "html" or HTML_HEAD.match(start):
        return "html"
    if suffix in MARKED or root in ROOTS or root == "opml" or start.startswith("<?xml"):
        return "feed"
    return "json" if JSON_HEAD.match(start) else "text"


def _open(path: str) -> IO[bytes]:
    if REMOTE.match(path):
        from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415 - Beam takes two seconds to import

        return FileSystems.open(path)  # type: ignore[no-any-return]  # what it raises is an OSError
    if not Path(path).is_file() and Path(path).exists():  # a pipe or a device would block for ever
        raise Poison("unreadable", "neither a file nor a folder that can be read")
    file = Path(path).open("rb")  # noqa: SIM115 - whoever asked closes it
    return Gunzip(file) if path.lower().endswith(".gz") else file  # type: ignore[return-value]


class Gunzip(gzip.GzipFile):
    """A gzip file that closes the file below it too."""

    def __init__(self, below: IO[bytes]):
        super().__init__(fileobj=below, mode="rb")
        self.below = below

    def close(self) -> None:
        super().close()
        self.below.close()


def _documents(stream: IO[bytes], path: str, place: int, how: Intake) -> Iterator[Document | DeadLetter]:
    head = stream.read(HEAD)
    taken = kind(path, head)
    if taken == "jsonl":
        yield from _lines(head, stream, path, place, how)
        return
    body = head + stream.read(max(0, how.limit + 1 - len(head))) if len(head) == HEAD else head
    if len(body) > how.limit:
        yield _too_large(body, stream, path, place * LINES, how, "text" if taken == "json" else taken)
    elif taken == "json":
        yield from _json(body, path, place, how)
    else:
        yield _document(path, taken, body, place * LINES, how)


def _document(origin: str, media: str, body: bytes, order: int, how: Intake) -> Document:
    return Document.model_validate(
        {"origin": origin, "media": media, "body": body, "fetched": how.now, "order": order}
    )


def _json(body: bytes, path: str, place: int, how: Intake) -> Iterator[Document]:
    """A JSON Feed, one article, a list of articles, or JSON Lines under the wrong name."""
    whole = _document(path, "article-json", body, place * LINES, how)
    try:
        value = load_json(decode(body, controls=True))
    except Poison:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) > 1 and all(_is_object(line) for line in lines[:2]):
            for number, line in enumerate(body.splitlines()):
                if line.strip():
                    yield _document(f"{path}:{number + 1}", "article-json", line, place * LINES + number, how)
        else:
            yield whole  # parse says what is wrong with it
        return
    if is_json_feed(value):
        yield whole.model_copy(update={"media": "feed"})
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            line = json.dumps(item, ensure_ascii=False).encode()
            yield _document(f"{path}[{number}]", "article-json", line, place * LINES + number, how)
    else:
        yield whole


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(load_json(decode(line, controls=True)), dict)
    except Poison:
        return False


def _lines(
    head: bytes, stream: IO[bytes], path: str, place: int, how: Intake
) -> Iterator[Document | DeadLetter]:
    source: Any = _Joined(head, stream)
    wide = head.startswith(WIDE)
    if wide:
        source = io.TextIOWrapper(
            io.BufferedReader(source), encoding="utf-16", errors="replace", newline="\n"
        )
    else:
        source = io.BufferedReader(source, CHUNK)
    number, given = -1, 0
    try:
        while line := source.readline(how.limit + 1):
            number += 1
            order, origin = place * LINES + number, f"{path}:{number + 1}"
            body = plain(line).encode() if isinstance(line, str) else line
            if len(line) > how.limit and not body.endswith(b"\n"):
                given += 1
                rest = source if not wide else _Encoded(source)
                yield _too_large(body, _RestOfLine(rest), origin, order, how, "article-json")
            elif body.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf"):
                given += 1
                yield _document(origin, "article-json", body.rstrip(b"\r\n"), order, how)
    except (OSError, EOFError, zlib.error) as error:
        yield _dead(
            f"{path}:{number + 2}", how, "unreadable", f"{_why(error)}; {given} lines before it went on"
        )
        return
    if not given:
        yield _dead(path, how, "empty", "no line in it")


class _Joined(io.RawIOBase):
    """The first bytes, which have been read already, and the rest of the stream."""

    def __init__(self, head: bytes, stream: IO[bytes]):
        self.head = head
        # of a packed stream that is cut off, ``read`` loses what ``read1`` still gives
        self.more = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.head[: len(buffer)] or self.more(len(buffer))
        self.head = self.head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _RestOfLine:
    """What is left of a line that is too long, in chunks."""

    def __init__(self, source: Any):
        self.source, self.over = source, False

    def read(self, size: int) -> bytes:
        if self.over:
            return b""
        data: bytes = self.source.readline(size)
        self.over = not data or data.endswith(b"\n")
        return data


class _Encoded:
    """Lines of a text stream as UTF-8."""

    def __init__(self, source: io.TextIOWrapper):
        self.source = source

    def readline(self, size: int) -> bytes:
        return self.source.readline(size).encode()


def _too_large(body: bytes, stream: Any, origin: str, order: int, how: Intake, media: str) -> DeadLetter:
    """Kept whole where that can be afforded; else by its size and hash, and the file stays where it is."""
    kept, size, digest = [body], len(body), hashlib.sha256(body)
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        digest.update(chunk)
        if size <= KEPT_WHOLE:
            kept.append(chunk)
        else:
            kept.clear()
    said = f"{size:,} bytes; the limit is {how.limit:,}"
    if not kept:
        said += f"; not kept here, sha256 {digest.hexdigest()}"
    whole = _document(origin, media, b"".join(kept), order, how) if kept else None
    return DeadLetter(
        step="source", reason="too-large", message=said, origin=origin, document=whole, at=how.now
    )


def _dead(origin: str, how: Intake, reason: str, message: str) -> DeadLetter:
    return DeadLetter(step="source", reason=reason, message=message, origin=origin, at=how.now)


def _why(error: BaseException) -> str:
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "cannot be read: " + " ".join(str(said).split())[:200]
