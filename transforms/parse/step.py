"""Parse, the step: a document held to its kind, and the PTransform that wires it.

This is the only file of parse that knows of Beam.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

import transforms.coder  # noqa: F401 - registers how the models travel
from transforms.article import Article, DeadLetter, Document, Media
from transforms.errors import Poison
from transforms.parse.decoding import LIMIT, decode
from transforms.parse.feeds import parse_feed
from transforms.parse.lines import parse_line
from transforms.parse.pages import parse_page
from transforms.parse.parts import letter

STEP = "parse"
DEAD = "dead"


def parse_text(document: Document, limit: int = LIMIT) -> Iterator[Article]:
    """The one article of a plain text. What in it is title, outlet or date, ``clean`` finds out.

    Raises:
        Poison: those of ``decode``.
    """
    yield Article(
        url=document.location,
        outlet=document.outlet,
        text=decode(document.body, document.content_type, limit=limit),
        fetched=document.fetched,
        feed=document.feed,
        order=(document.order, 0),
        origin=document.origin,
    )


KINDS: dict[Media, Callable[[Document, int], Iterator[Article | DeadLetter]]] = {
    "text": parse_text,
    "html": parse_page,
    "feed": parse_feed,
    "article-json": parse_line,
}


def parse(document: Document, limit: int = LIMIT) -> Iterator[Article | DeadLetter]:
    """The articles of a document, in its order; entries of a feed that cannot be read are dead letters among them.

    Args:
        document: what a source gave.
        limit: bytes that it may have.

    Raises:
        Poison: before anything was given, where the whole document can never work.
    """
    return KINDS[document.media](document, limit)


class ParseDocument(beam.DoFn):
    """Document in; Article out, and ``dead``: DeadLetter."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.came = Metrics.counter(STEP, "in")
        self.went = Metrics.counter(STEP, "on")

    def process(self, document: Document) -> Iterator[Article | TaggedOutput[Literal["dead"], DeadLetter]]:
        self.came.inc()
        try:
            for result in parse(document, self.limit):
                if isinstance(result, DeadLetter):
                    yield self.stopped(result)
                else:
                    self.went.inc()
                    yield result
        except Poison as poison:
            yield self.stopped(letter(document, poison))

    def stopped(self, dead: DeadLetter) -> Any:
        """The dead letter on its way out, counted."""
        Metrics.counter(STEP, f"stopped:{dead.reason}").inc()
        return TaggedOutput(DEAD, dead)


class Parse(beam.PTransform):
    """PCollection[Document] in; ``main`` PCollection[Article] and ``dead`` PCollection[DeadLetter] out.

    Args:
        limit: bytes that one document may have.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        super().__init__()
        self.limit = limit

    def expand(self, documents: beam.PCollection[Document]) -> Any:
        return documents | "parse" >> beam.ParDo(ParseDocument(self.limit)).with_outputs(DEAD, main="main")
