"""How the articles of a story relate: which copy, rewrite or cite which, and which are reports of their own."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, overload

from transforms.article import Coverage, Model, Relation, SharedQuote
from transforms.quotes import group_quotes
from transforms.stories.member import Member, outlet_key

HOLDERS = 4  # articles remembered for one shingle: copies of copies are found through the first of them
COPY = 0.75  # share of an article's shingles that stand in another one: a copy of it
REWRITE = 0.15  # the same: rewritten from it

_OF_CREDIT: Mapping[str, Relation] = {"wire": "copy", "source": "rewrite", "cites": "cites"}


class Place(Model):
    """An article's place in a story.

    ``origin`` is where its news comes from in the end: an article, or ``outlet:NAME`` where that outlet's own report
    is not among the coverage.
    """

    article: str
    relation: Relation
    of: str | None = None
    origin: str


def relate(members: Sequence[Member]) -> tuple[Place, ...]:
    """Every member's relation to the others, in the order in which they are shown: origins first.

    An article that names an outlet as its source comes after one that names none; among equals the one
    published first, then the longer text. So the outcome depends on the set of members alone.
    """
    if not isinstance(members, Gathering):
        members = Gathering(members)
    return members.places()


class Gathering(Sequence[Member]):
    """The members of a story that grows, with what was found out of them: what a new one leaves as it was stays known.

    ``relate`` places members one after the other in their precedence, each by those before it alone. So where a
    member comes or changes, those before it stay as they are, and it and those after it are placed anew.
    """

    def __init__(self, members: Sequence[Member] = ()) -> None:
        self._members = members
        self._keys: dict[str, tuple[Member, tuple[object, ...]]] = {}
        self._ordered: list[Member] = []
        self._placed: list[_Step] = []
        self._sizes: dict[str, int] = {}
        self._by_outlet: dict[str, list[Member]] = defaultdict(list)
        self._holders: dict[int, tuple[str, ...]] = {}
        self._places: dict[str, Place] = {}
        self._quotes: tuple[tuple[tuple[str, Sequence[tuple[str, str | None]]], ...], tuple[SharedQuote, ...]]
        self._quotes = (), ()
        self._shown: dict[str, tuple[Member, Place, Coverage]] = {}

    @overload
    def __getitem__(self, index: int) -> Member: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Member]: ...
    def __getitem__(self, index: int | slice) -> Member | Sequence[Member]:
        return self._members[index]

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members)

    def hold(self, members: Sequence[Member]) -> None:
        """These are the members now, one of each article."""
        self._members = members
        self._ordered = []

    def in_order(self) -> Sequence[Member]:
        """The members in the precedence in which they are placed."""
        if len(self._ordered) != len(self._members):
            self._ordered = sorted(self._members, key=self._key)
        return self._ordered

    def _key(self, member: Member) -> tuple[object, ...]:
        known = self._keys.get(member.article)
        if known is None or known[0] is not member:
            known = self._keys[member.article] = member, _precedence(member)
        return known[1]

    def places(self) -> tuple[Place, ...]:
        """See ``relate``."""
        order = self.in_order()
        same = 0
        for step, member in zip(self._placed, order, strict=False):
            if step.member is not member:
                break
            same += 1
        while len(self._placed) > same:
            self._take_back(self._placed.pop())
        for member in order[same:]:
            self._sizes[member.article] = len(member.shingles)
        for member in order[same:]:
            self._placed.append(self._put(member))
        return tuple(self._places.values())

    def _put(self, member: Member) -> _Step:
        alone, found, added = (member.article,), list[str](), list[int]()
        holders = self._holders
        for shingle in member.shingles:
            known = holders.get(shingle)
            if known is None:
                holders[shingle] = alone
                added.append(shingle)
            elif known is not alone:
                found += known
                if len(known) < HOLDERS:
                    holders[shingle] = known + alone
                    added.append(shingle)
        place = _place(member, Counter(found), self._sizes, self._by_outlet, self._places)
        self._places[member.article] = place
        if member.outlet:
            self._by_outlet[outlet_key(member.outlet)].append(member)
        return _Step(member, added)

    def _take_back(self, step: _Step) -> None:
        """What ``_put`` did, undone; the last that was put comes first."""
        for shingle in step.added:
            left = self._holders[shingle][:-1]
            if left:
                self._holders[shingle] = left
            else:
                del self._holders[shingle]
        del self._places[step.member.article]
        if step.member.outlet:
            self._by_outlet[outlet_key(step.member.outlet)].pop()

    def shown(self, places: Sequence[Place]) -> tuple[Coverage, ...]:
        """See ``coverage_of``."""
        by_article = {member.article: member for member in self._members}
        return tuple(self._piece(by_article[place.article], place) for place in places)

    def _piece(self, member: Member, place: Place) -> Coverage:
        known = self._shown.get(member.article)
        if known is None or known[0] is not member or known[1] is not place:
            known = self._shown[member.article] = member, place, _piece(member, place)
        return known[2]

    def quotes(self) -> tuple[SharedQuote, ...]:
        """See ``shared_quotes``: an article that quotes nobody changes nothing in them."""
        quoting = tuple((member.article, member.quotes) for member in self.in_order() if member.quotes)
        if quoting != self._quotes[0]:
            self._quotes = quoting, group_quotes(dict(quoting))
        return self._quotes[1]


class _Step(NamedTuple):
    """A member that was placed, and the shingles that it is remembered for."""

    member: Member
    added: Sequence[int]


def _precedence(member: Member) -> tuple[object, ...]:
    stated = member.published.timestamp() if member.published else math.inf
    return (bool(member.sources), stated, -len(member.shingles), member.order, member.article)


def _place(
    member: Member,
    shared: Counter[str],
    sizes: Mapping[str, int],
    by_outlet: Mapping[str, Sequence[Member]],
    places: Mapping[str, Place],
) -> Place:
    if shared and sizes[member.article]:
        common = max(shared.values())
        other = min(article for article, count in shared.items() if count == common)
        # Against the shorter of the two: a long article may have a whole wire report inside.
        share = common / max(min(sizes[member.article], sizes[other]), 1)
        if share >= REWRITE:
            taken: Relation = "copy" if share >= COPY else "rewrite"
            return Place(article=member.article, relation=taken, of=other, origin=places[other].origin)
    derived: Relation = _OF_CREDIT[member.sources[0][1]] if member.sources else "cites"
    named = [(source, _OF_CREDIT[kind]) for source, kind in member.sources]
    for source, relation in [*named, *((outlet, derived) for outlet in member.spoken)]:
        if by_outlet.get(source):
            other = by_outlet[source][0].article
            return Place(article=member.article, relation=relation, of=other, origin=places[other].origin)
    if member.sources:
        # The text came from there, but what it tells was said in the interview: that is where all reports of it meet.
        origin = member.spoken[0] if member.spoken else member.sources[0][0]
        return Place(article=member.article, relation=derived, of=None, origin=f"outlet:{origin}")
    known = any(place.relation in {"original", "independent"} for place in places.values())
    return Place(
        article=member.article,
        relation="independent" if known else "original",
        of=None,
        origin=member.article,
    )


def independent(places: Sequence[Place]) -> int:
    """How many reports the coverage comes down to: the number of different origins."""
    return len({place.origin for place in places})


def coverage_of(members: Sequence[Member], places: Sequence[Place]) -> tuple[Coverage, ...]:
    """The coverage as it is shown, in the order of its places."""
    if not isinstance(members, Gathering):
        members = Gathering(members)
    return members.shown(places)


def _piece(member: Member, place: Place) -> Coverage:
    return Coverage(
        article=member.article,
        title=member.title,
        outlet=member.outlet,
        url=member.url,
        published=member.published,
        relation=place.relation,
        of=place.of,
    )


def outlets(members: Sequence[Member]) -> int:
    """How many known outlets cover the story; articles of unknown outlets count for none."""
    return len({outlet_key(member.outlet) for member in members if member.outlet})


def shared_quotes(members: Sequence[Member]) -> tuple[SharedQuote, ...]:
    """The quotes that stand in several members, most shared first."""
    if isinstance(members, Gathering):
        return members.quotes()
    return group_quotes({member.article: member.quotes for member in sorted(members, key=_precedence)})
