"""Outlets: the names, aliases and domains by which a text names another publisher.

Built once from the gazetteer; finding all names in a text is one Aho-Corasick pass over it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import ahocorasick_rs

from transforms.entity import Entity

_KIND = "outlet/"


@dataclass(frozen=True, slots=True)
class Named:
    """An outlet named at ``[start, end)``, article and possessive not included."""

    start: int
    end: int
    outlet: Entity


class Outlets:
    """The known outlets, ready to be found.

    Args:
        entities: the gazetteer's entries; those whose id does not begin with ``outlet/`` are passed over.
    """

    def __init__(self, entities: Iterable[Entity]):
        self._by_name: dict[str, Entity] = {}
        self._by_domain: dict[str, Entity] = {}
        self._outlet_of: dict[str, Entity] = {}
        for entity in entities:
            if not entity.id.startswith(_KIND):
                continue
            self._by_name.setdefault(_key(entity.id), entity)
            for domain in entity.domains:
                self._by_domain.setdefault(domain.casefold().removeprefix("www."), entity)
            for name in (entity.name, *entity.aliases):
                self._by_name.setdefault(_key(name), entity)
                if "(" not in name:
                    for form in _forms(name):
                        self._outlet_of.setdefault(form, entity)
        self._patterns = tuple(self._outlet_of)
        self._automaton = self._build()

    def _build(self) -> Any:
        if not self._patterns:
            return None
        return ahocorasick_rs.AhoCorasick(self._patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (tuple({entity.id: entity for entity in self._by_name.values()}.values()),)

    def find(self, text: str) -> Iterator[Named]:
        """Every place where the text names a known outlet, as written in the gazetteer or in capitals."""
        if self._automaton is None:
            return
        for pattern, start, end in self._automaton.find_matches_as_indexes(text):
            before, after = text[start - 1 : start], text[end : end + 1]
            if (
                before.isalnum()
                or after.isalnum()
                or before in {"@", "#", "_"}
                or (before == "." and text[start - 2 : start - 1].isalnum())
            ):
                continue
            yield Named(start, end, self._outlet_of[self._patterns[pattern]])

    def known(self, name: str | None) -> Entity | None:
        """The outlet of this name, alias, id or domain; None where it is not known."""
        if not name:
            return None
        return self._by_name.get(_key(name)) or self._by_domain.get(
            name.strip().casefold().removeprefix("www.")
        )

    def at(self, url: str | None) -> Entity | None:
        """The outlet whose domain this URL lies in, or None."""
        try:
            host = (urlsplit(url or "").hostname or "").removeprefix("www.")
        except ValueError:
            return None
        while "." in host:
            if host in self._by_domain:
                return self._by_domain[host]
            host = host.partition(".")[2]
        return None


def _key(name: str) -> str:
    return re.sub(r"\W+", " ", name.casefold()).strip().removeprefix("the ")


def _forms(name: str) -> Iterator[str]:
    """A name as it may stand in a text: without its article, and in capitals where that is no other word."""
    bare = name.removeprefix("The ")
    yield name
    if " " in bare or bare == name:
        yield bare
    if len(bare) >= 5:  # noqa: PLR2004 - shorter ones in capitals may be acronyms of something else
        yield bare.upper()
