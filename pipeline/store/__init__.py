"""The store: Tocsin's only memory. Which articles came, which stories ring, what each sink has still to hear.

``Store`` is the door: one method per transaction that the graph or the command line needs. Behind it
``claims`` (new?), ``coverage`` (stories, alerts), ``outbox`` (deliveries), ``letters``, ``feeds``,
``lookups`` and ``retention`` hold the statements, ``schema`` the tables, ``steps`` the transforms that wire it
into the graph. Below are ``ground`` (opening, transactions, migrations), ``patience``, and a ``database``:
``sqlite`` or ``postgres``.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pipeline.store import claims, feeds, hand, letters, lookups, outbox, positions, retention
from pipeline.store import messages as spoken
from pipeline.store import silences as mutes
from pipeline.store.claims import Verdict
from pipeline.store.feeds import Asked, FeedState
from pipeline.store.ground import MIGRATIONS, Ground, patient
from pipeline.store.letters import Buried
from pipeline.store.lookups import KnownArticle, Standing, Status, StoryView, Summary
from pipeline.store.retention import CutOffs, cut_offs
from transforms.article import Article, DeadLetter, Delivery, Position, Stopped, fingerprint
from transforms.desk.mute import Silence

__all__ = [
    "MIGRATIONS",
    "Brought",
    "Buried",
    "CutOffs",
    "FeedState",
    "KnownArticle",
    "Standing",
    "Status",
    "Store",
    "StoryView",
    "Summary",
    "Verdict",
    "cut_offs",
]

LEASE = timedelta(minutes=2)
BATCH = 1000
"""Articles claimed in one transaction at most: databases limit the values of one question."""

_PROCESS_RUN = uuid.uuid4().hex


@dataclass(frozen=True)
class Brought:
    """What a source brought, ready to be taken in.

    Attributes:
        articles: cleaned.
        ends: ``step:reason`` of those that go no further, by their place among the articles.
        letters: what could not be read.
        feeds: what feeds are to remember.
        positions: the places in queues that these inputs stand for.
    """

    articles: Sequence[Article] = ()
    ends: Mapping[int, str] = field(default_factory=dict)
    letters: Sequence[DeadLetter] = ()
    feeds: Sequence[FeedState] = ()
    positions: Sequence[Position] = ()


class Store(Ground):
    """The memory, opened with ``Store.open``; closed with ``close`` or at the end of a ``with``.

    Threads may share it. Every method is one transaction, done again from its beginning while the database is
    away. It raises StoreError, in one line that names the store and what to do, where the database fails; then
    nothing of that transaction is kept.
    """

    # new?

    @patient
    def claim(self, batch: Sequence[Article], now: datetime, run: str = _PROCESS_RUN) -> list[Verdict]:
        """What the store says of these articles, in their order; see ``claims.claim``.

        Args:
            batch: cleaned articles.
            now: first_seen of those that are new.
            run: names this run: within it an article goes on once, whatever twins of it come in; what another
                run claimed and did not settle goes on again.
        """
        mark = bytes.fromhex(fingerprint("run", run))
        verdicts: list[Verdict] = []
        for start in range(0, len(batch), BATCH):
            with self.transaction(alone="claim") as tx:
                verdicts += claims.claim(tx, self.insert, batch[start : start + BATCH], now, mark)
        return verdicts

    @patient
    def take_in(
        self, brought: Brought, now: datetime, run: str = _PROCESS_RUN, grace: timedelta = hand.GRACE
    ) -> list[Verdict]:
        """Take in what a source brought, all of it in one transaction; what the store says of each article.

        Articles that go on are in hand, those that end here are settled, dead letters are buried, and what the
        source is to remember is remembered. Doing it again changes nothing, and gives what is not settled again.

        Args:
            brought: cleaned and screened articles, dead letters, and the source's own memory.
            now: the clock.
            run: as of ``claim``.
            grace: how long what goes on is left to this run before it is taken up again.
        """
        mark = bytes.fromhex(fingerprint("run", run))
        with self.transaction(durable=bool(brought.letters), alone="claim") as tx:
            verdicts: list[Verdict] = []
            for start in range(0, len(brought.articles), BATCH):
                ends = {place - start: end for place, end in brought.ends.items() if place >= start}
                batch = brought.articles[start : start + BATCH]
                verdicts += claims.claim(tx, self.insert, batch, now, mark, ends)
            going = [
                verdict.article
                for place, verdict in enumerate(verdicts)
                if verdict.goes_on and place not in brought.ends
            ]
            hand.take(tx, self.insert, going, now, mark, grace)
            letters.bury(tx, self.insert, brought.letters, now)
            for state in brought.feeds:
                feeds.remember(tx, self.insert, state)
            positions.advance(tx, self.insert, brought.positions, now)
        return verdicts

    @patient
    def take_up(
        self,
        now: datetime,
        run: str = _PROCESS_RUN,
        grace: timedelta = hand.GRACE,
        limit: int = BATCH,
        *,
        others: bool = False,
    ) -> hand.Taken:
        """Articles in hand that nobody settled in time; see ``hand.take_up``. Those that were given up are buried."""
        mark = bytes.fromhex(fingerprint("run", run))
        with self.transaction(write=False) as tx:
            if not hand.any_due(tx, now, mark, others=others):
                return hand.Taken()
        with self.transaction(durable=True) as tx:
            taken = hand.take_up(tx, now, mark, grace, limit, others=others)
            letters.bury(tx, self.insert, taken.given_up, now)
        return taken

    @patient
    def position(self, queue: str, part: str) -> int | None:
        """Where to read on in a part of a queue, or None where nothing of it was ever taken in."""
        with self.transaction(write=False) as tx:
            return positions.position(tx, queue, part)

    @patient
    def begin(self, queue: str, part: str, offset: int) -> int:
        """Remember where a part of a queue begins, unless that is known; where to read on."""
        place = Position(queue=queue, part=part, start=offset, end=offset)
        with self.transaction() as tx:
            return positions.begin(tx, self.insert, place, datetime.now(UTC))

    @patient
    def settle(self, stopped: Sequence[Stopped], now: datetime) -> None:
        """These articles are finished: they are seen from now on. What never was claimed is passed over."""
        if stopped:
            with self.transaction() as tx:
                claims.settle(tx, stopped, now)
                hand.release(tx, [(each.article, each.version) for each in stopped])

    # the outbox

    @patient
    def due(
        self,
        sink: str,
        now: datetime,
        lease: timedelta = LEASE,
        limit: int = 1,
        channel: str | None = None,
        pace: outbox.Pace | None = None,
    ) -> list[Delivery]:
        """Lease up to ``limit`` deliveries that this sink is due, in one channel or in all; see ``outbox.due``."""
        # Looked for without the writer's place; what was found is looked at again when it is taken.
        with self.transaction(write=False) as tx:
            ready = outbox.look(tx, sink, now, channel, pace, limit)
            if not ready:
                return []
        # With a pace alone: what is free is looked at, then taken.
        with self.transaction(durable=True, alone=f"sink {sink}" if pace else None) as tx:
            return outbox.due(tx, ready, now, lease, limit)

    @patient
    def leaves_at(self, sinks: Sequence[str], by: datetime) -> datetime | None:
        """When the next message may leave, of those that are due until ``by``; None where none is."""
        with self.transaction(write=False) as tx:
            return outbox.free_at(tx, sinks, by)

    @patient
    def record(self, done: Sequence[outbox.Done], now: datetime) -> None:
        """Keep what came of these attempts, all in one transaction; what can never work becomes a dead letter."""
        if not done:
            return
        with self.transaction(durable=True) as tx:
            letters.bury(tx, self.insert, outbox.record(tx, done, now), now)

    @patient
    def channels_due(self, sink: str, now: datetime) -> list[str]:
        """The channels in which this sink is due to say something."""
        with self.transaction(write=False) as tx:
            return outbox.channels_due(tx, sink, now)

    @patient
    def messages(
        self,
        states: Sequence[str] = (),
        sink: str | None = None,
        channel: str | None = None,
        limit: int = 100,
    ) -> list[spoken.Message]:
        """Rows of the outbox, the latest first; see ``messages.messages``."""
        with self.transaction(write=False) as tx:
            return spoken.messages(tx, states, sink, channel, limit)

    @patient
    def heard(self, start: str) -> list[spoken.Heard]:
        """The alerts whose ids begin so, three at most, each with all its messages."""
        with self.transaction(write=False) as tx:
            return spoken.heard(tx, start)

    @patient
    def retry(self, ids: Sequence[str], now: datetime) -> None:
        """Put deliveries that failed for good back into the outbox, due now."""
        with self.transaction(durable=True) as tx:
            for each in ids:
                outbox.again(tx, each, now)
                letters.resurrected_of(tx, f"delivery:{each}", now)

    # dead letters

    @patient
    def bury(self, buried: Sequence[DeadLetter], now: datetime) -> None:
        """Keep these inputs whole; the same input at the same step is kept once and counted."""
        if buried:
            with self.transaction(durable=True) as tx:
                letters.bury(tx, self.insert, buried, now)
                hand.release(tx, [(each.article, each.version) for each in buried if each.article])
                places = [each.position for each in buried if each.position is not None]
                positions.advance(tx, self.insert, places, now)

    @patient
    def dead_letters(self) -> list[Buried]:
        """All dead letters, the newest first, without their inputs."""
        with self.transaction(write=False) as tx:
            return letters.listed(tx)

    @patient
    def dead_letter(self, letter: str) -> DeadLetter | None:
        """One dead letter with its input, byte for byte, or None."""
        with self.transaction(write=False) as tx:
            return letters.whole(tx, letter)

    @patient
    def resurrected(self, letter: str, now: datetime) -> None:
        """The letter was replayed. One of a delivery puts it back into the outbox, due now."""
        with self.transaction() as tx:
            kept = letters.whole(tx, letter)
            letters.resurrected(tx, letter, now)
            if kept is not None and kept.step == "deliver":
                outbox.again(tx, kept.origin.removeprefix("delivery:"), now)

    # silences and verdicts

    @patient
    def silence(self, silence: Silence) -> None:
        """Keep a silence; it holds for what has not left yet."""
        with self.transaction(durable=True) as tx:
            mutes.keep(tx, self.insert, silence)

    @patient
    def end_silence(self, silence: str, now: datetime) -> bool:
        """End a silence now; False where none of this id holds."""
        with self.transaction(durable=True) as tx:
            return mutes.end(tx, silence, now)

    @patient
    def silences(self) -> list[Silence]:
        """All silences, those that end last first."""
        with self.transaction(write=False) as tx:
            return mutes.listed(tx)

    @patient
    def judge(self, verdict: mutes.Verdict) -> None:
        """Keep what a person said of an alert."""
        with self.transaction(durable=True) as tx:
            mutes.judge(tx, self.insert, verdict)

    @patient
    def judged(self, alert: str | None = None) -> list[mutes.Verdict]:
        """What people said of an alert, or of all."""
        with self.transaction(write=False) as tx:
            return mutes.judged(tx, alert)

    # feeds

    @patient
    def feed(self, feed: str) -> FeedState | None:
        """What is remembered of this feed, or None."""
        with self.transaction(write=False) as tx:
            return feeds.state(tx, feed)

    @patient
    def feeds(self) -> list[FeedState]:
        """All feeds that were ever polled, by id."""
        with self.transaction(write=False) as tx:
            return feeds.states(tx)

    @patient
    def ask_feeds(
        self,
        asked: Mapping[str, str],
        is_due: Callable[[FeedState | None], bool],
        now: datetime,
        lease: timedelta = LEASE,
    ) -> Asked:
        """Lease those of these feeds of one host that are due; see ``feeds.ask``."""
        # Alone: a feed that was never asked has no row that could be held.
        with self.transaction(alone="feeds") as tx:
            return feeds.ask(tx, self.insert, asked, is_due, now, lease)

    @patient
    def remember_feed(self, state: FeedState) -> None:
        """Keep this of the feed."""
        with self.transaction() as tx:
            feeds.remember(tx, self.insert, state)

    # for people

    @patient
    def alerts(self) -> list[Standing]:
        """All alerts as they stand, oldest first, each with the state of its deliveries."""
        with self.transaction(write=False) as tx:
            return lookups.alerts(tx)

    @patient
    def article(self, article: str) -> KnownArticle | None:
        """What is known of an article: its versions, and its reading where it matched; None where it never came."""
        with self.transaction(write=False) as tx:
            return lookups.article(tx, article)

    @patient
    def story_of(self, article: str) -> list[StoryView]:
        """The stories that hold this article, one per watch, with their coverage."""
        with self.transaction(write=False) as tx:
            return lookups.story_of(tx, article)

    @patient
    def undelivered(self) -> dict[str, int]:
        """How many messages of each sink wait, and for nothing but a better time to try again."""
        with self.transaction(write=False) as tx:
            return lookups.undelivered(tx)

    @patient
    def held(self) -> list[lookups.HeldBack]:
        """What is held until a time, or withheld: how much of it, why, and when the first of it leaves."""
        with self.transaction(write=False) as tx:
            return lookups.held(tx)

    @patient
    def summary(self) -> Summary:
        """How much of everything there is."""
        with self.transaction(write=False) as tx:
            return lookups.summary(tx)

    @patient
    def status(self) -> Status:
        """How the store is: its schema, size, counts, and what waits."""
        with self.transaction(write=False) as tx:
            return lookups.status(tx, self.name, self._version(tx) or "", self._database.size(tx))

    # retention

    def prune(self, cut: CutOffs, *, dry_run: bool = False) -> Counter[str]:
        """Forget what is older than ``cut``, a little at a time; how many rows of each kind went.

        Others go on meanwhile, and one that is killed has forgotten a part. Two at once take turns.

        Args:
            cut: see ``retention.cut_offs``.
            dry_run: count what would go, and keep it.
        """
        gone: Counter[str] = Counter()
        for step in retention.STEPS:
            after: object = None
            while True:
                batch = self._prune(step, cut, after, dry_run=dry_run)
                gone += batch.gone
                after = batch.after
                if after is None:
                    break
        return gone

    @patient
    def _prune(self, step: retention.Step, cut: CutOffs, after: object, *, dry_run: bool) -> retention.Batch:
        with self.transaction(write=not dry_run, alone="prune") as tx:
            return step(tx, cut, after, dry_run, self.hold)
