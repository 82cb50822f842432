"""Pub/Sub as a source: what a message becomes, and that a runner which cannot read it says so before it starts."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.sources.queue.pubsub import MakeDocument, PubSubQueue, refuse_elsewhere
from pipeline.sources.queue.spec import PubSubSpec
from transforms.article import Document
from transforms.errors import Refused

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUEUE = PubSubSpec(
    id="wire", subscription="projects/our-project/subscriptions/articles", outlet="Example Post"
)


def noon() -> datetime:
    return NOON


@pytest.mark.parametrize(
    ("data", "name", "body", "origin"),
    [
        (b'{"text": "a"}', "77", b'{"text": "a"}', "pubsub:articles@77"),
        (None, "78", b"", "pubsub:articles@78"),
        (b"a", None, b"a", "pubsub:articles@?"),
    ],
)
def test_a_message_is_a_document(data: bytes | None, name: str | None, body: bytes, origin: str) -> None:
    message: Any = SimpleNamespace(data=data, message_id=name, attributes={})
    assert MakeDocument(QUEUE, noon).process(message) == [
        Document(origin=origin, media="article-json", body=body, fetched=NOON, outlet="Example Post")
    ]


@pytest.mark.parametrize("runner", ["direct", "prism", "flink", "DirectRunner", "PrismRunner"])
def test_other_runners_refuse_it_and_say_which_reads_it(runner: str) -> None:
    with pytest.raises(
        Refused, match="queue wire is a Pub/Sub subscription, which only the runner dataflow reads"
    ):
        refuse_elsewhere([QUEUE], runner)


def test_without_such_a_queue_no_runner_refuses() -> None:
    refuse_elsewhere([], "flink")


def test_the_graph_is_not_even_built_where_it_cannot_run() -> None:
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    with pytest.raises(Refused, match="which only the runner dataflow reads, not"):
        pipeline | "source" >> PubSubQueue([QUEUE])


@pytest.mark.runners
def test_on_dataflow_it_is_unbounded_and_typed() -> None:
    pytest.importorskip("google.cloud.pubsub", reason="Google's packages are not installed")
    # Laid and not run: an engine of this machine stands in, since Dataflow's own asks for credentials at once.
    options = PipelineOptions(["--runner=DataflowRunner", "--streaming"])
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=options)
    documents = (pipeline | "source" >> PubSubQueue([QUEUE])).main
    assert documents.element_type == Document
    assert not documents.is_bounded
