"""Queues in a settings file: what may be said, what is refused, and that no password stands in it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import check, load_settings
from pipeline.sources.queue.spec import OPTIONS, KafkaSpec, PubSubSpec
from transforms.errors import Faults

Write = Callable[[str, str | bytes], Path]
KAFKA = "kind: kafka, id: wire, brokers: ['k-1:9092'], topic: news"


def faults(path: Path) -> list[str]:
    """The faults of a settings file, without the folder it stands in."""
    with pytest.raises(Faults) as caught:
        load_settings(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_a_topic_needs_little(write: Write) -> None:
    (queue,) = load_settings(write("s.yaml", f"queues: [{{{KAFKA}}}]\n")).queues
    assert isinstance(queue, KafkaSpec)
    assert (queue.media, queue.start, queue.group, queue.outlet) == ("article-json", "earliest", None, None)
    assert queue.security.protocol == "plaintext"


def test_a_topic_may_say_everything(write: Write, tmp_path: Path) -> None:
    settings = load_settings(
        write(
            "s.yaml",
            """
            queues:
              - kind: kafka
                id: wire
                brokers: [kafka-1.example.org:9093, "[::1]:9093"]
                topic: news.articles_v2
                group: tocsin
                start: latest
                media: feed
                outlet: Example Post
                security:
                  protocol: sasl_ssl
                  mechanism: scram-sha-512
                  user: tocsin
                  password: env:KAFKA_PASSWORD
                  ca: certs/ca.pem
                options:
                  socket.keepalive.enable: true
                  fetch.wait.max.ms: 100
                  client.rack: north
            """,
        )
    )
    (queue,) = settings.queues
    assert isinstance(queue, KafkaSpec)
    assert queue.brokers == ("kafka-1.example.org:9093", "[::1]:9093")
    assert queue.security.ca == f"{tmp_path}/certs/ca.pem"
    assert queue.options == {
        "socket.keepalive.enable": True,
        "fetch.wait.max.ms": 100,
        "client.rack": "north",
    }
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes


def test_a_subscription_is_named_in_full(write: Write) -> None:
    name = "projects/our-project/subscriptions/articles"
    (queue,) = load_settings(
        write("s.yaml", f"queues: [{{kind: pubsub, id: wire, subscription: {name}, id_label: guid}}]\n")
    ).queues
    assert queue == PubSubSpec(id="wire", subscription=name, id_label="guid")


@pytest.mark.parametrize(
    ("queue", "said"),
    [
        ("kind: kafka, id: wire, topic: news", "queues[0].brokers: is missing"),
        ("kind: kafka, id: wire, brokers: [k], topic: news", "queues[0].brokers[0]: must be a host and a port"),
        ("kind: kafka, id: wire, brokers: ['k:99999'], topic: news", "must be a host and a port"),
        ("kind: kafka, id: wire, brokers: [], topic: news", "queues[0].brokers: must not be empty"),
        ("kind: kafka, id: wire, brokers: ['k:1'], topic: 'a b'", "queues[0].topic: must be the name of a topic"),
        ("kind: kafka, id: A_b, brokers: ['k:1'], topic: a", "queues[0].id: must be lower-case letters, digits"),
        (KAFKA + ", start: newest", "queues[0].start: must be earliest or latest"),
        (KAFKA + ", media: xml", "queues[0].media: must be text or html or feed or article-json"),
        (KAFKA + ", offset: 3", "queues[0].offset: no such key here"),
        (KAFKA + ", security: {protocol: tls}", "queues[0].security.protocol: must be plaintext or ssl"),
        (KAFKA + ", security: {protocol: sasl_ssl, user: u}", "protocol sasl_ssl also needs mechanism, password"),
        (KAFKA + ", security: {user: u}", "user cannot be used with protocol plaintext: write sasl_ssl"),
        (KAFKA + ", security: {ca: a.pem}", "ca cannot be used with protocol plaintext"),
        (KAFKA + ", options: {group.id: mine}", "options: 'group.id' may not be set (known: broker.address.family"),
        (KAFKA + ", options: {enable.ssl.certificate.verification: false}", "may not be set"),
        ("kind: rabbit, id: wire", "queues[0].kind: must be kafka or pubsub"),
        ("kind: pubsub, id: wire, subscription: articles", "queues[0].subscription: must be a subscription, as proj"),
        ("kind: pubsub, id: wire, topic: news", "queues[0].subscription: is missing"),
    ],
)  # fmt: skip
def test_every_way_to_write_it_wrongly_has_its_line(write: Write, queue: str, said: str) -> None:
    found = faults(write("s.yaml", f"\nqueues:\n  - {{{queue}}}\n"))
    assert any(said in fault for fault in found), found
    assert all(fault.startswith(("s.yaml:2:", "s.yaml:3:")) for fault in found), found


@pytest.mark.parametrize("password", ["hunter22", "env:hunter22", "file:relative", "secret-manager:a"])
def test_a_password_in_a_file_is_refused_and_not_repeated(write: Write, password: str) -> None:
    security = f"{{protocol: sasl_ssl, mechanism: plain, user: u, password: '{password}'}}"
    (said,) = faults(write("s.yaml", f"queues: [{{{KAFKA}, security: {security}}}]\n"))
    assert "queues[0].security.password: a secret does not belong in a file" in said
    assert password not in said


def test_two_queues_of_one_name_are_a_fault(write: Write) -> None:
    (said,) = faults(write("s.yaml", f"queues:\n  - {{{KAFKA}}}\n  - {{{KAFKA}}}\n"))
    assert said == "s.yaml:3: queues[1].id: two queues are called 'wire': give one of them another id"


def test_settings_with_a_queue_alone_have_something_to_read(write: Write) -> None:
    checked = check(write("s.yaml", f"queues: [{{{KAFKA}}}]\nsinks: [console]\n"), {})
    assert not [note for note in checked.notes if "nothing to read" in note]
    assert "0 feeds, 1 queue, 1 sink" in checked.summary


def test_no_option_can_change_what_is_read_or_who_sees_it() -> None:
    parts = {part for option in OPTIONS for part in option.split(".")}
    assert not parts & {
        "sasl",
        "ssl",
        "security",
        "group",
        "auto",
        "commit",
        "isolation",
        "bootstrap",
        "plugin",
    }
