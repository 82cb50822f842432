"""Entities: the gazetteer's entries, and where an article names them.

The gazetteer knows names by list; ``transforms/names.py`` knows names by their form. Where both find one,
the longer wins, and of the same length the one with an id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, field_validator

from transforms.article import Article, FieldName, Label, Mention, Span
from transforms.lexicon import Lexicon, fold

ENTITY_ID = re.compile(r"[a-z]+/[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


class Entity(BaseModel):
    """One entry of the gazetteer (``configs/entities/*.yaml``).

    Attributes:
        id: kind and name, as ``country/CN``, ``person/antony-blinken``, ``outlet/cnn``.
        name: the name shown to people.
        label: what its mentions are labelled.
        aliases: other names; matched whole words, whatever the case; an alias of capitals alone and at most
            five letters (``US``, ``ANI``) is matched in capitals only.
        demonyms: words for its people (``Chinese``): labelled NORP, same id.
        capital: names of its capital city: labelled GPE, same id, for "Beijing said".
        surname: the word that stands for the whole person later in a text; by default the name's last word.
        domains: an outlet's web domains.
        agency: an outlet whose texts others print (a wire).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str = Field(min_length=1, max_length=200)
    label: Label
    aliases: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    capital: tuple[str, ...] = ()
    surname: str | None = None
    domains: tuple[str, ...] = ()
    agency: bool = False

    @field_validator("id")
    @classmethod
    def _spelled(cls, value: str) -> str:
        if not ENTITY_ID.fullmatch(value):
            raise ValueError(f"{value!r} is no entity id: a kind, a slash and a name, as in person/wang-yi")
        return value


def phrases_of(entity: Entity) -> tuple[str, ...]:
    """Every phrase by which a text can name the entity without having named it otherwise before."""
    return (entity.name, *entity.aliases, *entity.demonyms, *entity.capital)


@dataclass(frozen=True)
class _Name:
    """What one phrase of the gazetteer stands for."""

    id: str
    label: Label
    spelling: str
    initials: bool  # matched in capitals only, as US and ANI


_INITIALS = 5  # letters up to which an alias of capitals is taken for initials


class Gazetteer:
    """All entities' names in one automaton.

    Args:
        entities: by id.
    """

    def __init__(self, entities: Mapping[str, Entity]):
        self._people = {entity.id: entity for entity in entities.values() if entity.label == "PERSON"}
        self.names = {entity.id: entity.name for entity in entities.values()}
        self._lexicon = Lexicon(_named(entities.values()))

    def find(self, article: Article, aside: Sequence[Span] = ()) -> tuple[Mention, ...]:
        """Where the article names an entity: whole words, capitalised, the longest name at each place.

        A name that several entities share keeps no id. ``aside`` passages are left out.
        """
        found: list[Mention] = []
        for field in ("title", "text"):
            text = article.of(field)
            hits: dict[tuple[int, int], set[_Name]] = defaultdict(set)
            shouting = text.isupper()
            for hit in self._lexicon.find(fold(text)):
                if _written_as_name(text[hit.start : hit.end], hit.value, shouting=shouting):
                    hits[hit.start, hit.end].add(hit.value)
            found.extend(_mention(field, text, place, names) for place, names in hits.items())
        again = list(self._surnames(article, found))
        # Where a person was named in full, the bare surname is that person, whoever it may mean elsewhere.
        meant = {(mention.field, mention.start, mention.end) for mention in again}
        found = [mention for mention in found if (mention.field, mention.start, mention.end) not in meant]
        return longest(_without([*found, *again], aside))

    def _surnames(self, article: Article, found: Sequence[Mention]) -> Iterator[Mention]:
        """A person named in full once is meant by the surname alone elsewhere, unless two share it."""
        by_surname: dict[str, set[str]] = defaultdict(set)
        for mention in found:
            if mention.label == "PERSON" and mention.id:
                surname = surname_of(self._people[mention.id])
                if fold(surname) != fold(mention.text):
                    by_surname[surname].add(mention.id)
        yield from named_again(
            article,
            {surname: next(iter(ids)) if len(ids) == 1 else None for surname, ids in by_surname.items()},
        )


def surname_of(person: Entity) -> str:
    """The name that stands for the whole person later in a text."""
    return person.surname or person.name.split()[-1]


_NAME_WORD = re.compile(r"(?<![\w'’.-])[^\W\d_](?:[\w-]*\w)?")


def named_again(article: Article, surnames: Mapping[str, str | None]) -> Iterator[Mention]:
    """Every place where a surname stands as a word of its own, capitalised, with or without its accents.

    Args:
        article: where to look.
        surnames: surname to the entity's id, None where that is not known or not decided.
    """
    if not surnames:
        return
    by_last: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for surname, identity in surnames.items():
        folded = fold(surname)
        by_last[folded.rsplit(" ", 1)[-1]].append((folded, identity))
    for field in ("title", "text"):
        text = article.of(field)
        folded_text = fold(text)
        # One pass for all of them: a hostile text may introduce thousands of people.
        for place in _NAME_WORD.finditer(text):
            end = place.end()
            for surname, identity in by_last.get(folded_text[place.start() : end], ()):
                start = end - len(surname)
                if start >= 0 and folded_text[start:end] == surname and not text[start].islower():
                    yield Mention(
                        start=start, end=end, field=field, text=text[start:end], label="PERSON", id=identity
                    )


def longest(mentions: Iterable[Mention]) -> tuple[Mention, ...]:
    """The mentions that do not overlap, in reading order: longer before shorter, known before unknown."""
    kept: list[Mention] = []
    occupied: dict[FieldName, set[int]] = {"title": set(), "text": set()}
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.id is None, m.start, m.label)):
        places = range(mention.start, mention.end)
        if occupied[mention.field].isdisjoint(places):
            occupied[mention.field].update(places)
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: (m.field != "title", m.start)))


def _named(entities: Iterable[Entity]) -> Iterator[tuple[str, _Name]]:
    for entity in entities:
        for phrase in dict.fromkeys((entity.name, *entity.aliases, *entity.capital)):
            letters = [letter for letter in phrase if letter.isalpha()]
            initials = len(letters) <= _INITIALS and all(letter.isupper() for letter in letters)
            yield phrase, _Name(entity.id, entity.label, " ".join(phrase.split()), initials=initials)
        for phrase in entity.demonyms:
            yield phrase, _Name(entity.id, "NORP", " ".join(phrase.split()), initials=False)


def _written_as_name(surface: str, name: _Name, *, shouting: bool) -> bool:
    if name.initials:
        # In a headline all in capitals, "US" may be the pronoun: only what has dots is sure.
        return surface.isupper() and (not shouting or "." in surface)
    # A capital wherever the name has one: "The hill was steep" names no outlet.
    return not any(
        known.isupper() and met.islower() for known, met in zip(name.spelling, surface, strict=False)
    )


def _mention(field: FieldName, text: str, place: tuple[int, int], names: set[_Name]) -> Mention:
    start, end = place
    ids = {name.id for name in names}
    label = min(name.label for name in names)
    return Mention(
        start=start,
        end=end,
        field=field,
        text=text[start:end],
        label=label,
        id=next(iter(ids)) if len(ids) == 1 else None,
    )


def _without(mentions: Iterable[Mention], aside: Sequence[Span]) -> Iterator[Mention]:
    for mention in mentions:
        if not any(
            span.field == mention.field and span.start < mention.end and mention.start < span.end
            for span in aside
        ):
            yield mention
