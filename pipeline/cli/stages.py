"""Single stages without a store, for `enrich`, `link` and `explain`: paths in, articles or readings out.

The functions are those of the graph; only the plumbing is plainer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.cli import house
from pipeline.cli.terminal import say
from pipeline.house import language_of
from pipeline.sources.files import documents
from pipeline.sources.found import listing
from transforms.article import Article, DeadLetter, Reading
from transforms.clean import clean
from transforms.errors import Poison
from transforms.identity import identify
from transforms.parse import parse
from transforms.watch import Rules

if TYPE_CHECKING:
    from transforms.read import Reader

BATCH = 32


def reader_of(rules: Rules, model: str) -> Reader:
    """The reader with these rules, and the spaCy pipeline of this name.

    Raises:
        Fault: the model is not installed, or cannot be loaded.
    """
    from transforms.read import Reader  # noqa: PLC0415 - spaCy takes a second to import

    return Reader(rules, language_of(model))


def articles_of(
    paths: Sequence[str], *, cleaned: bool = True, tell: Callable[[str], None] = say
) -> Iterator[Article]:
    """The articles of these files and folders; what cannot be read gives one line and is left out.

    Raises:
        Fault: a path does not exist.
    """
    for document in documents(listing(paths), house.now()):
        if isinstance(document, DeadLetter):
            tell(f"{document.origin}: {document.message}")
            continue
        try:
            for article in parse(document):
                if isinstance(article, DeadLetter):
                    tell(f"{article.origin}: {article.message}")
                else:
                    yield identify(clean(article) if cleaned else article)
        except Poison as poison:
            tell(f"{document.origin}: {poison.message}")


def readings_of(reader: Reader, articles: Iterator[Article]) -> Iterator[Reading]:
    """The articles' readings, in batches."""
    while batch := list(islice(articles, BATCH)):
        yield from reader.read(batch)
