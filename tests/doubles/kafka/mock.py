"""The cluster that comes with librdkafka: it listens on loopback, starts at once, and keeps nothing.

It knows neither transactions nor retention; what any broker does, it does too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class MockCluster:
    """One mock broker, for as long as this object lives. Topics have four partitions."""

    def __init__(self) -> None:
        from confluent_kafka import Producer  # noqa: PLC0415 - where it is missing, tests are skipped

        self._producer: Any = Producer(
            {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 0}
        )
        brokers = self._producer.list_topics(timeout=10).brokers.values()
        self.address = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)

    def make_topic(self, name: str, partitions: int = 4) -> None:
        """Topics are made as they are asked for."""
        assert partitions == 4
        self._producer.list_topics(name, timeout=10)

    def send(self, topic: str, values: Iterable[bytes | None], partitions: int = 4) -> None:
        """Write messages, in turn over the partitions, and wait until they are kept."""
        for number, value in enumerate(values):
            self._producer.produce(topic, value, partition=number % partitions)
        assert not self._producer.flush(60)
