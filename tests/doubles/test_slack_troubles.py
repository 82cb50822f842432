"""Slack's double has its pace and its bad luck: counted, seeded, and as a test says."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.doubles.slack import Rates, Script, SlackDouble, slow


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def ask(slack: SlackDouble, method: str, **arguments: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, answer and headers; status 0 where the line was reset."""
    line = http.client.HTTPConnection(str(urlsplit(slack.url).hostname), urlsplit(slack.url).port)
    headers = {"Authorization": f"Bearer {slack.token}", "Content-Type": "application/json"}
    try:
        line.request("POST", f"/api/{method}", json.dumps(arguments), headers)
        with line.getresponse() as answer:
            body = answer.read()
            said = json.loads(body) if body.startswith(b"{") else {}
            return answer.status, said, {key.lower(): value for key, value in answer.headers.items()}
    except (ConnectionError, http.client.RemoteDisconnected):
        return 0, {}, {}
    finally:
        line.close()


def post(slack: SlackDouble, channel: str = "#energy") -> tuple[int, dict[str, Any], dict[str, str]]:
    return ask(slack, "chat.postMessage", channel=channel, text="a story")


def test_a_channel_takes_one_message_a_second_and_one_more_at_once() -> None:
    clock = Clock()
    with SlackDouble(rates=Rates(clock=clock)) as slack:
        assert [post(slack)[0] for _ in range(3)] == [200, 200, 429]
        assert post(slack, "#other")[0] == 200
        status, said, headers = post(slack)
        assert (status, said["error"], headers["retry-after"]) == (429, "ratelimited", "1")
        for _ in range(5):
            clock.now += 1
            assert post(slack)[0] == 200
        (room,) = {message.channel for message in slack.messages[:1]}
        assert slack.too_fast == {room: 2}
        assert len(slack.messages) == 8


def test_a_workspace_takes_fifty_edits_a_minute() -> None:
    clock = Clock()
    with SlackDouble(rates=Rates(clock=clock, updates=3)) as slack:
        sent = post(slack)[1]
        edit = {"channel": sent["channel"], "ts": sent["ts"], "text": "more"}
        assert [ask(slack, "chat.update", **edit)[0] for _ in range(4)] == [200, 200, 200, 429]
        clock.now += 20
        assert [ask(slack, "chat.update", **edit)[0] for _ in range(2)] == [200, 429]
        assert slack.messages[0].edits == 4
        assert slack.too_fast.total() == 2


def test_without_rates_nobody_is_too_fast() -> None:
    with SlackDouble() as slack:
        assert [post(slack)[0] for _ in range(5)] == [200] * 5
        assert slack.too_fast == Counter()


SCRIPT = {
    "limited": 0.1,
    "broken": 0.1,
    "unavailable": 0.1,
    "broken_after": 0.1,
    "reset_before": 0.1,
    "reset_after": 0.1,
    "slow": 0.1,
    "wait": 0.0,
    "refused": {"internal_error": 0.1},
}


def test_a_script_draws_every_kind_and_the_same_again_for_the_same_seed() -> None:
    def kinds(seed: int) -> list[str]:
        script = Script(seed, **SCRIPT)  # type: ignore[arg-type]
        return [str(script.draw("chat.postMessage")) for _ in range(300)]

    assert kinds(1) == kinds(1) != kinds(2)
    assert len(set(kinds(1))) == 9


def test_a_script_leaves_alone_what_it_is_not_about() -> None:
    script = Script(broken=1.0)
    assert script.draw("auth.test") is None
    assert script.draw("chat.update") is not None
    assert Script(broken=1.0, methods=frozenset({"auth.test"})).draw("auth.test") is not None
    with pytest.raises(ValueError, match="more than all"):
        Script(broken=0.6, limited=0.6)


def test_what_befalls_requests_is_what_the_sender_sees() -> None:
    with SlackDouble() as slack:
        seen: dict[str, tuple[int, int]] = {}
        for kind in (
            "limited",
            "broken",
            "unavailable",
            "broken_after",
            "reset_before",
            "reset_after",
            "slow",
        ):
            slack.script = Script(**{kind: 1.0, "wait": 0.0})  # type: ignore[arg-type]
            before = len(slack.messages)
            seen[kind] = post(slack)[0], len(slack.messages) - before
        slack.script = Script(refused={"fatal_error": 1.0})
        assert post(slack)[1] == {"ok": False, "error": "fatal_error"}
        slack.script = None
        assert post(slack)[0] == 200
    assert seen == {
        "limited": (429, 0),
        "broken": (500, 0),
        "unavailable": (503, 0),
        "broken_after": (500, 1),
        "reset_before": (0, 0),
        "reset_after": (0, 1),
        "slow": (200, 1),
    }


def test_history_may_be_refused_alone() -> None:
    with SlackDouble(script=Script(history_refused=1.0)) as slack:
        sent = post(slack)[1]
        assert ask(slack, "conversations.history", channel=sent["channel"])[1]["error"] == "missing_scope"


def test_people_delete_messages_now_and_then_and_it_is_known_which() -> None:
    with SlackDouble(script=Script(seed=3, deleted=0.5)) as slack:
        for _ in range(40):
            post(slack)
        assert 0 < len(slack.deleted) < 40
        assert all(message.deleted for message in slack.deleted)
        assert len(slack.messages) == 40 - len(slack.deleted)


@pytest.mark.parametrize("close", ["idle", "slow"])
def test_it_closes_while_lines_are_open(close: str) -> None:
    slack = SlackDouble()
    slack.start()
    line = http.client.HTTPConnection(str(urlsplit(slack.url).hostname), urlsplit(slack.url).port)
    line.request("POST", "/api/auth.test", "", {"Authorization": f"Bearer {slack.token}"})
    assert line.getresponse().read()
    if close == "slow":
        slack.fail_next(slow(600))
        line.request("POST", "/api/auth.test", "", {"Authorization": f"Bearer {slack.token}"})
    slack.close()
    line.close()
