"""What is done to the training texts: names swapped for others, headlines in capitals, no capitals.

`spacy train --code training/augment.py` makes it known to the configuration; the same seed gives the same texts.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry
from thinc.api import NumpyOps, set_current_ops

import pipeline.known_words
import pipeline.word_vectors  # noqa: F401 - these register the pipes that the configuration names
from training.names import plain

# As in pipeline/models.py: numpy multiplies three times as fast as spaCy's own BLIS.
set_current_ops(NumpyOps(use_blis=False))

_ORG_PATTERNS = (
    "University of {place}",
    "{place} University",
    "{family} {kind}",
    "{family} {kind}",
    "{family} & {family}",
    "{family} {family} {kind}",
    "{demonym} {office}",
    "{office}",
    "{place} {club}",
    "{place} City Council",
    "{place} {office}",
    "{demonym} {party} Party",
    "Bank of {place}",
    "Ministry of {matter}",
    "{demonym} Ministry of {matter}",
    "{matter} Ministry",
    "The {place} {paper}",
)
_KINDS = [
    "Group",
    "Holdings",
    "Inc",
    "Inc.",
    "Corp",
    "Corp.",
    "Ltd",
    "Bank",
    "Industries",
    "Foundation",
    "Institute",
    "Capital",
    "Motors",
    "Energy",
    "Media",
    "Airlines",
    "Pharma",
    "Company",
    "Partners",
    "Mining",
    "Oil",
    "Steel",
]
_OFFICES = [
    "National Police",
    "Supreme Court",
    "Central Bank",
    "Electoral Commission",
    "Football Association",
    "Navy",
    "Army",
    "Air Force",
    "Parliament",
    "Senate",
    "National Assembly",
    "Medical Association",
    "Red Crescent",
    "Human Rights Commission",
    "Chamber of Commerce",
    "High Court",
    "Coast Guard",
    "Meteorological Department",
    "Health Authority",
    "Airports Authority",
    "Olympic Committee",
    "Trade Union Congress",
    "Bar Association",
    "Revenue Authority",
    "Constitutional Court",
    "Border Guard",
    "Defence Forces",
    "Stock Exchange",
]
_CLUBS = [
    "FC",
    "United",
    "City FC",
    "Rovers",
    "Athletic",
    "Lions",
    "Wanderers",
    "Sporting",
    "Tigers",
    "Kings",
]
_PARTIES = [
    "Democratic",
    "People's",
    "Labour",
    "National",
    "Socialist",
    "Liberal",
    "Workers'",
    "Green",
    "Progressive",
    "Justice",
    "Freedom",
]
_MATTERS = [
    "Health",
    "Defence",
    "Foreign Affairs",
    "Education",
    "Finance",
    "Justice",
    "Agriculture",
    "Interior",
    "Transport",
    "Energy",
    "Labour",
]
_PAPERS = [
    "Times",
    "Herald",
    "Post",
    "Daily News",
    "Star",
    "Tribune",
    "Observer",
    "Standard",
    "Gazette",
    "Telegraph",
    "Guardian",
    "Mirror",
]


class _Names:
    """Draws names from the lists."""

    def __init__(self, lists: Mapping[str, Any]):
        self._people = list(lists["people"].values())
        self._places = lists["places"]
        self._several = [place for place in self._places if " " in place]
        self._bodies = lists["bodies"]
        self._demonyms = lists["demonyms"]

    def of(self, span: Span, draw: random.Random) -> str:
        """Another name of the same kind and much the same length."""
        if span.label_ == "PERSON":
            name = self._person(len(span), draw)
        elif span.label_ == "LOC":
            name = draw.choice(self._places if len(span) == 1 else self._several)
        else:
            name = draw.choice(self._bodies) if draw.random() < 0.4 else self._body(draw)
        return plain(name) if draw.random() < 0.6 else name

    def _person(self, words: int, draw: random.Random) -> str:
        country = draw.choice(self._people)
        given, family = draw.choice(country["given"]), draw.choice(country["family"])
        if words == 1:
            return str(family if draw.random() < 0.75 else given)
        shape = draw.random()
        if shape < 0.06:
            return f"{given} {draw.choice('ABCDEFGHJKLMNPRSTVWZ')}. {family}"
        if shape < 0.12:
            return f"{given[0]}. {family}"
        if shape < 0.2:
            return f"{given} {draw.choice(country['given'])} {family}"
        if shape < 0.26:
            return (
                f"{given} {draw.choice(['al-', 'Al ', 'bin ', 'de ', 'van ', 'Abu ', 'el-', 'ibn '])}{family}"
            )
        if shape < 0.3:
            return f"{given} {family}-{draw.choice(country['family'])}"
        if shape < 0.36:
            return f"{family} {given}"
        return f"{given} {family}"

    def _body(self, draw: random.Random) -> str:
        country = draw.choice(self._people)
        return draw.choice(_ORG_PATTERNS).format(
            place=draw.choice(self._places),
            family=draw.choice(country["family"]),
            demonym=draw.choice(self._demonyms),
            kind=draw.choice(_KINDS),
            office=draw.choice(_OFFICES),
            club=draw.choice(_CLUBS),
            party=draw.choice(_PARTIES),
            matter=draw.choice(_MATTERS),
            paper=draw.choice(_PAPERS),
        )


@registry.augmenters("tocsin.names_and_case.v1")  # type: ignore[untyped-decorator]  # spaCy gives it no types
def names_and_case(
    lists: str, swapped: float, shouted: float, lowered: float, seed: int
) -> Callable[[Language, Example], Iterator[Example]]:
    """Each text once: as it is, with other names, in capitals or without any.

    Args:
        lists: what `names.py` wrote.
        swapped: share of texts in which names are swapped; in one of these each name is with probability 0.7.
        shouted: share of texts in capitals, or with a capital on every long word, as headlines are.
        lowered: share of texts without capitals.
        seed: of all that is drawn.
    """
    with gzip.open(lists, "rt", encoding="utf-8") as packed:
        names = _Names(json.load(packed))
    draw = random.Random(seed)

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        doc = example.reference
        text = doc.text
        spans = [(span.start_char, span.end_char, span.label_) for span in doc.ents]
        before = text
        if spans and draw.random() < swapped:
            text, spans = _swapped(doc, names, draw)
        case = draw.random()
        if case < shouted:
            other = text.upper() if draw.random() < 0.5 else _headline(text)
            text = other if len(other) == len(text) else text
        elif case < shouted + lowered:
            other = text.lower()
            text = other if len(other) == len(text) else text
        if text == before:
            yield example
            return
        changed = _marked(nlp, text, spans)
        if changed is None:
            yield example
            return
        words, spaces = [token.text for token in changed], [bool(token.whitespace_) for token in changed]
        yield Example(Doc(nlp.vocab, words=words, spaces=spaces), changed)

    return augment


def _swapped(doc: Doc, names: _Names, draw: random.Random) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans, at = "", [], 0
    taken: dict[str, str] = {}
    for span in doc.ents:
        text += doc.text[at : span.start_char]
        name = span.text
        # Short bodies are acronyms and brands: another kind of name in their place would teach nothing true.
        swappable = not (span.label_ == "ORG" and len(span) == 1) and name[0].isupper()
        if swappable and draw.random() < 0.7:
            name = taken.setdefault(name, names.of(span, draw))
        spans.append((len(text), len(text) + len(name), span.label_))
        text += name
        at = span.end_char
    return text + doc.text[at:], spans


def _headline(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:] if len(word) > 3 else word for word in text.split(" "))


def _marked(nlp: Language, text: str, spans: list[tuple[int, int, str]]) -> Doc | None:
    doc = nlp.make_doc(text)
    found = [doc.char_span(start, end, label) for start, end, label in spans]
    if any(span is None for span in found):
        return None
    doc.set_ents([span for span in found if span is not None])
    return doc
