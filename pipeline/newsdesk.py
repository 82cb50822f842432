"""Link + decide: the one transaction that turns a match into story, coverage, alert and outbox rows.

What to say is decided by pure functions (``transforms/stories.py``, ``transforms/desk``); here it is made
to happen once, whatever is repeated, reordered, killed or done by two processes at the same time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindows
from sqlalchemy import Connection

import transforms.coder  # noqa: F401 - registers how matches travel
from pipeline.delivery import Place
from pipeline.keyed import as_they_come
from pipeline.store import Store, groups, outbox
from pipeline.store import coverage as book
from pipeline.store.coverage import Kept, Piece
from pipeline.store.steps import WithStore
from transforms import desk, stories
from transforms.article import Alert, Also, Coverage, Held, Match, Reading, fingerprint
from transforms.errors import StoreError
from transforms.letters import letter_of, said
from transforms.policy import Policy
from transforms.stories import Member
from transforms.watch import Rules, Watch

WINDOW = timedelta(hours=72)
"""How far apart in time articles of one story may be."""


@dataclass(frozen=True)
class Outcome:
    """What became of a match.

    Attributes:
        reason: typed: the desk's, or already-decided, or older-version.
        story: the story it belongs to, or None where nothing was done.
        alert: the alert as its own channel will hear it, or None where nothing new is said.
        sinks: who is told of it.
        rings: who is told where: sink, channel, and the alert's id.
    """

    reason: str
    story: str | None = None
    alert: Alert | None = None
    sinks: tuple[str, ...] = ()
    rings: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True)
class Newsroom:
    """Who decides what: the rules with the desk's policies, and who can be told.

    Attributes:
        rules: watches and policies.
        sinks: names of all sinks.
        window: how far apart in time articles of one story may be.
    """

    rules: Rules
    sinks: tuple[str, ...]
    window: timedelta = WINDOW

    def crowded(self, watch: Watch) -> list[str]:
        """The channels in which another watch may ring too: who decides there does so alone."""
        policies = self.rules.desk
        names = {watch.channel, *(route.channel for route in policies.routes)}
        alone = len(self.rules.watches) < 2  # noqa: PLR2004 - none beside it
        return [] if alone else sorted(name for name in names if policies.of(name).group)


def decide_match(
    store: Store,
    match: Match,
    watch: Watch,
    sinks: Sequence[str],
    now: datetime,
    window: timedelta = WINDOW,
    rules: Rules | None = None,
) -> Outcome:
    """Find the match's story or open one, decide what the desk hears, and write it all down, in one transaction.

    Doing it again changes nothing. The article is settled with the last of the watches that it matched.

    Args:
        store: the memory.
        match: the article's reading and the clauses that held.
        watch: the rule that matched.
        sinks: names of those who are to hear the alert.
        now: the clock.
        window: how far apart in time articles of one story may be.
        rules: all watches, and the desk's policies; None: this watch alone, told at once.

    Raises:
        StoreError: the database failed; nothing was kept.
    """
    newsroom = Newsroom(rules or Rules(watches={watch.id: watch}), tuple(sinks), window)
    # Before the transaction: it costs most, and others wait for the writer's place.
    member = _member(match.reading, now)
    return store.patiently(lambda: _decide_once(store, match, watch, newsroom, now, member))


def _decide_once(
    store: Store, match: Match, watch: Watch, newsroom: Newsroom, now: datetime, member: Member
) -> Outcome:
    with store.transaction(alone=f"watch {watch.id}") as tx:
        # After the watch, and in one order: nobody waits in a circle.
        for channel in newsroom.crowded(watch):
            store.hold(tx, f"channel {channel}")
        article = book.complete(tx, match.reading.article)
        if book.decided(tx, watch.id, article):
            book.settle_decided(tx, match, now)
            return Outcome("already-decided")
        seen = article.first_seen or now
        place = book.placed(tx, watch.id, article.id)
        outcome = Outcome("older-version", place.story if place else None)
        if place is None or place.version <= article.version:
            reading = match.reading
            if article != reading.article:
                reading = reading.model_copy(update={"article": article})
                member = _member(reading, now)
            published = book.credible(article.published, seen)
            story = place.story if place else None
            if story is None:
                near = book.nearby(tx, watch.id, member, published, seen, newsroom.window)
                story = stories.choose_story(member, near)
            story = story or fingerprint("story", watch.id, article.id)
            before = book.pieces(tx, story)
            after = {**before, article.id: Piece(member, match.why)}
            kept = book.kept(tx, story, watch.channel)
            told = _Telling(store, tx, newsroom, watch, story, article.id, now).tell(kept, after)
            book.save_reading(tx, store.insert, reading, now)
            if kept is None:
                book.open_story(tx, story, watch.id, article, now)
            else:
                book.stretch(tx, story, kept, article, now)
            book.save_terms(tx, store.insert, watch.id, story, member)
            own = told.alert if told.alert is not None and told.alert.watch == watch.id else None
            book.save_pieces(tx, store.insert, watch.id, story, before, _related(after, own))
            outcome = told
        taken = book.Decided(
            watch=watch.id,
            article=article.id,
            version=article.version,
            reason=outcome.reason,
            story=outcome.story,
            alert=outcome.alert.id if outcome.alert else None,
        )
        book.note(tx, taken, now)
        book.settle_decided(tx, match, now)
    return outcome


@dataclass(frozen=True)
class _Telling:
    """One story that grew, told in every channel that is to hear of it."""

    store: Store
    tx: Connection
    newsroom: Newsroom
    watch: Watch
    story: str
    article: str
    now: datetime

    def tell(self, kept: Kept | None, pieces: Mapping[str, Piece]) -> Outcome:
        """Decide for the watch's own channel, then for those that the alert's loudness adds."""
        decision = self.decide(self.watch.channel, kept, pieces)
        rings = self.ring(decision, self.watch.channel)
        severity = decision.alert.severity if decision.alert is not None else self.watch.severity
        for channel in self.newsroom.rules.desk.further(self.watch.id, severity, self.watch.channel):
            kept_there = book.kept(self.tx, self.story, channel)
            rings += self.ring(self.decide(channel, kept_there, pieces), channel)
        alert = decision.alert
        sinks = tuple(sink for (sink, channel), _ in rings if channel == self.watch.channel)
        return Outcome(decision.reason, self.story, alert, sinks if alert else (), tuple(rings))

    def decide(self, channel: str, kept: Kept | None, pieces: Mapping[str, Piece]) -> desk.Decision:
        """What this channel hears: in the story's own message, or in that of a story that it shares articles with."""
        policy = self.newsroom.rules.desk.of(channel)
        crowd = policy.group and len(self.newsroom.rules.watches) > 1
        if crowd and (kept is None or kept.alert is None):
            lead = groups.lead_of(self.tx, self.story, self.watch.id, self.article, channel)
            watch = self.newsroom.rules.watches.get(lead.watch) if lead is not None else None
            if lead is not None and watch is not None:
                groups.follow(self.tx, self.store.insert, self.story, self.watch.id, channel, lead.story)
                led = book.kept(self.tx, lead.story, channel)
                return self.compose(watch, lead.story, channel, led, book.pieces(self.tx, lead.story), pieces)
        return self.compose(self.watch, self.story, channel, kept, pieces, pieces)

    def compose(
        self,
        watch: Watch,
        story: str,
        channel: str,
        kept: Kept | None,
        pieces: Mapping[str, Piece],
        mine: Mapping[str, Piece],
    ) -> desk.Decision:
        """The message of one story, with the coverage and the reasons of those that it speaks for."""
        covered, also = dict(pieces), dict[str, Also]()
        if story != self.story or (kept is not None and kept.alert is not None and kept.alert.also):
            for follower in groups.followers(self.tx, story, channel):
                theirs = mine if follower.story == self.story else book.pieces(self.tx, follower.story)
                covered = {**theirs, **covered}
                rule = self.newsroom.rules.watches.get(follower.watch)
                if rule is not None:
                    also[rule.id] = Also(watch=rule.id, severity=rule.severity, why=_first_why(theirs))
        return desk.decide(
            watch,
            kept.first if kept is not None else self.article,
            [piece.member for piece in covered.values()],
            {identity: piece.why for identity, piece in pieces.items()},
            kept.alert if kept is not None else None,
            self.now,
            desk.Case(
                policy=self.newsroom.rules.desk.of(channel),
                channel=channel,
                story=story,
                also=tuple(also[name] for name in sorted(also)),
            ),
        )

    def ring(self, decision: desk.Decision, channel: str) -> list[tuple[Place, str]]:
        """Write what the channel hears into the outbox; who is told."""
        alert = decision.alert
        if alert is None:
            return []
        policies = self.newsroom.rules.desk
        policy = policies.of(channel)
        sinks = self.newsroom.sinks
        if policy.sinks is not None:
            sinks = tuple(name for name in sinks if name in policy.sinks)
        louder = self._inhibition(alert, policy)
        told = outbox.Told(alert, decision.replies, ("inhibited", louder.id) if louder is not None else None)
        heard = outbox.enqueue(self.tx, told, sinks, self.now, policy)
        book.save_alert(self.tx, self.store.insert, alert.story or self.story, heard, self.now)
        return [((sink, channel), heard.id) for sink in sinks]

    def _inhibition(self, alert: Alert, policy: Policy) -> Alert | None:
        """The louder alert that mutes this one; what this one is louder than is muted where its channel says so."""
        policies = self.newsroom.rules.desk
        if not policies.inhibits:
            return None
        others = groups.others(self.tx, alert.story or self.story, alert.watch, self.article)
        for other in others:
            if policies.of(other.channel).inhibit and desk.inhibited(other, [alert]):
                groups.hush(self.tx, other, alert.id)
        return desk.inhibited(alert, others) if policy.inhibit else None


def _first_why(pieces: Mapping[str, Piece]) -> tuple[Held, ...]:
    """Why a story is there: the clauses that held in the first of its articles by the record's clock."""
    first = min(
        pieces.values(), key=lambda piece: (piece.member.at, piece.member.order, piece.member.article)
    )
    return tuple(held.model_copy(update={"article": first.member.article}) for held in first.why)


def _member(reading: Reading, now: datetime) -> Member:
    """The reading as a member of a story, on the record's clock: its date where that can be, else its first_seen."""
    seen = reading.article.first_seen or now
    return stories.member_of(reading, book.credible(reading.article.published, seen) or seen)


def _related(pieces: Mapping[str, Piece], alert: Alert | None) -> dict[str, Piece]:
    """The pieces with their relations: as the alert states them, or found anew where nothing is said."""
    places: Iterable[Coverage | stories.Place]
    places = (
        alert.coverage if alert is not None else stories.relate([piece.member for piece in pieces.values()])
    )
    return {
        place.article: Piece(
            pieces[place.article].member, pieces[place.article].why, relation=place.relation, of=place.of
        )
        for place in places
        if place.article in pieces  # a message may speak for other stories, too
    }


class LinkAndDecide(beam.PTransform):
    """Decide every match, the matches of one watch in their order, each in one transaction.

    PCollection[Match] -> PCollection[tuple[Place, str]]: the place (sink, channel) and the alert's id, for every
    message that is to be sent.
    A match that cannot be decided is buried whole and stays pending.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
        load_rules: loads the rules; the same.
        sinks: names of those who are to hear alerts.
        clock: gives the time.
        window: how far apart in time articles of one story may be.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        load_rules: Callable[[], Rules],
        sinks: tuple[str, ...],
        clock: Callable[[], datetime],
        window: timedelta = WINDOW,
    ):
        super().__init__()
        self._decide = _Decide(open_store, load_rules, sinks, clock, window)

    def expand(self, matches: beam.PCollection[Match]) -> beam.PCollection[tuple[Place, str]]:
        return (
            matches
            | "by watch" >> beam.Map(_by_watch).with_output_types(tuple[str, Match])
            | "as they come" >> as_they_come()
            | "together" >> beam.GroupByKey()
            | "decide" >> beam.ParDo(self._decide)
            | "no window" >> beam.WindowInto(GlobalWindows())
        )


def _by_watch(match: Match) -> tuple[str, Match]:
    return match.watch, match


class _Decide(WithStore):
    def __init__(
        self,
        open_store: Callable[[], Store],
        load_rules: Callable[[], Rules],
        sinks: tuple[str, ...],
        clock: Callable[[], datetime],
        window: timedelta,
    ):
        super().__init__(open_store, clock)
        self._load_rules, self._sinks, self._window = load_rules, sinks, window

    def setup(self) -> None:
        self._rules = self._load_rules()
        super().setup()

    def process(self, element: tuple[str, Iterable[Match]]) -> Iterator[tuple[Place, str]]:
        name, matches = element
        for match in sorted(matches, key=_order):
            Metrics.counter("decide", "in").inc()
            outcome = self._decided(name, match)
            if not outcome.rings:
                Metrics.counter("decide", f"stopped:{outcome.reason}").inc()
                continue
            Metrics.counter("decide", "on").inc()
            yield from outcome.rings

    def _decided(self, name: str, match: Match) -> Outcome:
        now = self._clock()
        try:
            watch = self._rules.watches[name]
            return decide_match(self._store, match, watch, self._sinks, now, self._window, self._rules)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one article must not stop the run; it is buried whole
            message = f"watch {match.watch}: {said(error)}"
            given_up = letter_of(match.reading.article, "decide", "undecidable", message)
            self._store.bury([given_up], now)
            return Outcome("undecidable")


def _order(match: Match) -> tuple[tuple[int, int], str, int]:
    article = match.reading.article
    return article.order, article.id, article.version
