"""Sources, together: feeds and queues side by side, as one source of the graph."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import apache_beam as beam

from transforms.article import DeadLetter, Document, Tick


class Sourced(NamedTuple):
    """What every source gives: documents, and the dead letters of what it could not read."""

    main: beam.PCollection[Document]
    dead: beam.PCollection[DeadLetter]


class Together(beam.PTransform):
    """Several sources as one: PCollection[Tick] in, ``Sourced`` out.

    Args:
        polled: sources that are asked at every tick, each by the label that it has in the graph; labels must not
            change while a job is updated.
        read: sources that go on by themselves, the same.
    """

    def __init__(self, polled: Mapping[str, beam.PTransform], read: Mapping[str, beam.PTransform]):
        super().__init__()
        self.polled, self.read = dict(polled), dict(read)

    def expand(self, ticks: beam.PCollection[Tick]) -> Any:
        given = [ticks | label >> source for label, source in self.polled.items()]
        given += [ticks.pipeline | label >> source for label, source in self.read.items()]
        return Sourced(
            tuple(each.main for each in given) | "documents" >> beam.Flatten(pipeline=ticks.pipeline),
            tuple(each.dead for each in given) | "dead" >> beam.Flatten(pipeline=ticks.pipeline),
        )
