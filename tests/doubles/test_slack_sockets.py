"""Slack's double speaks Socket Mode: an address that is good once, hello, envelopes until they are acknowledged."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.doubles.slack import Envelope, Message, SlackDouble

BUTTON = {
    "type": "button",
    "action_id": "tocsin:why",
    "value": "a1",
    "text": {"type": "plain_text", "text": "Why"},
}
PATIENCE = 60.0


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        yield double


def address(slack: SlackDouble) -> str:
    client = WebClient(base_url=slack.url)
    return str(client.apps_connections_open(app_token=slack.app_token)["url"])


@pytest.fixture
def line(slack: SlackDouble) -> Iterator[ClientConnection]:
    with connect(address(slack), proxy=None, close_timeout=PATIENCE) as opened:
        yield opened


def hear(line: ClientConnection) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(line.recv(timeout=PATIENCE))
    return said


def message(slack: SlackDouble) -> Message:
    WebClient(slack.token, base_url=slack.url).chat_postMessage(
        channel="#energy",
        text="a story",
        blocks=[{"type": "actions", "block_id": "verdict", "elements": [BUTTON]}],
        metadata={"event_type": "tocsin_alert", "event_payload": {"alert": "a1", "delivery": "d1"}},
    )
    return slack.messages[-1]


class Press:
    """Someone presses, meanwhile."""

    def __init__(self, slack: SlackDouble, known: Message):
        self._envelopes: list[Envelope] = []
        self._thread = threading.Thread(
            target=lambda: self._envelopes.append(slack.press(known, "tocsin:why", timeout=PATIENCE))
        )
        self._thread.start()

    def done(self) -> Envelope:
        self._thread.join()
        (envelope,) = self._envelopes
        return envelope


def test_a_press_comes_as_slack_documents_it_and_is_over_when_it_is_acknowledged(
    slack: SlackDouble, line: ClientConnection
) -> None:
    assert hear(line)["type"] == "hello"
    known = message(slack)
    press = Press(slack, known)
    said = hear(line)
    assert said["type"] == "interactive"
    payload = said["payload"]
    assert payload["type"] == "block_actions"
    assert payload["team"]["id"] == payload["user"]["team_id"] == slack.workspace.team
    assert payload["channel"] == {"id": known.channel, "name": "energy"}
    assert payload["message"]["ts"] == payload["container"]["message_ts"] == known.ts
    assert payload["message"]["metadata"] == known.metadata
    assert payload["trigger_id"]
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("tocsin:why", "verdict", "a1")
    line.send(json.dumps({"envelope_id": said["envelope_id"]}))
    assert press.done().id == said["envelope_id"]
    assert slack.sockets.acknowledged == [said["envelope_id"]]


def test_an_envelope_that_is_not_acknowledged_comes_again(slack: SlackDouble, line: ClientConnection) -> None:
    hear(line)
    slack.sockets.patience = 0.1
    press = Press(slack, message(slack))
    first, second = hear(line), hear(line)
    assert first == second
    line.send(json.dumps({"envelope_id": first["envelope_id"]}))
    assert press.done().sent >= 2


def test_nobody_who_listens_is_an_error_of_the_test(slack: SlackDouble) -> None:
    with pytest.raises(TimeoutError):
        slack.press(message(slack), "tocsin:why", timeout=0.05)
    with pytest.raises(LookupError):
        slack.press(message(slack), "tocsin:right")


def test_an_address_is_good_once(slack: SlackDouble) -> None:
    url = address(slack)
    with connect(url, proxy=None) as line:
        hear(line)
        with pytest.raises(InvalidStatus):
            connect(url, proxy=None)


def test_who_is_asked_to_leave_is_sent_nothing_more(slack: SlackDouble, line: ClientConnection) -> None:
    hear(line)
    slack.sockets.disconnect("warning")
    assert hear(line)["reason"] == "warning"
    press = Press(slack, message(slack))
    with connect(address(slack), proxy=None, close_timeout=PATIENCE) as newer:
        hear(newer)
        said = hear(newer)
        newer.send(json.dumps({"envelope_id": said["envelope_id"]}))
        press.done()


def test_a_ping_is_answered(line: ClientConnection) -> None:
    hear(line)
    assert line.ping().wait(PATIENCE)


def test_what_is_posted_to_a_response_url_is_kept(slack: SlackDouble, line: ClientConnection) -> None:
    hear(line)
    press = Press(slack, message(slack))
    said = hear(line)
    line.send(json.dumps({"envelope_id": said["envelope_id"]}))
    press.done()
    body, kind = json.dumps({"text": "done"}).encode(), {"Content-Type": "application/json"}
    with urlopen(Request(said["payload"]["response_url"], body, kind)) as answer:  # noqa: S310 - on loopback
        assert answer.status == 200
    assert slack.sockets.responses == [{"text": "done"}]
