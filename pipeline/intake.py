"""Take in: documents to articles that somebody may want to hear of, in one store transaction a batch.

Parse, clean, screen and new? are pure or asked of the store; here they are put together, so that an article is in
hand, and its source may forget it, at one and the same moment. Whoever is killed before has taken nothing, and
whoever is killed after has lost nothing. ``TakeUp`` gives again what was taken in and never settled.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

import transforms.coder  # noqa: F401 - registers how the models travel
from pipeline.store import Brought, FeedState, Store
from pipeline.store.hand import GRACE
from pipeline.store.steps import DEAD, WithStore
from transforms.article import Article, DeadLetter, Document, Position, Stopped, Tick
from transforms.clean import cleaned
from transforms.parse import parsed
from transforms.screen import NO_WATCH, Screen
from transforms.watch import Rules

ARTICLES = "articles"
BATCH = 500
"""Articles, about, in one transaction: enough to spread its cost, few enough to let others write between."""

AN_ARTICLE = 4096
"""Bytes of a document that count as one article when documents are put together."""

TAKEN_UP = 500


@dataclass
class Intake:
    """What becomes of a batch of documents, before the store is asked."""

    articles: list[Article] = field(default_factory=list)
    ends: dict[int, str] = field(default_factory=dict)
    letters: list[DeadLetter] = field(default_factory=list)
    feeds: list[FeedState] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    def read(self, document: Document, screen: Callable[[Article], bool]) -> None:
        """Parse, clean and screen one document."""
        for found in parsed(document):
            if isinstance(found, DeadLetter):
                self.letters.append(found)
                continue
            article = cleaned(found)
            if isinstance(article, DeadLetter):
                self.letters.append(article)
                continue
            if not screen(article):
                self.ends[len(self.articles)] = f"screen:{NO_WATCH}"
            self.articles.append(article)
        if document.feed_state is not None:
            self.feeds.append(FeedState.model_validate_json(document.feed_state))
        if document.position is not None:
            self.positions.append(document.position)

    def brought(self) -> Brought:
        """The same, as the store takes it."""
        return Brought(self.articles, self.ends, self.letters, self.feeds, self.positions)


@dataclass(frozen=True)
class Taking:
    """How articles are taken in and up: functions that travel to the workers, and what the run is called.

    Attributes:
        store: opens the memory; made of module-level functions.
        rules: loads the rules; the same.
        clock: gives the time.
        run: names this run; see ``Store.claim``. Every build of the graph gives its own.
        grace: how long an article may be worked on before it is taken up again.
        screened: False lets every article on, for measuring what the screen saves.
    """

    store: Callable[[], Store]
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    run: str
    grace: timedelta = GRACE
    screened: bool = True


class TakeIn(beam.PTransform):
    """Documents in; articles that go on out, in hand until they are settled.

    PCollection[Document] -> ``main``: PCollection[Article], with the store's id, version and first_seen;
    ``articles``: PCollection[Article], all that were parsed and cleaned, where they are asked for.

    Args:
        taking: how.
        all_articles: whether ``articles`` has anything in it.
    """

    def __init__(self, taking: Taking, *, all_articles: bool = False):
        super().__init__()
        self._take_in = _TakeIn(taking, all_articles=all_articles)

    def expand(self, documents: beam.PCollection[Document]) -> Any:
        return (
            documents
            | "batch" >> beam.BatchElements(BATCH, BATCH, element_size_fn=_articles_in)
            | "take in" >> beam.ParDo(self._take_in).with_outputs(ARTICLES, main="main")
        )


def _articles_in(document: Document) -> int:
    return 1 + len(document.body) // AN_ARTICLE if document.media == "feed" else 1


class _Screening(WithStore):
    """What takes in and what takes up share: the screen."""

    def __init__(self, taking: Taking):
        super().__init__(taking.store, taking.clock)
        self._taking = taking

    def setup(self) -> None:
        self._screen = Screen(self._taking.rules())
        super().setup()

    def _passes(self, article: Article) -> bool:
        return not self._taking.screened or bool(self._screen.could_match(article))


class _TakeIn(_Screening):
    def __init__(self, taking: Taking, *, all_articles: bool):
        super().__init__(taking)
        self._all_articles = all_articles

    def process(
        self, documents: Sequence[Document]
    ) -> Iterator[Article | TaggedOutput[Literal["articles"], Article]]:
        intake = Intake()
        for document in documents:
            intake.read(document, self._passes)
        taking = self._taking
        verdicts = self._store.take_in(intake.brought(), self._clock(), taking.run, taking.grace)
        counts = Counter(("new", _end(verdict.goes_on, verdict.reason)) for verdict in verdicts)
        counts += Counter(
            ("screen", _end(place not in intake.ends, NO_WATCH))
            for place, verdict in enumerate(verdicts)
            if verdict.goes_on
        )
        counts += Counter((letter.step, f"stopped:{letter.reason}") for letter in intake.letters)
        lost = sum(letter.step == "clean" for letter in intake.letters)
        counts["parse", "in"] += len(documents)
        counts["parse", "on"] += len(intake.articles) + lost
        counts["clean", "in"] += len(intake.articles) + lost
        counts["clean", "on"] += len(intake.articles)
        counts["new", "in"] += len(verdicts)
        counts["screen", "in"] += sum(verdict.goes_on for verdict in verdicts)
        counts[DEAD] += len(intake.letters)
        for (step, name), many in counts.items():
            if many:
                Metrics.counter(step, name).inc(many)
        if self._all_articles:
            for article in intake.articles:
                yield TaggedOutput(ARTICLES, article)
        for place, verdict in enumerate(verdicts):
            if verdict.goes_on and place not in intake.ends:
                yield verdict.article


def _end(goes_on: bool, reason: str | None) -> str:
    return "on" if goes_on else f"stopped:{reason}"


class TakeUp(beam.PTransform):
    """What was taken in and never settled, once more: whoever had it is gone.

    PCollection[Tick] -> PCollection[Article]. It is screened again, since the watches may be others now; what no watch
    could match any more is settled. What was taken up too often becomes a dead letter.

    Args:
        taking: how.
    """

    def __init__(self, taking: Taking):
        super().__init__()
        self._take_up = _TakeUp(taking)

    def expand(self, ticks: beam.PCollection[Tick]) -> beam.PCollection[Article]:
        return ticks | "take up" >> beam.ParDo(self._take_up).with_output_types(Article)


class _TakeUp(_Screening):
    def process(self, tick: Tick) -> Iterator[Article]:
        # What other runs hold is taken at the first beat only: later the two would take it from each other for ever.
        others = tick.first
        while True:
            now = self._clock()
            taken = self._store.take_up(now, self._taking.run, self._taking.grace, TAKEN_UP, others=others)
            for letter in taken.given_up:
                Metrics.counter("hand", "in").inc()
                Metrics.counter("hand", f"stopped:{letter.reason}").inc()
            yield from self._screened_again(taken.articles, now)
            if len(taken.articles) + len(taken.given_up) < TAKEN_UP:
                return

    def _screened_again(self, articles: Sequence[Article], now: datetime) -> Iterator[Article]:
        passed = [article for article in articles if self._passes(article)]
        kept = {(article.id, article.version) for article in passed}
        over = [
            Stopped(article=article.id, version=article.version, step="screen", reason=NO_WATCH)
            for article in articles
            if (article.id, article.version) not in kept
        ]
        self._store.settle(over, now)
        Metrics.counter("hand", "in").inc(len(articles))
        Metrics.counter("hand", "on").inc(len(passed))
        if over:
            Metrics.counter("hand", f"stopped:{NO_WATCH}").inc(len(over))
        yield from passed
