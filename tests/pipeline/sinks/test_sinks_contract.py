"""What every sink promises, whichever it is."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pipeline.cli.house import sinks_of_worker
from pipeline.sinks import Sink, SinkSpec, open_sinks
from pipeline.sinks.console import ConsoleSink
from pipeline.sinks.email import EmailSink
from pipeline.sinks.jsonl import JsonlSink
from pipeline.sinks.slack import SlackSink
from pipeline.sinks.spec import ConsoleSpec, EmailSpec, JsonlSpec, SlackSpec, WebhookSpec
from pipeline.sinks.webhook import WebhookSink
from tests.doubles.mailserver import MailServer
from tests.doubles.receiver import Receiver
from tests.doubles.slack import SlackDouble
from tests.pipeline.sinks.conftest import made_delivery, made_digest, made_reply
from tests.pipeline.sinks.test_slack_blocks import ALERTS, TEXT
from transforms.article import Alert, Delivery, Reply
from transforms.entity import Entity
from transforms.errors import Fault
from transforms.watch import Rules

KINDS = ("console", "jsonl", "slack", "webhook", "email")
FORGETFUL = (ConsoleSink, WebhookSink, EmailSink)
"""Those that cannot be asked what they heard."""

VARIABLE = "DESK_TOKEN"
HELD = "DESK_SECRET"
KEY = "a-secret-that-both-sides-hold-b7c1"
MAIL: dict[str, Any] = {
    "host": "localhost",
    "security": "none",
    "from": "tocsin@news.example",
    "to": ["desk@news.example"],
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Make = Callable[..., Delivery]


@pytest.fixture(params=KINDS)
def any_sink(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sink]:
    with ExitStack() as stack:
        opened = _opened(request.param, tmp_path, stack)
        yield opened
        opened.close()


def _opened(kind: str, folder: Path, stack: ExitStack) -> Sink:
    if kind == "console":
        return ConsoleSink(name="desk", environ={}, stream=io.StringIO())
    if kind == "jsonl":
        return JsonlSink(str(folder / "alerts.jsonl"), name="desk")
    if kind == "webhook":
        return WebhookSink(stack.enter_context(Receiver()).url, KEY, name="desk")
    if kind == "email":
        server = stack.enter_context(MailServer())
        return EmailSink(EmailSpec(name="desk", port=server.port, **MAIL), None)
    slack = stack.enter_context(SlackDouble())
    return SlackSink(slack.token, name="desk", variable="V", base_url=slack.url, say=print)


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
    assert found == (None if isinstance(any_sink, FORGETFUL) else receipt)
    assert any_sink.find(delivery(sequence=2, attempted=LONG_AGO)) is None


def test_what_is_told_in_a_thread_leaves_the_message_where_it_is(any_sink: Sink, delivery: Make) -> None:
    first = any_sink.send(delivery())
    told = any_sink.send(made_reply(first))
    assert told.channel == first.channel


def test_a_digest_is_told(any_sink: Sink) -> None:
    sent = made_digest(more=3)
    receipt = any_sink.send(sent)
    assert receipt.channel is not None
    assert any_sink.send(sent).channel == receipt.channel


def test_what_is_said_twice_has_the_same_place(any_sink: Sink, delivery: Make) -> None:
    first, second = any_sink.send(delivery()), any_sink.send(delivery())
    assert second.channel == first.channel
    if not isinstance(any_sink, SlackSink):  # whose messages are told apart by the time they were posted
        assert second == first


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(ALERTS, TEXT)
def test_whatever_an_article_holds_is_told(any_sink: Sink, alert: Alert, told: str) -> None:
    first = any_sink.send(made_delivery(alert))
    any_sink.send(made_reply(first, reply=Reply(reason="correction", text=told)))
    any_sink.send(made_digest(alert))


def test_what_holds_a_secret_is_not_pickled_nor_shown(any_sink: Sink) -> None:
    assert KEY not in repr(any_sink) + str(any_sink)
    if isinstance(any_sink, SlackSink | WebhookSink | EmailSink):
        with pytest.raises(TypeError, match="is not pickled"):
            pickle.dumps(any_sink)


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
        WebhookSpec(url="http://127.0.0.1:9/", secret_env=HELD),
        EmailSpec(user="tocsin", password_env=HELD, **MAIL),
    ]
    environ = {"SLACK_BOT_TOKEN": slack.token + "\n", HELD: KEY}
    opened = open_sinks(specs, environ, told.append)
    assert {name: type(sink).__name__ for name, sink in opened.items()} == {
        "console": "ConsoleSink",
        "archive": "JsonlSink",
        "slack": "SlackSink",
        "webhook": "WebhookSink",
        "email": "EmailSink",
    }
    assert told == []
    for sink in opened.values():
        sink.close()


def test_a_newsrooms_own_entities_are_called_by_their_names_in_slack(
    slack: SlackDouble, delivery: Make, alert: Callable[..., Alert], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token)
    grid = Entity(id="org/grid", label="ORG", name="The Grid Office")
    sink = sinks_of_worker([SlackSpec(base_url=slack.url)], lambda: Rules(entities={grid.id: grid}))["slack"]
    sink.send(delivery(alert(entities=("org/grid",))))
    sink.close()
    assert "The Grid Office" in json.dumps([message.blocks for message in slack.messages])


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (WebhookSpec(url="https://x.example/", secret_env=HELD), "the secret that both sides hold"),
        (EmailSpec(user="u", password_env=HELD, **MAIL), "the password of the mail account"),
    ],
)
def test_without_its_secret_no_other_sink_is_opened(spec: SinkSpec, what: str) -> None:
    with pytest.raises(Fault, match=f"variable DESK_SECRET is not set: it must hold {what}"):
        open_sinks([spec], {}, print)


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
