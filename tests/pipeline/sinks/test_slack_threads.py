"""What is told in a thread, what becomes of it where the thread is gone, and digests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.sinks.slack import SlackSink
from tests.doubles.slack import SlackDouble, limited, refused, reset
from tests.doubles.slack.seen import read
from tests.pipeline.sinks.conftest import NOON
from transforms.article import Alert, Delivery, Digest, Receipt, Reply
from transforms.errors import Retry

Make = Callable[..., Delivery]
MakeAlert = Callable[..., Alert]
REPLY = Reply(reason="independent-confirmation", text="Reuters has it from two officials")


def now() -> datetime:
    return datetime.now(UTC)


def a_digest(alert: Alert) -> Digest:
    return Digest(id="d1", channel="#energy", title="Overnight", since=NOON, at=NOON, alerts=(alert,), more=2)


def told_in(sink: SlackSink, delivery: Make) -> tuple[Receipt, Delivery]:
    """An alert that was heard, and a reply to it that is due."""
    first = sink.send(delivery())
    return first, delivery(sequence=2, previous=first, reply=REPLY)


def test_a_reply_stands_in_the_thread_and_edits_nothing(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str]
) -> None:
    first, reply = told_in(sink, delivery)
    receipt = sink.send(reply)
    parent, child = slack.messages
    assert (receipt.channel, receipt.message) == (child.channel, child.ts)
    assert child.asked["thread_ts"] == first.message == parent.ts
    assert parent.edits == 0
    assert "reply_broadcast" not in child.asked
    assert (child.asked["unfurl_links"], child.asked["parse"]) == (False, "none")
    assert child.metadata is not None
    assert child.metadata["event_payload"] == {"alert": reply.alert.id, "delivery": reply.id}
    assert "Reuters has it" in read(child.asked)
    assert "Envoy warns of forged orders" in read(child.asked)
    assert told == []


def test_a_reply_to_what_was_deleted_stands_in_the_channel_once_and_that_is_said(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str]
) -> None:
    _, reply = told_in(sink, delivery)
    slack.delete(slack.messages[0])
    sink.send(reply)
    sink.send(reply.model_copy(update={"id": "another"}))
    assert len(slack.messages) == 2
    (line,) = told
    assert "#energy" in line
    assert "stands in the channel itself" in line


@pytest.mark.parametrize("error", ["thread_not_found", "message_not_found", "cannot_reply_to_message"])
def test_a_message_that_takes_no_reply_has_it_beside_it(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str], error: str
) -> None:
    _, reply = told_in(sink, delivery)
    slack.fail_next(refused(error, method="chat.postMessage"))
    sink.send(reply)
    assert "thread_ts" not in slack.messages[-1].asked
    assert len(slack.messages) == 2
    assert len(told) == 1


@pytest.mark.parametrize("previous", [None, Receipt(channel="#energy", message="another sink's")])
def test_a_reply_to_what_was_never_heard_stands_in_the_channel(
    slack: SlackDouble, sink: SlackSink, delivery: Make, previous: Receipt | None
) -> None:
    sink.send(delivery(reply=REPLY, previous=previous))
    (message,) = slack.messages
    assert "thread_ts" not in message.asked
    assert "Independent confirmation" in read(message.asked)


@pytest.mark.parametrize("deleted", [False, True])
def test_a_reply_whose_answer_was_lost_is_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make, *, deleted: bool
) -> None:
    _, reply = told_in(sink, delivery)
    reply = reply.model_copy(update={"attempted": now()})
    assert sink.find(reply) is None
    if deleted:
        slack.delete(slack.messages[0])
    slack.fail_next(reset("after", method="chat.postMessage"))
    with pytest.raises(Retry) as caught:
        sink.send(reply)
    assert caught.value.unknown
    message = slack.messages[-1]
    assert sink.find(reply) == Receipt(channel=message.channel, message=message.ts)
    asked = [each.method for each in slack.asked]
    assert "conversations.replies" in asked
    assert ("conversations.history" in asked) is deleted


def test_a_reply_that_never_arrived_is_not_found(slack: SlackDouble, sink: SlackSink, delivery: Make) -> None:
    _, reply = told_in(sink, delivery)
    slack.fail_next(reset("before", method="chat.postMessage"))
    with pytest.raises(Retry):
        sink.send(reply)
    assert sink.find(reply.model_copy(update={"attempted": now()})) is None


def test_a_thread_that_may_not_be_read_is_said_once_and_the_channel_is_not_searched(
    slack: SlackDouble, sink: SlackSink, delivery: Make, told: list[str]
) -> None:
    _, reply = told_in(sink, delivery)
    slack.workspace.scopes.discard("channels:history")
    for _ in range(2):
        assert sink.find(reply.model_copy(update={"attempted": now()})) is None
    (line,) = told
    assert "channels:history" in line
    assert "conversations.history" not in [each.method for each in slack.asked]


def test_a_reply_that_slack_slows_down_is_later(slack: SlackDouble, sink: SlackSink, delivery: Make) -> None:
    _, reply = told_in(sink, delivery)
    slack.fail_next(limited(7))
    with pytest.raises(Retry) as caught:
        sink.send(reply)
    assert caught.value.after == 7
    assert len(slack.messages) == 1


def test_a_digest_is_one_message_of_its_own(
    slack: SlackDouble, sink: SlackSink, delivery: Make, alert: MakeAlert
) -> None:
    first = sink.send(delivery())
    told = delivery(digest=a_digest(alert()), sequence=2, previous=first)
    receipt = sink.send(told)
    message = slack.messages[-1]
    assert (receipt.channel, receipt.message) == (message.channel, message.ts)
    assert len(slack.messages) == 2
    assert slack.messages[0].edits == 0
    assert "3 alerts since" in read(message.asked)
    assert message.metadata is not None
    assert message.metadata["event_payload"]["delivery"] == told.id


def test_a_digest_whose_answer_was_lost_is_found(
    slack: SlackDouble, sink: SlackSink, delivery: Make, alert: MakeAlert
) -> None:
    told = delivery(digest=a_digest(alert()), attempted=now())
    slack.fail_next(reset("after"))
    with pytest.raises(Retry):
        sink.send(told)
    (message,) = slack.messages
    assert sink.find(told) == Receipt(channel=message.channel, message=message.ts)


def test_buttons_are_there_where_somebody_listens(slack: SlackDouble, delivery: Make) -> None:
    sink = SlackSink(slack.token, name="desk", variable="V", base_url=slack.url, say=print, buttons=True)
    sink.send(delivery())
    kinds = [block["type"] for block in slack.messages[0].blocks]
    assert kinds[-1] == "actions"
