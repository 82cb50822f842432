"""Kafka as a source, against a real broker: rounds up to the end, from where the store is, whatever the topic holds."""

from __future__ import annotations

import logging
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.sources.queue.broker import probe
from pipeline.sources.queue.idle import idle
from pipeline.sources.queue.kafka import KafkaQueue
from pipeline.sources.queue.spec import KafkaSpec
from tests.doubles.kafka import KafkaBroker, missing
from tests.doubles.kafka.mock import MockCluster
from tests.doubles.ledger import Ledger, TakeIn, memory
from transforms.article import DeadLetter, Document

pytestmark = pytest.mark.runners
LIBRARY = "confluent-kafka is not installed: it comes with the runners' requirements"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    pytest.importorskip("confluent_kafka", reason=LIBRARY)
    if why := missing():
        pytest.skip(why)
    running = KafkaBroker(tmp_path_factory.mktemp("kafka")).start()
    yield running
    idle().close()
    running.kill()


@pytest.fixture(params=["broker", "mock"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A cluster of either kind: the source must read both."""
    pytest.importorskip("confluent_kafka", reason=LIBRARY)
    yield MockCluster() if request.param == "mock" else request.getfixturevalue("broker")
    idle().close()


@pytest.fixture
def topic() -> str:
    return f"news-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(str(tmp_path / "ledger.db"))
    yield opened
    opened.close()


def spec(address: str, topic: str, **more: Any) -> KafkaSpec:
    return KafkaSpec(id="wire", brokers=tuple(address.split(",")), topic=topic, **more)


def read_round(queue: KafkaSpec, ledger: Ledger, limit: int = 1_000_000) -> None:
    """One bounded round, taken in."""
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        source = pipeline | "source" >> KafkaQueue([queue], memory(ledger.path), bounded=True, limit=limit)
        (source.main, source.dead) | beam.Flatten() | beam.ParDo(TakeIn(ledger.path))


def numbered(number: int, mark: str = "m") -> list[bytes]:
    return [b"%s-%d" % (mark.encode(), place) for place in range(number)]


def test_two_thousand_messages_over_four_partitions_all_arrive_in_one_round(
    cluster: Any, topic: str, ledger: Ledger
) -> None:
    cluster.make_topic(topic, 4)
    cluster.send(topic, numbered(2000), 4)
    read_round(spec(cluster.address, topic), ledger)
    assert sorted(ledger.bodies()) == sorted(numbered(2000))
    assert ledger.came() == 2000
    assert ledger.gaps() == []
    assert [ledger.position("wire", f"{topic}/{part}") for part in range(4)] == [500] * 4


def test_the_next_round_reads_what_came_since_and_nothing_twice(
    cluster: Any, topic: str, ledger: Ledger
) -> None:
    cluster.make_topic(topic, 4)
    cluster.send(topic, numbered(40), 4)
    queue = spec(cluster.address, topic)
    read_round(queue, ledger)
    read_round(queue, ledger)
    assert ledger.came() == 40
    cluster.send(topic, numbered(10, "n"), 4)
    read_round(queue, ledger)
    assert ledger.came() == 50
    assert sorted(ledger.bodies()) == sorted([*numbered(40), *numbered(10, "n")])


def test_what_was_read_and_not_taken_in_is_read_again(cluster: Any, topic: str, ledger: Ledger) -> None:
    cluster.make_topic(topic, 4)
    cluster.send(topic, numbered(40), 4)
    queue = spec(cluster.address, topic)
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        pipeline | "source" >> KafkaQueue([queue], memory(ledger.path), bounded=True)
    assert ledger.came() == 0
    read_round(queue, ledger)
    assert ledger.came() == 40


def test_who_starts_at_the_latest_message_keeps_that_place_before_any_came(
    cluster: Any, topic: str, ledger: Ledger
) -> None:
    cluster.make_topic(topic, 4)
    cluster.send(topic, numbered(20), 4)
    queue = spec(cluster.address, topic, start="latest")
    read_round(queue, ledger)
    assert ledger.came() == 0
    cluster.send(topic, numbered(8, "n"), 4)
    read_round(queue, ledger)
    assert sorted(ledger.bodies()) == sorted(numbered(8, "n"))


def test_partitions_that_are_added_are_read_from_their_beginning(
    broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    from confluent_kafka.cimpl import NewPartitions  # noqa: PLC0415 - where it is missing, this is skipped

    broker.make_topic(topic, 1)
    queue = spec(broker.address, topic, start="latest")
    read_round(queue, ledger)
    broker.send(topic, numbered(5))
    broker.admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
    broker.send(topic, numbered(9, "n"), 3)
    read_round(queue, ledger)
    assert sorted(ledger.bodies()) == sorted([*numbered(5), *numbered(9, "n")])


def test_a_message_without_a_value_or_too_large_is_a_dead_letter_and_no_gap(
    broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    broker.make_topic(topic, 1, {"max.message.bytes": "20000000"})
    broker.send(topic, [b"a", None, b"x" * 3_000_000, b"\xff\xfe\x00", b"b"])
    read_round(spec(broker.address, topic), ledger)
    assert sorted(ledger.bodies()) == sorted([b"a", b"no-value", b"too-large", b"\xff\xfe\x00", b"b"])
    assert ledger.gaps() == []
    assert ledger.position("wire", f"{topic}/0") == 5


def test_what_a_transaction_took_back_is_not_read_and_leaves_no_gap(
    broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    from confluent_kafka import Producer  # noqa: PLC0415 - where it is missing, this is skipped

    broker.make_topic(topic, 1)
    producer = Producer(
        {"bootstrap.servers": broker.address, "transactional.id": uuid.uuid4().hex, "log_level": 0}
    )
    producer.init_transactions(30)
    for place, value in enumerate([b"kept 1", b"taken back", b"kept 2"]):
        producer.begin_transaction()
        producer.produce(topic, value, partition=0)
        producer.flush(30)
        (producer.abort_transaction if place == 1 else producer.commit_transaction)(30)
    read_round(spec(broker.address, topic), ledger)
    assert sorted(ledger.bodies()) == [b"kept 1", b"kept 2"]
    assert ledger.gaps() == []
    broker.send(topic, [b"after"])
    read_round(spec(broker.address, topic), ledger)
    assert sorted(ledger.bodies()) == [b"after", b"kept 1", b"kept 2"]
    assert ledger.gaps() == []
    assert ledger.came() == 3


def test_what_the_broker_threw_away_is_said_and_reading_goes_on_behind_it(
    broker: KafkaBroker, topic: str, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    from confluent_kafka import TopicPartition  # noqa: PLC0415 - where it is missing, this is skipped

    broker.make_topic(topic, 1)
    broker.send(topic, numbered(10))
    read_round(spec(broker.address, topic), ledger)
    broker.send(topic, numbered(10, "n"))
    place = TopicPartition(topic, 0, 15)
    broker.admin.delete_records([place])[place].result(30)
    with caplog.at_level(logging.ERROR, "tocsin.queue"):
        read_round(spec(broker.address, topic), ledger)
    assert f"offsets 10 to 14 of {topic}/0 are lost" in caplog.text
    assert sorted(ledger.bodies()) == sorted([*numbered(10), *numbered(10, "n")[5:]])
    assert ledger.position("wire", f"{topic}/0") == 20
    assert ledger.gaps() == []


def test_a_topic_that_was_made_anew_is_not_read_as_if_it_were_the_old_one(
    broker: KafkaBroker, topic: str, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    broker.make_topic(topic, 1)
    broker.send(topic, numbered(3))
    ledger.begin("wire", f"{topic}/0", 100)
    with caplog.at_level(logging.WARNING, "tocsin.queue"):
        read_round(spec(broker.address, topic), ledger)
    assert ledger.came() == 0
    assert f"{topic}/0 ends at 3 and was read up to 100: where the topic was made anew" in caplog.text


def test_lag_tools_never_see_more_than_the_store_has(broker: KafkaBroker, topic: str, ledger: Ledger) -> None:
    from confluent_kafka import Consumer, TopicPartition  # noqa: PLC0415 - where it is missing, this is skipped

    broker.make_topic(topic, 1)
    broker.send(topic, numbered(7))
    queue = spec(broker.address, topic, group="desk")
    asked = Consumer({"bootstrap.servers": broker.address, "group.id": "desk", "log_level": 0})
    read_round(queue, ledger)
    idle().close()
    broker.send(topic, numbered(3, "n"))
    read_round(queue, ledger)
    idle().close()
    (told,) = asked.committed([TopicPartition(topic, 0)], timeout=30)
    assert told.offset == 7
    asked.close()


def test_a_broker_that_is_away_is_waited_for_and_said_once(
    broker: KafkaBroker, topic: str, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    broker.make_topic(topic, 1)
    broker.send(topic, numbered(5))
    queue = spec(broker.address, topic)
    read_round(queue, ledger)
    broker.kill()
    try:
        with caplog.at_level(logging.INFO, "tocsin.queue"):
            read_round(queue, ledger)
            read_round(queue, ledger)
    finally:
        broker.start()
    said = [line for line in caplog.messages if f"no broker answers at {broker.address}" in line]
    assert len(said) == 1, caplog.messages
    broker.send(topic, numbered(5, "n"))
    read_round(queue, ledger)
    assert ledger.came() == 10


def test_a_right_configuration_has_no_fault(broker: KafkaBroker, topic: str) -> None:
    broker.make_topic(topic, 1)
    assert probe(spec(broker.address, topic)) == []
    security = {"protocol": "sasl_plaintext", "mechanism": "plain", "user": "desk", "password": "env:KAFKA"}
    assert probe(spec(broker.guarded, topic, security=security), {"KAFKA": "right"}) == []


def test_a_topic_that_is_not_there_is_said_at_the_start(broker: KafkaBroker, topic: str) -> None:
    (fault,) = probe(spec(broker.address, topic))
    assert (
        str(fault)
        == f"queues.wire: there is no topic {topic!r} at {broker.address}: make it, or name another"
    )


def test_a_wrong_password_is_said_at_the_start_and_not_repeated(broker: KafkaBroker, topic: str) -> None:
    security = {"protocol": "sasl_plaintext", "mechanism": "plain", "user": "desk", "password": "env:KAFKA"}
    (fault,) = probe(spec(broker.guarded, topic, security=security), {"KAFKA": "hunter22"})
    assert "refuse the user 'desk': see security.mechanism, user and password" in str(fault)
    assert "hunter22" not in str(fault)


def test_a_cluster_that_is_away_is_said_at_the_start() -> None:
    pytest.importorskip("confluent_kafka", reason=LIBRARY)
    (fault,) = probe(spec("127.0.0.1:1", "news"), patience=2)
    assert str(fault) == "queues.wire: no broker answers at 127.0.0.1:1"


def test_nothing_travels_as_a_pickle(broker: KafkaBroker, topic: str, ledger: Ledger) -> None:
    for bounded in (True, False):
        pipeline = beam.Pipeline(runner=FnApiRunner())
        source = pipeline | "source" >> KafkaQueue(
            [spec(broker.address, topic)], memory(ledger.path), bounded=bounded
        )
        assert (source.main.element_type, source.dead.element_type) == (Document, DeadLetter)
        assert source.main.is_bounded is bounded


def test_without_the_library_one_line_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['confluent_kafka'] = None\n"
        "from pipeline.sources.queue.broker import probe\n"
        "from pipeline.sources.queue.spec import KafkaSpec\n"
        "print(probe(KafkaSpec(id='wire', brokers='k:1', topic='news'))[0])"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == (
        "queues.wire: reading Kafka needs the package confluent-kafka: pip install 'tocsin[kafka]'"
    )
