"""Stories and their coverage as the store keeps them: what link + decide asks of it, many at a time.

Every function works inside the caller's transaction; ``sitting`` puts the answers together, ``decided`` writes.
Statements are made once, below the functions that ask them: making one costs more than asking it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import Connection, and_, bindparam, func, or_, select

from pipeline.store.many import among, listing
from pipeline.store.readback import ReadBack
from pipeline.store.schema import alerts, coverage, decisions, knowledge, plain, stories, story_terms
from transforms.article import Article, Held, Model, Relation
from transforms.stories import Member

STORIES_ASKED = 30
"""Stories of a watch that a new article is held against: those that share most of its heavy words."""

MEMBERS_ASKED = 12
"""Articles of each that stand for it there."""

LONG_AGO = timedelta(days=3650)
SOON = timedelta(days=1)

WHY: TypeAdapter[tuple[Held, ...]] = TypeAdapter(tuple[Held, ...])

# The coverage of a story is read again with every batch of articles that joins it.
member_in = ReadBack(Member.model_validate_json, 4096)
"""The member that is kept in these words."""

why_in = ReadBack(WHY.validate_json, 4096)
"""The reasons that are kept in these words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An article in a story: what linking knows of it, why it is there, and its relation so far."""

    member: Member
    why: tuple[Held, ...]
    relation: Relation | None = None
    of: str | None = None


class Placed(NamedTuple):
    """Where an article stands already."""

    story: str
    version: int


class Decided(Model):
    """What is kept of a decision."""

    watch: str
    article: str
    version: int
    reason: str
    story: str | None = None
    alert: str | None = None


@dataclass(slots=True)
class Spans:
    """A story as it is kept: the article that opened it, and the times that it spans."""

    first: str
    undated: bool
    published_from: datetime | None
    published_to: datetime | None
    seen_from: datetime
    seen_to: datetime

    def stretch(self, published: datetime | None, seen: datetime) -> bool:
        """Stretch them to an article's times; whether that changed anything."""
        before = self.undated, self.published_from, self.published_to, self.seen_from, self.seen_to
        dates = [date for date in (self.published_from, self.published_to, published) if date is not None]
        self.undated = self.undated or published is None
        self.published_from, self.published_to = min(dates, default=None), max(dates, default=None)
        self.seen_from, self.seen_to = min(self.seen_from, seen), max(self.seen_to, seen)
        return before != (
            self.undated, self.published_from, self.published_to, self.seen_from, self.seen_to,
        )  # fmt: skip

    def near(self, published: datetime | None, seen: datetime, window: timedelta) -> bool:
        """Whether an article is near in time: by the dates where both have them, else by when they were first seen."""
        if published is not None and self.published_from is not None and self.published_to is not None:
            if self.published_to >= published - window and self.published_from <= published + window:
                return True
            if not self.undated:
                return False
        elif published is not None and not self.undated:
            return False
        return self.seen_to >= seen - window and self.seen_from <= seen + window


_SPANS = (
    stories.c.first,
    stories.c.undated,
    stories.c.published_from,
    stories.c.published_to,
    stories.c.seen_from,
    stories.c.seen_to,
)


def credible(published: datetime | None, first_seen: datetime) -> datetime | None:
    """The date that an outlet states, where policy may go by it: not in the future, not ten years ago."""
    if published is None or not first_seen - LONG_AGO <= published <= first_seen + SOON:
        return None
    return published


def complete(tx: Connection, article: Article) -> Article:
    """The article with what its duplicates knew and it did not."""
    return completed(article, known(tx, [article.id]))


Known = Mapping[str, tuple[str | None, str | None, datetime | None]]
"""What duplicates knew of articles: URL, outlet, date."""


def known(tx: Connection, articles: Iterable[str]) -> Known:
    """What is known of these articles beside what they say themselves."""
    return {
        row.article: (row.url, row.outlet, row.published)
        for row in tx.execute(_KNOWN, {"articles": listing(articles)})
    }


def completed(article: Article, known: Known) -> Article:
    """The article with what is known of it and it does not say."""
    missing = _missing(article, *known.get(plain(article.id), (None, None, None)))
    return article.model_copy(update=missing) if missing else article


_LEARNT = knowledge.c.url, knowledge.c.outlet, knowledge.c.published
_KNOWN = select(knowledge.c.article, *_LEARNT).where(among(knowledge.c.article, "articles"))


def _missing(
    article: Article | Member, url: str | None, outlet: str | None, published: datetime | None
) -> dict[str, Any]:
    said = {"url": url, "outlet": outlet, "published": published}
    return {
        name: value for name, value in said.items() if value is not None and getattr(article, name) is None
    }


def decided(tx: Connection, watch: str, articles: Iterable[str]) -> set[tuple[str, int]]:
    """The versions of these articles that were decided for this watch before."""
    rows = tx.execute(_DECIDED, {"watch": watch, "articles": listing(articles)})
    return {(row.article, row.version) for row in rows}


_DECIDED = select(decisions.c.article, decisions.c.version).where(
    among(decisions.c.article, "articles"), decisions.c.watch == bindparam("watch")
)


def placed(tx: Connection, watch: str, articles: Iterable[str]) -> dict[str, Placed]:
    """The story of this watch that holds each of these articles, where one does."""
    rows = tx.execute(_PLACED, {"watch": watch, "articles": listing(articles)})
    return {row.article: Placed(row.story, row.version) for row in rows}


_PLACED = select(coverage.c.article, coverage.c.story, coverage.c.version).where(
    coverage.c.watch == bindparam("watch"), among(coverage.c.article, "articles")
)


class Times(NamedTuple):
    """The times that some articles span, with the window around them; no ``published``: none has a date."""

    seen_least: datetime
    seen_most: datetime
    published_least: datetime | None
    published_most: datetime | None


def sharing(
    tx: Connection, watch: str, terms: Iterable[str], times: Times, besides: Iterable[str]
) -> tuple[dict[str, set[str]], dict[str, Spans]]:
    """Stories of this watch that share a heavy word with some articles.

    Args:
        tx: the caller's transaction.
        watch: the watch.
        terms: heavy words of the articles.
        times: stories outside of them are left out.
        besides: stories that are not, wherever they lie.

    Returns:
        by word the stories that have it, and the stories.
    """
    by_term: dict[str, set[str]] = defaultdict(set)
    found: dict[str, Spans] = {}
    asked = {"watch": watch, "terms": listing(terms), "besides": listing(besides)} | times._asdict()
    for term, story, *spans in tx.execute(_SHARING, asked):
        by_term[term].add(story)
        if story not in found:
            found[story] = Spans(*spans)
    return by_term, found


_near = or_(
    and_(stories.c.seen_to >= bindparam("seen_least"), stories.c.seen_from <= bindparam("seen_most")),
    and_(
        stories.c.published_to >= bindparam("published_least", type_=stories.c.published_to.type),
        stories.c.published_from <= bindparam("published_most", type_=stories.c.published_to.type),
    ),
    among(stories.c.story, "besides"),
)
_SHARING = (
    select(story_terms.c.term, story_terms.c.story, *_SPANS)
    .join(stories, stories.c.story == story_terms.c.story)
    .where(
        story_terms.c.watch == bindparam("watch"),
        among(story_terms.c.term, "terms"),
        _near,
    )
)


def some_members(tx: Connection, asked: Iterable[str]) -> dict[str, list[Member]]:
    """Of each of these stories the members that stand for it: the first by id."""
    found: dict[str, list[Member]] = defaultdict(list)
    for row in tx.execute(_MEMBERS, {"stories": listing(asked)}):
        found[row.story].append(member_in(row.member))
    return found


_place = func.row_number().over(partition_by=coverage.c.story, order_by=coverage.c.article).label("place")
_first = (
    select(coverage.c.watch, coverage.c.article, _place).where(among(coverage.c.story, "stories")).subquery()
)
_MEMBERS = (
    select(coverage.c.story, coverage.c.member)
    .join(_first, and_(coverage.c.watch == _first.c.watch, coverage.c.article == _first.c.article))
    .where(_first.c.place <= MEMBERS_ASKED)
    .order_by(coverage.c.story, coverage.c.article)
)


def pieces(tx: Connection, story: str) -> dict[str, Piece]:
    """The whole coverage of a story, by article."""
    return pieces_of(tx, [story])[story]


def pieces_of(tx: Connection, asked: Iterable[str]) -> dict[str, dict[str, Piece]]:
    """The whole coverage of each of these stories, by article, in the order of their ids."""
    asked = list(asked)
    found: dict[str, dict[str, Piece]] = {story: {} for story in asked}
    for story, article, body, why, relation, of, *learnt in tx.execute(_PIECES, {"stories": listing(asked)}):
        member = member_in(body)
        missing = _missing(member, *learnt) if any(learnt) else {}
        whole = member.model_copy(update=missing) if missing else member
        found[story][article] = Piece(whole, why_in(why), relation, of)
    return found


_PIECES = (
    select(
        coverage.c.story,
        coverage.c.article,
        coverage.c.member,
        coverage.c.why,
        coverage.c.relation,
        coverage.c.of,
        *_LEARNT,
    )
    .outerjoin(knowledge, knowledge.c.article == coverage.c.article)
    .where(among(coverage.c.story, "stories"))
    .order_by(coverage.c.article)
)


class Standing(NamedTuple):
    """An alert of a story, as it is kept."""

    story: str
    channel: str
    alert: str
    body: str


def standing(tx: Connection, asked: Iterable[str]) -> tuple[dict[str, Spans], list[Standing]]:
    """These stories, those of them that there are, and their alerts in all channels."""
    found: dict[str, Spans] = {}
    alerts_of: list[Standing] = []
    for story, channel, alert, body, *spans in tx.execute(_STANDING, {"stories": listing(asked)}):
        found.setdefault(story, Spans(*spans))
        if alert is not None:
            alerts_of.append(Standing(story, channel, alert, body))
    return found, alerts_of


_STANDING = (
    select(stories.c.story, alerts.c.channel, alerts.c.alert, alerts.c.body, *_SPANS)
    .outerjoin(alerts, alerts.c.story == stories.c.story)
    .where(among(stories.c.story, "stories"))
)
