"""Attribution: which cue verb and which speaker a quoted span belongs to.

Goes through the paragraphs once. ``sentence.py`` reads the sentence around a quote; here stands what reaches over
sentences: introductions, headlines, speech that goes on, and marks that name a work instead of quoting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from transforms.article import Article, Cue, FieldName, Mention, Quote, Speaker
from transforms.quotes.cues import Found, cues
from transforms.quotes.marks import FIRST_PERSON, Paragraph, boundaries, find_marked
from transforms.quotes.naming import names_instead
from transforms.quotes.people import People
from transforms.quotes.sentence import MARKS, WINDOW, Said, attribute, head, split
from transforms.quotes.tokens import Token, is_name_word, tokens

_DASHES = frozenset({":", "-", "--", "–", "—", "―", "|"})


def find_quotes(article: Article, mentions: Sequence[Mention], names: Mapping[str, str]) -> tuple[Quote, ...]:
    """Every direct quote of the article with its cue and speaker, title first, in reading order.

    Quotes have no marks, do not overlap, and lie within one paragraph: speech that runs over several paragraphs
    is one quote a paragraph, all by the same speaker. Time is linear in the length of the article.

    Args:
        article: as it is stored.
        mentions: entity mentions with offsets into it; those of persons may be missing.
        names: entity id to the name shown to people.
    """
    texts: dict[FieldName, str] = {"title": article.of("title"), "text": article.of("text")}
    fields = {field: find_marked(text) for field, text in texts.items()}
    people = People(texts, mentions, names, fields)
    found: list[Quote] = []
    for field, text in texts.items():
        found.extend(_read(field, text, fields[field], people))
    return tuple(found)


@dataclass
class _Place:
    """Where a quote stands: its paragraph, the one before, and who spoke last."""

    text: str
    paragraph: Paragraph
    before: Paragraph | None
    last: Speaker | None


def _read(field: FieldName, text: str, found: Sequence[Paragraph], people: People) -> Iterator[Quote]:
    last: Speaker | None = None
    before: Paragraph | None = None
    for paragraph, following in zip_longest(found, found[1:]):
        block = _block(text, before, paragraph)
        said = [block] if block else split(text, paragraph)
        if block is None:
            attribute(text, said)
        _headline(text, said, title=field == "title")
        if said and said[-1].alone and following is not None:
            said[-1].subject = _signature(text, following)
        previous: Said | None = None
        for one in said:
            one.speaker = _speaker(field, one, previous, _Place(text, paragraph, before, last), people)
            if one.speaker is not None:
                last = one.speaker
                people.note(one.speaker)
            if field == "title" or not names_instead(text, one):
                yield _quote(field, text, one)
            previous = one
        before = paragraph


def _introduction(text: str, before: Paragraph | None) -> tuple[Found, bool] | None:
    """Who a paragraph that ends in a colon lets speak next, and whether its verb stands right before the colon."""
    if before is None or text[before.end - 1] != ":":
        return None
    edges = [before.start, *(edge for span in before.spans for edge in span), before.end]
    row: list[Token] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        row.extend(tokens(text, max(start, before.end - 3 * WINDOW), end))
    found = [cue for cue in cues(row, after_quote=False) if cue.subject and cue.strong]
    if not found:
        return None
    adjacent = bool(row) and found[-1].end >= before.end - 2
    return (found[-1], True) if adjacent else (found[0], False)


def _block(text: str, before: Paragraph | None, paragraph: Paragraph) -> Said | None:
    """A paragraph without marks that the one before it introduces as speech: it is one quote."""
    start, end = paragraph.start, paragraph.end
    if before is None or text[before.end - 1] != ":" or text[start] in MARKS or text[end - 1] not in ".!?…":
        return None
    introduced = _introduction(text, before)
    if introduced is None or len(text[start:end].split(maxsplit=5)) < 5:  # noqa: PLR2004 - shorter is a heading
        return None
    cue, adjacent = introduced
    if not adjacent and not FIRST_PERSON.search(text, start, end):
        return None
    return Said(start, end, (start, start), (end, end), 0, (cue.start, cue.end), cue.subject)


def _headline(text: str, said: list[Said], *, title: bool) -> None:
    """``Blinken: China seeks to ‘influence’ elections`` and ``‘US has evidence’: Antony Blinken``."""
    for one in said:
        right = tokens(text, *one.right)
        signed = list(takewhile(is_name_word, right[1:])) if right and right[0].text in _DASHES else []
        if signed and (len(signed) == len(right) - 1 or right[len(signed) + 1].text in {",", "(", "."}):
            one.subject = signed[0].start, signed[-1].end
        if not title or one.subject is not None:
            continue
        left = tokens(text, *one.left)
        colon = next((index for index, token in enumerate(left[:6]) if token.text == ":"), 0)
        if colon and one.cue is None and all(map(is_name_word, left[:colon])):
            one.subject = left[0].start, left[colon - 1].end


def _signature(text: str, paragraph: Paragraph) -> tuple[int, int] | None:
    """The name in a line of its own below a quote: ``- Ann Lee`` and the like."""
    if paragraph.end - paragraph.start > 80 or text[paragraph.start] not in _DASHES:  # noqa: PLR2004 - a line
        return None
    name = list(takewhile(is_name_word, tokens(text, paragraph.start, paragraph.end)[1:]))
    return (name[0].start, name[-1].end) if name else None


def _quote(field: FieldName, text: str, one: Said) -> Quote:
    cue = Cue(text=text[slice(*one.cue)], start=one.cue[0], end=one.cue[1], field=field) if one.cue else None
    return Quote(start=one.start, end=one.end, field=field, speaker=one.speaker, cue=cue)


def _spoke_before(place: _Place, one: Said, previous: Said | None) -> tuple[int, int] | None:
    """Who spoke last in the sentences before a quote that stands alone, back to the quote before it."""
    start = max(one.start - WINDOW, previous.end if previous is not None else place.paragraph.start)
    row = tokens(place.text, start, one.start)
    while row and row[0].text in {*MARKS, ","}:
        row = row[1:]
    found = [cue for cue in cues(row, after_quote=previous is not None) if cue.subject and cue.strong]
    return found[-1].subject if found else None


def _leader(place: _Place, one: Said) -> tuple[int, int] | None:
    """Whom the last sentence of a paragraph that ends in a colon is about, though it has no verb of speech."""
    before = place.before
    if before is None or place.text[before.end - 1] != ":" or one.start > place.paragraph.start + 2:
        return None
    start = max(before.start, before.end - WINDOW)
    start = max((at for at in boundaries(place.text, start, before.end)), default=start)
    return head(tokens(place.text, start, before.end))


def _speaker(
    field: FieldName, one: Said, previous: Said | None, place: _Place, people: People
) -> Speaker | None:
    """Who says it: the subject of its cue, else whoever speaks around it, else the last who spoke."""
    if one.subject is not None:
        return people.speaker(field, *one.subject)
    lone = one.alone or one.left[0] == one.left[1]
    if lone and (before := _spoke_before(place, one, previous)) is not None:
        return people.speaker(field, *before)
    if previous is not None and previous.speaker is not None and lone:
        return previous.speaker
    if place.paragraph.continued and place.last is not None:
        return place.last
    introduced = _introduction(place.text, place.before) if one.start <= place.paragraph.start + 2 else None
    if introduced is not None and introduced[0].subject:
        one.cue = introduced[0].start, introduced[0].end
        return people.speaker(field, *introduced[0].subject)
    nearby = (
        head(tokens(place.text, *one.left))
        or _leader(place, one)
        or people.subject(field, place.paragraph.start, one.start)
    )
    return people.speaker(field, *nearby) if nearby is not None else place.last
