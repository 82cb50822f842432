"""What arrives in Slack, when it is edited, and how it is found again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.sinks.slack import SlackSink
from tests.doubles.slack import Message, SlackDouble, Trouble, limited, refused, reset
from tests.doubles.slack.seen import links, mentions, read
from transforms.article import Alert, Delivery, Receipt
from transforms.errors import Retry

Make = Callable[..., Delivery]
MakeAlert = Callable[..., Alert]


def now() -> datetime:
    return datetime.now(UTC)


def test_an_alert_shows_why_it_rang_who_said_what_and_who_covers_it(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    sink.send(delivery())
    (message,) = slack.messages
    shown = read(message.asked)
    for part in (
        "Envoy warns of forged orders",
        "HIGH",
        "a new story",
        "phrase forged orders — *forged orders*",
        "“We found forged orders”\n> — *Mara Quill*, in 2 articles, altered in 1",
        "3 articles · 2 outlets · 1 independent report",
        "Cites Harbour Times",
        "Envoy: orders were forged · Coast Daily · 2026-05-04 12:00 UTC",
        "*1 copy of Harbour Times* — outlet unknown",
        "*Topics*  sabotage",
        "*People*  Mara Quill",
        "*Places*  Norway",
    ):
        assert part in shown
    assert links(message.asked) == [
        ("https://times.example.org/a1?x=1&y=2", "Envoy warns of forged orders"),
        ("https://daily.example.org/a2", "Envoy: orders were forged"),
    ]
    assert mentions(message.asked) == []


def test_a_message_unfurls_nothing_parses_nothing_and_carries_its_ids(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    sent = delivery()
    sink.send(sent)
    asked = slack.messages[0].asked
    assert (asked["unfurl_links"], asked["unfurl_media"]) == (False, False)
    assert (asked["parse"], asked["link_names"]) == ("none", False)
    assert len(asked["text"]) < 4000
    assert slack.messages[0].metadata == {
        "event_type": "tocsin_alert",
        "event_payload": {"alert": sent.alert.id, "delivery": sent.id},
    }


@pytest.mark.parametrize("channel", ["#energy", "energy"])
def test_a_channel_may_be_named(slack: SlackDouble, sink: SlackSink, delivery: Make, channel: str) -> None:
    receipt = sink.send(delivery(channel=channel))
    assert slack.workspace.names() == {"energy": receipt.channel}


def test_a_channel_may_be_given_by_its_id(slack: SlackDouble, sink: SlackSink, delivery: Make) -> None:
    known = slack.workspace.add("energy").channel
    assert sink.send(delivery(channel=known)).channel == known


def test_an_alert_that_grew_edits_its_message(
    slack: SlackDouble, sink: SlackSink, delivery: Make, alert: MakeAlert
) -> None:
    first = sink.send(delivery())
    grown = delivery(alert(kind="update", outlets=9), sequence=2, previous=first)
    assert sink.send(grown) == first
    (message,) = slack.messages
    assert message.edits == 1
    assert "9 outlets" in read(message.asked)
    assert message.metadata is not None
    assert message.metadata["event_payload"]["delivery"] == grown.id


def test_a_message_that_was_deleted_is_posted_again(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    first = sink.send(delivery())
    slack.delete(slack.messages[0])
    second = sink.send(delivery(sequence=2, previous=first))
    (message,) = slack.messages
    assert (message.channel, message.ts) == (second.channel, second.message) != (first.channel, first.message)


@pytest.mark.parametrize("error", ["cant_update_message", "edit_window_closed"])
def test_a_message_that_can_no_longer_be_edited_is_posted_again(
    slack: SlackDouble, sink: SlackSink, delivery: Make, error: str
) -> None:
    first = sink.send(delivery())
    slack.fail_next(refused(error, method="chat.update"))
    assert sink.send(delivery(sequence=2, previous=first)) != first
    assert len(slack.messages) == 2


@pytest.mark.parametrize(
    "previous",
    [
        Receipt(channel="#energy"),
        Receipt(channel="#energy", message="a" * 32),
        Receipt(channel="C1", message="é.1"),
    ],
)
def test_what_another_sink_of_this_name_said_is_not_edited(
    slack: SlackDouble, sink: SlackSink, delivery: Make, previous: Receipt
) -> None:
    sink.send(delivery(sequence=2, previous=previous))
    assert [asked.method for asked in slack.asked] == ["chat.postMessage"]


def lost(slack: SlackDouble, sink: SlackSink, sent: Delivery, method: str = "chat.postMessage") -> Message:
    """Send with the answer lost, and what stands in Slack then."""
    slack.fail_next(reset("after", method=method))
    with pytest.raises(Retry) as caught:
        sink.send(sent)
    assert caught.value.unknown
    return slack.messages[-1]


@pytest.mark.parametrize("by_id", [True, False])
def test_a_message_whose_answer_was_lost_is_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make, *, by_id: bool
) -> None:
    room = slack.workspace.add("energy").channel
    at = now()
    message = lost(slack, sink, delivery(channel=room if by_id else "#energy"))
    slack.workspace.add("energy")
    found = sink.find(delivery(channel=room if by_id else "#energy", attempted=at))
    assert found == Receipt(channel=message.channel, message=message.ts)


def test_a_message_that_never_arrived_is_not_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    slack.workspace.add("energy")
    slack.fail_next(reset("before"))
    with pytest.raises(Retry):
        sink.send(delivery())
    assert sink.find(delivery(attempted=now())) is None
    assert len(slack.messages) == 1


def test_an_edit_whose_answer_was_lost_is_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make, alert: MakeAlert
) -> None:
    first = sink.send(delivery())
    edit = delivery(alert(kind="update"), sequence=2, previous=first, attempted=now())
    assert sink.find(edit) is None
    lost(slack, sink, edit, "chat.update")
    before = len(slack.asked)
    assert sink.find(edit) == first
    assert len(slack.asked) == before + 1, "the message itself is asked for, not its neighbours"


@pytest.mark.parametrize("tombstone", [False, True])
def test_an_edit_that_was_posted_anew_with_its_answer_lost_is_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make, *, tombstone: bool
) -> None:
    first = sink.send(delivery())
    slack.delete(slack.messages[0], tombstone=tombstone)
    edit = delivery(sequence=2, previous=first, attempted=now())
    message = lost(slack, sink, edit)
    assert sink.find(edit) == Receipt(channel=message.channel, message=message.ts)


def test_a_message_is_found_on_a_later_page_of_history(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    at = now()
    message = lost(slack, sink, delivery())
    for _ in range(7):
        slack.workspace.add("energy")
    slack.workspace.page = 3
    found = sink.find(delivery(attempted=at))
    assert found == Receipt(channel=message.channel, message=message.ts)
    assert [asked.method for asked in slack.asked].count("conversations.history") == 3


def test_messages_from_before_the_attempt_are_not_asked_for(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    receipt = sink.send(delivery())
    at = datetime.fromtimestamp(float(slack.messages[0].ts), UTC)
    assert sink.find(delivery(attempted=at + timedelta(minutes=1))) == receipt, "clocks differ a little"
    assert sink.find(delivery(attempted=at + timedelta(hours=1))) is None


def test_what_was_not_attempted_is_not_looked_for(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    assert sink.find(delivery()) is None
    assert slack.asked == []


def test_another_apps_metadata_is_not_ours(slack: SlackDouble, sink: SlackSink, delivery: Make) -> None:
    sent = delivery(attempted=now())
    payload = {"event_type": "elsewhere", "event_payload": {"delivery": sent.id}}
    slack.workspace.add("energy").metadata = payload
    assert sink.find(sent) is None


@pytest.mark.parametrize("scope", ["channels:history", "channels:read"])
def test_a_sink_that_may_not_look_says_which_scope_it_lacks_once(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str], scope: str
) -> None:
    slack.workspace.scopes.discard(scope)
    slack.workspace.add("energy")
    for _ in range(2):
        assert sink.find(delivery(attempted=now())) is None
    (line,) = told
    assert scope in line
    assert "#energy" in line


def test_a_search_that_slack_slows_down_is_tried_again_later(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    slack.fail_next(limited(60))
    with pytest.raises(Retry) as caught:
        sink.find(delivery(attempted=now()))
    assert caught.value.after == 60


def test_a_search_that_is_slowed_down_on_its_way_ends_there_and_says_so(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str]
) -> None:
    for _ in range(3):
        known = slack.workspace.add("energy").channel
    slack.workspace.page = 1
    slack.fail_next(Trouble(carried_out=True), limited(60))
    assert sink.find(delivery(channel=known, attempted=now())) is None
    assert len(slack.asked) == 2
    assert "may stand there twice" in told[0]


def test_a_channel_that_does_not_exist_has_no_history_to_search(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    slack.workspace.add("another")
    assert sink.find(delivery(attempted=now())) is None
    assert [asked.method for asked in slack.asked] == ["conversations.list"]
