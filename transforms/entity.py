"""An entity as data: what a file says of it, and the names that a text in one language or another has for it.

``transforms/entities.py`` finds them in an article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from transforms.article import Label
from transforms.language import Tongue

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
        shared: names that other things have too (``Georgia``, ``the Times``): this entity is meant only where
            something in the article speaks for it. Absent, and ``near`` is there: all its names.
        near: words and phrases that speak for it, the nearer the more; they may end in ``*``.
        not_near: words and phrases that must not stand near: where one does, it is not this entity.
        other: no entity at all, but something else of that name (a fruit, a month): where it is meant, there is
            no mention.
        domains: an outlet's web domains.
        agency: an outlet whose texts others print (a wire).
        languages: its names in languages other than English, by their code (``es``). An article in one of them is held
            against these and ``name``, without aliases, demonyms and capital, which are English.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str = Field(min_length=1, max_length=200)
    label: Label
    aliases: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    capital: tuple[str, ...] = ()
    surname: str | None = None
    shared: tuple[str, ...] | None = None
    near: tuple[str, ...] = ()
    not_near: tuple[str, ...] = ()
    other: bool = False
    domains: tuple[str, ...] = ()
    agency: bool = False
    languages: Mapping[Tongue, tuple[Annotated[str, Field(min_length=1)], ...]] = Field(default_factory=dict)

    @field_validator("id")
    @classmethod
    def _spelled(cls, value: str) -> str:
        if not ENTITY_ID.fullmatch(value):
            raise ValueError(f"{value!r} is no entity id: a kind, a slash and a name, as in person/wang-yi")
        return value


def phrases_of(entity: Entity) -> tuple[str, ...]:
    """Every phrase by which an English text can name the entity without having named it otherwise before."""
    said = (entity.name, *entity.aliases, *entity.demonyms, *entity.capital, *(entity.shared or ()))
    return tuple(dict.fromkeys(said))


def phrases_in_all(entity: Entity) -> tuple[str, ...]:
    """The same for texts in any language."""
    foreign = (phrase for phrases in entity.languages.values() for phrase in phrases)
    return tuple(dict.fromkeys((*phrases_of(entity), *foreign)))


def in_language(entities: Iterable[Entity], language: str | None) -> dict[str, Entity]:
    """The entities as a text in a language other than English names them, by id.

    Each has the names given for the language and the one that is its own in all of them. A name that other things
    have too in English is no such name: what tells them apart are English words.

    Args:
        entities: as they are written.
        language: its code; of None, and one that nothing is given for, all have their own names alone.
    """
    spoken = {entity.id: _spoken(entity, entity.languages.get(language or "", ())) for entity in entities}
    return {identity: entity for identity, entity in spoken.items() if entity is not None}


def _spoken(entity: Entity, given: tuple[str, ...]) -> Entity | None:
    contested = entity.other or bool(entity.not_near) or entity.name in shared_names(entity)
    names = given if contested else (entity.name, *given)
    if not names:
        return None
    changed: dict[str, object] = {"aliases": names[1:], "shared": None, "near": (), "not_near": ()}
    return entity.model_copy(update={"name": names[0], "demonyms": (), "capital": (), **changed})


def shared_names(entity: Entity) -> tuple[str, ...]:
    """Its names that other things have too."""
    if entity.shared is not None:
        return entity.shared
    return (entity.name, *entity.aliases) if entity.near and not entity.other else ()
