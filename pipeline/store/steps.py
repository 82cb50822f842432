"""The store in the graph: new?, settle and bury, each a batch a transaction."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import apache_beam as beam
from apache_beam.metrics import Metrics

import transforms.coder  # noqa: F401 - registers how models travel
from pipeline.store import Store
from transforms.article import Article, DeadLetter, Stopped

CLAIMED = 500
"""Articles in one transaction of new?: enough to spread its cost, few enough to let others write between."""

SETTLED = 1000
BURIED = 20
"""Dead letters in one transaction: they hold whole inputs, which may be large."""


class New(beam.PTransform):
    """Stop what the store has seen.

    PCollection[Article] -> PCollection[Article]: new, changed and pending ones, with the store's id, version and
    first_seen. What was seen leaves no output, only its count.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
        clock: gives the time.
        run: names this run; see ``Store.claim``. Every build of the graph gives its own.
    """

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime], run: str):
        super().__init__()
        self._claim = _Claim(open_store, clock, run)

    def expand(self, articles: beam.PCollection[Article]) -> beam.PCollection[Article]:
        return (
            articles
            | "batch" >> beam.BatchElements(min_batch_size=CLAIMED, max_batch_size=CLAIMED)
            | "claim" >> beam.ParDo(self._claim).with_output_types(Article)
        )


class Settle(beam.PTransform):
    """Mark what stopped as finished. PCollection[Stopped] -> an empty PCollection.

    Args:
        open_store: as of ``New``.
        clock: gives the time.
    """

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime]):
        super().__init__()
        self._settle = _Settle(open_store, clock)

    def expand(self, stopped: beam.PCollection[Stopped]) -> beam.PCollection[None]:
        return (
            stopped
            | "batch" >> beam.BatchElements(min_batch_size=SETTLED, max_batch_size=SETTLED)
            | "settle" >> beam.ParDo(self._settle)
        )


class Bury(beam.PTransform):
    """Keep what cannot be processed. PCollection[DeadLetter] -> an empty PCollection.

    Args:
        open_store: as of ``New``.
        clock: gives the time.
    """

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime]):
        super().__init__()
        self._bury = _Bury(open_store, clock)

    def expand(self, letters: beam.PCollection[DeadLetter]) -> beam.PCollection[None]:
        return (
            letters
            | "batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=BURIED)
            | "bury" >> beam.ParDo(self._bury)
        )


class WithStore(beam.DoFn):
    """A step that holds the store open while its worker lives.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
        clock: gives the time.
    """

    _store: Store

    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime]):
        super().__init__()
        self._open_store, self._clock = open_store, clock

    def setup(self) -> None:
        self._store = self._open_store()

    def teardown(self) -> None:
        # Called also where setup failed.
        store: Store | None = self.__dict__.pop("_store", None)
        if store is not None:
            store.close()


class _Claim(WithStore):
    def __init__(self, open_store: Callable[[], Store], clock: Callable[[], datetime], run: str):
        super().__init__(open_store, clock)
        self._run = run

    def process(self, batch: Sequence[Article]) -> Iterator[Article]:
        verdicts = self._store.claim(batch, self._clock(), self._run)
        ends = Counter("on" if verdict.goes_on else f"stopped:{verdict.reason}" for verdict in verdicts)
        Metrics.counter("new", "in").inc(len(batch))
        for end, articles in ends.items():
            Metrics.counter("new", end).inc(articles)
        for verdict in verdicts:
            if verdict.goes_on:
                yield verdict.article


class _Settle(WithStore):
    def process(self, batch: Sequence[Stopped]) -> Iterable[None]:
        self._store.settle(batch, self._clock())
        return ()


class _Bury(WithStore):
    def process(self, batch: Sequence[DeadLetter]) -> Iterable[None]:
        self._store.bury(batch, self._clock())
        return ()
