"""What a press of a button does: from Slack's line through the listener into the store, and back to who pressed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.buttons import Buttons
from pipeline.courier import deliver_due
from pipeline.newsdesk import decide_match
from pipeline.sinks.slack import SlackSink
from pipeline.sinks.slack.pressed import Pressed
from pipeline.sinks.slack.socket import Listener
from pipeline.store import Store
from tests.doubles.slack import SlackDouble
from transforms.article import Alert, Match
from transforms.watch import Watch


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        yield double


@pytest.fixture
def alert(store: Store, watch: Watch, match: Callable[..., Match]) -> Alert:
    outcome = decide_match(store, match("a", "CNN"), watch, ("slack",), now())
    assert outcome.alert is not None
    return outcome.alert


def now() -> datetime:
    return datetime.now(UTC)


def press(action: str, alert: str, at: datetime) -> Pressed:
    return Pressed(
        action=f"tocsin:{action}",
        alert=alert,
        team="T1",
        channel="C1",
        message="17.4",
        thread=None,
        user="U1",
        name="Ann *Quill*",
        at=at,
    )


def test_a_press_mutes_the_story_for_a_day_in_the_name_of_who_pressed_and_once(
    store: Store, alert: Alert
) -> None:
    buttons, at = Buttons(store, now), now()
    for _ in range(2):
        answer = buttons.act(press("mute-story", alert.id, at))
    (silence,) = store.silences()
    assert (silence.story, silence.owner, silence.until) == (
        alert.story,
        "Ann *Quill*",
        at + timedelta(hours=24),
    )
    assert f"tocsin silence end {silence.id[:8]}" in answer.text
    assert silence.mutes(alert)


def test_a_press_mutes_the_watch(store: Store, alert: Alert) -> None:
    Buttons(store, now).act(press("mute-watch", alert.id, now()))
    assert [(each.watch, each.story) for each in store.silences()] == [("grid", None)]


def test_a_verdict_is_kept_and_the_last_word_of_a_person_counts(store: Store, alert: Alert) -> None:
    buttons, at = Buttons(store, now), now()
    buttons.act(press("right", alert.id, at))
    answer = buttons.act(press("wrong", alert.id, at + timedelta(seconds=1)))
    assert "wrong" in answer.text
    (verdict,) = store.judged(alert.id)
    assert (verdict.who, verdict.name, verdict.verdict) == ("T1/U1", "Ann *Quill*", "wrong")


@pytest.mark.parametrize("action", ["coverage", "why"])
def test_who_asks_is_answered_with_blocks(store: Store, alert: Alert, action: str) -> None:
    answer = Buttons(store, now).act(press(action, alert.id, now()))
    assert answer.text
    assert answer.blocks


def test_an_alert_that_is_forgotten_says_so(store: Store) -> None:
    assert "not known any more" in Buttons(store, now).act(press("why", "gone", now())).text
    assert store.silences() == []


def test_a_button_in_a_message_is_pressed_and_the_store_knows_it(
    store: Store, alert: Alert, slack: SlackDouble
) -> None:
    sink = SlackSink(
        slack.token,
        name="slack",
        variable="SLACK_BOT_TOKEN",
        base_url=slack.url,
        say=pytest.fail,
        buttons=True,
    )
    deliver_due(store, {"slack": sink}, now)
    (message,) = slack.messages
    with Listener(slack.app_token, slack.token, slack.url, Buttons(store, now).act, pytest.fail) as listener:
        assert listener.wait(30)
        # It is acknowledged at once, and done then; closing waits for what is being done.
        slack.press(message, "tocsin:mute-story", user="U7")
        until = time.monotonic() + 30
        while not slack.ephemeral and time.monotonic() < until:
            time.sleep(0.01)
    assert [each.story for each in store.silences()] == [alert.story]
    (told,) = slack.ephemeral
    assert "mute until" in told.text
