"""Sources, Pub/Sub: the messages of a subscription as documents. Only Dataflow reads it.

Pub/Sub itself keeps what was not acknowledged, and Dataflow acknowledges what its bundles have committed: a message
has no position that the store would have to remember.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import apache_beam as beam
from apache_beam.io import ReadFromPubSub
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import StandardOptions

from pipeline.sources.queue.kafka import now
from pipeline.sources.queue.spec import PubSubSpec
from pipeline.sources.together import Sourced
from transforms.article import DeadLetter, Document
from transforms.errors import Refused

MISSING = "reading Pub/Sub needs Google's packages: pip install 'tocsin[dataflow]'"
RUNNER = "DataflowRunner"
STEP = "source"


def refuse_elsewhere(queues: Sequence[PubSubSpec], runner: str) -> None:
    """Say before anything runs that this runner cannot read Pub/Sub.

    Raises:
        Refused: there is such a queue, and the runner is not Dataflow; or Google's packages are missing.
    """
    if not queues:
        return
    if runner.casefold() not in {RUNNER.casefold(), "dataflow"}:
        raise Refused(
            f"queue {queues[0].id} is a Pub/Sub subscription, which only the runner dataflow reads, not {runner}:"
            " run there, or read the same articles from Kafka"
        )
    try:
        import google.cloud.pubsub  # noqa: F401, PLC0415 - whether it is there
    except ImportError:
        raise Refused(MISSING) from None


class MakeDocument(beam.DoFn):
    """PubsubMessage in; Document out."""

    def __init__(self, queue: PubSubSpec, clock: Callable[[], datetime]):
        self.queue, self.clock = queue, clock
        self.came, self.went = Metrics.counter(STEP, "in"), Metrics.counter(STEP, "on")

    def process(self, message: Any) -> list[Document]:
        self.came.inc()
        self.went.inc()
        name = self.queue.subscription.rpartition("/")[2]
        return [
            Document(
                origin=f"pubsub:{name}@{message.message_id or '?'}",
                media=self.queue.media,
                body=message.data or b"",
                fetched=self.clock(),
                outlet=self.queue.outlet,
            )
        ]


class PubSubQueue(beam.PTransform):
    """Subscriptions as documents: PBegin in; ``Sourced`` out.

    Raises:
        Refused: when the graph is built, where the runner cannot read Pub/Sub.
    """

    def __init__(self, queues: Sequence[PubSubSpec], clock: Callable[[], datetime] = now):
        super().__init__()
        self.queues, self.clock = tuple(queues), clock

    def expand(self, begin: beam.pvalue.PBegin) -> Any:
        # The options name no runner where the pipeline was given one.
        named = begin.pipeline.options.view_as(StandardOptions).runner
        refuse_elsewhere(self.queues, named or type(begin.pipeline.runner).__name__)
        read = [
            begin
            | f"subscription {queue.id}"
            >> ReadFromPubSub(subscription=queue.subscription, id_label=queue.id_label, with_attributes=True)
            | f"documents {queue.id}"
            >> beam.ParDo(MakeDocument(queue, self.clock)).with_output_types(Document)
            for queue in self.queues
        ]
        documents = read | "subscriptions" >> beam.Flatten(pipeline=begin.pipeline)
        return Sourced(documents, documents | "none dead" >> beam.ParDo(_Nothing()))


class _Nothing(beam.DoFn):
    """Whatever a message holds, it is a document: what cannot be read is found out later."""

    def process(self, _document: Document) -> list[DeadLetter]:
        return []
