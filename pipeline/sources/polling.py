"""Sources, polling: at every tick each feed that is due is asked once, and what it answers becomes a document.

What is to be remembered of a feed travels in its document and is written in the transaction that takes that in:
whoever is killed before asks again, and loses nothing. The store leases the feeds, so that nobody is asked twice.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

import transforms.coder  # noqa: F401 - registers how the models travel
from pipeline.sources.answers import LONGEST_PAUSE, Fetched, FetchFailed
from pipeline.sources.feeds import Feed
from pipeline.sources.fetch import PATIENCE, Fetcher, Patience, user_agent
from pipeline.sources.files import LINES, documents
from pipeline.store import FeedState
from pipeline.store.feeds import Asked
from transforms.article import DeadLetter, Document, Tick

STEP = "source"
DEAD = "dead"
GONE, TOO_MANY = 410, 429
SPREAD = 3600.0
AT_ONCE = 8
"""Hosts that are asked at the same time; each gets one request at a time."""
HOSTS_TOGETHER = 16

log = logging.getLogger("tocsin.feeds")


class FeedMemory(Protocol):
    """The part of the store that a round needs."""

    def ask_feeds(
        self, asked: Mapping[str, str], is_due: Callable[[FeedState | None], bool], now: datetime
    ) -> Asked:
        """Lease those of these feeds of one host that are due."""
        ...

    def remember_feed(self, state: FeedState) -> None:
        """Keep this of a feed."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


@dataclass(frozen=True)
class Round:
    """How a round is made.

    Attributes:
        contact: whom publishers can write to.
        allow_hosts: hosts that may have private addresses.
        patience: time-outs and the largest feed.
        only_due: False asks every feed, also those that are not due yet.
        gap: the least time between two requests to one host.
    """

    contact: str | None = None
    allow_hosts: frozenset[str] = frozenset()
    patience: Patience = PATIENCE
    only_due: bool = True
    gap: timedelta = timedelta(seconds=1)


Answered: TypeAlias = Document | TaggedOutput[Literal["dead"], DeadLetter]


class Placed(NamedTuple):
    """A feed and its place in the configuration."""

    place: int
    feed: Feed


class Outcome(NamedTuple):
    """What came of one feed: documents and dead letters, what to remember, and why it failed if it did."""

    feed: Feed
    results: tuple[Document | DeadLetter, ...] = ()
    state: FeedState | None = None
    reason: str | None = None
    message: str | None = None


class FetchFeeds(beam.DoFn):
    """The feeds of some hosts in, as [[(place, feed JSON)]].

    Document out, and ``dead``: DeadLetter. What a feed is to remember stands in its document and is written when that
    is taken in; where there is none (unchanged, failed), here.
    """

    def __init__(self, round_: Round, open_store: Callable[[], FeedMemory], clock: Callable[[], datetime]):
        self.round, self.open_store, self.clock = round_, open_store, clock
        self.came = Metrics.counter(STEP, "in")
        self.went = Metrics.counter(STEP, "on")
        self.memory: FeedMemory | None = None
        self.fetcher: Fetcher | None = None

    def setup(self) -> None:
        self.memory = self.open_store()
        self.fetcher = Fetcher(user_agent(self.round.contact), self.round.patience, self.round.allow_hosts)

    def teardown(self) -> None:
        if self.fetcher is not None:
            self.fetcher.close()
        if self.memory is not None:
            self.memory.close()

    def process(self, hosts: list[list[tuple[int, str]]]) -> Iterator[Answered]:
        groups = [[Placed(place, Feed.model_validate_json(said)) for place, said in host] for host in hosts]
        now = self.clock()
        asked = [self._leased(group, now) for group in groups]
        with ThreadPoolExecutor(min(AT_ONCE, len(groups) or 1)) as threads:
            for outcomes in threads.map(self.ask_in_turn, groups, asked):
                for outcome in outcomes:
                    yield from self._told(outcome)

    def _leased(self, group: list[Placed], now: datetime) -> Asked:
        urls = {placed.feed.id: placed.feed.url for placed in group}
        return self._memory().ask_feeds(
            urls, partial(is_due, now=now, only_due=self.round.only_due and group[0].feed.polled), now
        )

    def ask_in_turn(self, group: list[Placed], asked: Asked) -> list[Outcome]:
        """The feeds of one host, one after the other."""
        outcomes: list[Outcome] = []
        for placed in group:
            state = asked.known.get(placed.feed.id)
            if placed.feed.id not in asked.leased:
                reason = "gone" if state and state.last_status == GONE else "not-due"
                outcomes.append(Outcome(placed.feed, reason=reason))
                continue
            if placed.feed.polled and any(outcome.state for outcome in outcomes):
                time.sleep(self.round.gap.total_seconds())
            outcomes.append(self.ask(placed, state))
        return outcomes

    def ask(self, placed: Placed, state: FeedState | None) -> Outcome:
        """One feed: its documents and what to remember, or why it failed."""
        feed, now = placed.feed, self.clock()
        state = state or FeedState(id=feed.id, url=feed.url)
        if not feed.polled:
            return self._file(placed, state)
        same = state.url == feed.url
        try:
            fetched = self._fetch(
                feed.url,
                etag=state.etag if same else None,
                last_modified=state.last_modified if same else None,
                own_host=feed.own_host,
            )
        except FetchFailed as failed:
            failures = state.failures + 1
            after = min(max(feed.every * failures, failed.after or timedelta(0)), LONGEST_PAUSE)
            if failed.status == TOO_MANY:
                after += timedelta(seconds=random.uniform(0, SPREAD))  # noqa: S311 - spreads requests, keeps no secret
            kept = state.model_copy(
                update={
                    "url": feed.url,
                    "next_due": now + after,
                    "last_status": failed.status,
                    "failures": failures,
                }
                | ({} if same else {"etag": None, "last_modified": None})
            )
            return Outcome(feed, state=kept, reason=failed.reason, message=failed.message)
        first = state.first_fetched or now
        kept = FeedState(
            id=feed.id,
            url=feed.url,
            # a 304 need not repeat the validators
            etag=fetched.etag or (state.etag if fetched.body is None else None),
            last_modified=fetched.last_modified or (state.last_modified if fetched.body is None else None),
            next_due=now + max(feed.every, min(fetched.after or timedelta(0), LONGEST_PAUSE)),
            first_fetched=first,
            last_status=fetched.status,
        )
        if fetched.body is None:
            return Outcome(feed, state=kept, reason="unchanged")
        document = self._document(placed, fetched, now, first - feed.backfill_after)
        return Outcome(feed, (document.model_copy(update={"feed_state": kept.model_dump_json()}),))

    def _fetch(self, url: str, **known: str | None) -> Fetched:
        if self.fetcher is None:
            raise RuntimeError("the fetcher is made in setup")
        return self.fetcher.fetch(url, **known)

    def _memory(self) -> FeedMemory:
        if self.memory is None:
            raise RuntimeError("the store is opened in setup")
        return self.memory

    def _document(
        self, placed: Placed, fetched: Fetched, now: datetime, backfill_before: datetime
    ) -> Document:
        return Document(
            origin=shown(placed.feed.url),
            media="feed",
            body=fetched.body or b"",
            fetched=now,
            order=placed.place * LINES,
            feed=placed.feed.id,
            outlet=placed.feed.outlet,
            content_type=fetched.content_type,
            location=fetched.url,
            backfill_before=backfill_before,
        )

    def _file(self, placed: Placed, state: FeedState) -> Outcome:
        feed, now = placed.feed, self.clock()
        marks = {"feed": feed.id, "outlet": feed.outlet}
        results = tuple(
            result.model_copy(update=marks) if isinstance(result, Document) else result
            for result in documents([feed.url], now, limit=self.round.patience.limit, first=placed.place)
        )
        failed = any(isinstance(result, DeadLetter) for result in results)
        update = {"url": feed.url, "first_fetched": state.first_fetched or now}
        kept = state.model_copy(update=update | {"failures": state.failures + 1 if failed else 0})
        return Outcome(feed, results, kept)

    def _told(self, outcome: Outcome) -> Iterator[Answered]:
        self.came.inc()
        for result in outcome.results:
            if isinstance(result, DeadLetter):
                log.warning("feed %s: %s", outcome.feed.id, result.message)
                Metrics.counter(STEP, f"stopped:{result.reason}").inc()
                yield TaggedOutput(DEAD, result)
            else:
                self.went.inc()
                yield result
        if outcome.reason is not None:
            Metrics.counter(STEP, f"stopped:{outcome.reason}").inc()
        if outcome.reason == "gone":
            log.warning(
                "feed %s: not asked: the publisher has ended it; remove it from the configuration",
                outcome.feed.id,
            )
        if outcome.message is not None:
            log.warning("feed %s: %s (%s)", outcome.feed.id, outcome.message, shown(outcome.feed.url))
        if outcome.state is not None:
            self._memory().remember_feed(outcome.state)


def is_due(state: FeedState | None, *, now: datetime, only_due: bool) -> bool:
    """Whether a feed may be asked now."""
    if state is None or not only_due:
        return True
    return state.last_status != GONE and (state.next_due is None or state.next_due <= now)


class FetchRound(beam.PTransform):
    """A round over these feeds at every tick; who is not due is not asked.

    PCollection[Tick] in; ``main`` PCollection[Document] and ``dead`` PCollection[DeadLetter] out. A feed that
    fails gives one line in the log ``tocsin.feeds`` and a counter; it never stops the round.

    Args:
        feeds: what is polled.
        round_: how.
        open_store: opens what remembers feeds, where the worker runs.
        clock: gives the time.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        round_: Round,
        open_store: Callable[[], FeedMemory],
        clock: Callable[[], datetime],
    ):
        super().__init__()
        self.feeds, self.round, self.open_store, self.clock = tuple(feeds), round_, open_store, clock

    def expand(self, ticks: beam.PCollection[Tick]) -> Any:
        hosts: dict[str, list[tuple[int, str]]] = {}
        for place, feed in enumerate(self.feeds):
            hosts.setdefault(feed.host or f"file {place}", []).append((place, feed.model_dump_json()))
        groups = list(hosts.values())
        chunks = [groups[at : at + HOSTS_TOGETHER] for at in range(0, len(groups), HOSTS_TOGETHER)]
        return (
            ticks
            | "feeds" >> beam.FlatMap(_each, chunks).with_output_types(list[list[tuple[int, str]]])
            | "share" >> beam.Reshuffle()
            | "fetch"
            >> beam.ParDo(FetchFeeds(self.round, self.open_store, self.clock)).with_outputs(DEAD, main="main")
        )


def _each(_tick: Tick, chunks: list[list[list[tuple[int, str]]]]) -> list[list[list[tuple[int, str]]]]:
    return chunks


def shown(url: str) -> str:
    """A feed's address for people: without its query, which may hold a key."""
    return url.partition("?")[0].partition("#")[0] if url.lower().startswith("http") else url
