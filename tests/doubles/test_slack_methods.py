"""Slack's double answers as Slack documents it: threads, edits, deletions, history, scopes, workspaces."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.doubles.slack import SlackDouble

Ask = Callable[..., dict[str, Any]]
CHANNEL = "#energy"
OTHER = "xoxb-2-other"


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble() as double:
        yield double


@pytest.fixture
def ask(slack: SlackDouble) -> Iterator[Ask]:
    """Asks over one connection that stays open."""
    line = http.client.HTTPConnection(str(urlsplit(slack.url).hostname), urlsplit(slack.url).port)

    def asked(method: str, *, token: str = slack.token, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        line.request("POST", f"/api/{method}", json.dumps(arguments), headers)
        with line.getresponse() as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found | {"scopes": answer.headers["x-oauth-scopes"]}

    yield asked
    line.close()


def marked(delivery: str) -> dict[str, Any]:
    return {"event_type": "tocsin_alert", "event_payload": {"delivery": delivery}}


def post(ask: Ask, text: str = "a story", **more: Any) -> dict[str, Any]:
    said = ask("chat.postMessage", channel=CHANNEL, text=text, **more)
    assert said["ok"], said
    return said


def texts(said: dict[str, Any]) -> list[str]:
    assert said["ok"], said
    return [message["text"] for message in said["messages"]]


def test_a_reply_stands_in_its_thread_and_not_in_the_channel(slack: SlackDouble, ask: Ask) -> None:
    parent = post(ask)
    reply = post(ask, "confirmed", thread_ts=parent["ts"])
    post(ask, "escalated", thread_ts=parent["ts"])
    assert reply["message"]["thread_ts"] == parent["ts"]
    room = parent["channel"]
    assert texts(ask("conversations.history", channel=room)) == ["a story"]
    whole = ask("conversations.replies", channel=room, ts=parent["ts"])
    assert texts(whole) == ["a story", "confirmed", "escalated"]
    assert whole["messages"][0]["reply_count"] == 2
    assert texts(ask("conversations.replies", channel=room, ts=reply["ts"])) == texts(whole)
    assert [message.text for message in slack.thread(slack.messages[0])] == ["confirmed", "escalated"]


def test_a_reply_may_be_told_to_the_channel_too(ask: Ask) -> None:
    parent = post(ask)
    post(ask, "loud", thread_ts=parent["ts"], reply_broadcast=True)
    assert texts(ask("conversations.history", channel=parent["channel"])) == ["loud", "a story"]


def test_a_reply_to_a_reply_is_refused(ask: Ask) -> None:
    parent = post(ask)
    reply = post(ask, "first", thread_ts=parent["ts"])
    said = ask("chat.postMessage", channel=CHANNEL, text="second", thread_ts=reply["ts"])
    assert said["error"] == "cannot_reply_to_message"


@pytest.mark.parametrize("by", ["person", "app"])
def test_a_reply_whose_parent_is_gone_stands_in_the_channel_without_an_error(
    slack: SlackDouble, ask: Ask, by: str
) -> None:
    parent = post(ask)
    if by == "app":
        assert ask("chat.delete", channel=parent["channel"], ts=parent["ts"])["ok"]
    else:
        slack.delete(slack.messages[0])
    reply = post(ask, "confirmed", thread_ts=parent["ts"])
    assert "thread_ts" not in reply["message"]
    assert texts(ask("conversations.history", channel=parent["channel"])) == ["confirmed"]
    update = ask("chat.update", channel=parent["channel"], ts=parent["ts"], text="more")
    assert update["error"] == "message_not_found"


def test_a_parent_with_replies_leaves_a_tombstone(ask: Ask) -> None:
    parent = post(ask)
    post(ask, "confirmed", thread_ts=parent["ts"])
    ask("chat.delete", channel=parent["channel"], ts=parent["ts"])
    (left,) = ask("conversations.history", channel=parent["channel"])["messages"]
    assert left["subtype"] == "tombstone"
    assert texts(ask("conversations.replies", channel=parent["channel"], ts=parent["ts"]))[1:] == [
        "confirmed"
    ]


def test_a_thread_that_never_was_is_not_found(ask: Ask) -> None:
    parent = post(ask)
    said = ask("conversations.replies", channel=parent["channel"], ts="1700000000.000000")
    assert said["error"] == "thread_not_found"


def test_history_and_threads_come_in_pages_that_new_messages_do_not_move(
    slack: SlackDouble, ask: Ask
) -> None:
    parent = post(ask)
    for number in range(5):
        post(ask, f"m{number}")
        post(ask, f"r{number}", thread_ts=parent["ts"])
    slack.workspace.page = 2
    for method, newest in (("conversations.history", True), ("conversations.replies", False)):
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            said = ask(method, channel=parent["channel"], ts=parent["ts"], **cursor)
            seen += texts(said)
            post(ask, "between")
            if not said["has_more"]:
                break
            cursor = {"cursor": said["response_metadata"]["next_cursor"]}
        known = [text for text in seen if text != "between"]
        expected = (
            ["m4", "m3", "m2", "m1", "m0", "a story"] if newest else ["a story", *(f"r{n}" for n in range(5))]
        )
        assert known == expected


def test_metadata_is_kept_by_an_edit_and_shown_where_it_is_asked_for(slack: SlackDouble, ask: Ask) -> None:
    sent = post(ask, metadata=marked("d1"))
    room, ts = sent["channel"], sent["ts"]
    ask("chat.update", channel=room, ts=ts, text="more")
    reply = post(ask, "confirmed", thread_ts=ts, metadata=marked("d2"))
    assert "metadata" not in ask("conversations.history", channel=room)["messages"][0]
    found = ask("conversations.replies", channel=room, ts=ts, include_all_metadata=True)["messages"]
    assert [message["metadata"] for message in found] == [marked("d1"), marked("d2")]
    ask("chat.update", channel=room, ts=ts, text="more", metadata=marked("d3"))
    ask("chat.update", channel=room, ts=reply["ts"], text="more", metadata={})
    assert slack.messages[0].deliveries == ["d1", "d1", "d3"]
    assert slack.messages[1].metadata is None
    assert slack.posted == {"d1": 1, "d2": 1}
    assert slack.edited == {"d1": 1, "d3": 1}


def test_a_delivery_that_was_posted_twice_is_counted(slack: SlackDouble, ask: Ask) -> None:
    for _ in range(2):
        post(ask, metadata=marked("d1"))
    assert slack.posted["d1"] == 2


def test_an_edit_with_text_alone_takes_the_blocks_away(slack: SlackDouble, ask: Ask) -> None:
    sent = post(ask, blocks=[{"type": "divider"}])
    ask("chat.update", channel=sent["channel"], ts=sent["ts"], text="words")
    assert slack.messages[0].blocks == []


@pytest.mark.parametrize(
    ("method", "error"), [("update", "cant_update_message"), ("delete", "cant_delete_message")]
)
def test_what_others_wrote_is_left_alone(slack: SlackDouble, ask: Ask, method: str, error: str) -> None:
    others = slack.workspace.add("energy")
    assert ask(f"chat.{method}", channel=others.channel, ts=others.ts, text="mine")["error"] == error


def test_one_person_is_told_something(slack: SlackDouble, ask: Ask) -> None:
    parent = post(ask)
    said = ask(
        "chat.postEphemeral", channel=parent["channel"], user="U0EDITOR", text="psst", thread_ts=parent["ts"]
    )
    assert said["ok"]
    (told,) = slack.ephemeral
    assert (told.user, told.text, told.thread_ts) == ("U0EDITOR", "psst", parent["ts"])
    assert len(slack.messages) == 1
    stranger = ask("chat.postEphemeral", channel=parent["channel"], user="U0NOBODY", text="psst")
    assert stranger["error"] == "user_not_in_channel"


def test_a_message_has_an_address_for_people(ask: Ask) -> None:
    parent = post(ask)
    reply = post(ask, "confirmed", thread_ts=parent["ts"])
    link = ask("chat.getPermalink", channel=parent["channel"], message_ts=reply["ts"])["permalink"]
    assert link.endswith(f"/p{reply['ts'].replace('.', '')}?thread_ts={parent['ts']}&cid={parent['channel']}")


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("chat.postMessage", "chat:write"),
        ("chat.postEphemeral", "chat:write"),
        ("chat.delete", "chat:write"),
        ("conversations.replies", "channels:history"),
        ("conversations.info", "channels:read"),
    ],
)
def test_each_method_needs_its_scope(slack: SlackDouble, ask: Ask, method: str, scope: str) -> None:
    parent = post(ask)
    slack.workspace.scopes.discard(scope)
    said = ask(method, channel=parent["channel"], ts=parent["ts"], text="x", user="U0EDITOR")
    assert (said["error"], said["needed"]) == ("missing_scope", scope)
    assert scope not in said["scopes"].split(",")


def test_a_private_channel_needs_the_scopes_of_its_kind(slack: SlackDouble, ask: Ask) -> None:
    room = post(ask)["channel"]
    slack.workspace.private.add("energy")
    assert ask("conversations.list", types="private_channel")["channels"][0]["is_private"]
    slack.workspace.scopes -= {"groups:history", "groups:read"}
    assert ask("conversations.history", channel=room)["needed"] == "groups:history"
    assert ask("conversations.list", types="public_channel,private_channel")["needed"] == "groups:read"
    assert ask("conversations.list")["channels"] == []


def test_a_channel_that_the_app_was_not_invited_to_is_not_told(slack: SlackDouble, ask: Ask) -> None:
    room = post(ask)["channel"]
    slack.workspace.outside.add("energy")
    assert ask("chat.postMessage", channel=room, text="x")["error"] == "not_in_channel"
    slack.workspace.scopes.add("chat:write.public")
    assert ask("chat.postMessage", channel=room, text="x")["ok"]
    slack.workspace.private.add("energy")
    assert ask("chat.postMessage", channel=room, text="x")["error"] == "channel_not_found"
    assert ask("conversations.info", channel=room)["error"] == "channel_not_found"


def test_each_token_has_its_workspace(slack: SlackDouble, ask: Ask) -> None:
    other = slack.add_workspace(OTHER, channels=["desk"])
    first = post(ask)
    second = ask("chat.postMessage", token=OTHER, channel="#desk", text="there")
    assert second["ok"]
    assert first["channel"] != second["channel"]
    assert [message.text for message in other.messages] == ["there"]
    assert [message.text for message in slack.messages] == ["a story", "there"]
    known = ask("auth.test", token=OTHER)
    assert known["team_id"] == other.team != slack.workspace.team


def test_a_token_that_was_revoked_is_good_no_more(slack: SlackDouble, ask: Ask) -> None:
    slack.add_workspace(OTHER)
    slack.revoke(slack.token)
    assert ask("auth.test")["error"] == "token_revoked"
    assert ask("auth.test", token=OTHER)["ok"]
    assert ask("auth.test", token=OTHER[:-1])["error"] == "invalid_auth"


def test_an_app_token_opens_lines_and_nothing_else(slack: SlackDouble, ask: Ask) -> None:
    assert ask("apps.connections.open", token=slack.app_token)["url"].startswith("ws://127.0.0.1:")
    assert ask("apps.connections.open")["error"] == "not_allowed_token_type"
    assert ask("auth.test", token=slack.app_token)["error"] == "not_allowed_token_type"


def test_arguments_may_come_as_a_form(slack: SlackDouble) -> None:
    line = http.client.HTTPConnection(str(urlsplit(slack.url).hostname), urlsplit(slack.url).port)
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "words"}}]
    form = urlencode({"channel": CHANNEL, "blocks": json.dumps(blocks), "metadata": json.dumps(marked("d1"))})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Bearer {slack.token}"}
    line.request("POST", "/api/chat.postMessage", form, kind)
    line.getresponse().read()
    line.close()
    assert slack.messages[0].blocks == blocks
    assert slack.posted["d1"] == 1


def test_only_the_last_requests_are_kept_where_a_test_wants_no_more() -> None:
    with SlackDouble(remember=1) as slack:
        line = http.client.HTTPConnection(str(urlsplit(slack.url).hostname), urlsplit(slack.url).port)
        for method in ("auth.test", "conversations.list"):
            line.request("POST", f"/api/{method}", "", {"Authorization": f"Bearer {slack.token}"})
            line.getresponse().read()
        line.close()
        assert [asked.method for asked in slack.asked] == ["conversations.list"]
