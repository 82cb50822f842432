"""The token stays where it is: no repr, pickle, log, error or message has it."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pipeline.sinks.slack import SlackSink
from pipeline.sinks.spec import SlackSpec
from tests.doubles.slack import SlackDouble, Trouble, broken, limited, refused, reset, strange
from transforms.article import Delivery
from transforms.errors import TocsinError

Make = Callable[..., Delivery]
SECRET = "xoxb-998877665544-this-must-not-be-seen"  # noqa: S105 - made up


@pytest.fixture
def guarded(slack: SlackDouble, told: list[str]) -> SlackSink:
    slack._state.token = SECRET
    return SlackSink(SECRET, name="desk", variable="SLACK_BOT_TOKEN", base_url=slack.url, say=told.append)


def echo(what: str) -> Trouble:
    """A server that says the token back."""
    return strange(f'{{"ok": false, "error": "{what}", "needed": "{SECRET}"}}'.encode())


TROUBLES = [
    broken(),
    limited(),
    reset("after"),
    refused("invalid_auth"),
    refused("something_new"),
    echo(SECRET),
    echo("missing_scope"),
    refused("invalid_blocks", response_metadata={"messages": [f"Bearer {SECRET}"]}),
    strange(f"<html>{SECRET}</html>".encode()),
    strange(SECRET.encode(), status=404),
]


def test_neither_the_sink_nor_its_client_show_the_token(guarded: SlackSink) -> None:
    shown = [repr(guarded), str(guarded), repr(vars(guarded)), repr(guarded._client), f"{guarded._client}"]
    assert not any(SECRET in each for each in shown)
    assert "desk" in repr(guarded)


def test_neither_the_sink_nor_its_client_are_pickled_or_copied(guarded: SlackSink) -> None:
    for holder in (guarded, guarded._client):
        for travel in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="holds a token") as caught:
                travel(holder)
            assert SECRET not in str(caught.value)


def test_a_spec_that_travels_has_the_variables_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", SECRET)
    spec = SlackSpec()
    assert SECRET.encode() not in pickle.dumps(spec)
    assert SECRET not in repr(spec) + spec.model_dump_json()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_error_has_the_token_however_slack_fails(
    slack: SlackDouble, guarded: SlackSink, delivery: Make, told: list[str], trouble: Trouble
) -> None:
    slack.fail_next(trouble, trouble)
    with pytest.raises(TocsinError) as caught:
        guarded.send(delivery())
    said = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
    try:
        guarded.find(delivery(attempted=datetime.now(UTC)))
    except TocsinError as error:
        said += "".join(traceback.format_exception(error)) + str(vars(error))
    assert SECRET not in said + "".join(told)
    assert SECRET.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize("trouble", [reset("before"), strange(b"<html>")])
def test_slacks_library_keeps_its_own_lines_to_itself(
    slack: SlackDouble, guarded: SlackSink, delivery: Make, caplog: pytest.LogCaptureFixture, trouble: Trouble
) -> None:
    caplog.set_level(logging.NOTSET)
    slack.fail_next(trouble)
    with pytest.raises(TocsinError):
        guarded.send(delivery())
    assert caplog.records == []


@pytest.mark.parametrize("trouble", [None, *TROUBLES])
def test_no_log_has_the_token_even_with_everything_logged(
    slack: SlackDouble,
    guarded: SlackSink,
    delivery: Make,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    trouble: Trouble | None,
) -> None:
    caplog.set_level(logging.NOTSET)
    caplog.set_level(logging.DEBUG, logger="slack_sdk")
    if trouble is not None:
        slack.fail_next(trouble)
    try:
        guarded.send(delivery())
    except TocsinError:
        logging.getLogger("desk").exception("not said")
    output = capfd.readouterr()
    assert SECRET not in caplog.text + output.out + output.err


def test_the_token_goes_to_slack_in_the_one_header_alone(
    slack: SlackDouble, guarded: SlackSink, delivery: Make
) -> None:
    guarded.send(delivery())
    guarded.find(delivery(attempted=datetime.now(UTC)))
    assert len(slack.asked) > 1
    for asked in slack.asked:
        assert asked.headers["Authorization"] == f"Bearer {SECRET}"
        assert SECRET not in str(asked.arguments)
        assert SECRET.encode() not in asked.body
