"""The webhook sink: one signed POST for a delivery, and what each answer means."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import re
import ssl
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from pipeline.sinks.webhook import WebhookSink, body
from tests.doubles.receiver import Answer, Receiver
from tests.pipeline.sinks.conftest import made_delivery, made_digest, made_reply
from tests.pipeline.sinks.test_slack_blocks import ALERTS
from transforms.article import Alert, Delivery, Digest
from transforms.errors import Fault, Poison, Refused, Retry, TocsinError

Make = Callable[..., Delivery]
KEY = "a-secret-that-both-sides-hold-b7c1"
DOCS = Path(__file__).parents[3] / "docs" / "sinks.md"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as double:
        yield double


def opened(receiver: Receiver, **changes: Any) -> WebhookSink:
    known: dict[str, Any] = {"name": "desk", "held": "environment variable DESK_SECRET"}
    return WebhookSink(receiver.url, changes.pop("secret", KEY), **known | changes)


def the_receivers_check() -> Callable[..., dict[str, Any]]:
    """The code that docs/sinks.md gives to whoever writes a receiver."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    room: dict[str, Any] = {}
    exec(compile(code, str(DOCS), "exec"), room)  # noqa: S102 - our own page
    return room["alert_of"]  # type: ignore[no-any-return]


def test_an_alert_is_one_post_of_its_border_shape(receiver: Receiver, delivery: Make) -> None:
    sent = delivery()
    receipt = opened(receiver).send(sent)
    (heard,) = receiver.heard
    said = json.loads(heard.body)
    assert said.pop("delivery") == sent.id == heard.headers["Tocsin-Delivery"]
    assert Alert.model_validate(said) == sent.alert
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["Idempotency-Key"] == sent.id
    assert heard.path == "/hook/8f3a"
    assert (receipt.channel, receipt.message) == ("#energy", sent.id)


def test_a_reply_is_its_alert_and_what_is_told_of_it(receiver: Receiver) -> None:
    sink = opened(receiver)
    sink.send(made_reply(sink.send(made_delivery())))
    said = json.loads(receiver.heard[1].body)
    assert said["reply"] == {
        "reason": "independent-confirmation",
        "text": "Coast Daily confirms it with its own source",
    }
    assert (said["kind"], said["outlets"]) == ("update", 3)


def test_a_digest_is_one_post_with_its_alerts(receiver: Receiver) -> None:
    sent = made_digest(more=4)
    opened(receiver).send(sent)
    said = json.loads(receiver.heard[0].body)
    assert sorted(said) == ["delivery", "digest"]
    assert Digest.model_validate(said["digest"]) == sent.digest


def test_the_check_in_the_docs_takes_what_is_ours_and_nothing_else(receiver: Receiver) -> None:
    check = the_receivers_check()
    opened(receiver, clock=lambda: 1_800_000_000.7).send(made_delivery())
    (heard,) = receiver.heard
    key, now = KEY.encode(), 1_800_000_060
    assert check(heard.headers, heard.body, key, now=now)["headline"] == "Envoy warns of forged orders"
    for headers, content, secret, when in (
        (heard.headers, heard.body + b" ", key, now),
        (heard.headers, heard.body, b"another secret of both", now),
        (heard.headers, heard.body, key, now + 3600),
        (dict(heard.headers) | {"Tocsin-Timestamp": "1800000001"}, heard.body, key, now),
        (dict(heard.headers) | {"Tocsin-Timestamp": "soon"}, heard.body, key, now),
        (dict(heard.headers) | {"Tocsin-Signature": ""}, heard.body, key, now),
        (dict(heard.headers) | {"Tocsin-Signature": "v1=é"}, heard.body, key, now),
        ({}, heard.body, key, now),
    ):
        with pytest.raises(PermissionError):
            check(headers, content, secret, now=when)


def test_without_a_secret_nothing_is_signed(receiver: Receiver, delivery: Make) -> None:
    opened(receiver, secret=None).send(delivery())
    assert "Tocsin-Signature" not in receiver.heard[0].headers


def test_a_repeated_delivery_is_known_by_its_id(receiver: Receiver, delivery: Make) -> None:
    sink = opened(receiver)
    assert sink.send(delivery()) == sink.send(delivery())
    first, second = receiver.heard
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_heard(receiver: Receiver, delivery: Make, status: int) -> None:
    receiver.script = [Answer(status, body=b"")]
    assert opened(receiver).send(delivery()).message is not None


def soon(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=False)


@pytest.mark.parametrize(
    ("answer", "after", "unknown"),
    [
        (Answer(429, {"Retry-After": "17"}), 17, False),
        (Answer(429), None, False),
        (Answer(429, {"Retry-After": "whenever"}), None, False),
        (Answer(503, {"Retry-After": "17"}), 17, False),
        (Answer(503), None, True),
        (Answer(500, body=b"<html>"), None, True),
        (Answer(502), None, True),
        (Answer(504, {"Retry-After": "3"}), 3, True),
        (Answer(408), None, False),
        (Answer(instead="reset"), None, True),
    ],
)
def test_what_may_work_later_is_tried_again(
    receiver: Receiver, delivery: Make, answer: Answer, after: float | None, unknown: bool
) -> None:
    receiver.script = [answer]
    with pytest.raises(Retry) as caught:
        opened(receiver).send(delivery())
    assert (caught.value.after, caught.value.unknown) == (after, unknown)
    assert len(receiver.heard) == 1


def test_a_date_to_wait_for_is_understood(receiver: Receiver, delivery: Make) -> None:
    receiver.script = [Answer(429, {"Retry-After": soon(3600)})]
    with pytest.raises(Retry) as caught:
        opened(receiver).send(delivery())
    assert caught.value.after is not None
    assert 0 < caught.value.after <= 3600


@pytest.mark.parametrize("instead", ["drip", "nothing"])
def test_a_receiver_that_never_ends_its_answer_is_given_up(
    receiver: Receiver, delivery: Make, instead: Any
) -> None:
    receiver.script = [Answer(instead=instead)]
    with pytest.raises(Retry, match=r"no answer within 0\.3 s") as caught:
        opened(receiver, timeout=0.3).send(delivery())
    assert caught.value.unknown


def test_an_endless_answer_is_heard_and_not_read(receiver: Receiver, delivery: Make) -> None:
    receiver.script = [Answer(200, {"Content-Length": "99999999999"}, body=b"x" * 200_000)]
    assert opened(receiver, timeout=5).send(delivery()).message is not None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (301, "write the final address as url"),
        (307, "write the final address as url"),
        (401, "the same secret (the environment variable DESK_SECRET)"),
        (403, "the same secret"),
        (404, "correct url of this sink"),
        (405, "correct url of this sink"),
        (410, "correct url of this sink"),
    ],
)
def test_what_a_person_must_change_is_said(
    receiver: Receiver, delivery: Make, status: int, said: str
) -> None:
    receiver.script = [Answer(status, {"Location": receiver.url} if status in {301, 307} else {}, body=b"")]
    with pytest.raises(Refused) as caught:
        opened(receiver).send(delivery())
    assert said in str(caught.value)
    assert f"HTTP {status}" in str(caught.value)
    assert len(receiver.heard) == 1, "a redirect was followed"


@pytest.mark.parametrize("status", [400, 413, 415, 422, 451])
def test_what_the_receiver_can_never_take_is_poison(receiver: Receiver, delivery: Make, status: int) -> None:
    receiver.script = [Answer(status)]
    with pytest.raises(Poison) as caught:
        opened(receiver).send(delivery())
    assert caught.value.reason == f"webhook-{status}"


def test_where_nobody_listens_nothing_was_heard(delivery: Make) -> None:
    with Receiver() as gone:
        url = gone.url
    with pytest.raises(Retry, match="not reached") as caught:
        WebhookSink(url, KEY, name="desk").send(delivery())
    assert not caught.value.unknown


@pytest.mark.usefixtures("trusted")
def test_over_tls_to_a_receiver_that_is_trusted(tls: ssl.SSLContext, delivery: Make) -> None:
    with Receiver(tls) as receiver:
        opened(receiver).send(delivery())
    assert len(receiver.heard) == 1


def test_a_receiver_that_is_not_trusted_hears_nothing(tls: ssl.SSLContext, delivery: Make) -> None:
    with Receiver(tls) as receiver, pytest.raises(Retry, match="no safe connection") as caught:
        opened(receiver).send(delivery())
    assert receiver.heard == []
    assert not caught.value.unknown


def test_the_secret_is_in_no_repr_pickle_log_or_error(
    receiver: Receiver, delivery: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sink = opened(receiver)
    said = repr(sink) + str(sink)
    for answer in (Answer(401), Answer(500), Answer(instead="reset"), Answer(400)):
        receiver.script = [answer]
        with pytest.raises(TocsinError) as caught:
            sink.send(delivery())
        error = caught.value
        said += "".join(traceback.format_exception(error)) + repr(error.__context__) + str(vars(error))
    assert KEY not in said + caplog.text
    assert "/hook/8f3a" not in said, "the path may be a secret of the receiver's"
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a secret"):
            travel(sink)
    for heard in receiver.heard:
        assert KEY not in str(heard.headers)
        assert KEY.encode() not in heard.body


def test_a_secret_that_can_be_guessed_is_a_fault(receiver: Receiver) -> None:
    with pytest.raises(Fault, match="fewer than 16 characters") as caught:
        opened(receiver, secret="hunter2")  # noqa: S106 - made up
    assert "hunter2" not in str(caught.value)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(ALERTS)
def test_whatever_an_alert_holds_its_body_is_json(alert: Alert) -> None:
    said = json.loads(body(made_delivery(alert)).decode("utf-8"))
    assert said["id"] == alert.id
    assert len(said["coverage"]) == len(alert.coverage)
