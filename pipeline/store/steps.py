"""The store in the graph: settle, bury and forget, each a batch a transaction; ``pipeline/intake.py`` takes in."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import apache_beam as beam
from apache_beam.metrics import Metrics

import transforms.coder  # noqa: F401 - registers how models travel
from pipeline.store import Store
from pipeline.store.retention import CutOffs
from transforms.article import DeadLetter, Stopped, Tick

DEAD = "letters", "dead"
"""The counter of all dead letters that were buried, whatever their step: what an alarm looks at."""

SETTLED = 1000
BURIED = 20
"""Dead letters in one transaction: they hold whole inputs, which may be large."""


class Settle(beam.PTransform):
    """Mark what stopped as finished. PCollection[Stopped] -> an empty PCollection.

    Args:
        open_store: opens the memory; made of module-level functions, since it travels to the workers.
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
        open_store: as of ``Settle``.
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


class Forget(beam.PTransform):
    """Let the store forget what is old, where a tick says so. PCollection[Tick] -> an empty PCollection.

    Args:
        open_store: as of ``Settle``.
        clock: gives the time.
        cut_offs: what may go, by the time now.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        clock: Callable[[], datetime],
        cut_offs: Callable[[datetime], CutOffs],
    ):
        super().__init__()
        self._forget = _Forget(open_store, clock, cut_offs)

    def expand(self, ticks: beam.PCollection[Tick]) -> beam.PCollection[None]:
        return ticks | "forget" >> beam.ParDo(self._forget)


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


class _Settle(WithStore):
    def process(self, batch: Sequence[Stopped]) -> Iterable[None]:
        self._store.settle(batch, self._clock())
        return ()


class _Bury(WithStore):
    def process(self, batch: Sequence[DeadLetter]) -> Iterable[None]:
        self._store.bury(batch, self._clock())
        Metrics.counter(*DEAD).inc(len(batch))
        return ()


class _Forget(WithStore):
    def __init__(
        self,
        open_store: Callable[[], Store],
        clock: Callable[[], datetime],
        cut_offs: Callable[[datetime], CutOffs],
    ):
        super().__init__(open_store, clock)
        self._cut_offs = cut_offs

    def process(self, tick: Tick) -> Iterable[None]:
        if tick.tidy:
            for kind, many in sorted(self._store.prune(self._cut_offs(self._clock())).items()):
                Metrics.counter("forget", kind).inc(many)
        return ()
