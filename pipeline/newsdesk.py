"""Link + decide: the one transaction that turns a match into story, coverage, alert and outbox rows.

What to say is decided by pure functions (``transforms/stories.py``, ``transforms/desk.py``); here it is made
to happen once, whatever is repeated, reordered, killed or done by two processes at the same time.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindows

import transforms.coder  # noqa: F401 - registers how matches travel
from pipeline.delivery import Place
from pipeline.keyed import as_they_come
from pipeline.store import Store, outbox
from pipeline.store import coverage as book
from pipeline.store.coverage import Piece
from pipeline.store.steps import WithStore
from transforms import desk, stories
from transforms.article import Alert, Coverage, Match, Reading, fingerprint
from transforms.errors import StoreError
from transforms.letters import letter_of, said
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
        alert: the alert as the desk will hear it, or None where nothing new is said.
        sinks: who is told.
    """

    reason: str
    story: str | None = None
    alert: Alert | None = None
    sinks: tuple[str, ...] = ()


def decide_match(
    store: Store,
    match: Match,
    watch: Watch,
    sinks: Sequence[str],
    now: datetime,
    window: timedelta = WINDOW,
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

    Raises:
        StoreError: the database failed; nothing was kept.
    """
    # Before the transaction: it costs most, and others wait for the writer's place.
    member = _member(match.reading, now)
    return store.patiently(lambda: _decide_once(store, match, watch, sinks, now, window, member))


def _decide_once(
    store: Store,
    match: Match,
    watch: Watch,
    sinks: Sequence[str],
    now: datetime,
    window: timedelta,
    member: Member,
) -> Outcome:
    with store.transaction(alone=f"watch {watch.id}") as tx:
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
                story = stories.choose_story(
                    member, book.nearby(tx, watch.id, member, published, seen, window)
                )
            story = story or fingerprint("story", watch.id, article.id)
            before = book.pieces(tx, story)
            after = {**before, article.id: Piece(member, match.why)}
            kept = book.kept(tx, story, watch.channel)
            decision = desk.decide(
                watch,
                kept.first if kept is not None else article.id,
                [piece.member for piece in after.values()],
                {identity: piece.why for identity, piece in after.items()},
                kept.alert if kept is not None else None,
                now,
            )
            alert = decision.alert
            if alert is not None:
                alert = outbox.enqueue(tx, alert, sinks, now)
                book.save_alert(tx, store.insert, story, alert, now)
            book.save_reading(tx, store.insert, reading, now)
            if kept is None:
                book.open_story(tx, story, watch.id, article, now)
            else:
                book.stretch(tx, story, kept, article, now)
            book.save_terms(tx, store.insert, watch.id, story, member)
            book.save_pieces(tx, store.insert, watch.id, story, before, _related(after, alert))
            outcome = Outcome(decision.reason, story, alert, tuple(sinks) if alert else ())
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
            if outcome.alert is None:
                Metrics.counter("decide", f"stopped:{outcome.reason}").inc()
                continue
            Metrics.counter("decide", "on").inc()
            for sink in outcome.sinks:
                yield (sink, outcome.alert.channel), outcome.alert.id

    def _decided(self, name: str, match: Match) -> Outcome:
        now = self._clock()
        try:
            return decide_match(self._store, match, self._rules.watches[name], self._sinks, now, self._window)
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
