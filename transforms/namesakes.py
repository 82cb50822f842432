"""Namesakes: which of several things one name means at one place, from what stands around it; or that nothing says.

The gazetteer asks here where a name is contested. Signs of form (a title, a given name, "in", a date) rule senses
out; words near by and other names of a sense speak for it; the clear winner has the place, else nobody has.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal

from transforms.article import FieldName, Label
from transforms.lexicon import fold
from transforms.signs import AROUND, Signs, read_signs

UNKNOWN = "unknown/person"
"""A sense that no entity stands for: somebody of this name whom no list knows."""


@dataclass(frozen=True)
class Sense:
    """What a name may mean.

    Attributes:
        id: the entity, or UNKNOWN.
        label: what the mention is labelled if it is this.
        usual: meant where nothing speaks against it; else something must speak for it.
        named: a person whom the article names in full.
        capital: the name is the sense's capital.
        other: no entity: where it wins there is no mention.
        man: whether the person's given name is a man's, where it tells.
    """

    id: str
    label: Label
    usual: bool = False
    named: bool = False
    capital: bool = False
    other: bool = False
    man: bool | None = None


@dataclass(frozen=True)
class Place:
    """Where the name stands, in characters of its field."""

    field: FieldName
    start: int
    end: int


Verdict = Sense | Literal["undecided", "nothing", "someone", "perhaps someone"]
"""``undecided``: one of the senses, nobody knows which; ``nothing``: none of them; ``someone``: an unknown person,
surely so after a given name, perhaps after another word with a capital."""

_CLOSE, _WIDE = 110, 400  # characters: about a sentence, about a paragraph
_USUAL, _NAMED, _BOTH = 1.5, 3.0, 4.0
_STRANGER, _PERHAPS = 3.0, 1.75
_ENOUGH, _MARGIN = 1.0, 0.5
_PERSON_ENOUGH = 2.0
_LIST = re.compile(r"(?:, (?:and |or )?| and | or |; )(?:the )?(?:in )?$")


@dataclass
class Evidence:
    """Where, in one article, something speaks for a sense or against it.

    Attributes:
        pro: sense to the places of words and names that speak for it, sorted, by field.
        contra: the same against it.
        known: names that are not contested, sorted by start, by field: (start, end, id).
    """

    text: Mapping[FieldName, str]
    pro: dict[tuple[str, FieldName], list[tuple[int, int]]] = field(default_factory=dict)
    contra: dict[tuple[str, FieldName], list[tuple[int, int]]] = field(default_factory=dict)
    known: Mapping[FieldName, Sequence[tuple[int, int, str]]] = field(default_factory=dict)

    def settle(self) -> None:
        """Sort what was gathered; to be called once before anything is asked."""
        for places in (*self.pro.values(), *self.contra.values()):
            places.sort()

    def near(self, sense: str, place: Place) -> float:
        """How much the words around and elsewhere speak for the sense: near ones more than far ones."""
        own = self.pro.get((sense, place.field), [])
        close = _count(own, place, _CLOSE)
        wide = _count(own, place, _WIDE) - close
        other: FieldName = "text" if place.field == "title" else "title"
        far = len(own) - close - wide + len(self.pro.get((sense, other), ()))
        return 2.0 * min(close, 3) + 1.0 * min(wide, 2) + 0.5 * min(far, 2)

    def against(self, sense: str, place: Place) -> bool:
        """Whether a word stands near that the sense forbids."""
        return _count(self.contra.get((sense, place.field), []), place, _CLOSE) > 0

    def listed(self, place: Place) -> set[str]:
        """The kinds of things that stand in a list with the name: "Moldova, Ukraine and ...", "Arizona and ..."."""
        known = self.known.get(place.field, ())
        text = self.text[place.field]
        at = bisect_left(known, (place.start,))
        kinds: set[str] = set()
        if at > 0:
            _, end, identity = known[at - 1]
            if end <= place.start and place.start - end < 12 and _LIST.fullmatch(text[end : place.start]):  # noqa: PLR2004
                kinds.add(kind_of(identity))
        if at < len(known) and known[at][0] >= place.end:
            start, _, identity = known[at]
            if start - place.end < 12 and _LIST.fullmatch(text[place.end : start]):  # noqa: PLR2004
                kinds.add(kind_of(identity))
        return kinds

    def beside(self, kind: str, place: Place) -> bool:
        """Whether another thing of the kind is named in the same sentence or so; the United States do not count."""
        known = self.known.get(place.field, ())
        at = bisect_left(known, (place.start - _CLOSE,))
        while at < len(known) and known[at][0] <= place.end + _CLOSE:
            if known[at][2] != "country/US" and kind_of(known[at][2]) == kind:
                return True
            at += 1
        return False

    def followed_by_region(self, place: Place) -> bool:
        """Whether a region or a country follows after a comma, and no list does: "Clinton, Iowa, was"."""
        known = self.known.get(place.field, ())
        text = self.text[place.field]
        at = bisect_left(known, (place.end,))
        if at >= len(known) or text[place.end : known[at][0]] != ", ":
            return False
        _, end, identity = known[at]
        before = text[max(0, place.start - 6) : place.start]
        return (
            kind_of(identity) in _NEIGHBOURS
            and not _LISTED_ON.match(text, end)
            and not before.endswith((", ", " and "))
        )


_NEIGHBOURS = frozenset({"region/us", "country"})
_LISTED_ON = re.compile(r",? (?:and|or) |, (?:\w+ ){0,2}[A-Z]|, as well as ")


def kind_of(identity: str) -> str:
    """What kind of thing an id names, where states of the Union are not countries: ``region/us``, ``country``."""
    return "region/us" if identity.startswith("region/us-") else identity.split("/", 1)[0]


def _count(places: Sequence[tuple[int, int]], place: Place, reach: int) -> int:
    """How many lie within reach; what lies inside the name itself does not count."""
    first = bisect_left(places, (place.start - reach,))
    last = bisect_right(places, (place.end + reach,))
    inside = bisect_left(places, (place.start,))
    count = last - first
    while inside < last and places[inside][0] < place.end:
        if places[inside][1] <= place.end:
            count -= 1
        inside += 1
    return count


def _signs(senses: Iterable[Sense], evidence: Evidence, place: Place, *, headline: bool) -> Signs:
    text = evidence.text[place.field]
    return read_signs(
        text[max(0, place.start - AROUND) : place.start],
        fold(text[place.start : place.end]),
        text[place.end : place.end + AROUND],
        frozenset(kind_of(sense.id) for sense in senses),
        headline=headline,
        preceded=_ends_known(evidence, place),
        followed=_starts_known(evidence, place),
    )


def _ends_known(evidence: Evidence, place: Place) -> bool:
    known = evidence.known.get(place.field, ())
    at = bisect_left(known, (place.start,))
    return at > 0 and known[at - 1][1] == place.start - 1


def _starts_known(evidence: Evidence, place: Place) -> bool:
    known = evidence.known.get(place.field, ())
    at = bisect_left(known, (place.end,))
    return at < len(known) and known[at][0] == place.end + 1


def decide(senses: Sequence[Sense], place: Place, evidence: Evidence, *, headline: bool = False) -> Verdict:
    """What the name means at this place.

    Args:
        senses: what it may mean; persons known by surname alone included.
        place: where it stands.
        evidence: what the article says for and against them.
        headline: the field is written with capitals throughout.

    Returns:
        The sense; or ``undecided``; or ``nothing`` where the form rules all of them out; or ``someone`` where the
        name is the last word of a longer person's name that no list has.
    """
    signs = _signs(senses, evidence, place, headline=headline)
    possible = [
        sense for sense in senses if _possible(sense, signs) and not evidence.against(sense.id, place)
    ]
    if evidence.followed_by_region(place):
        # "Clinton, Iowa", "Macedonia, Greece": a town or province, and none that the gazetteer knows.
        possible = [sense for sense in possible if kind_of(sense.id) == "region/us"]
    if signs.given:
        possible = [sense for sense in possible if sense.label == "ORG" and evidence.near(sense.id, place)]
        if not possible:
            return "someone" if signs.given == "surely" else "perhaps someone"
    if signs.inside and any(kind_of(sense.id) == "city" for sense in possible):
        # "in Washington": the city, not the government that is called by its name.
        if any(sense.capital and sense.usual for sense in possible):
            possible = [
                replace(sense, usual=True) if kind_of(sense.id) == "city" else sense for sense in possible
            ]
        possible = [sense for sense in possible if not sense.capital]
    listed = evidence.listed(place)
    people = sum(sense.label == "PERSON" and not sense.other for sense in possible)
    scores = sorted(
        (
            (_score(sense, signs, place, evidence, listed, alone=people == 1), sense.id, sense)
            for sense in possible
        ),
        key=lambda scored: (-scored[0], scored[1]),
    )
    scores = [scored for scored in scores if scored[0] > 0]
    if not scores:
        entities = {sense.id for sense in possible if not sense.other}
        return "undecided" if len(entities) > 1 else "nothing"
    best, _, sense = scores[0]
    rest = max((score for score, other, _ in scores[1:] if other != sense.id), default=0.0)
    if best >= _ENOUGH and best - rest >= _MARGIN:
        return sense
    return "undecided"


def _possible(sense: Sense, signs: Signs) -> bool:
    """Whether the form leaves the sense open at all."""
    if sense.label == "PERSON":
        if signs.dated or signs.inside:
            return False
        known = sense.id != UNKNOWN
        return not (known and signs.first) and not (
            known and signs.woman is not None and sense.man is signs.woman
        )
    if signs.title:
        return False
    if sense.label == "ORG":
        outlet = kind_of(sense.id) == "outlet"
        return not ((signs.first or signs.joined) if outlet else signs.the)
    return not signs.first or sense.other or sense.label == "NORP"


def _score(
    sense: Sense, signs: Signs, place: Place, evidence: Evidence, listed: AbstractSet[str], *, alone: bool
) -> float:
    """How much speaks for the sense; ``alone``: it is the only person that may be meant."""
    if sense.id == UNKNOWN:
        return _STRANGER if sense.named else _PERHAPS
    score = evidence.near(sense.id, place)
    if sense.named:
        score += _BOTH if sense.usual else _NAMED
    elif sense.usual:
        # "President Trump" says as much as the full name.
        score += _BOTH if score > 0 and sense.label == "PERSON" else _USUAL
    elif sense.label == "PERSON" and score < _PERSON_ENOUGH:
        score = 0.0  # a surname alone needs more than a word at the other end of the article
    if sense.other:
        return score
    return score + _of_form(sense, signs, place, evidence, listed, speaks=score > 0 or alone)


def _of_form(
    sense: Sense, signs: Signs, place: Place, evidence: Evidence, listed: AbstractSet[str], *, speaks: bool
) -> float:
    """What the form adds; some of it only where something ``speaks`` for the sense already."""
    kind = kind_of(sense.id)
    score = signs.kinds.get(kind, 0.0)
    if kind in listed:
        score += 2.5
    elif kind in _NEIGHBOURS and evidence.beside(kind, place):
        score += 1.0
    if sense.label == "PERSON":
        score += (1.0 if signs.title and speaks else 0.0) + (0.5 if signs.acts else 0.0)
    elif kind == "organisation":
        score += signs.acts + (signs.midsentence and not signs.inside)
    elif sense.label in {"GPE", "LOC"}:
        score += signs.inside and (speaks or score > 0 or kind == "city")
        score += (kind == "region/us" and signs.in_region) or (sense.label == "LOC" and signs.the)
    return score
