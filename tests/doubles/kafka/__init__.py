"""A real Kafka broker to test against: one node on loopback, which can be killed and started again on what it kept.

Its jars come from Maven Central by tests/doubles/kafka/pom.xml (``make runners-kafka``) and are held against
jars.sha256. Where there are none, tests that need it are skipped with that reason.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
START = 60.0  # seconds; a start takes three to six
CLUSTER = "dG9jc2luLXRlc3RzLWthZg"
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{control}
listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{guarded},CONTROLLER://127.0.0.1:{control}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{guarded}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  user_desk="right";
log.dirs={folder}/logs
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.check.interval.ms=1000
log.cleaner.backoff.ms=200
message.max.bytes=20000000
replica.fetch.max.bytes=20000000
"""


def jars() -> Path:
    """Where the broker's jars are."""
    return Path(os.environ.get("TOCSIN_KAFKA_JARS", ROOT / "var" / "runners" / "kafka"))


def missing() -> str:
    """Why no broker can be started here; empty where one can."""
    if shutil.which("java") is None:
        return "no Java here: a Kafka broker needs Java 17"
    folder = jars()
    if not folder.is_dir():
        return f"no Kafka broker in {folder}: `make runners-kafka` fetches it from Maven Central"
    for line in (HERE / "jars.sha256").read_text("utf-8").splitlines():
        digest, name = line.split()
        jar = folder / name
        if not jar.is_file() or hashlib.sha256(jar.read_bytes()).hexdigest() != digest:
            return f"{jar} is missing or not the one that is pinned: remove the folder, `make runners-kafka`"
    return ""


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on now."""
    held = [socket.socket() for _ in range(number)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


class KafkaBroker:
    """One broker with its folder. ``kill`` and ``start`` it as often as a test likes: what was written stays.

    Args:
        folder: an empty one of its own.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        port, guarded, control = free_ports(3)
        self.address, self.guarded = f"127.0.0.1:{port}", f"127.0.0.1:{guarded}"
        self._settings = folder / "server.properties"
        self._settings.write_text(
            SETTINGS.format(port=port, guarded=guarded, control=control, folder=folder), "utf-8"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(self._settings)).wait(START)

    def _java(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "broker.log").open("ab") as out:
            return subprocess.Popen(
                ["java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars()}/*", *words],
                stdout=out, stderr=out, cwd=self.folder,
            )  # fmt: skip

    def start(self) -> KafkaBroker:
        """Start it, and wait until it answers."""
        from confluent_kafka import KafkaException  # noqa: PLC0415 - where it is missing, tests are skipped
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415

        self._process = self._java("kafka.Kafka", str(self._settings))
        until = time.monotonic() + START
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        while time.monotonic() < until:
            assert self._process.poll() is None, (self.folder / "broker.log").read_text("utf-8")[-2000:]
            try:
                if admin.list_topics(timeout=1).brokers:
                    return self
            except KafkaException:
                time.sleep(0.1)
        raise TimeoutError((self.folder / "broker.log").read_text("utf-8")[-2000:])

    def kill(self) -> None:
        """As the power going out."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def make_topic(self, name: str, partitions: int = 1, config: Mapping[str, str] | None = None) -> None:
        """Make a topic."""
        from confluent_kafka.cimpl import NewTopic  # noqa: PLC0415 - the class itself

        made = self.admin.create_topics([NewTopic(name, partitions, 1, config=dict(config or {}))])
        made[name].result(30)

    @cached_property
    def admin(self) -> Any:
        """The library's own client for administration; what it promised ends with it, so that it is kept."""
        from confluent_kafka.admin import AdminClient  # noqa: PLC0415

        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def send(
        self, topic: str, values: Iterable[bytes | None], partitions: int = 1, key: bytes | None = None
    ) -> None:
        """Write messages, in turn over the partitions, and wait until they are kept."""
        from confluent_kafka import Producer  # noqa: PLC0415

        producer = Producer(
            {
                "bootstrap.servers": self.address,
                "linger.ms": 5,
                "message.max.bytes": 20_000_000,
                "log_level": 0,
            }
        )
        refused: list[Any] = []
        for number, value in enumerate(values):
            producer.produce(
                topic, value, key=key, partition=number % partitions,
                on_delivery=lambda error, _: refused.append(error) if error else None,
            )  # fmt: skip
        assert not producer.flush(60)
        assert not refused
