"""Dead letters as a source: their inputs, whole, once more through the graph.

Only the ids stand in the graph; the worker fetches the inputs from the store.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apache_beam as beam

from pipeline.sources.together import Sourced
from pipeline.store import Store
from transforms.article import DeadLetter, Document, Tick


class _FetchFn(beam.DoFn):
    """Ids of dead letters to their documents; one that holds no input gives nothing."""

    def __init__(self, open_store: Callable[[], Store]):
        self._open_store = open_store
        self._store: Store | None = None

    def setup(self) -> None:
        self._store = self._open_store()

    def process(self, letter: str) -> Iterator[Document]:
        whole = self._store.dead_letter(letter) if self._store else None
        if whole is not None and whole.document is not None:
            yield whole.document

    def teardown(self) -> None:
        if self._store:
            self._store.close()


class Letters(beam.PTransform):
    """The inputs of these dead letters as PCollection[Document]."""

    def __init__(self, letters: Sequence[str], open_store: Callable[[], Store]):
        super().__init__()
        self._letters, self._open_store = tuple(letters), open_store

    def expand(self, ticks: beam.PCollection[Tick]) -> Any:
        pipeline = ticks.pipeline
        ids = pipeline | "letters" >> beam.Create(self._letters).with_output_types(str)
        nothing = pipeline | "none dead" >> beam.Create([]).with_output_types(DeadLetter)
        return Sourced(ids | "fetch" >> beam.ParDo(_FetchFn(self._open_store)), nothing)
