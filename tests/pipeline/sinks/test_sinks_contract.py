"""What every sink promises, whichever it is."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.sinks import Sink, SinkSpec, open_sinks
from pipeline.sinks.console import ConsoleSink
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.slack import SlackSink
from pipeline.sinks.spec import ConsoleSpec, JsonlSpec, SlackSpec
from tests.doubles.slack import SlackDouble
from transforms.article import Delivery
from transforms.errors import Fault

KINDS = ("console", "jsonl", "slack")
VARIABLE = "DESK_TOKEN"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Make = Callable[..., Delivery]


@pytest.fixture(params=KINDS)
def any_sink(request: pytest.FixtureRequest, tmp_path: Path, slack: SlackDouble) -> Iterator[Sink]:
    sinks: dict[str, Sink] = {
        "console": ConsoleSink(name="desk", environ={}, stream=io.StringIO()),
        "jsonl": JsonlSink(str(tmp_path / "alerts.jsonl"), name="desk"),
        "slack": SlackSink(slack.token, name="desk", variable="V", base_url=slack.url, say=print),
    }
    opened = sinks[request.param]
    yield opened
    opened.close()


def test_a_sink_has_the_name_it_was_given(any_sink: Sink) -> None:
    assert any_sink.name == "desk"


def test_a_message_can_be_sent_and_then_edited(any_sink: Sink, delivery: Make) -> None:
    first = any_sink.send(delivery())
    second = any_sink.send(delivery(sequence=2, previous=first))
    assert first.channel is not None
    assert second.channel == first.channel


def test_what_was_never_sent_is_not_found(any_sink: Sink, delivery: Make) -> None:
    assert any_sink.find(delivery(attempted=LONG_AGO)) is None


def test_what_was_sent_is_found_or_not_remembered_but_never_mistaken(any_sink: Sink, delivery: Make) -> None:
    receipt = any_sink.send(delivery())
    found = any_sink.find(delivery(attempted=LONG_AGO))
    assert found == (None if isinstance(any_sink, ConsoleSink) else receipt)
    assert any_sink.find(delivery(sequence=2, attempted=LONG_AGO)) is None


def test_closing_twice_is_harmless(any_sink: Sink, delivery: Make) -> None:
    any_sink.send(delivery())
    any_sink.close()
    any_sink.close()


def test_sinks_are_opened_by_name_from_what_the_configuration_states(
    tmp_path: Path, slack: SlackDouble
) -> None:
    told: list[str] = []
    specs: list[SinkSpec] = [
        ConsoleSpec(),
        JsonlSpec(path=str(tmp_path / "alerts.jsonl"), name="archive"),
        SlackSpec(base_url=slack.url),
    ]
    opened = open_sinks(specs, {"SLACK_BOT_TOKEN": slack.token + "\n"}, told.append)
    assert {name: type(sink).__name__ for name, sink in opened.items()} == {
        "console": "ConsoleSink",
        "archive": "JsonlSink",
        "slack": "SlackSink",
    }
    assert told == []


def test_without_a_token_slack_is_the_console_and_says_so(
    capsys: pytest.CaptureFixture[str], delivery: Make
) -> None:
    told: list[str] = []
    opened = open_sinks([SlackSpec()], {"SLACK_BOT_TOKEN": "  "}, told.append)
    receipt = opened["slack"].send(delivery())
    assert "SLACK_BOT_TOKEN is not set" in told[0]
    assert "Envoy warns of forged orders" in capsys.readouterr().out
    assert receipt.message is None


def test_two_sinks_of_one_name_are_a_fault() -> None:
    with pytest.raises(Fault, match="two sinks are called 'console'"):
        open_sinks([ConsoleSpec(), ConsoleSpec()], {}, print)


@pytest.mark.parametrize("token", ["xoxb-1 2", "xoxb-1\nX: y", "xoxb-é", "xoxb-\x00"])
def test_what_cannot_be_a_token_is_a_fault_that_does_not_repeat_it(token: str) -> None:
    with pytest.raises(Fault) as caught:
        open_sinks([SlackSpec(token_env=VARIABLE)], {"DESK_TOKEN": token}, print)
    assert "DESK_TOKEN" in str(caught.value)
    assert token not in str(caught.value)


def test_a_spec_travels_to_workers() -> None:
    spec = SlackSpec(token_env=VARIABLE, name="desk")
    assert pickle.loads(pickle.dumps(spec)) == spec  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    "url",
    [
        "http://slack.com/api/",
        "ftp://127.0.0.1/",
        "https://user:pw@slack.com/",
        "https://slack.com/?a=b",
        "slack",
    ],
)
def test_a_token_is_sent_nowhere_but_over_https_or_to_this_machine(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        SlackSpec(base_url=url)


def test_a_token_in_place_of_its_variable_is_refused_and_not_repeated() -> None:
    in_its_place = "xoxb-12345-secret"
    with pytest.raises(ValueError, match="never the token") as caught:
        SlackSpec(token_env=in_its_place)
    assert "secret" not in str(caught.value)
