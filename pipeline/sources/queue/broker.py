"""Sources, the Kafka broker: how it is asked, what its answers mean, and what a person can do about them.

The only file that speaks with librdkafka. The broker being away is no error here: it is waited for, and said once.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pipeline.secrets import SecretRef
from pipeline.sources.queue.spec import KafkaSpec
from transforms.errors import Fault, Refused, Retry

log = logging.getLogger("tocsin.queue")

MISSING = "reading Kafka needs the package confluent-kafka: pip install 'tocsin[kafka]'"
PATIENCE = 10.0  # seconds for an answer when a person waits
TOLD_AGAIN = 300.0  # seconds after which an outage that lasts is said again
FETCHED_AHEAD = 4096  # kB that wait in this process for one partition


def _password(ref: SecretRef | None, environ: Mapping[str, str]) -> str:
    return "" if ref is None else ref.read(environ, "the password of the queue").reveal()


def client() -> Any:
    """The library.

    Raises:
        Fault: it is not installed.
    """
    try:
        # Here, because only who reads Kafka has the package.
        import confluent_kafka  # noqa: PLC0415
    except ImportError:
        raise Fault(MISSING) from None
    return confluent_kafka


def options(queue: KafkaSpec, environ: Mapping[str, str]) -> dict[str, Any]:
    """What librdkafka is told; what the configuration says more comes first, so that it overrides nothing here.

    Raises:
        Fault: the password cannot be read.
    """
    security = queue.security
    said: dict[str, Any] = {
        "client.id": "tocsin",
        "queued.max.messages.kbytes": FETCHED_AHEAD,
        "reconnect.backoff.max.ms": 2000,
        **queue.options,
        "bootstrap.servers": ",".join(queue.brokers),
        "group.id": queue.group or f"tocsin-{queue.id}",
        "security.protocol": security.protocol,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "allow.auto.create.topics": False,
        "isolation.level": "read_committed",
        "log_level": 0,  # what it has to say comes through error_cb
    }
    if security.ca is not None:
        said["ssl.ca.location"] = security.ca
    if security.mechanism is not None:
        said |= {
            "sasl.mechanism": security.mechanism.upper(),
            "sasl.username": security.user,
            "sasl.password": _password(security.password, environ),
        }
    return said


class Got(NamedTuple):
    """One message: its offset and value; None is a tombstone."""

    offset: int
    value: bytes | None


@dataclass
class Outage:
    """Why nothing can be read now, said once."""

    queue: str
    why: str = ""
    since: float = 0.0
    told: float = 0.0

    def met(self, why: str) -> None:
        """Something stands in the way."""
        now = time.monotonic()
        if not self.since:
            self.since = now
        if not self.told or now - self.told > TOLD_AGAIN:
            log.warning("queue %s: cannot be read now: %s", self.queue, why)
            self.told = now
        self.why = why

    def over(self) -> None:
        """It is gone."""
        if self.since:
            log.warning("queue %s: answers again after %.0f s", self.queue, time.monotonic() - self.since)
        self.why, self.since, self.told = "", 0.0, 0.0

    @property
    def lasts(self) -> float:
        """Seconds since it began; 0 where there is none."""
        return time.monotonic() - self.since if self.since else 0.0


class Broker:
    """One connection to the cluster of a queue, for one partition at a time.

    Args:
        queue: which.
        environ: where its password is looked up.

    Raises:
        Fault: the library is missing, or the password cannot be read.
    """

    def __init__(self, queue: KafkaSpec, environ: Mapping[str, str] = os.environ):
        self._library = client()
        self._queue = queue
        self.outage = Outage(queue.id)
        self._refused = ""
        self._lost: tuple[int, int] | None = None  # the gap that was told of
        self._next: tuple[int, int] | None = None  # the partition that is assigned, and its next offset
        self._consumer = self._library.Consumer(options(queue, environ) | {"error_cb": self._told})

    def partitions(self, patience: float = PATIENCE) -> int:
        """How many partitions the topic has.

        Raises:
            Retry: no broker answers.
            Refused: there is no such topic, or it may not be read.
        """
        topic = self._listed(patience).topics[self._queue.topic]
        if topic.error is not None:
            raise self._meaning(topic.error)
        self._refused = ""
        self.outage.over()
        return len(topic.partitions)

    def ends(self, partition: int, patience: float = PATIENCE) -> tuple[int, int]:
        """The offset of the first message that the broker still has, and the one after the last.

        Raises:
            Retry, Refused: as in ``partitions``.
        """
        place = self._place(partition)
        low, high = self._asked(lambda: self._consumer.get_watermark_offsets(place, timeout=patience))
        return int(low), int(high)

    def read(self, partition: int, start: int, first: float, wait: float) -> Iterator[Got]:
        """Messages from an offset on, until none comes for ``wait`` seconds or the end is reached.

        Args:
            partition: of which.
            start: its first offset. Where the broker no longer has it, the first that it has.
            first: seconds to wait for the first message where the connection is not at this place already.
            wait: seconds to wait for each further one.
        """
        codes = self._library.KafkaError
        if self._next != (partition, start):
            self._assign(partition, start)
            wait, then = first, wait
        else:
            then = wait
        while (message := self._consumer.poll(wait)) is not None:
            error = message.error()
            if error is None:
                wait = then
                self._next = (partition, message.offset() + 1)
                self.outage.over()
                yield Got(message.offset(), message.value())
            elif error.code() == codes._PARTITION_EOF:  # noqa: SLF001 - the library's own name for it
                self.outage.over()
                return
            elif error.code() in {codes._AUTO_OFFSET_RESET, codes.OFFSET_OUT_OF_RANGE}:  # noqa: SLF001
                if not self._moved(partition, start):
                    return
            else:
                self._next = None
                self.outage.met(str(self._meaning(error)))
                return

    def made_anew(self, partition: int, start: int, stop: int) -> str:
        """What to say where the store is further than the partition goes."""
        return (
            f"{self._queue.topic}/{partition} ends at {stop} and was read up to {start}: where the topic was made"
            " anew, give the queue another id"
        )

    def look(self) -> None:
        """Ask whether an outage is over: a partition without new messages would not tell."""
        if self.outage.lasts:
            try:
                self.partitions(1.0)
            except (Retry, Refused) as error:
                self.outage.met(str(error))

    def rewind(self) -> None:
        """What was fetched and not claimed is fetched again."""
        self._next = None

    def commit(self, partition: int, offset: int) -> None:
        """Tell the broker how far the store is, for tools that show the lag. Best effort: nothing here relies on it."""
        try:
            self._consumer.commit(offsets=[self._place(partition, offset)], asynchronous=True)
        except self._library.KafkaException as error:
            log.info("queue %s: the position could not be told to the broker: %s", self._queue.id, error)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def _assign(self, partition: int, start: int) -> None:
        self._consumer.assign([self._place(partition, start)])
        self._next = (partition, start)

    def _moved(self, partition: int, start: int) -> bool:
        """Whether reading can go on behind offsets that the broker threw away."""
        self._next = None
        try:
            low, high = self.ends(partition)
        except (Retry, Refused) as error:
            self.outage.met(str(error))
            return False
        if start < low:
            if self._lost != (partition, start):
                log.error(
                    "queue %s: offsets %d to %d of %s/%d are lost: the broker threw them away before they were read",
                    self._queue.id, start, low - 1, self._queue.topic, partition,
                )  # fmt: skip
            self._lost = (partition, start)
            self._assign(partition, low)
            return True
        self.outage.met(self.made_anew(partition, start, high))
        return False

    def _listed(self, patience: float) -> Any:
        until = time.monotonic() + patience
        while True:
            left = until - time.monotonic()
            try:
                return self._asked(
                    partial(self._consumer.list_topics, self._queue.topic, timeout=max(0.1, min(1.0, left)))
                )
            except Retry:
                # A refused password is not in that answer: it is told on the side, and then it is no use to wait.
                self._consumer.poll(0)
                if self._refused:
                    raise Refused(self._refused) from None
                if left <= 1.0:
                    raise

    def _place(self, partition: int, offset: int | None = None) -> Any:
        if offset is None:
            return self._library.TopicPartition(self._queue.topic, partition)
        return self._library.TopicPartition(self._queue.topic, partition, offset)

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except self._library.KafkaException as error:
            raise self._meaning(error.args[0]) from None

    def _told(self, error: Any) -> None:
        """Librdkafka calls this, within ``poll``, where the connection has trouble."""
        meaning = self._meaning(error)
        if isinstance(meaning, Refused):
            self._refused = str(meaning)
        elif error.code() != self._library.KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001
            return  # one of several is away, or answers late: the library sees to that itself
        self.outage.met(str(meaning))

    def _meaning(self, error: Any) -> Retry | Refused:
        """What an error of the library means to a person."""
        codes, code = self._library.KafkaError, error.code()
        brokers = ", ".join(self._queue.brokers)
        if code in {codes.UNKNOWN_TOPIC_OR_PART, codes._UNKNOWN_TOPIC, codes._UNKNOWN_PARTITION}:  # noqa: SLF001
            return Refused(f"there is no topic {self._queue.topic!r} at {brokers}: make it, or name another")
        if code in {codes.TOPIC_AUTHORIZATION_FAILED, codes.GROUP_AUTHORIZATION_FAILED}:
            return Refused(
                f"the brokers do not let {self._queue.security.user or 'us'} read {self._queue.topic!r}: allow it READ"
                " and DESCRIBE on the topic, and READ on the group where one is named"
            )
        if code in {codes._AUTHENTICATION, codes.SASL_AUTHENTICATION_FAILED}:  # noqa: SLF001
            return Refused(
                f"{brokers} refuse the user {self._queue.security.user!r}: see security.mechanism, user and password"
            )
        if code == codes._SSL:  # noqa: SLF001
            return Refused(f"no trusted connection to {brokers}: see security.protocol and security.ca")
        if self._refused:
            return Refused(self._refused)
        return Retry(f"no broker answers at {brokers}")


def probe(
    queue: KafkaSpec, environ: Mapping[str, str] = os.environ, patience: float = PATIENCE
) -> list[Fault]:
    """What stands in the way of reading this queue, asked of the broker itself; nothing is read."""
    try:
        broker = Broker(queue, environ)
    except Fault as fault:
        return [Fault(fault.message, key=f"queues.{queue.id}")]
    try:
        broker.partitions(patience)
    except (Retry, Refused) as error:
        return [Fault(str(error), key=f"queues.{queue.id}")]
    finally:
        broker.close()
    return []
