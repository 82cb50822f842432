"""What the tests of the sinks share: an alert as the desk decides it, a delivery of it, and those who hear it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from pipeline.sinks.slack import SlackSink
from tests.doubles.slack import SlackDouble
from transforms.article import (
    Alert,
    Coverage,
    Delivery,
    Digest,
    Held,
    Receipt,
    Reply,
    SharedQuote,
    fingerprint,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
COVERAGE = (
    (
        "a1",
        "Envoy warns of forged orders",
        "Harbour Times",
        "https://times.example.org/a1?x=1&y=2",
        "original",
        None,
    ),
    ("a2", "Envoy: orders were forged", "Coast Daily", "https://daily.example.org/a2", "cites", "a1"),
    ("a3", "Forged orders, says envoy", None, None, "copy", "a1"),
)


def made_alert(**changes: Any) -> Alert:
    known: dict[str, Any] = {
        "id": fingerprint("alert", "grid"),
        "watch": "grid",
        "severity": "high",
        "channel": "#energy",
        "kind": "new",
        "reason": "a new story",
        "headline": "Envoy warns of forged orders",
        "why": (Held(clause="phrase forged orders", text="forged orders", start=0, end=13),),
        "topics": ("sabotage",),
        "entities": ("country/NO", "person/mara-quill"),
        "coverage": tuple(
            Coverage(article=a, title=t, outlet=o, url=u, published=NOON, relation=r, of=f)
            for a, t, o, u, r, f in COVERAGE
        ),
        "outlets": 2,
        "independent": 1,
        "quotes": (
            SharedQuote(
                text="We found forged orders", speaker="Mara Quill", in_=("a1", "a2"), altered_in=("a3",)
            ),
        ),
        "at": NOON,
    }
    return Alert(**known | changes)


def made_delivery(alert: Alert | None = None, **changes: Any) -> Delivery:
    alert = alert or made_alert()
    known: dict[str, Any] = {"sink": "desk", "channel": alert.channel, "sequence": 1, "alert": alert}
    known["id"] = fingerprint("delivery", alert.id, "desk", str(changes.get("sequence", 1)))
    return Delivery(**known | changes)


def made_reply(previous: Receipt | None, **changes: Any) -> Delivery:
    """What is told in the thread of a message that is there."""
    known: dict[str, Any] = {
        "sequence": 3,
        "previous": previous,
        "reply": Reply(reason="independent-confirmation", text="Coast Daily confirms it with its own source"),
    }
    alert = changes.pop("alert", None) or made_alert(kind="update", outlets=3)
    return made_delivery(alert, **known | changes)


def made_digest(*alerts: Alert, more: int = 0, **changes: Any) -> Delivery:
    """Alerts of a night in one message."""
    alerts = alerts or (
        made_alert(),
        made_alert(id=fingerprint("alert", "ports"), watch="ports", severity="low", headline="Strike ends"),
    )
    digest = Digest(
        id=fingerprint("digest", "desk", "#energy"),
        channel="#energy",
        title="Overnight",
        since=NOON - timedelta(hours=10),
        at=NOON,
        alerts=alerts,
        more=more,
    )
    return made_delivery(alerts[0], **{"digest": digest, "id": fingerprint("delivery", digest.id)} | changes)


@pytest.fixture
def alert() -> Callable[..., Alert]:
    return made_alert


@pytest.fixture
def delivery() -> Callable[..., Delivery]:
    return made_delivery


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """What a server on this machine speaks TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts that server."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        yield double


@pytest.fixture
def told() -> list[str]:
    """What the sink told the person who runs it."""
    return []


@pytest.fixture
def sink(slack: SlackDouble, told: list[str]) -> Iterator[SlackSink]:
    opened = SlackSink(
        slack.token, name="desk", variable="SLACK_BOT_TOKEN", base_url=slack.url, say=told.append
    )
    yield opened
    opened.close()
