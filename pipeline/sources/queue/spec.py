"""Sources, the queue as the configuration names it: where it is, what its messages are, how it is opened.

Plain data that is pickled into the graph: of a password it holds the reference, never the value.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from pipeline.secrets import Reference
from transforms.article import Media

QUEUE_ID = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"
BROKER = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
SUBSCRIPTION = re.compile(
    r"projects/(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]/subscriptions/[A-Za-z][A-Za-z0-9._~%+-]{2,254}"
)
LAST_PORT = 65_535

OPTIONS = frozenset(
    {
        "broker.address.family",
        "client.id",
        "client.rack",
        "connections.max.idle.ms",
        "fetch.max.bytes",
        "fetch.min.bytes",
        "fetch.wait.max.ms",
        "max.partition.fetch.bytes",
        "metadata.max.age.ms",
        "queued.max.messages.kbytes",
        "reconnect.backoff.max.ms",
        "reconnect.backoff.ms",
        "socket.connection.setup.timeout.ms",
        "socket.keepalive.enable",
        "socket.nagle.disable",
        "socket.receive.buffer.bytes",
        "socket.timeout.ms",
    }
)
"""What may be said to librdkafka besides: speed and patience, nothing that decides what is read or who sees it."""

Protocol = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["plain", "scram-sha-256", "scram-sha-512"]


def _broker(value: str) -> str:
    said = BROKER.fullmatch(value)
    if said is None or not 0 < int(said[1]) <= LAST_PORT:
        raise ValueError("must be a host and a port, as kafka-1.example.org:9092")
    return value


def _topic(value: str) -> str:
    if not TOPIC.fullmatch(value) or value in {".", ".."}:
        raise ValueError("must be the name of a topic: letters, digits, dots, dashes and underscores")
    return value


def _subscription(value: str) -> str:
    if not SUBSCRIPTION.fullmatch(value):
        raise ValueError("must be a subscription, as projects/our-project/subscriptions/articles")
    return value


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class _Spec(BaseModel):
    """What all of them share: immutable, no unknown keys, and what was typed wrongly is not repeated in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Security(_Spec):
    """How a Kafka broker is spoken to.

    Attributes:
        protocol: ``sasl_…`` says who we are with user and password, ``…ssl`` encrypts.
        mechanism: how the password is proven.
        user: who we are.
        password: where the password is, as ``env:KAFKA_PASSWORD``.
        ca: a PEM file with the authority that signed the brokers' certificates; None: those of the system.
    """

    protocol: Protocol = "plaintext"
    mechanism: Mechanism | None = None
    user: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    password: Reference | None = None
    ca: Annotated[str, Field(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        named = {"mechanism": self.mechanism, "user": self.user, "password": self.password}
        if self.protocol.startswith("sasl"):
            missing = [key for key, value in named.items() if value is None]
            if missing:
                raise ValueError(f"protocol {self.protocol} also needs {', '.join(missing)}")
        else:
            unused = [key for key, value in named.items() if value is not None]
            if unused:
                raise ValueError(
                    f"{', '.join(unused)} cannot be used with protocol {self.protocol}: write sasl_ssl"
                )
        if self.ca is not None and not self.protocol.endswith("ssl"):
            raise ValueError(
                f"ca cannot be used with protocol {self.protocol}: nothing is encrypted; write ssl or sasl_ssl"
            )
        return self


class _Queue(_Spec):
    """What all queues share.

    Attributes:
        id: lower-case words with dashes; names the queue in the store and must not change.
        media: what one message is.
        outlet: who publishes all of it, where the messages do not say; None where they do.
    """

    id: Annotated[str, Field(pattern=QUEUE_ID, max_length=100)]
    media: Media = "article-json"
    outlet: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class KafkaSpec(_Queue):
    """One Kafka topic.

    Attributes:
        brokers: where to ask first; the rest of the cluster is found there.
        topic: all partitions of it are read, also those that are added later.
        group: the consumer group under which lag tools see how far the store is; None: nothing is told to the broker.
        start: where a partition begins that the store knows nothing of.
        security: how the brokers are spoken to.
        options: more for librdkafka, out of ``OPTIONS``.
    """

    kind: Literal["kafka"] = "kafka"
    brokers: Annotated[
        tuple[Annotated[str, AfterValidator(_broker)], ...], BeforeValidator(_listed), Field(min_length=1)
    ]
    topic: Annotated[str, AfterValidator(_topic)]
    group: Annotated[str, Field(min_length=1, max_length=249)] | None = None
    start: Literal["earliest", "latest"] = "earliest"
    security: Security = Security()
    options: dict[str, StrictBool | StrictInt | StrictStr] = {}

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        for key, value in self.options.items():
            if key not in OPTIONS:
                raise ValueError(
                    f"options: {key[:60]!r} may not be set (known: {', '.join(sorted(OPTIONS))})"
                )
            if isinstance(value, str) and not (value.isprintable() and len(value) <= 300):  # noqa: PLR2004
                raise ValueError(f"options: {key} must be a short word or number")
        return self


class PubSubSpec(_Queue):
    """One Pub/Sub subscription.

    Attributes:
        subscription: it must exist; each message goes to one of those who read it.
        id_label: the attribute that names a message, where the publisher sets one: the same message is then read once.
    """

    kind: Literal["pubsub"] = "pubsub"
    subscription: Annotated[str, AfterValidator(_subscription)]
    id_label: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=256)] | None = None


QueueSpec = Annotated[KafkaSpec | PubSubSpec, Field(discriminator="kind")]
"""One queue as a configuration states it; ``kind`` says which."""
