"""The graph's steps around the reader and the matcher: all that reading and matching need of Beam.

They stand apart, so that a command which reads or matches without a graph need not wait for Beam.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from spacy.language import Language

from transforms.article import Article, DeadLetter, Match, Reading, Stopped
from transforms.letters import letter_of, said
from transforms.match import Matcher
from transforms.read import BATCH, Reader, blank_pipeline
from transforms.watch import Rules

DEAD = "dead"


class _ReadFn(beam.DoFn):
    """Batches of articles to their readings."""

    def __init__(
        self, load_rules: Callable[[], Rules], load_language: Callable[[], Language] = blank_pipeline
    ):
        self._load_rules, self._load_language = load_rules, load_language
        self._came = Metrics.counter("read", "in")
        self._went = Metrics.counter("read", "on")
        self._stopped = Metrics.counter("read", "stopped:unreadable")

    def setup(self) -> None:
        self._reader = Reader(self._load_rules(), self._load_language())

    def process(
        self, articles: list[Article]
    ) -> Iterator[Reading | TaggedOutput[Literal["dead"], DeadLetter]]:
        self._came.inc(len(articles))
        try:
            readings = self._reader.read(articles)
        except Exception:  # noqa: BLE001 - one of them is poison: the others are read without it
            yield from self._one_by_one(articles)
            return
        self._went.inc(len(readings))
        yield from readings

    def _one_by_one(self, articles: Sequence[Article]) -> Iterator[Any]:
        for article in articles:
            try:
                readings = self._reader.read([article])
            except Exception as error:  # noqa: BLE001 - it goes to the dead letters, whole
                self._stopped.inc()
                yield TaggedOutput(DEAD, letter_of(article, "read", "unreadable", said(error)))
            else:
                self._went.inc(len(readings))
                yield from readings


class Read(beam.PTransform):
    """PCollection[Article] in, in batches through spaCy.

    ``main``: PCollection[Reading]; ``dead``: PCollection[DeadLetter], what cannot be read, whole.

    Args:
        load_rules: loads the rules in a worker.
        load_language: the spaCy pipeline; the same.
    """

    def __init__(
        self, load_rules: Callable[[], Rules], load_language: Callable[[], Language] = blank_pipeline
    ):
        super().__init__()
        self._load_rules, self._load_language = load_rules, load_language

    def expand(self, articles: beam.PCollection[Article]) -> Any:
        return (
            articles
            | "batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=BATCH)
            | "read with spaCy"
            >> beam.ParDo(_ReadFn(self._load_rules, self._load_language)).with_outputs(DEAD, main="main")
        )


class _MatchFn(beam.DoFn):
    """Readings to their matches; those without are stopped."""

    def __init__(self, load_rules: Callable[[], Rules]):
        self._load_rules = load_rules
        self._came = Metrics.counter("match", "in")
        self._went = Metrics.counter("match", "on")
        self._stopped = Metrics.counter("match", "stopped:no-watch-matched")

    def setup(self) -> None:
        self._matcher = Matcher(self._load_rules())

    def process(self, reading: Reading) -> Iterator[Match | TaggedOutput[Literal["stopped"], Stopped]]:
        self._came.inc()
        matches = self._matcher.matches(reading)
        if matches:
            self._went.inc()
            yield from matches
            return
        self._stopped.inc()
        article = reading.article
        stopped = Stopped(
            article=article.id, version=article.version, step="match", reason="no-watch-matched"
        )
        yield TaggedOutput("stopped", stopped)


class MatchWatches(beam.PTransform):
    """PCollection[Reading] to PCollection[Match], one for each watch; ``stopped`` has the articles without."""

    def __init__(self, load_rules: Callable[[], Rules]):
        super().__init__()
        self._load_rules = load_rules

    def expand(self, readings: beam.PCollection[Reading]) -> Any:
        return readings | "hold the watches against it" >> beam.ParDo(
            _MatchFn(self._load_rules)
        ).with_outputs("stopped", main="on")
