"""Entities: where an article names what the gazetteer has.

The gazetteer knows names by list; ``transforms/names.py`` knows names by their form. Where both find one,
the longer wins, and of the same length the one with an id. What a name means that several share,
``transforms/namesakes.py`` decides.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from transforms.article import Article, FieldName, Mention, Span
from transforms.entity import Entity, phrases_of, shared_names
from transforms.lexicon import Hit, Lexicon, fold
from transforms.namesakes import UNKNOWN, Evidence, Place, Sense, decide
from transforms.quotes.words import FIRST_NAMES
from transforms.signs import is_headline


@dataclass(frozen=True)
class _Name:
    """What one phrase of the gazetteer stands for.

    ``initials`` are matched in capitals only, as US and ANI. ``sole`` is a name that nothing else has; a ``plain``
    one is moreover the name of an entity wherever it stands, so that there is nothing to decide.
    """

    sense: Sense
    spelling: str
    initials: bool
    sole: bool
    plain: bool


_INITIALS = 5  # letters up to which an alias of capitals is taken for initials
_Hits = dict[tuple[int, int], list[_Name]]


class Gazetteer:
    """All entities' names in one automaton, and in a second one the words that tell namesakes apart.

    Args:
        entities: by id.
    """

    def __init__(self, entities: Mapping[str, Entity]):
        self._people = {
            entity.id: entity for entity in entities.values() if entity.label == "PERSON" and not entity.other
        }
        self.names = {entity.id: entity.name for entity in entities.values() if not entity.other}
        self._lexicon = Lexicon(_named(entities.values()))
        self._context = Lexicon(
            (phrase, (entity.id, speaks_for))
            for entity in entities.values()
            for speaks_for, phrases in ((True, entity.near), (False, entity.not_near))
            for phrase in phrases
            if not speaks_for or fold(phrase) not in set(map(fold, phrases_of(entity)))  # those speak already
        )

    def find(self, article: Article, aside: Sequence[Span] = ()) -> tuple[Mention, ...]:
        """Where the article names an entity: whole words, capitalised, the longest name at each place.

        A name that several entities share has the id of the one that its surroundings speak for, else none.
        ``aside`` passages are left out.
        """
        folded = {name: fold(article.of(name)) for name in _FIELDS}
        hits = {name: self._hits(article.of(name), folded[name]) for name in _FIELDS}
        plain = [
            _mention(article, Place(name, *place), names[0].sense)
            for name, places in hits.items()
            for place, names in places.items()
            if all(known.plain for known in names)
        ]
        again = self._surnames(article, plain)
        contested = _contested(hits, again)
        if contested:
            # Where a surname may be meant, the name is decided below, with all else that it may be.
            plain = [
                mention for mention in plain if (mention.field, mention.start, mention.end) not in contested
            ]
            plain.extend(self._decided(article, contested, self._evidence(article, folded, plain)))
        return longest(_without(plain, aside))

    @staticmethod
    def _hits_of(text: str, hits: Iterable[Hit[_Name]]) -> _Hits:
        found: _Hits = defaultdict(list)
        shouting = text.isupper()
        for hit in hits:
            if _written_as_name(text[hit.start : hit.end], hit.value, shouting=shouting):
                found[hit.start, hit.end].append(hit.value)
        return found

    def _hits(self, text: str, folded: str) -> _Hits:
        """The names at each place; without those that lie within a longer one that stands for one thing alone."""
        found = self._hits_of(text, self._lexicon.find(folded))
        kept: _Hits = {}
        reach = 0
        for (start, end), names in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1])):
            if end <= reach:
                continue
            kept[start, end] = names
            if all(name.sole for name in names):
                reach = max(reach, end)
        return kept

    def _surnames(self, article: Article, plain: Sequence[Mention]) -> dict[_At, list[Sense]]:
        """Who may be meant by the bare surname, of the people that the article names in full, at each place."""
        by_surname: dict[str, dict[str, Sense]] = defaultdict(dict)
        within: set[tuple[FieldName, int]] = set()
        for mention in plain:
            within.update((mention.field, end) for end in range(mention.start + 1, mention.end + 1))
            if mention.id in self._people:
                person = self._people[mention.id]
                by_surname[fold(surname_of(person))][mention.id] = _person(person)
        return {
            (mention.field, mention.start, mention.end): list(by_surname[fold(mention.text)].values())
            for mention in named_again(article, dict.fromkeys(by_surname))
            if (mention.field, mention.end) not in within
        }

    def _evidence(
        self, article: Article, folded: Mapping[FieldName, str], plain: Sequence[Mention]
    ) -> Evidence:
        evidence = Evidence(text={name: article.of(name) for name in _FIELDS})
        known: dict[FieldName, list[tuple[int, int, str]]] = {name: [] for name in _FIELDS}
        for mention in sorted(plain, key=lambda mention: mention.start):
            if mention.id is None:
                continue
            known[mention.field].append((mention.start, mention.end, mention.id))
            if mention.label != "PERSON":  # a person's full name has its own weight, wherever it stands
                evidence.pro.setdefault((mention.id, mention.field), []).append((mention.start, mention.end))
        evidence.known = known
        for name in _FIELDS:
            for hit in self._context.find(folded[name]):
                identity, speaks_for = hit.value
                side = evidence.pro if speaks_for else evidence.contra
                side.setdefault((identity, name), []).append((hit.start, hit.end))
        evidence.settle()
        return evidence

    def _decided(
        self, article: Article, contested: Mapping[_At, tuple[Sense, ...]], evidence: Evidence
    ) -> Iterator[Mention]:
        headline = {name: is_headline(article.of(name)) for name in _FIELDS}
        verdicts = {
            at: decide(senses, Place(*at), evidence, headline=headline[at[0]])
            for at, senses in contested.items()
        }
        # Somebody whom no list knows was named in full: the bare name may be that person's, elsewhere too.
        strangers: dict[str, bool] = {}
        for at, verdict in verdicts.items():
            if verdict in {"someone", "perhaps someone"}:
                name = fold(_surface(article, at))
                strangers[name] = strangers.get(name, False) or verdict == "someone"
        meant: dict[str, set[str]] = defaultdict(set)
        for at, senses in contested.items():
            name = fold(_surface(article, at))
            if name in strangers and verdicts[at] not in {"someone", "perhaps someone"}:
                more = (*senses, Sense(UNKNOWN, "PERSON", named=strangers[name]))
                verdicts[at] = decide(more, Place(*at), evidence, headline=headline[at[0]])
            verdict = verdicts[at]
            if isinstance(verdict, Sense):
                meant[name].add(verdict.id)
        for at, senses in contested.items():
            verdict = verdicts[at]
            if verdict == "undecided":
                # A name that is decided elsewhere in the article, and always the same way, is meant so here.
                decided = meant[fold(_surface(article, at))]
                same = [sense for sense in senses if {sense.id} == decided]
                verdict = same[0] if same else verdict
            if verdict == "undecided":
                open_ = [sense for sense in senses if not sense.other]
                yield _mention(article, Place(*at), min(open_, key=lambda sense: sense.label), known=False)
            elif isinstance(verdict, Sense) and not verdict.other:
                yield _mention(article, Place(*at), verdict, known=verdict.id != UNKNOWN)


_At = tuple[FieldName, int, int]
_FIELDS: tuple[FieldName, ...] = ("title", "text")


def _contested(
    hits: Mapping[FieldName, _Hits], again: Mapping[_At, list[Sense]]
) -> dict[_At, tuple[Sense, ...]]:
    """The places where there is something to decide, with all that may be meant there."""
    places: dict[_At, dict[str, Sense]] = {}
    for name, found in hits.items():
        for place, names in found.items():
            at = (name, *place)
            if at in again or not all(known.plain for known in names):
                places[at] = {known.sense.id: known.sense for known in names}
    for at, people in again.items():
        senses = places.setdefault(at, {})
        for person in people:
            usual = person.id in senses and senses[person.id].usual
            senses[person.id] = replace(person, usual=usual)
    return {at: tuple(senses.values()) for at, senses in places.items()}


def _person(person: Entity) -> Sense:
    """The sense of a person whom the article names in full."""
    man = None if (woman := FIRST_NAMES.get(person.name.split()[0].lower())) is None else not woman
    return Sense(person.id, "PERSON", named=True, man=man)


def _surface(article: Article, at: _At) -> str:
    return article.of(at[0])[at[1] : at[2]]


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
    listed = [(phrase, entity, sense) for entity in entities for phrase, sense in _senses(entity)]
    owners: dict[str, set[str]] = defaultdict(set)
    # What is some person's surname may be the end of a name that is not listed.
    doubtful = {fold(surname_of(entity)) for _, entity, _ in listed if entity.label == "PERSON"}
    for phrase, entity, sense in listed:
        folded = fold(phrase)
        owners[folded].add(entity.id)
        # A person's single name may be the end of somebody else's.
        if not sense.usual or entity.not_near or (sense.label == "PERSON" and " " not in phrase.strip()):
            doubtful.add(folded)
    for phrase, _, sense in listed:
        letters = [letter for letter in phrase if letter.isalpha()]
        sole = sense.usual and len(owners[fold(phrase)]) == 1
        yield (
            phrase,
            _Name(
                sense,
                sole=sole,
                plain=sole and not sense.other and fold(phrase) not in doubtful,
                spelling=" ".join(phrase.split()),
                initials=len(letters) <= _INITIALS and all(letter.isupper() for letter in letters),
            ),
        )


def _senses(entity: Entity) -> Iterator[tuple[str, Sense]]:
    shared = shared_names(entity)
    man = _person(entity).man if entity.label == "PERSON" else None
    for phrase in phrases_of(entity):
        yield (
            phrase,
            Sense(
                entity.id,
                "NORP" if phrase in entity.demonyms else entity.label,
                usual=phrase not in shared,
                capital=phrase in entity.capital,
                other=entity.other,
                man=man,
            ),
        )


def _written_as_name(surface: str, name: _Name, *, shouting: bool) -> bool:
    if name.initials:
        # In a headline all in capitals, "US" may be the pronoun: only what has dots is sure.
        return surface.isupper() and (not shouting or "." in surface)
    # A capital wherever the name has one: "The hill was steep" names no outlet.
    return not any(
        known.isupper() and met.islower() for known, met in zip(name.spelling, surface, strict=False)
    )


def _mention(article: Article, place: Place, sense: Sense, *, known: bool = True) -> Mention:
    return Mention(
        start=place.start,
        end=place.end,
        field=place.field,
        text=article.of(place.field)[place.start : place.end],
        label=sense.label,
        id=sense.id if known else None,
    )


def _without(mentions: Iterable[Mention], aside: Sequence[Span]) -> Iterator[Mention]:
    for mention in mentions:
        if not any(
            span.field == mention.field and span.start < mention.end and mention.start < span.end
            for span in aside
        ):
            yield mention
