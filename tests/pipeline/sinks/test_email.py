"""The e-mail sink: what is worth a mail, in which thread, and what each answer of a mail server means."""

from __future__ import annotations

import copy
import logging
import pickle
import ssl
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from pipeline.sinks.email import EmailSink
from pipeline.sinks.spec import EmailSpec
from tests.doubles.mailserver import MailServer
from tests.pipeline.sinks.conftest import NOON, made_alert, made_delivery, made_digest, made_reply
from transforms.article import Delivery, Receipt, Reply, fingerprint
from transforms.errors import Fault, Poison, Refused, Retry, TocsinError

Make = Callable[..., Delivery]
PASSWORD = "correct-horse-battery"  # noqa: S105 - made up
HELD = "environment variable MAIL_PASSWORD"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as double:
        yield double


def noon() -> datetime:
    return NOON


def opened(server: MailServer, password: str | None = None, **changes: Any) -> EmailSink:
    known: dict[str, Any] = {
        "name": "mail",
        "host": "localhost",
        "port": server.port,
        "security": "none",
        "from": "tocsin@news.example",
        "to": ["desk@news.example"],
    }
    if password is not None:
        known |= {"user": "tocsin", "password_env": "MAIL_PASSWORD"}
    timeout, names = changes.pop("timeout", 30), changes.pop("names", dict)
    return EmailSink(
        EmailSpec(**known | changes), password, held=HELD, timeout=timeout, clock=noon, names=names
    )


def parts(server: MailServer, place: int = -1) -> tuple[str, str]:
    """The plain and the HTML body of a mail."""
    plain, html = server.kept[place].message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    return plain.get_content(), html.get_content()


def test_an_alert_is_one_mail_in_text_and_html(server: MailServer) -> None:
    sent = made_delivery()
    opened(server).send(sent)
    (kept,) = server.kept
    message = kept.message
    assert (kept.sender, kept.receivers) == ("tocsin@news.example", ("desk@news.example",))
    assert message["Subject"] == "[high] Envoy warns of forged orders"
    assert message["From"] == "Tocsin <tocsin@news.example>"
    assert message["To"] == "desk@news.example"
    assert message["Message-ID"] == f"<{sent.id}@news.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] is None
    assert message["Date"].datetime == NOON
    assert message.get_content_type() == "multipart/alternative"
    for said in parts(server):
        for part in ("Envoy warns of forged orders", "Why it rang", "We found forged orders", "Mara Quill"):
            assert part in said
        assert "https://times.example.org/a1?x=1&" in said


def test_a_mail_tells_what_entities_are_called(server: MailServer) -> None:
    told = made_alert(entities=("country/NO", "person/mara-quill", "outlet/zzq"))
    opened(server, names=lambda: {"country/NO": "Norway"}).send(made_delivery(told))
    plain, html = parts(server)
    assert "\nPeople: Mara Quill\nPlaces: Norway\nOutlets: ZZQ\n" in plain
    for subject, name in (("People", "Mara Quill"), ("Places", "Norway"), ("Outlets", "ZZQ")):
        assert f"<b>{subject}</b> {name}<" in html
    assert "country/NO" not in plain + html


def test_what_is_told_of_a_story_stays_in_one_thread(server: MailServer) -> None:
    sink = opened(server)
    first = sink.send(made_delivery())
    escalated = made_alert(kind="escalation", severity="high", reason="five outlets in an hour")
    second = sink.send(made_delivery(escalated, sequence=2, previous=first))
    third = sink.send(made_reply(second))
    assert first == second == third
    root, *others = (kept.message for kept in server.kept)
    assert len(others) == 2
    for message in others:
        assert message["In-Reply-To"] == root["Message-ID"] == message["References"]
        assert message["Subject"] == "Re: [high] Envoy warns of forged orders"
    assert len({message["Message-ID"] for message in (root, *others)}) == 3
    plain, html = parts(server)
    assert plain.startswith("Coast Daily confirms it with its own source\n")
    assert "Coast Daily confirms it with its own source" in html


def test_a_mere_update_is_no_mail_and_keeps_its_thread(server: MailServer) -> None:
    sink = opened(server)
    first = sink.send(made_delivery())
    assert sink.send(made_delivery(made_alert(kind="update"), sequence=2, previous=first)) == first
    assert len(server.kept) == 1


@pytest.mark.parametrize(
    "previous", [None, Receipt(channel="#energy"), Receipt(channel="C1", message="1714.01")]
)
def test_an_update_of_what_was_never_mailed_is_mailed(server: MailServer, previous: Receipt | None) -> None:
    opened(server).send(made_delivery(made_alert(kind="update"), sequence=2, previous=previous))
    (kept,) = server.kept
    assert kept.message["Subject"].startswith("[high]")
    assert kept.message["In-Reply-To"] is None


def test_an_escalation_and_its_reply_are_one_mail(server: MailServer) -> None:
    sink = opened(server)
    first = sink.send(made_delivery())
    escalated = made_alert(kind="escalation", reason="five outlets in an hour")
    told = Reply(reason="escalation", text="five outlets in an hour")
    sink.send(made_delivery(escalated, sequence=2, previous=first))
    again = made_delivery(escalated, sequence=3, previous=first, reply=told)
    assert sink.send(again) == first
    assert len(server.kept) == 2
    opened(server).send(again)
    assert len(server.kept) == 3, "whoever did not mail the escalation mails its reply"


def test_a_digest_is_one_mail_with_all_its_alerts(server: MailServer) -> None:
    opened(server).send(made_digest(more=7))
    (kept,) = server.kept
    assert kept.message["Subject"] == "Overnight: 9 alerts"
    assert kept.message["In-Reply-To"] is None
    for said in parts(server):
        for part in ("Overnight", "Envoy warns of forged orders", "Strike ends", "and 7 more"):
            assert part in said


def test_the_same_delivery_has_the_same_id(server: MailServer, delivery: Make) -> None:
    sink = opened(server)
    assert sink.send(delivery()) == sink.send(delivery())
    first, second = server.kept
    assert first.content == second.content


def test_channels_may_have_receivers_of_their_own(server: MailServer) -> None:
    sink = opened(server, to=["all@news.example"], channels={"energy": ["a@x.example", "b@x.example"]})
    sink.send(made_delivery())
    sink.send(made_delivery(made_alert(channel="#sport")))
    assert [kept.receivers for kept in server.kept] == [("a@x.example", "b@x.example"), ("all@news.example",)]


def test_a_channel_that_nobody_hears_is_refused(server: MailServer) -> None:
    sink = opened(server, to=[], channels={"#sport": ["a@x.example"]})
    with pytest.raises(Refused, match="nobody gets what is told #energy: write it under channels"):
        sink.send(made_delivery())


@pytest.mark.usefixtures("trusted")
def test_over_starttls_with_a_password(tls: ssl.SSLContext) -> None:
    with MailServer(tls, accounts={"tocsin": PASSWORD}) as server:
        opened(server, PASSWORD, security="starttls").send(made_delivery())
    (kept,) = server.kept
    assert (kept.tls, kept.user) == (True, "tocsin")


@pytest.mark.usefixtures("trusted")
def test_over_tls_from_the_first_byte(tls: ssl.SSLContext) -> None:
    with MailServer(tls, implicit=True) as server:
        opened(server, security="tls").send(made_delivery())
    assert server.kept[0].tls


def test_a_server_without_starttls_gets_nothing(server: MailServer) -> None:
    with pytest.raises(Refused, match="it offers no STARTTLS, and nothing goes in the clear"):
        opened(server, PASSWORD, security="starttls").send(made_delivery())
    assert server.kept == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_is_not_trusted_gets_nothing(tls: ssl.SSLContext, security: str) -> None:
    with (
        MailServer(tls, implicit=security == "tls") as server,
        pytest.raises(Retry, match="its certificate is not trusted") as caught,
    ):
        opened(server, PASSWORD, security=security).send(made_delivery())
    assert server.kept == []
    assert not caught.value.unknown


def test_a_server_that_knows_no_accounts_is_said(server: MailServer) -> None:
    with pytest.raises(Refused, match="it lets nobody log in here"):
        opened(server, PASSWORD).send(made_delivery())


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_refused_and_not_repeated(
    tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="pipeline")
    with MailServer(tls, accounts={"tocsin": "another"}) as server:
        sink = opened(server, PASSWORD, security="starttls")
        with pytest.raises(
            Refused, match=r"correct user of this sink, or the environment variable MAIL_PAS"
        ) as caught:
            sink.send(made_delivery())
        server.script.login = "454 4.7.0 temporary failure"
        with pytest.raises(Retry) as later:
            sink.send(made_delivery())
    said = repr(sink) + str(vars(sink)) + repr(sink._server._account) + caplog.text
    for error in (caught.value, later.value):
        said += "".join(traceback.format_exception(error)) + repr(error.__context__) + str(vars(error))
    assert PASSWORD not in said
    for travel in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="holds a password"):
            travel(sink)


def test_a_password_that_cannot_be_sent_is_a_fault(server: MailServer) -> None:
    with pytest.raises(Fault, match="outside ASCII") as caught:
        opened(server, "geheim-für-alle")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("said", "error", "part"),
    [
        ("451 4.3.0 try later", Retry, "451 4.3.0 try later"),
        ("550 5.7.1 relay denied", Refused, "correct from, to or channels of this sink, or let it relay"),
        ("530 5.7.0 log in first", Refused, "write user and password_env of this sink"),
        ("552 5.3.4 too large", Poison, "email-552"),
        ("421 4.3.2 going down", Retry, "421"),
    ],
)
def test_what_a_server_says_to_the_sender(
    server: MailServer, said: str, error: type[TocsinError], part: str
) -> None:
    server.script.sender = said
    with pytest.raises(error) as caught:
        opened(server).send(made_delivery())
    assert part in str(caught.value)
    assert not getattr(caught.value, "unknown", False)


@pytest.mark.parametrize(
    ("said", "error"),
    [("450 4.2.1 greylisted", Retry), ("550 5.1.1 no such user", Refused), ("552 full", Refused)],
)
def test_where_no_mail_box_takes_it(server: MailServer, said: str, error: type[TocsinError]) -> None:
    server.script.receivers["desk@news.example"] = said
    with pytest.raises(error, match=r"does not take mail for desk@news\.example"):
        opened(server).send(made_delivery())


def test_one_mail_box_that_is_gone_does_not_keep_the_others_from_hearing(
    server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.script.receivers["gone@x.example"] = "550 5.1.1 no such user"
    opened(server, to=["gone@x.example", "here@x.example"]).send(made_delivery())
    assert server.kept[0].receivers == ("here@x.example",)
    assert "does not take mail for gone@x.example: 550 5.1.1 no such user" in caplog.text


def test_all_wait_for_one_mail_box_a_while_so_that_none_gets_it_twice(server: MailServer) -> None:
    server.script.receivers["slow@x.example"] = "450 4.2.1 greylisted"
    sink = opened(server, to=["slow@x.example", "here@x.example"])
    with pytest.raises(Retry, match="greylisted"):
        sink.send(made_delivery(attempts=2))
    assert server.kept == []
    sink.send(made_delivery(attempts=3))
    assert server.kept[0].receivers == ("here@x.example",)


@pytest.mark.parametrize(
    ("said", "error"),
    [("451 4.3.0 later", Retry), ("554 5.7.1 looks like spam", Poison), ("552 too large", Poison)],
)
def test_what_a_server_says_to_the_mail(server: MailServer, said: str, error: type[TocsinError]) -> None:
    server.script.data = said
    with pytest.raises(error, match=said):
        opened(server).send(made_delivery())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_breaks_after_the_mail_leaves_it_unknown(server: MailServer, when: str) -> None:
    server.script.hang_up = when
    with pytest.raises(Retry, match="it may have been taken") as caught:
        opened(server).send(made_delivery())
    assert caught.value.unknown
    assert len(server.kept) == (when == "after")


def test_where_no_server_listens_nothing_was_taken() -> None:
    with MailServer() as gone:
        pass
    with pytest.raises(Retry, match="not reached") as caught:
        opened(gone).send(made_delivery())
    assert not caught.value.unknown


def test_only_a_thread_of_its_own_is_answered(server: MailServer) -> None:
    known = fingerprint("delivery")
    for said in (
        f"<{known}@a.example>\r\nBcc: x@y.example",
        f"<{known}>",
        "<@>",
        f"<{known}@a b>",
        "<a@b@c>",
    ):
        made = made_delivery(made_alert(kind="update"), previous=Receipt(message=said))
        opened(server).send(made)
        assert server.kept[-1].message["In-Reply-To"] is None
        assert server.kept[-1].message["Bcc"] is None
