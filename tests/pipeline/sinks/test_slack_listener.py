"""Whoever presses a button in Slack is heard once, answered alone, and heard again after a line broke."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipeline.sinks.slack.client import Client
from pipeline.sinks.slack.pressed import ACTIONS, MUTE_STORY, WHY, Answer, Pressed
from pipeline.sinks.slack.socket import Listener
from tests.doubles.slack import Message, SlackDouble, limited, refused, strange
from transforms.errors import Fault, Refused

PATIENCE = 60.0


class Desk:
    """Does what is asked, and remembers."""

    def __init__(self) -> None:
        self.pressed: list[Pressed] = []
        self.answer: Callable[[Pressed], Answer] = lambda press: Answer(f"done: {press.action}")
        self._changed = threading.Condition()

    def __call__(self, press: Pressed) -> Answer:
        with self._changed:
            self.pressed.append(press)
            self._changed.notify_all()
        return self.answer(press)

    def heard(self, many: int) -> list[Pressed]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.pressed) >= many, PATIENCE)
            return list(self.pressed)


class Lines:
    """What was told to the person who runs this."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._changed = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._changed:
            self.said.append(line)
            self._changed.notify_all()

    def heard(self, words: str) -> str:
        with self._changed:
            assert self._changed.wait_for(lambda: any(words in line for line in self.said), PATIENCE)
            return next(line for line in self.said if words in line)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def listener(slack: SlackDouble, desk: Desk, lines: Lines) -> Iterator[Listener]:
    with Listener(slack.app_token, slack.token, slack.url, desk, lines) as opened:
        slack.sockets.wait(timeout=PATIENCE)
        yield opened


def until(true: Callable[[], bool]) -> None:
    """Wait for it, without saying how long that may take."""
    tick = threading.Event()
    for _ in range(int(PATIENCE / 0.02)):
        if true():
            return
        tick.wait(0.02)
    raise AssertionError("it did not come")


def posted(slack: SlackDouble, *actions: str, thread_ts: str | None = None) -> Message:
    buttons = [
        {
            "type": "button",
            "action_id": action,
            "value": "alert-1",
            "text": {"type": "plain_text", "text": "x"},
        }
        for action in actions or sorted(ACTIONS)
    ]
    more: dict[str, Any] = {} if thread_ts is None else {"thread_ts": thread_ts}
    blocks = [{"type": "actions", "elements": buttons}]
    client = Client(slack.token, slack.url)
    assert client.ask(
        "chat_postMessage", said="test", channel="#energy", text="a story", blocks=blocks, **more
    ).ok
    return slack.messages[-1]


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_a_press_is_acknowledged_done_and_answered_to_who_pressed_alone(
    slack: SlackDouble, listener: Listener, desk: Desk, action: str
) -> None:
    message = posted(slack)
    envelope = slack.press(message, action, user="U0MARA")
    assert envelope.sent == 1
    (press,) = desk.heard(1)
    assert press == Pressed(
        action=action,
        alert="alert-1",
        team=slack.workspace.team,
        channel=message.channel,
        message=message.ts,
        thread=None,
        user="U0MARA",
        name="u0mara",
        at=press.at,
    )
    assert press.at.timestamp() == pytest.approx(float(envelope.payload["actions"][0]["action_ts"]))
    until(lambda: bool(slack.ephemeral))
    (told,) = slack.ephemeral
    assert (told.user, told.channel, told.text) == ("U0MARA", message.channel, f"done: {action}")
    assert listener.counts == {"acted": 1}


def test_who_presses_in_a_thread_is_answered_there(
    slack: SlackDouble, listener: Listener, desk: Desk
) -> None:
    parent = posted(slack)
    slack.press(posted(slack, WHY, thread_ts=parent.ts), WHY)
    assert desk.heard(1)[0].thread == parent.ts
    until(lambda: bool(slack.ephemeral))
    assert slack.ephemeral[0].thread_ts == parent.ts
    assert listener.counts["acted"] == 1


def test_an_answer_may_have_blocks_or_be_none(slack: SlackDouble, listener: Listener, desk: Desk) -> None:
    desk.answer = lambda press: Answer("", ()) if press.action == WHY else Answer("x", ({"type": "divider"},))
    message = posted(slack)
    slack.press(message, WHY)
    slack.press(message, MUTE_STORY)
    until(lambda: bool(slack.ephemeral))
    assert [told.blocks for told in slack.ephemeral] == [[{"type": "divider"}]]
    assert listener.counts["acted"] == 2


def test_what_slack_sends_again_is_done_once(slack: SlackDouble, listener: Listener, desk: Desk) -> None:
    slack.sockets.patience = 0.2
    slack.sockets.deaf = 2
    envelope = slack.press(posted(slack), MUTE_STORY)
    assert envelope.sent >= 3
    slack.sockets.send(envelope.payload, envelope=envelope.id)
    slack.sockets.send(envelope.payload)
    until(lambda: listener.counts["again"] >= 4)
    assert len(desk.heard(1)) == 1
    assert listener.counts["acted"] == 1


def test_two_presses_of_one_button_are_two(slack: SlackDouble, listener: Listener, desk: Desk) -> None:
    message = posted(slack)
    for _ in range(2):
        slack.press(message, MUTE_STORY)
    assert len(desk.heard(2)) == 2
    until(lambda: listener.counts["acted"] == 2)


def test_what_is_not_known_is_acknowledged_counted_and_passed_over(
    slack: SlackDouble, listener: Listener, desk: Desk
) -> None:
    message = posted(slack, "elsewhere:button", MUTE_STORY)
    slack.press(message, "elsewhere:button")
    known = slack.press(message, MUTE_STORY).payload
    for wrong in (
        {"type": "view_submission"},
        {"type": "block_actions", "actions": 3},
        known | {"actions": [None]},
        known | {"user": {"id": "<!channel>"}},
        known | {"message": {"ts": "x"}},
        known | {"channel": None, "container": 1},
        known | {"actions": [known["actions"][0] | {"value": 1}]},
        known | {"actions": [known["actions"][0] | {"action_ts": "9" * 12 + ".1"}]},
    ):
        slack.sockets.send(wrong)
    until(lambda: listener.counts.total() == 10)
    assert len(desk.pressed) == 1
    assert listener.counts == {"unknown-action": 3, "malformed": 6, "acted": 1}


def test_a_name_of_a_person_steers_no_terminal(slack: SlackDouble, listener: Listener, desk: Desk) -> None:
    slack.workspace.users["U0EDITOR"] = "mara\x1b[31m\n\u202equill" + "x" * 200
    slack.press(posted(slack), WHY)
    (press,) = desk.heard(1)
    assert press.name.startswith("mara [31m quillx")
    assert len(press.name) <= 80
    assert listener.counts["malformed"] == 0


def test_what_cannot_be_done_is_told_to_both(
    slack: SlackDouble, listener: Listener, desk: Desk, lines: Lines
) -> None:
    def refuse(press: Pressed) -> Answer:
        if press.action == WHY:
            raise ValueError(slack.token)
        raise Refused("the store is <!channel> read only")

    desk.answer = refuse
    message = posted(slack)
    slack.press(message, MUTE_STORY)
    assert "read only" in lines.heard("mute-story")
    slack.press(message, WHY)
    assert "ValueError" in lines.heard("tocsin:why")
    until(lambda: len(slack.ephemeral) == 2)
    assert "the store is &lt;!channel&gt; read only" in "".join(told.text for told in slack.ephemeral)
    assert listener.counts == {"failed": 2}
    assert slack.token not in "".join(lines.said) + "".join(told.text for told in slack.ephemeral)


def test_an_answer_that_slack_does_not_take_is_said_and_others_go_on(
    slack: SlackDouble, listener: Listener, desk: Desk, lines: Lines
) -> None:
    message = posted(slack)
    slack.fail_next(limited(30, method="chat.postEphemeral"))
    slack.press(message, WHY)
    lines.heard("was not answered")
    slack.press(message, WHY)
    until(lambda: bool(slack.ephemeral))
    assert len(desk.heard(2)) == 2
    assert listener.counts == {"acted": 2, "unanswered": 1}


@pytest.mark.parametrize("how", ["asked", "closed", "reset"])
def test_a_line_that_ends_is_opened_again(
    slack: SlackDouble, listener: Listener, desk: Desk, how: str
) -> None:
    message = posted(slack)
    slack.press(message, WHY)
    if how == "asked":
        slack.sockets.disconnect("refresh_requested")
    else:
        slack.sockets.cut(reset=how == "reset")
    slack.sockets.wait(opened=2, timeout=PATIENCE)
    slack.press(message, MUTE_STORY, timeout=PATIENCE)
    assert [press.action for press in desk.heard(2)] == [WHY, MUTE_STORY]
    assert not listener.over


def test_slack_that_is_away_is_said_once_and_again_when_it_is_back(
    slack: SlackDouble, desk: Desk, lines: Lines
) -> None:
    slack.fail_next(limited(0), strange(b"<html>"), limited(0))
    with Listener(slack.app_token, slack.token, slack.url, desk, lines) as listener:
        assert listener.wait(PATIENCE)
        lines.heard("reached again")
    assert len(lines.said) == 2
    assert "buttons do nothing until it is reached again" in lines.said[0]


@pytest.mark.parametrize("code", ["invalid_auth", "missing_scope", "not_allowed_token_type", "token_revoked"])
def test_an_app_token_that_slack_refuses_is_one_line_and_the_end(
    slack: SlackDouble, desk: Desk, lines: Lines, code: str
) -> None:
    slack.fail_next(refused(code))
    with Listener(slack.app_token, slack.token, slack.url, desk, lines, variable="DESK_APP") as listener:
        until(lambda: listener.over)
    (line,) = lines.said
    assert code in line
    assert "environment variable DESK_APP" in line
    assert "connections:write" in line
    assert "\n" not in line
    assert [asked.method for asked in slack.asked] == ["apps.connections.open"]


@pytest.mark.parametrize("token", ["xoxb-1-a-bot-token", "xapp-with space", "", "xapp-"])
def test_what_is_no_app_token_is_a_fault_that_does_not_repeat_it(
    slack: SlackDouble, desk: Desk, lines: Lines, token: str
) -> None:
    with pytest.raises(Fault, match="environment variable DESK_APP") as caught:
        Listener(token, slack.token, slack.url, desk, lines, variable="DESK_APP")
    assert not token or token not in str(caught.value).replace("it begins with xapp-", "")


@pytest.mark.parametrize(
    "url", ["ws://198.51.100.7/link", "wss://x.example.org:8443/", "https://x.example.org/", "ws://[", ""]
)
def test_a_line_without_tls_is_not_opened(slack: SlackDouble, desk: Desk, lines: Lines, url: str) -> None:
    slack.fail_next(refused("", ok=True, url=url))
    with Listener(slack.app_token, slack.token, slack.url, desk, lines) as listener:
        until(lambda: listener.over)
    assert "without TLS" in lines.said[0]
    assert slack.sockets.opened == 0


def test_neither_token_is_shown_pickled_or_logged(
    slack: SlackDouble, desk: Desk, lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    caplog.set_level(logging.DEBUG, logger="slack_sdk")
    slack.fail_next(strange(slack.app_token.encode()), limited(0))
    with Listener(slack.app_token, slack.token, slack.url, desk, lines) as listener:
        assert listener.wait(PATIENCE)
        slack.press(posted(slack), WHY)
        desk.heard(1)
        until(lambda: bool(slack.ephemeral))
        slack.sockets.cut()
        slack.sockets.wait(opened=2, timeout=PATIENCE)
        shown = repr(listener) + repr(vars(listener)) + caplog.text + "".join(lines.said)
    with pytest.raises(TypeError, match="holds tokens"):
        pickle.dumps(listener)
    for secret in (slack.token, slack.app_token, "ticket="):
        assert secret not in shown
    opened = [asked for asked in slack.asked if asked.method == "apps.connections.open"]
    assert all(slack.app_token.encode() not in asked.body for asked in opened)


def test_many_press_at_once_and_each_is_heard(slack: SlackDouble, listener: Listener, desk: Desk) -> None:
    message = posted(slack)
    people = [
        threading.Thread(target=slack.press, args=(message, WHY), kwargs={"user": f"U{number:04d}"})
        for number in range(20)
    ]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert {press.user for press in desk.heard(20)} == {f"U{number:04d}" for number in range(20)}
    until(lambda: listener.counts["acted"] == 20)
