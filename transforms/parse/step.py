"""Parse, the step: a document held to its kind.

``pipeline/intake.py`` wires it into the graph, together with clean, screen and new?.
"""

from collections.abc import Callable, Iterator

from transforms.article import Article, DeadLetter, Document, Media
from transforms.errors import Poison
from transforms.letters import said
from transforms.parse.decoding import LIMIT, decode
from transforms.parse.feeds import parse_feed
from transforms.parse.lines import parse_line
from transforms.parse.pages import parse_page
from transforms.parse.parts import letter


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


def parsed(document: Document, limit: int = LIMIT) -> Iterator[Article | DeadLetter]:
    """The same, with a dead letter for what can never work, whatever it is: nothing is raised."""
    try:
        yield from parse(document, limit)
    except Poison as poison:
        yield letter(document, poison)
    except Exception as error:  # noqa: BLE001 - the input is hostile; one document must not stop the others
        yield letter(document, Poison("unreadable", said(error)))
