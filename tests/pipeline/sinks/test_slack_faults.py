"""Everything that goes wrong with Slack has its kind: later, never, or a person must change something."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from urllib.error import URLError

import pytest

from pipeline.sinks.slack import SlackSink, client
from pipeline.sinks.slack.client import Client
from tests.doubles.slack import SlackDouble, broken, limited, refused, reset, slow, strange
from transforms.article import Delivery
from transforms.errors import Poison, Refused, Retry, TocsinError

Make = Callable[..., Delivery]


def failing(sink: SlackSink, sent: Delivery) -> TocsinError:
    with pytest.raises(TocsinError) as caught:
        sink.send(sent)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None, "what was caught may hold the request and with it the token"
    return caught.value


@pytest.mark.parametrize(
    ("header", "after"), [("30", 30.0), ("0.5", 0.5), ("0", 0.0), ("soon", None), ("-1", None)]
)
def test_too_fast_is_later_after_what_slack_says(
    slack: SlackDouble, sink: SlackSink, delivery: Make, header: str, after: float | None
) -> None:
    slack.fail_next(limited(header))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert (error.after, error.unknown) == (after, False)
    assert slack.messages == []
    assert len(slack.asked) == 1, "it is not tried again here, nor waited"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_slack_failing_is_later_and_it_may_have_been_heard(
    slack: SlackDouble, sink: SlackSink, delivery: Make, status: int
) -> None:
    slack.fail_next(broken(status, carried_out=True))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown
    assert (len(slack.asked), len(slack.messages)) == (1, 1)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
def test_slack_failing_at_work_is_later_and_it_may_have_been_heard(
    slack: SlackDouble, sink: SlackSink, delivery: Make, code: str
) -> None:
    slack.fail_next(refused(code))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_breaks_is_later_and_it_may_have_been_heard(
    slack: SlackDouble, sink: SlackSink, delivery: Make, when: str
) -> None:
    slack.fail_next(reset("before" if when == "before" else "after"))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown
    assert len(slack.messages) == (when == "after")
    assert len(slack.asked) == 1


def test_an_answer_that_does_not_come_is_later_and_it_may_have_been_heard(
    slack: SlackDouble, sink: SlackSink, delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", 0.2)
    slack.fail_next(slow(5))
    began = time.monotonic()
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown
    assert time.monotonic() - began < 2


def test_an_answer_that_drips_is_given_up(delivery: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        drip = threading.Thread(target=_drip, args=(server,))
        drip.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/"
        error = failing(SlackSink("xoxb-1", name="desk", variable="V", base_url=url, say=print), delivery())
        drip.join()
    assert isinstance(error, Retry)
    assert error.unknown


def _drip(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
        try:
            for _ in range(100):
                line.sendall(b" ")
                time.sleep(0.05)
        except OSError:
            return


def test_an_answer_without_end_is_given_up(
    slack: SlackDouble, sink: SlackSink, delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LARGEST", 1000)
    slack.fail_next(strange(b'{"ok": true}' + b" " * 100_000))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown


def test_nobody_listening_is_later_and_surely_not_heard(delivery: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api/"
    error = failing(SlackSink("xoxb-1", name="desk", variable="V", base_url=url, say=print), delivery())
    assert isinstance(error, Retry)
    assert not error.unknown


def test_an_address_that_cannot_be_one_is_refused_naming_the_setting(delivery: Make) -> None:
    sink = SlackSink("xoxb-1", name="desk", variable="V", base_url="http://127.0.0.1:port/", say=print)
    error = failing(sink, delivery())
    assert isinstance(error, Refused)
    assert "base_url" in str(error)


@pytest.mark.parametrize(
    ("cause", "unknown"),
    [
        (socket.gaierror(-2, "Name or service not known"), False),
        (ssl.SSLCertVerificationError("certificate verify failed"), False),
        (OSError(113, "No route to host"), False),
        (BrokenPipeError(32, "Broken pipe"), True),
        (TimeoutError("timed out"), True),
    ],
)
def test_only_what_surely_never_left_counts_as_not_heard(cause: OSError, *, unknown: bool) -> None:
    error = client._no_answer(URLError(cause), "desk")
    assert isinstance(error, Retry)
    assert error.unknown is unknown


TOKEN_ERRORS = ("invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed")
CHANNEL_ERRORS = (
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "no_permission",
    "restricted_action_thread",
)


@pytest.mark.parametrize("code", TOKEN_ERRORS)
def test_a_bad_token_is_refused_naming_the_variable(
    slack: SlackDouble, sink: SlackSink, delivery: Make, code: str
) -> None:
    slack.fail_next(refused(code))
    error = failing(sink, delivery())
    assert isinstance(error, Refused)
    assert code in str(error)
    assert "SLACK_BOT_TOKEN" in str(error)


@pytest.mark.parametrize("code", CHANNEL_ERRORS)
@pytest.mark.parametrize("edit", [False, True])
def test_a_channel_that_cannot_be_told_is_refused_naming_it(
    slack: SlackDouble, sink: SlackSink, delivery: Make, code: str, *, edit: bool
) -> None:
    previous = sink.send(delivery()) if edit else None
    slack.fail_next(refused(code))
    error = failing(sink, delivery(sequence=2, previous=previous))
    assert isinstance(error, Refused)
    assert code in str(error)
    assert "#energy" in str(error)


def test_a_wrong_token_is_refused_by_the_double_too(slack: SlackDouble, delivery: Make) -> None:
    sink = SlackSink("xoxb-wrong", name="desk", variable="DESK_TOKEN", base_url=slack.url, say=print)
    assert "DESK_TOKEN" in str(failing(sink, delivery()))
    assert slack.messages == []


def test_an_archived_channel_is_refused(slack: SlackDouble, sink: SlackSink, delivery: Make) -> None:
    slack.workspace.add("energy")
    slack.workspace.archived.add("energy")
    error = failing(sink, delivery())
    assert isinstance(error, Refused)
    assert "unarchive" in str(error)


def test_a_missing_scope_is_refused_naming_the_scope(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    slack.workspace.scopes.clear()
    error = failing(sink, delivery())
    assert isinstance(error, Refused)
    assert "scope chat:write" in str(error)


@pytest.mark.parametrize(
    "code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_arguments"]
)
def test_a_message_that_slack_can_never_take_is_poison(
    slack: SlackDouble, sink: SlackSink, delivery: Make, code: str
) -> None:
    slack.fail_next(
        refused(code, response_metadata={"messages": ["[ERROR] too long [json-pointer:/blocks/0]"]})
    )
    error = failing(sink, delivery())
    assert isinstance(error, Poison)
    assert error.reason == f"slack-{code.replace('_', '-')}"
    assert "/blocks/0" in error.message


def test_an_error_that_is_not_known_is_tried_again(
    slack: SlackDouble, sink: SlackSink, delivery: Make
) -> None:
    slack.fail_next(refused("something_new"))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert not error.unknown
    assert "something_new" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Log in</html>",
        b'{"ok": tru',
        b"[1]",
        b"null",
        b"\xff\xfe",
        b"[" * 20_000,
        b"1" * 5000,
        b'{"ok": false}',
        b'{"ok": false, "error": {"a": 1}}',
        b'{"ok": false, "error": "\\u001b[31m <!channel>"}',
        b'{"ok": "yes"}',
    ],
)
def test_an_answer_that_is_not_slacks_is_later_and_it_may_have_been_heard(
    slack: SlackDouble, sink: SlackSink, delivery: Make, body: bytes
) -> None:
    slack.fail_next(strange(body))
    error = failing(sink, delivery())
    assert isinstance(error, Retry)
    assert error.unknown
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(("status", "kind"), [(404, Refused), (403, Refused), (407, Refused), (408, Retry)])
def test_another_server_in_slacks_place_is_said_with_the_setting(
    slack: SlackDouble, sink: SlackSink, delivery: Make, status: int, kind: type[TocsinError]
) -> None:
    slack.fail_next(strange(b"<html>", status=status))
    error = failing(sink, delivery())
    assert isinstance(error, kind)
    assert "base_url" in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_the_token(
    slack: SlackDouble, sink: SlackSink, delivery: Make, status: int
) -> None:
    with SlackDouble() as elsewhere:
        slack.fail_next(strange(b"", status=status, headers={"Location": elsewhere.url + "chat.postMessage"}))
        assert isinstance(failing(sink, delivery()), Retry)
        assert elsewhere.asked == []


def test_this_machine_is_reached_without_the_proxy(
    slack: SlackDouble, delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setitem(os.environ, variable, "http://127.0.0.1:9/")
    sink = SlackSink(slack.token, name="desk", variable="V", base_url=slack.url, say=print)
    assert sink.send(delivery()).message is not None


def test_slacks_library_still_meets_the_network_in_the_one_place_that_is_ours(slack: SlackDouble) -> None:
    answer = Client(slack.token, slack.url).ask("auth_test", said="desk")
    assert answer.ok
    assert "content-type" in Client(slack.token, slack.url).auth_test().headers
