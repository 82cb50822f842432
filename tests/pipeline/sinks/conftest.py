"""What the tests of the sinks share: an alert as the desk decides it, a delivery of it, and Slack's double."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.sinks.slack import SlackSink
from tests.doubles.slack import SlackDouble
from transforms.article import Alert, Coverage, Delivery, Held, SharedQuote, fingerprint

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


@pytest.fixture
def alert() -> Callable[..., Alert]:
    return made_alert


@pytest.fixture
def delivery() -> Callable[..., Delivery]:
    return made_delivery


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
