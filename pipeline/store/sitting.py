"""One sitting of the desk: what the store knows that matters to some articles of a watch, and what is decided of them.

All of it is asked at once, each decision sees what those before it did, and what came of them is written at the
end. So an article costs the store a share of a few questions, and a message that grew ten times is written once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from pipeline.store import coverage as book
from pipeline.store import decided, groups, outbox
from pipeline.store.coverage import Decided, Piece, Placed, Spans, credible
from pipeline.store.schema import plain
from transforms.article import Alert, Article, Match, Reading, fingerprint
from transforms.stories import Gathering, Member, choose_story, likeness


@dataclass(frozen=True)
class Case:
    """An article that is to be decided.

    Attributes:
        match: why it is here.
        reading: with all that is known of the article.
        member: what it is to linking.
        seen: when the store first had it.
        keys: the heavy words by which its story is looked up.
    """

    match: Match
    reading: Reading
    member: Member
    seen: datetime
    keys: Sequence[str]

    @property
    def article(self) -> Article:
        """The article itself."""
        return self.reading.article

    @property
    def published(self) -> datetime | None:
        """Its date, where policy may go by it."""
        return credible(self.article.published, self.seen)


@dataclass(frozen=True)
class Kept:
    """A story as it is kept: the article that opened it, and its alert in one channel."""

    first: str
    alert: Alert | None


class Sitting:
    """The working set of one transaction.

    Args:
        tx: a transaction that may write, and has the watch for itself.
        insert: the dialect's insert.
        watch: the watch's id.
        now: the clock.
        window: how far apart in time articles of one story may be.
    """

    def __init__(self, tx: Connection, insert: Any, watch: str, now: datetime, window: timedelta):
        self.tx, self.watch, self.now = tx, watch, now
        self.outbox = outbox.Outbox(tx)
        self._insert, self._window = insert, window
        # As they stand.
        self._decided: set[tuple[str, int]] = set()
        self._placed: dict[str, Placed] = {}
        self._by_term: dict[str, set[str]] = defaultdict(set)
        self._spans: dict[str, Spans] = {}
        self._some: dict[str, list[Member]] = {}
        self._pieces: dict[str, dict[str, Piece]] = {}
        self._asked: set[str] = set()
        self._alerts: dict[tuple[str, str], Alert] = {}
        self._grouped: dict[tuple[str, str], groups.Grouped] = {}
        self._shared: dict[str, list[groups.Shared]] = {}
        self._followers: dict[tuple[str, str], list[groups.Follower]] = {}
        self._channels: frozenset[str] = frozenset()
        self._crowded: tuple[str, ...] = ()
        # What is found out again and again.
        self._likeness: dict[tuple[int, int], tuple[Member, Member, float]] = {}
        self._gatherings: dict[tuple[str, str], tuple[Mapping[str, Piece], Gathering]] = {}
        # To be written.
        self._readings: dict[tuple[str, int], Reading] = {}
        self._opened: dict[str, None] = {}
        self._stretched: dict[str, None] = {}
        self._terms: set[tuple[str, str]] = set()
        self._changed: dict[tuple[str, str], None] = {}
        self._told: dict[tuple[str, str], Alert] = {}
        self._follow: list[dict[str, str]] = []
        self._notes: list[Decided] = []

    # what is asked

    def expect(
        self, cases: Sequence[Case], channels: Sequence[str], crowded: Sequence[str], alerts: Iterable[str]
    ) -> None:
        """Ask for what deciding these will need, all at once.

        Args:
            cases: what is to be decided.
            channels: where it may be told.
            crowded: where others may have a message that speaks for the same articles; this transaction has those
                channels for itself.
            alerts: ids that the alerts of stories which these articles open would have.
        """
        self._channels, self._crowded = frozenset(channels), tuple(crowded)
        ids = [case.article.id for case in cases]
        self._decided = book.decided(self.tx, self.watch, ids)
        self._placed = book.placed(self.tx, self.watch, ids)
        fresh = [case for case in cases if self.placed(case.article.id) is None]
        stories = {place.story for place in self._placed.values()}
        terms = {term for case in cases for term in case.keys}
        self._by_term, self._spans = book.sharing(self.tx, self.watch, terms, self._times(cases), stories)
        near = [self._near(case) for case in fresh]
        self._expect_members({story for found in near for story in found})
        for case, found in zip(fresh, near, strict=True):
            chosen = choose_story(case.member, self._stand_ins(found), self._alike)
            stories |= {self.opened_by(case.article.id), *((chosen,) if chosen is not None else ())}
        self._expect_shares(ids)
        self._expect_stories(sorted(stories), alerts)

    def opened_by(self, article: str) -> str:
        """The story that this article opens, where it belongs to none."""
        return fingerprint("story", self.watch, article)

    def _times(self, cases: Sequence[Case]) -> book.Times:
        seen = [case.seen for case in cases]
        dates = [date for case in cases if (date := case.published) is not None]
        return book.Times(
            min(seen) - self._window,
            max(seen) + self._window,
            min(dates) - self._window if dates else None,
            max(dates) + self._window if dates else None,
        )

    def _expect_members(self, stories: Iterable[str]) -> None:
        asked = [story for story in stories if story not in self._some and story not in self._pieces]
        if asked:
            found = book.some_members(self.tx, asked)
            self._some |= {story: found.get(story, []) for story in asked}

    def _expect_stories(self, stories: Sequence[str], alerts: Iterable[str] = ()) -> None:
        """Ask for stories with everything that hangs on them."""
        asked = [story for story in stories if story not in self._asked]
        ids = list(alerts)
        if asked:
            self._asked.update(asked)
            spans, standing = book.standing(self.tx, asked)
            self._spans = spans | self._spans
            for row in standing:
                self._alerts[row.story, row.channel] = outbox.alert_in(row.body)
                if row.channel in self._channels:
                    ids.append(row.alert)
            self._pieces |= book.pieces_of(self.tx, asked)
            if self._crowded:
                self._grouped |= groups.grouped_of(self.tx, asked)
        if ids:
            self.outbox.expect(ids)

    def _expect_shares(self, articles: Iterable[str]) -> None:
        asked = {plain(article) for article in articles} - self._shared.keys()
        if asked and self._crowded:
            self._shared |= groups.shared_by(self.tx, asked, self.watch, self._crowded)

    # what stands

    def decided(self, article: Article) -> bool:
        """Whether this version was decided for this watch before."""
        return (plain(article.id), article.version) in self._decided

    def placed(self, article: str) -> Placed | None:
        """The story of this watch that holds the article, or None."""
        return self._placed.get(plain(article))

    def choose(self, case: Case) -> str | None:
        """The story of this watch that the article belongs to, or None where it opens one.

        Held against it are those that share a heavy word with it and are near in time: where article and story
        both have dates, by the dates; else by the times at which the store first had them.
        """
        near = self._near(case)
        self._expect_members(near)
        return choose_story(case.member, self._stand_ins(near), self._alike)

    def _near(self, case: Case) -> list[str]:
        shared = Counter[str]()
        for term in case.keys:
            shared.update(self._by_term.get(term, ()))
        published, seen = case.published, case.seen
        found = [story for story in shared if self._spans[story].near(published, seen, self._window)]
        found.sort()
        found.sort(key=lambda story: (shared[story], self._spans[story].seen_to), reverse=True)
        return found[: book.STORIES_ASKED]

    def _stand_ins(self, near: Iterable[str]) -> dict[str, Sequence[Member]]:
        """Of each story the members that an article is held against."""
        return {story: members for story in near if (members := self._stand_in(story))}

    def _stand_in(self, story: str) -> Sequence[Member]:
        if story not in self._some:
            pieces = self._pieces[story]
            self._some[story] = [pieces[article].member for article in sorted(pieces)[: book.MEMBERS_ASKED]]
        return self._some[story]

    def _alike(self, one: Member, other: Member) -> float:
        # Named by their place in memory, and kept there: to compare them whole would cost as much.
        key = id(one), id(other)
        found = self._likeness.get(key)
        if found is None:
            found = self._likeness[key] = one, other, likeness(one, other)
        return found[2]

    def pieces(self, story: str) -> Mapping[str, Piece]:
        """The whole coverage of a story, by article."""
        self._expect_stories([story])
        return self._pieces[story]

    def kept(self, story: str, channel: str) -> Kept | None:
        """The story as it stands, with the alert that it has in this channel; None where there is no such story."""
        self._expect_stories([story])
        spans = self._spans.get(story)
        return Kept(spans.first, self._alerts.get((story, channel))) if spans is not None else None

    def gathering(self, story: str, channel: str, pieces: Mapping[str, Piece]) -> Gathering:
        """These members, with what was found out of them for the decision before.

        Args:
            story: whose they are.
            channel: where its message speaks for other stories too, and they are of all of them; empty: its own alone.
            pieces: as they are now.
        """
        held, gathering = self._gatherings.get((story, channel), (None, Gathering()))
        if held is not pieces:
            gathering.hold([piece.member for piece in pieces.values()])
            self._gatherings[story, channel] = pieces, gathering
        return gathering

    # whose message

    def lead_of(self, story: str, article: str, channel: str) -> groups.Lead | None:
        """Whose message in this channel tells this story; None where it may have its own.

        Args:
            story: a story without a message of its own there.
            article: an article that is about to join it.
            channel: where.
        """
        known = self._grouped.get((story, channel))
        if known is not None and known.watch is not None:
            return groups.Lead(known.lead, known.watch)
        articles = [plain(each) for each in (article, *self.pieces(story))]
        self._expect_shares(articles)
        shared = (each for name in articles for each in self._shared.get(name, ()) if each.channel == channel)
        first = min(shared, default=None)
        return first.lead if first is not None else None

    def follow(self, story: str, channel: str, lead: groups.Lead) -> None:
        """This story is told in the message of ``lead``."""
        if (story, channel) not in self._grouped:
            followers = self.followers(lead.story, channel)
            self._grouped[story, channel] = groups.Grouped(lead.story, lead.watch)
            self._follow.append({"story": story, "channel": channel, "watch": self.watch, "lead": lead.story})
            followers.append(groups.Follower(self.watch, story))
            followers.sort()

    def followers(self, lead: str, channel: str) -> list[groups.Follower]:
        """The stories that are told in this one's message, by watch."""
        if (lead, channel) not in self._followers:
            self._followers[lead, channel] = groups.followers(self.tx, lead, channel)
        return self._followers[lead, channel]

    def others(self, story: str, watch: str, article: str) -> list[Alert]:
        """The alerts of other watches, in any channel, on stories that share an article with this one."""
        self.write()
        return groups.others(self.tx, story, watch, article)

    def hush(self, alert: Alert, by: str) -> None:
        """Withhold what still waits of an alert, since a louder one tells of the same."""
        self.write()
        groups.hush(self.tx, alert, by)
        self.outbox.forget()

    # what is decided

    def open_story(self, story: str, case: Case) -> None:
        """Open a story with this article, or stretch the times that it spans to it."""
        published, seen = case.published, case.seen
        spans = self._spans.get(story)
        if spans is None:
            self._spans[story] = Spans(case.article.id, published is None, published, published, seen, seen)
            self._opened[story] = None
        elif spans.stretch(published, seen):
            self._stretched[story] = None

    def save_reading(self, reading: Reading) -> None:
        """Keep the reading whole; a version that is kept already stays as it is."""
        self._readings.setdefault((reading.article.id, reading.article.version), reading)

    def save_terms(self, story: str, case: Case) -> None:
        """Keep the article's heavy words as the story's: what shares one is held against it."""
        for term in case.keys:
            if story not in self._by_term[term]:
                self._by_term[term].add(story)
                self._terms.add((term, story))

    def save_pieces(self, story: str, after: dict[str, Piece]) -> None:
        """Keep the coverage as it stands now."""
        before = self._pieces[story]
        for article, piece in after.items():
            known = before.get(article)
            if piece is not known and piece != known:
                self._changed[story, article] = None
                self._placed[plain(article)] = Placed(story, piece.member.version)
        self._pieces[story] = after
        self._some.pop(story, None)

    def save_alert(self, story: str, alert: Alert) -> None:
        """Keep the alert as it stands now."""
        self._alerts[story, alert.channel] = self._told[story, alert.channel] = alert

    def note(self, decision: Decided) -> None:
        """Keep that this was decided, and why."""
        self._decided.add((plain(decision.article), decision.version))
        self._notes.append(decision)

    # what is written

    def write(self) -> None:
        """Write what was decided since the last time."""
        dumped: dict[int, str] = {}

        def dump(alert: Alert) -> str:
            body = dumped.get(id(alert))
            if body is None:
                body = dumped[id(alert)] = alert.model_dump_json()
                outbox.alert_in.put(body, alert)
            return body

        rows = decided.Written(
            readings=[decided.reading_row(reading, self.now) for reading in self._readings.values()],
            opened=[
                decided.story_row(story, self.watch, self._spans[story], self.now) for story in self._opened
            ],
            stretched=[
                decided.spans_row(story, self._spans[story])
                for story in self._stretched.keys() - self._opened.keys()
            ],
            terms=[{"watch": self.watch, "term": term, "story": story} for term, story in self._terms],
            pieces=[
                decided.piece_row(self.watch, story, article, self._pieces[story][article])
                for story, article in self._changed
            ],
            alerts=[
                decided.alert_row(story, alert, dump(alert), self.now)
                for (story, _), alert in self._told.items()
            ],
            decisions=[note.model_dump() | {"at": self.now} for note in self._notes],
        )
        decided.write(self.tx, self._insert, rows)
        self.outbox.write(self._insert, dump)
        groups.follow(self.tx, self._insert, self._follow)
        for written in (
            self._readings,
            self._opened,
            self._stretched,
            self._terms,
            self._changed,
            self._told,
        ):
            written.clear()
        self._follow.clear()
        self._notes.clear()

    def settle(self, matches: Iterable[Match]) -> None:
        """Settle the articles of which every watch that they matched has been decided."""
        decided.settle(self.tx, matches, self.now)
