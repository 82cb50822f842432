"""A reader of a topic in a process of its own, so that it can be killed: the source, streaming, into a ledger.

``python -m tests.doubles.kafka.reader JOBS ADDRESS TOPIC LEDGER``; it runs until it is ended.
"""

from __future__ import annotations

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.portable_runner import PortableRunner

from pipeline.sources.queue.kafka import KafkaQueue
from pipeline.sources.queue.spec import KafkaSpec
from tests.doubles.ledger import TakeIn, memory


def main(jobs: str, address: str, topic: str, ledger: str) -> None:
    """Submit the job to whoever takes jobs there, and work for it."""
    queue = KafkaSpec(id="wire", brokers=(address,), topic=topic)
    options = PipelineOptions([f"--job_endpoint={jobs}", "--environment_type=LOOPBACK", "--streaming"])
    pipeline = beam.Pipeline(runner=PortableRunner(), options=options)
    source = pipeline | "source" >> KafkaQueue([queue], memory(ledger), bounded=False)
    (source.main, source.dead) | beam.Flatten() | beam.ParDo(TakeIn(ledger))
    pipeline.run().wait_until_finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
