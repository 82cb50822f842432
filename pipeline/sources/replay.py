"""Sources, replay: files as documents, for the whole graph to run on as if they had just come in.

Files are read by the workers, JSON Lines line by line; nothing of their contents is in the graph.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

import transforms.coder  # noqa: F401 - registers how the models travel
from pipeline.sources.files import Intake, read_file
from pipeline.sources.found import find
from transforms.article import DeadLetter, Document, Tick
from transforms.parse.decoding import LIMIT

log = logging.getLogger(__name__)
STEP = "source"
DEAD = "dead"


class Numbered(NamedTuple):
    """A file of the replay and its place in it; the path as the filesystem has it, which need not be text."""

    place: int
    path: bytes


class ReadFile(beam.DoFn):
    """Numbered in; Document out, and ``dead``: DeadLetter for what cannot be read at all.

    Args:
        how: when the documents count as fetched, and how large one may be.
    """

    def __init__(self, how: Intake):
        self.how = how
        self.came = Metrics.counter(STEP, "in")
        self.went = Metrics.counter(STEP, "on")

    def process(self, file: Numbered) -> Iterator[Document | TaggedOutput[Literal["dead"], DeadLetter]]:
        self.came.inc()
        for result in read_file(os.fsdecode(file.path), file.place, self.how):
            if isinstance(result, DeadLetter):
                Metrics.counter(STEP, f"stopped:{result.reason}").inc()
                yield TaggedOutput(DEAD, result)
            else:
                self.went.inc()
                yield result


class Replay(beam.PTransform):
    """Files and folders, local or on any of Beam's filesystems, as documents in a fixed order.

    PCollection[Tick] in, which only says where the graph begins; ``main`` PCollection[Document] and ``dead``
    PCollection[DeadLetter] out. The order of a document is the place of its file, and within JSON Lines the number of
    the line. The reshuffle lets many workers share the files; it carries only their names.

    Args:
        paths: what to replay.
        now: an aware time; the same for every document.
        limit: bytes that one document may have.

    Raises:
        Fault: when the graph is built, where a path is not there.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]], now: datetime, limit: int = LIMIT):
        super().__init__()
        self.paths = tuple(os.fspath(path) for path in paths)
        self.how = Intake(now, limit)

    def expand(self, ticks: beam.PCollection[Tick]) -> Any:
        found = find(self.paths)
        files = [Numbered(place, os.fsencode(path)) for place, path in enumerate(found.paths)]
        if found.passed_over:
            log.info("%d files are no articles by their names and are passed over", found.passed_over)
        return (
            ticks.pipeline
            | "files" >> beam.Create(files, reshuffle=False).with_output_types(Numbered)
            | "share" >> beam.Reshuffle()
            | "read files" >> beam.ParDo(ReadFile(self.how)).with_outputs(DEAD, main="main")
        )
