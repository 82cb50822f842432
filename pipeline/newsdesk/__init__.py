"""Link + decide: the one transaction that turns matches into stories, coverage, alerts and outbox rows.

What to say is decided by pure functions (``transforms/stories``, ``transforms/desk``); here it is made
to happen once, whatever is repeated, reordered, killed or done by two processes at the same time. ``telling`` is
who hears of a story that grew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindows

from pipeline.delivery import Place
from pipeline.keyed import as_they_come
from pipeline.newsdesk.telling import WINDOW, Newsroom, Outcome, Telling
from pipeline.store import Store
from pipeline.store import coverage as book
from pipeline.store.coverage import Piece
from pipeline.store.sitting import Case, Sitting
from pipeline.store.steps import WithStore
from transforms import desk, stories
from transforms.article import Coverage, Match, Reading
from transforms.coder import ModelCoder
from transforms.errors import StoreError
from transforms.letters import letter_of, said
from transforms.stories import Member
from transforms.watch import Rules, Watch

TOGETHER = 50
"""Matches decided in one transaction at most: enough that a question costs each little; others wait for it."""


class Prepared(Match):
    """A match with what its article is to linking, which is found out before anybody waits for it.

    ``member`` and ``keys`` are None where the record's clock of the article is not known yet.
    """

    member: Member | None = None
    keys: tuple[str, ...] | None = None


beam.coders.registry.register_coder(Prepared, ModelCoder)


def prepared(match: Match) -> Prepared:
    """The match, with what its article is to linking."""
    article = match.reading.article
    member = None if article.first_seen is None else _member(match.reading, article.first_seen)
    return Prepared(
        watch=match.watch,
        reading=match.reading,
        why=match.why,
        of=match.of,
        member=member,
        keys=None if member is None else stories.keys_of(member),
    )


def decide_match(
    store: Store,
    match: Match,
    watch: Watch,
    sinks: Sequence[str],
    now: datetime,
    window: timedelta = WINDOW,
    rules: Rules | None = None,
) -> Outcome:
    """Decide one match; see ``decide_matches``.

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
    return decide_matches(store, [match], watch, newsroom, now)[0]


def decide_matches(
    store: Store, matches: Sequence[Match], watch: Watch, newsroom: Newsroom, now: datetime
) -> list[Outcome]:
    """Find each match's story or open one, decide what the desk hears, and write it all down, in one transaction.

    They are decided one after the other, each on what those before it left. Doing it again changes nothing. An
    article is settled with the last of the watches that it matched.

    Args:
        store: the memory.
        matches: of this watch, in their order; see ``prepared``.
        watch: the rule that matched.
        newsroom: all rules, and who is told.
        now: the clock.

    Raises:
        StoreError: the database failed; nothing was kept.
    """
    if not matches:
        return []
    # Before the transaction: it costs most, and others wait for the writer's place.
    members = [
        match.member if isinstance(match, Prepared) and match.member else _member(match.reading, now)
        for match in matches
    ]
    return store.patiently(lambda: _sit(store, matches, members, watch, newsroom, now))


def _sit(
    store: Store,
    matches: Sequence[Match],
    members: Sequence[Member],
    watch: Watch,
    newsroom: Newsroom,
    now: datetime,
) -> list[Outcome]:
    with store.transaction(alone=f"watch {watch.id}") as tx:
        crowded = newsroom.crowded(watch)
        # After the watch, and in one order: nobody waits in a circle.
        for channel in crowded:
            store.hold(tx, f"channel {channel}")
        known = book.known(tx, [match.reading.article.id for match in matches])
        cases = [_case(match, member, known, now) for match, member in zip(matches, members, strict=True)]
        sitting = Sitting(tx, store.insert, watch.id, now, newsroom.window)
        channels = newsroom.channels(watch)
        alerts = [desk.alert_id(watch.id, name, case.article.id) for name in channels for case in cases]
        sitting.expect(cases, channels, crowded, alerts)
        outcomes = [_decide(sitting, case, watch, newsroom) for case in cases]
        sitting.write()
        sitting.settle(matches)
    return outcomes


def _case(match: Match, member: Member, known: book.Known, now: datetime) -> Case:
    """The match with what its article's duplicates knew."""
    reading, keys = match.reading, match.keys if isinstance(match, Prepared) else None
    article = book.completed(reading.article, known)
    if article is not reading.article:
        reading, keys = reading.model_copy(update={"article": article}), None
        member = _member(reading, now)
    return Case(match, reading, member, article.first_seen or now, keys or stories.keys_of(member))


def _decide(sitting: Sitting, case: Case, watch: Watch, newsroom: Newsroom) -> Outcome:
    article = case.article
    if sitting.decided(article):
        return Outcome("already-decided")
    place = sitting.placed(article.id)
    outcome = Outcome("older-version", place.story if place else None)
    if place is None or place.version <= article.version:
        story = place.story if place else sitting.choose(case)
        story = story or sitting.opened_by(article.id)
        before = sitting.pieces(story)
        after = {**before, article.id: Piece(case.member, case.match.why)}
        kept = sitting.kept(story, watch.channel)
        outcome = Telling(sitting, newsroom, watch, story, article.id).tell(kept, after)
        sitting.save_reading(case.reading)
        sitting.open_story(story, case)
        sitting.save_terms(story, case)
        own = outcome.alert if outcome.alert is not None and outcome.alert.watch == watch.id else None
        places = own.coverage if own is not None else stories.relate(sitting.gathering(story, "", after))
        sitting.save_pieces(story, _related(after, places))
    sitting.note(
        book.Decided(
            watch=watch.id,
            article=article.id,
            version=article.version,
            reason=outcome.reason,
            story=outcome.story,
            alert=outcome.alert.id if outcome.alert else None,
        )
    )
    return outcome


def _member(reading: Reading, now: datetime) -> Member:
    """The reading as a member of a story, on the record's clock: its date where that can be, else its first_seen."""
    seen = reading.article.first_seen or now
    return stories.member_of(reading, book.credible(reading.article.published, seen) or seen)


def _related(pieces: Mapping[str, Piece], places: Iterable[Coverage | stories.Place]) -> dict[str, Piece]:
    """The pieces with their relations: as the alert states them, or found anew where nothing is said."""
    related = dict(pieces)
    for place in places:
        piece = pieces.get(place.article)  # a message may speak for other stories, too
        if piece is not None and (piece.relation, piece.of) != (place.relation, place.of):
            related[place.article] = Piece(piece.member, piece.why, relation=place.relation, of=place.of)
    return related


class LinkAndDecide(beam.PTransform):
    """Decide every match, the matches of one watch in their order, ``TOGETHER`` in one transaction.

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
            | "by watch" >> beam.Map(_by_watch).with_output_types(tuple[str, Prepared])
            | "as they come" >> as_they_come()
            | "together" >> beam.GroupByKey()
            | "decide" >> beam.ParDo(self._decide)
            | "no window" >> beam.WindowInto(GlobalWindows())
        )


def _by_watch(match: Match) -> tuple[str, Prepared]:
    # Here, where many do it at once: what follows is done by one for all matches of a watch.
    return match.watch, prepared(match)


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
        self._newsroom = Newsroom(self._rules, self._sinks, self._window)
        super().setup()

    def process(self, element: tuple[str, Iterable[Prepared]]) -> Iterator[tuple[Place, str]]:
        name, matches = element
        ordered = sorted(matches, key=_order)
        for start in range(0, len(ordered), TOGETHER):
            for outcome in self._decided(name, ordered[start : start + TOGETHER]):
                Metrics.counter("decide", "in").inc()
                if not outcome.rings:
                    Metrics.counter("decide", f"stopped:{outcome.reason}").inc()
                    continue
                Metrics.counter("decide", "on").inc()
                yield from outcome.rings

    def _decided(self, name: str, matches: Sequence[Prepared]) -> list[Outcome]:
        now = self._clock()
        try:
            return decide_matches(self._store, matches, self._rules.watches[name], self._newsroom, now)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one article must not stop the run; it is buried whole
            if len(matches) > 1:
                # Nothing of them was kept. One by one, so that the others are not buried with it.
                return [outcome for match in matches for outcome in self._decided(name, [match])]
            (match,) = matches
            message = f"watch {match.watch}: {said(error)}"
            given_up = letter_of(match.reading.article, "decide", "undecidable", message)
            self._store.bury([given_up], now)
            return [Outcome("undecidable")]


def _order(match: Match) -> tuple[tuple[int, int], str, int]:
    article = match.reading.article
    return article.order, article.id, article.version
