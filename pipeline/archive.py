"""The archive of parsed articles: every article of a run as one line of JSON, before anything is decided.

For `--articles`: what was read, cleaned, as people and backtests want it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import apache_beam as beam

from transforms.article import Article
from transforms.errors import Fault
from transforms.identity import identify


def start(path: Path) -> None:
    """Begin the file anew, so that it holds one run.

    Raises:
        Fault: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    except OSError as error:
        raise Fault(f"cannot be written: {error.strerror}; name another file", path=str(path)) from None


def line_of(article: Article) -> str:
    """The article in the shape in which articles come in, so that what was written can be read again."""
    return identify(article).model_dump_json(
        include={"id", "url", "outlet", "title", "text", "published", "lang", "feed"} | {"extra"}
    )


class _ArchiveFn(beam.DoFn):
    """Appends whole lines, one write each, so that steps that run side by side never mix them."""

    def __init__(self, path: str):
        self._path = path
        self._file: IO[bytes] | None = None

    def setup(self) -> None:
        self._file = Path(self._path).open("ab", buffering=0)  # noqa: SIM115 - closed in teardown

    def process(self, article: Article) -> Iterable[None]:
        if self._file is not None:
            self._file.write(line_of(article).encode() + b"\n")
        return ()

    def teardown(self) -> None:
        if self._file is not None:
            self._file.close()


class Archive(beam.PTransform):
    """PCollection[Article] to lines in one local file, which must have been started."""

    def __init__(self, path: Path):
        super().__init__()
        self._path = path

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[None]:
        return articles | "write lines" >> beam.ParDo(_ArchiveFn(str(self._path)))
