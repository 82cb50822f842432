"""Linking: which story an article belongs to, and how it relates to the coverage so far.

All functions are pure and depend on the set of articles alone, not on the order in which they came: Beam
may reorder, and a story must come out the same.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from operator import mul, neg
from typing import NamedTuple, overload

from pydantic import Field

from transforms.article import Coverage, Credit, Model, Moment, Reading, Relation, SharedQuote
from transforms.quotes import group_quotes
from transforms.words import rarity, words_of

SHINGLE = 5  # words in a row that are taken for the same text
SAMPLE = 4  # one shingle in so many is kept: by value, so that the same are kept everywhere
HOLDERS = 4  # articles remembered for one shingle: copies of copies are found through the first of them
TERMS = 120  # terms kept of an article
LEAD = 150  # words that tell the news; what comes later is background and counts half
COPY = 0.75  # share of an article's shingles that stand in another one: a copy of it
REWRITE = 0.15  # the same: rewritten from it
SAME_STORY = 0.20  # likeness of two articles from which they are taken to tell the same story
KEYS = 15  # heaviest terms by which stories are looked up: one in common makes a story a candidate


_OF_CREDIT: Mapping[str, Relation] = {"wire": "copy", "source": "rewrite", "cites": "cites"}


class Member(Model):
    """What linking needs to know of an article in a story; kept beside its coverage.

    Attributes:
        at: the record's clock: when this article was news.
        terms: its words with their weights, of length 1 as a vector.
        shingles: sampled hashes of its runs of ``SHINGLE`` words.
        sources: outlets (normalised names) that it says it got its news from, best first, with the kind.
        spoken: outlets in whose interviews its people spoke, where it took its text from yet another outlet.
        quotes: (text, speaker).
    """

    article: str
    version: int = 1
    outlet: str | None = None
    title: str | None = None
    url: str | None = None
    published: Moment | None = None
    at: Moment
    order: tuple[int, int] = (0, 0)
    backfill: bool = False
    lang: str | None = None
    terms: dict[str, float] = Field(default_factory=dict)
    shingles: tuple[int, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    spoken: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str | None], ...] = ()
    topics: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


class Place(Model):
    """An article's place in a story.

    ``origin`` is where its news comes from in the end: an article, or ``outlet:NAME`` where that outlet's own report
    is not among the coverage.
    """

    article: str
    relation: Relation
    of: str | None = None
    origin: str


@lru_cache(maxsize=4096)  # a story's outlets are compared again with every article that joins it
def outlet_key(name: str) -> str:
    """An outlet's name as it is compared: ``The Hill`` and ``the hill`` are one outlet."""
    words = [word for word in words_of(name) if word != "the"]
    return "-".join(words) or name.casefold().strip()


def member_of(reading: Reading, at: datetime) -> Member:
    """The member that this reading makes.

    Args:
        reading: the article as read.
        at: the record's clock for it.
    """
    article = reading.article
    names = {mention.id: mention.text for mention in reading.entities if mention.id}
    seen = Counter(mention.id for mention in reading.entities if mention.id)
    return Member(
        article=article.id,
        version=article.version,
        outlet=article.outlet,
        title=article.title,
        url=article.url,
        published=article.published,
        at=at,
        order=article.order,
        backfill=article.backfill,
        lang=article.lang,
        terms=terms_of(article.title or "", article.text, names.values()),
        shingles=tuple(sorted(shingles_of(_own_words(reading)))),
        sources=tuple(_sources(reading.credits, article.outlet)),
        spoken=tuple(dict.fromkeys(outlet_key(credit.outlet) for credit in reading.spoken)),
        quotes=tuple(
            (
                article.of(quote.field)[quote.start : quote.end],
                quote.speaker and (quote.speaker.name or quote.speaker.text),
            )
            for quote in reading.quotes
        ),
        topics=tuple(
            topic.id
            for topic in sorted(reading.topics, key=lambda topic: (-topic.score, topic.id))
            if topic.about
        ),
        entities=tuple(
            identity for identity, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:20]
        ),
    )


def _own_words(reading: Reading) -> str:
    """The text without its quotes: two reporters at one press conference print the same words, and copy nothing."""
    text, end, own = reading.article.text, 0, []
    for quote in sorted((quote for quote in reading.quotes if quote.field == "text"), key=lambda q: q.start):
        own.append(text[end : quote.start])
        end = max(end, quote.end)
    return "\n".join([*own, text[end:]])


def _sources(said: Sequence[Credit], outlet: str | None) -> Iterator[tuple[str, str]]:
    own = outlet_key(outlet) if outlet else None
    ranks = {"wire": 0, "source": 1, "cites": 2}
    named: set[str] = set()
    for credit in sorted((credit for credit in said if credit.kind in ranks), key=lambda c: ranks[c.kind]):
        key = outlet_key(credit.outlet)
        if key != own and key not in named:
            named.add(key)
            yield key, credit.kind


def terms_of(title: str, text: str, names: Iterable[str] = ()) -> dict[str, float]:
    """The article's words, rare ones and names weighing more, as a vector of length 1."""
    words = words_of(text)
    # News tells the story first: what stands late is background, often of other stories. Counted in halves.
    halves = Counter(words)
    halves.update(words[:LEAD])
    halves.update(words_of(title) * 6)
    named = {word for name in names for word in words_of(name)}
    weights = [
        ((1 + math.log1p(count / 2)) * says * (1.3 if word in named else 1.0), word)
        for word, count in halves.items()
        if len(word) > 1 and (says := rarity(word))
    ]
    best = sorted((-weight, word) for weight, word in weights)[:TERMS]
    length = math.sqrt(sum(weight * weight for weight, _ in best)) or 1.0
    return {word: round(-weight / length, 4) for weight, word in best}


def shingles_of(text: str) -> set[int]:
    """Hashes of the runs of ``SHINGLE`` words, sampled by value (near-duplicate detection after Broder, 1997)."""
    words = words_of(text)
    runs = map(" ".join, zip(*(words[start:] for start in range(SHINGLE)), strict=False))
    return {code for code in map(zlib.crc32, map(str.encode, runs)) if code % SAMPLE == 0}


def likeness(one: Member, other: Member) -> float:
    """How alike two articles are, in [0, 1]: the cosine of their terms."""
    small, large = sorted((one.terms, other.terms), key=len)
    # A hundred words at a time for every article that a new one is held against: no loop of Python's own.
    common = list(filter(large.__contains__, small))
    return sum(map(mul, map(small.__getitem__, common), map(large.__getitem__, common)), 0.0)


def choose_story(
    new: Member,
    stories: Mapping[str, Sequence[Member]],
    alike: Callable[[Member, Member], float] = likeness,
) -> str | None:
    """The story that the article belongs to, or None where it opens one.

    Args:
        new: the article.
        stories: story id to its members so far, within one watch.
        alike: ``likeness``, or what remembers it.
    """
    best: tuple[float, str] | None = None
    for story, members in stories.items():
        if any(member.article == new.article for member in members):
            return story
        best_three = sorted((alike(new, member) for member in members), reverse=True)[:3]
        # The mean of the best three: one stray member does not pull a story along.
        score = sum(best_three) / len(best_three) if best_three else 0.0
        if score >= SAME_STORY and (best is None or (score, story) > best):
            best = score, story
    return best[1] if best else None


class Linker:
    """Links articles one by one, in memory, within one scope; looks only at stories with a heavy term in common.

    Args:
        window: how far apart in time two articles of one story may be; None for any.
    """

    def __init__(self, window: timedelta | None = None):
        self._window = window
        self._members: dict[str, list[Member]] = {}
        self._by_term: dict[str, set[str]] = defaultdict(set)

    def add(self, member: Member) -> str:
        """The id of the article's story: that of the article that opened it."""
        near = {story for term in keys_of(member) for story in self._by_term[term]}
        story = choose_story(
            member, {story: self._members[story] for story in sorted(near) if self._open(story, member)}
        )
        story = story or member.article
        self._members.setdefault(story, []).append(member)
        for term in keys_of(member):
            self._by_term[term].add(story)
        return story

    def stories(self) -> Mapping[str, Sequence[Member]]:
        """All stories so far with their members."""
        return self._members

    def _open(self, story: str, member: Member) -> bool:
        """Whether the story is near in time; where a date is not known, time does not part them."""
        window = self._window
        return window is None or any(
            member.published is None
            or other.published is None
            or abs(other.published - member.published) <= window
            for other in self._members[story]
        )


def keys_of(member: Member) -> tuple[str, ...]:
    """The member's heaviest terms."""
    terms = member.terms
    return tuple(term for _, term in sorted(zip(map(neg, terms.values()), terms, strict=True))[:KEYS])


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
