"""Sources, one polling round: every feed that is due is asked once, and what it answers becomes a document.

What is to be remembered of a feed comes out beside the documents and is written only when their articles are
through (``Remember``): whoever is killed before asks again, and loses nothing.
"""

import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from transforms.article import DeadLetter, Document

STEP = "source"
DEAD, FETCHED = "dead", "fetched"
GONE, TOO_MANY = 410, 429
SPREAD = 3600.0
AT_ONCE = 8
"""Hosts that are asked at the same time; each gets one request at a time."""
HOSTS_TOGETHER = 16

log = logging.getLogger("tocsin.feeds")


class FeedMemory(Protocol):
    """The part of the store that a round needs."""

    def feed(self, feed: str) -> FeedState | None:
        """What is remembered of a feed."""
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
        now: when it begins: what its documents count as fetched.
        contact: whom publishers can write to.
        allow_hosts: hosts that may have private addresses.
        patience: time-outs and the largest feed.
        only_due: False asks every feed, also those that are not due yet.
        gap: the least time between two requests to one host.
    """

    now: datetime
    contact: str | None = None
    allow_hosts: frozenset[str] = frozenset()
    patience: Patience = PATIENCE
    only_due: bool = True
    gap: timedelta = timedelta(seconds=1)


Answered: TypeAlias = (
    Document | TaggedOutput[Literal["dead"], DeadLetter] | TaggedOutput[Literal["fetched"], str]
)


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

    Document out, and ``fetched``: FeedState JSON, ``dead``: DeadLetter.
    """

    def __init__(self, round_: Round, open_store: Callable[[], FeedMemory]):
        self.round, self.open_store = round_, open_store
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
        known = {placed.feed.id: self._memory().feed(placed.feed.id) for group in groups for placed in group}
        with ThreadPoolExecutor(min(AT_ONCE, len(groups) or 1)) as threads:
            for outcomes in threads.map(lambda group: self.ask_in_turn(group, known), groups):
                for outcome in outcomes:
                    yield from self._told(outcome)

    def ask_in_turn(self, group: list[Placed], known: dict[str, FeedState | None]) -> list[Outcome]:
        """The feeds of one host, one after the other."""
        outcomes: list[Outcome] = []
        for placed in group:
            state = known[placed.feed.id]
            if placed.feed.polled and not self.is_due(state):
                reason = "gone" if state and state.last_status == GONE else "not-due"
                outcomes.append(Outcome(placed.feed, reason=reason))
                continue
            if placed.feed.polled and any(outcome.state for outcome in outcomes):
                time.sleep(self.round.gap.total_seconds())
            outcomes.append(self.ask(placed, state))
        return outcomes

    def is_due(self, state: FeedState | None) -> bool:
        """Whether a feed may be asked now."""
        if state is None or not self.round.only_due:
            return True
        return state.last_status != GONE and (state.next_due is None or state.next_due <= self.round.now)

    def ask(self, placed: Placed, state: FeedState | None) -> Outcome:
        """One feed: its documents and what to remember, or why it failed."""
        feed, now = placed.feed, self.round.now
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
        return Outcome(feed, (self._document(placed, fetched, first - feed.backfill_after),), kept)

    def _fetch(self, url: str, **known: str | None) -> Fetched:
        if self.fetcher is None:
            raise RuntimeError("the fetcher is made in setup")
        return self.fetcher.fetch(url, **known)

    def _memory(self) -> FeedMemory:
        if self.memory is None:
            raise RuntimeError("the store is opened in setup")
        return self.memory

    def _document(self, placed: Placed, fetched: Fetched, backfill_before: datetime) -> Document:
        return Document(
            origin=shown(placed.feed.url),
            media="feed",
            body=fetched.body or b"",
            fetched=self.round.now,
            order=placed.place * LINES,
            feed=placed.feed.id,
            outlet=placed.feed.outlet,
            content_type=fetched.content_type,
            location=fetched.url,
            backfill_before=backfill_before,
        )

    def _file(self, placed: Placed, state: FeedState) -> Outcome:
        feed = placed.feed
        marks = {"feed": feed.id, "outlet": feed.outlet}
        results = tuple(
            result.model_copy(update=marks) if isinstance(result, Document) else result
            for result in documents(
                [feed.url], self.round.now, limit=self.round.patience.limit, first=placed.place
            )
        )
        failed = any(isinstance(result, DeadLetter) for result in results)
        update = {"url": feed.url, "first_fetched": state.first_fetched or self.round.now}
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
            yield TaggedOutput(FETCHED, outcome.state.model_dump_json())


class FetchRound(beam.PTransform):
    """One round over these feeds.

    PBegin in; ``main`` PCollection[Document], ``dead`` PCollection[DeadLetter] and ``fetched`` PCollection[str], the
    FeedState of each feed that was asked, as JSON: see ``Remember``. A feed that fails gives one line in the log
    ``tocsin.feeds`` and a counter; it never stops the round.

    Args:
        feeds: what is polled.
        round_: how.
        open_store: opens what remembers feeds, where the worker runs.
    """

    def __init__(self, feeds: Sequence[Feed], round_: Round, open_store: Callable[[], FeedMemory]):
        super().__init__()
        self.feeds, self.round, self.open_store = tuple(feeds), round_, open_store

    def expand(self, begin: beam.pvalue.PBegin) -> Any:
        hosts: dict[str, list[tuple[int, str]]] = {}
        for place, feed in enumerate(self.feeds):
            hosts.setdefault(feed.host or f"file {place}", []).append((place, feed.model_dump_json()))
        groups = list(hosts.values())
        chunks = [groups[at : at + HOSTS_TOGETHER] for at in range(0, len(groups), HOSTS_TOGETHER)]
        return (
            begin
            | "feeds" >> beam.Create(chunks, reshuffle=False)
            | "share" >> beam.Reshuffle()
            | "fetch"
            >> beam.ParDo(FetchFeeds(self.round, self.open_store)).with_outputs(DEAD, FETCHED, main="main")
        )


class Remember(beam.DoFn):
    """FeedState JSON in, into the store; nothing out. To stand behind whatever must have happened before."""

    def __init__(self, open_store: Callable[[], FeedMemory]):
        self.open_store = open_store
        self.memory: FeedMemory | None = None

    def setup(self) -> None:
        self.memory = self.open_store()

    def teardown(self) -> None:
        if self.memory is not None:
            self.memory.close()

    def process(self, state: str) -> None:
        if self.memory is None:
            raise RuntimeError("the store is opened in setup")
        self.memory.remember_feed(FeedState.model_validate_json(state))


def shown(url: str) -> str:
    """A feed's address for people: without its query, which may hold a key."""
    return url.partition("?")[0].partition("#")[0] if url.lower().startswith("http") else url
