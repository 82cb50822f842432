"""Namesakes: which of several things one name means at one place, from what stands around it; or that nothing says.

The gazetteer asks here where a name is contested. Signs of form (a title, a given name, "in", a date) rule senses
out; words near by and other names of a sense speak for it; the clear winner has the place, else nobody has.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from transforms.article import FieldName, Label
from transforms.lexicon import fold
from transforms.quotes.words import FIRST_NAMES, OPENERS, WEEKDAYS
from transforms.words import rarity

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
_STRANGER, _PERHAPS = 2.5, 1.75
_ENOUGH, _MARGIN = 1.0, 0.5
_AROUND = 48  # characters in which the signs of form stand

_TITLES = frozenset(
    """
    mr mrs ms miss dr rep sen gov president vice minister premier secretary speaker congressman congresswoman
    judge justice lord sir lady dame senator chancellor mayor governor coach prince princess king queen general
    president-elect ex-president leader chairman chairwoman ambassador professor prof representative director
    """.split()  # noqa: SIM905 - so many words read better as text
)
_MEN_ONLY, _WOMEN_ONLY = frozenset({"mr", "sir", "lord"}), frozenset({"mrs", "ms", "miss", "lady", "dame"})
_NOT_GIVEN = (
    frozenset(
        """
        north south east west northern southern eastern western central upper lower greater new old former inside
        democrat democrats republican republicans team inc state downtown midtown rural modern soviet crown anti pro
        critics supporters allies voters candidate incumbent rival sports breaking live update updated watch opinion
        analysis exclusive editorial tory labour conservative ally aide via visiting leaving entering across near
        why like unlike amid calling meet dear today tonight world saint only beyond not officials prosecutors
        """.split()  # noqa: SIM905
    )
    | {word.lower() for word in OPENERS}
    | {word.lower() for word in WEEKDAYS}
)
_NOT_SURNAME = frozenset(
    """
    gov sen rep governor senator secretary president prime minister attorney general supreme court house senate
    republicans democrats republican democratic legislature lawmakers voters state national university police county
    department capitol congress tech ministry parliament government foreign mayor judge coach inc corp era
    administration campaign republic congressman congresswoman district county
    """.split()  # noqa: SIM905
)
_BEFORE = re.compile(r"(?P<word>[^\s“”\"()\[\]]+)[ \xa0]$")
_AFTER = re.compile(r"[ \xa0](?P<word>[A-Z][\w’'-]*[^\W_])")
_IN = re.compile(
    r"(?:^|[\s(“\"])(?P<faith>(?:\w+ )?)(?:in|across|throughout|near|outside|inside|around|into|within|toward|towards|"
    r"visit|visits|visited|visiting|leave|left|north of|south of|east of|west of|streets of|city of|arrived in|"
    r"north|south|east|west|northern|southern|eastern|western|central|flight to|flew to|flown to|trip to|visit to|tour of|"
    r"travel to|traveled to|travelled to|moved to|refugees in)[ \xa0]$",
    re.IGNORECASE,
)
_FAITH = re.compile(
    r"(?:confidence|faith|trust|belief|interest|interested|disappointed|shares|stake|invest\w*) $", re.I
)
_DATED_BEFORE = re.compile(
    r"(?:\b(?:in|last|next|this|early|late|mid|until|till|since|through|during|every|a|an|the|his|her|"
    r"its|their|our|end of|beginning of|start of)|\d)"
    r"(?: late| early|,)?[ \xa0-]$",
    re.IGNORECASE,
)
_DATED_AFTER = re.compile(r",?[ \xa0]\d")
_MONTHS = frozenset({"march", "april", "may", "june", "august"})
_LIST = re.compile(r"(?:, (?:and |or )?| and | or |; )(?:the )?(?:in )?$")


@dataclass
class Evidence:
    """Where, in one article, something speaks for a sense or against it.

    Attributes:
        pro: sense to the places of words and names that speak for it, sorted, by field.
        contra: the same against it.
        known: names that are not contested, sorted by start, by field: (start, end, kind of thing).
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
            _, end, kind = known[at - 1]
            if end <= place.start and place.start - end < 12 and _LIST.fullmatch(text[end : place.start]):  # noqa: PLR2004
                kinds.add(kind)
        if at < len(known) and known[at][0] >= place.end:
            start, _, kind = known[at]
            if start - place.end < 12 and _LIST.fullmatch(text[place.end : start]):  # noqa: PLR2004
                kinds.add(kind)
        return kinds


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


@dataclass(frozen=True)
class _Signs:
    """What the form around a name says."""

    title: str | None  # Mr, President: a person
    given: Literal["surely", "perhaps"] | None  # the last word of a longer name: "Denise ..."
    first: bool  # the first word of a longer name: "... Peterson"
    inside: bool  # a place: "in ..."
    dated: bool  # a month


def _signs(evidence: Evidence, place: Place, *, headline: bool) -> _Signs:
    text = evidence.text[place.field]
    before = text[max(0, place.start - _AROUND) : place.start]
    after = text[place.end : place.end + _AROUND]
    word = _BEFORE.search(before)
    previous = word["word"] if word else ""
    bare = fold(previous).rstrip(".")
    title = bare if bare in _TITLES else None
    given = None if title or _ends_known(evidence, place) else _given(previous, bare, headline=headline)
    first = not headline and not _starts_known(evidence, place) and _is_compound(after)
    there = _IN.search(before)
    inside = bool(there and not _FAITH.search(there["faith"]))
    name = fold(text[place.start : place.end])
    dated = name in _MONTHS and bool(_DATED_BEFORE.search(before) or _DATED_AFTER.match(after))
    return _Signs(title, given, first, inside, dated)


_FOLDED_GIVEN = {fold(name) for name in FIRST_NAMES}
_SELDOM = rarity("") - 1.0  # the rarest words of the table, and all that it does not have


def _given(previous: str, bare: str, *, headline: bool) -> Literal["surely", "perhaps"] | None:
    if not previous[:1].isupper() or (previous[-1:] in ",;:.!?" and len(previous) > 2):  # noqa: PLR2004 - "J."
        return None
    if bare in _FOLDED_GIVEN or len(bare) == 1:
        return "surely"
    possessive = previous.endswith(("’s", "'s", "s’", "s'"))
    seldom = rarity(bare) >= _SELDOM and bare not in _NOT_GIVEN and previous[1:].islower()
    return "perhaps" if seldom and not headline and not possessive else None


def _is_compound(after: str) -> bool:
    """Whether the name goes on: "Jordan Peterson", "the Post Office", "the Sun-Times"."""
    if after[:1] == "-" and after[1:2].isupper():
        return True
    following = _AFTER.match(after)
    if not following:
        return False
    word = fold(following["word"])
    return word not in _NOT_SURNAME and word not in _NOT_GIVEN


def _ends_known(evidence: Evidence, place: Place) -> bool:
    known = evidence.known.get(place.field, ())
    at = bisect_left(known, (place.start,))
    return at > 0 and known[at - 1][1] == place.start - 1


def _starts_known(evidence: Evidence, place: Place) -> bool:
    known = evidence.known.get(place.field, ())
    at = bisect_left(known, (place.end,))
    return at < len(known) and known[at][0] == place.end + 1


def is_headline(text: str) -> bool:
    """Whether most words have a capital, so that a capital says nothing."""
    words = [word for word in text[:400].split() if word[:1].isalpha() and len(word) > 3]  # noqa: PLR2004
    return bool(words) and sum(word[0].isupper() for word in words) > 0.7 * len(words)  # noqa: PLR2004


def decide(senses: Iterable[Sense], place: Place, evidence: Evidence, *, headline: bool = False) -> Verdict:
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
    signs = _signs(evidence, place, headline=headline)
    possible = [
        sense for sense in senses if _possible(sense, signs) and not evidence.against(sense.id, place)
    ]
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
    scores = sorted(
        ((_score(sense, signs, place, evidence, listed), sense.id, sense) for sense in possible),
        key=lambda scored: (-scored[0], scored[1]),
    )
    # Where a title stands before the name, a place or an outlet is no longer meant at all.
    scores = [scored for scored in scores if scored[0] > 0]
    if not scores:
        entities = {sense.id for sense in possible if not sense.other}
        return "undecided" if len(entities) > 1 else "nothing"
    best, _, sense = scores[0]
    rest = max((score for score, other, _ in scores[1:] if other != sense.id), default=0.0)
    if best >= _ENOUGH and best - rest >= _MARGIN:
        return sense
    return "undecided"


def _possible(sense: Sense, signs: _Signs) -> bool:
    if signs.dated and sense.label == "PERSON":
        return False
    if sense.label in {"GPE", "LOC"}:
        return signs.title is None and not (signs.first and not sense.other)
    if sense.label == "ORG":
        return not (signs.first and sense.id.startswith("outlet/"))
    if sense.label == "PERSON" and sense.id != UNKNOWN:
        if signs.inside or signs.first:
            return False
        if signs.title in _MEN_ONLY:
            return sense.man is not False
        if signs.title in _WOMEN_ONLY:
            return sense.man is not True
    elif sense.label == "PERSON":
        return not signs.inside
    return True


def _score(sense: Sense, signs: _Signs, place: Place, evidence: Evidence, listed: set[str]) -> float:
    if sense.id == UNKNOWN:
        return _STRANGER if sense.named else _PERHAPS
    score = evidence.near(sense.id, place)
    if sense.named:
        score += _BOTH if sense.usual else _NAMED
    elif sense.usual:
        # "President Trump" says as much as the full name.
        score += _BOTH if score > 0 and sense.label == "PERSON" else _USUAL
    if signs.inside and sense.label in {"GPE", "LOC"} and (score > 0 or kind_of(sense.id) == "city"):
        score += 1.0
    if signs.title and sense.label == "PERSON" and score > 0:
        score += 1.0
    if kind_of(sense.id) in listed:
        score += 2.5
    return score
