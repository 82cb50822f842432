"""The second step: an article without the damage and the furniture that the web added to it.

``clean`` is pure. It reads, in this order: the letters (``mojibake``, ``lossy``), the normal form (``layout``),
the furniture (``furniture``), the dates (``dates``) and the header (``header``). Only what the text states is
filled in, and only where nothing was given; what stays unknown is None.
"""

from datetime import datetime
from typing import NamedTuple

from transforms.article import Article, DeadLetter
from transforms.clean.dates import stated, without_crawl_dates
from transforms.clean.furniture import own_staff, sweep
from transforms.clean.header import open_header
from transforms.clean.layout import is_everyday, legible, one_line, paragraphs
from transforms.clean.mojibake import unescape
from transforms.letters import letter_of, said

__all__ = ["clean", "cleaned"]

_ENDS = 8
_ROUNDS = 6


def clean(article: Article) -> Article:
    """The article with a tidy title and text, and with title, published and outlet where its text states them.

    The text comes out in one normal form, whichever way it came in: paragraphs divided by one blank line, each
    on one line, NFC, single blanks, nothing invisible. Offsets of all later evidence count in this text.
    Cleaning a clean article changes nothing. Time is linear in the length of the article; it never raises.
    """
    title, lines = _legible(article)
    swept = sweep(without_crawl_dates(lines))
    page = _Page(swept.lines, title or None, article.outlet)
    for _ in range(_ROUNDS):
        length = len(page.lines)
        page = _read(page, swept.outlet)
        if len(page.lines) == length:
            break
    return article.model_copy(
        update={
            "title": page.title,
            "text": "\n\n".join(page.lines),
            "outlet": page.outlet,
            "published": article.published or page.published or page.updated,
        }
    )


class _Page(NamedTuple):
    """What is known of an article so far, and the lines that are left of it."""

    lines: list[str]
    title: str | None
    outlet: str | None
    published: datetime | None = None
    updated: datetime | None = None


def _read(page: _Page, hint: str | None) -> _Page:
    """One reading of its top and end. Lines that leave may uncover others, so it is read until none leaves."""
    published, updated, lines = _dated(page.lines)
    opened = open_header(lines, page.title, page.outlet, hint=hint or own_staff(lines))
    return _Page(
        opened.lines, opened.title, opened.outlet, page.published or published, page.updated or updated
    )


def _legible(article: Article) -> tuple[str, list[str]]:
    """Title and paragraphs, repaired together: both went the same way, so one is evidence for the other."""
    title, text = article.title or "", article.text
    if all(is_everyday(said) and unescape(said) == said for said in (title, text)):
        return one_line(title), paragraphs(text, everyday=True)
    if title.isascii() and text.isascii():
        return one_line(legible(title)), paragraphs(legible(text))
    both = legible(" ".join(unescape(title).splitlines()) + "\n" + text)
    first, _, rest = both.partition("\n")
    return one_line(first), paragraphs(rest)


def _dated(lines: list[str]) -> tuple[datetime | None, datetime | None, list[str]]:
    """The labelled dates of the top and the end, and the lines without those that were nothing else."""
    published: datetime | None = None
    updated: datetime | None = None
    kept: list[str] = []
    end = len(lines) - _ENDS
    for place, line in enumerate(lines):
        rest = line
        if place < _ENDS or place >= end:
            said, changed, rest = stated(line)
            published, updated = published or said, updated or changed
        if rest:
            kept.append(rest)
    return published, updated, kept


def cleaned(article: Article) -> Article | DeadLetter:
    """The article cleaned, or its dead letter: nothing is left of it, or it cannot be cleaned at all."""
    try:
        done = clean(article)
    except Exception as error:  # noqa: BLE001 - the input is hostile; one article must not stop the others
        return letter_of(article, "clean", "unreadable", said(error), in_hand=False)
    if done.text:
        return done
    origin = article.origin or "an article"
    message = f"{origin} has no text once furniture is taken away"
    return letter_of(article, "clean", "no-text", message, in_hand=False)
