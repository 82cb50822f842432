"""Whatever an alert holds, its mail has our headers alone, and nothing from an article is alive in it."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.sinks.email.message import mail, message_id
from pipeline.sinks.hostile import address, clip, harmless
from tests.pipeline.sinks.conftest import NOON, made_alert, made_delivery, made_digest
from tests.pipeline.sinks.test_slack_blocks import ALERTS, TEXT
from transforms.article import Alert, Delivery, Reply

HEADERS = {
    "Content-Type",
    "MIME-Version",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "Tocsin-Delivery",
}
TAGS = {"html", "head", "meta", "body", "h1", "h2", "div", "span", "p", "b", "i", "br", "a", "blockquote"}
ATTRIBUTES = {"style", "href", "rel", "charset"}
FIRST = message_id("f" * 32, "a@news.example")
GENTLE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
SPELLED = st.sampled_from(
    [
        "=?utf-8?q?a=0D=0ABcc:_x=40evil.example?=",
        "=?utf-8?b?DQpCY2M6IHhAZXZpbC5leGFtcGxl?=",
        "x\r\nBcc: x@evil.example",
        "x\n\n<script>alert(1)</script>",
        "x\r\n.\r\nMAIL FROM:<x@evil.example>",
        "\u2028Bcc: x@evil.example\x85Cc: y@evil.example",
        "=?" + "a" * 300,
        "é" * 300,
        "\ud800=?utf-8?q?=00?=",
        "<img src=x onerror=alert(1)>",
        '"><a href="javascript:alert(1)">x</a>',
        "&lt;script&gt;",
    ]
)
HOSTILE = st.one_of(SPELLED, st.lists(SPELLED, min_size=1, max_size=3).map(" ".join), TEXT)


class Page(HTMLParser):
    """What a mail program finds in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.styles: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {str(value) for name, value in attrs if name == "href"}
        self.styles |= {str(value) for name, value in attrs if name == "style"}

    def handle_data(self, data: str) -> None:
        self.text += data


def wire(delivery: Delivery, first: str | None = FIRST) -> bytes:
    return mail(
        delivery,
        sender="tocsin@news.example",
        receivers=("desk@news.example",),
        own=message_id(delivery.id, "tocsin@news.example"),
        first=first,
        at=NOON,
        names={},
    )


def checked(delivery: Delivery) -> str:
    """The text of the page, once headers and page hold nothing that is not ours."""
    content = wire(delivery)
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 998
    message = message_from_bytes(content, policy=policy.default)
    assert set(message.keys()) <= HEADERS
    assert len(message.keys()) == len(set(message.keys()))
    assert message.defects == []
    plain, page = message.iter_parts()
    assert {name for part in (plain, page) for name in part} <= {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
    }
    found = Page()
    found.feed(page.get_content())
    found.close()
    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert not any("url(" in style or "expression" in style for style in found.styles)
    alerts = delivery.digest.alerts if delivery.digest is not None else (delivery.alert,)
    known = {address(coverage.url) for alert in alerts for coverage in alert.coverage}
    assert found.links <= known
    for said in re.findall(r"^\s*(https?://\S+)$", plain.get_content(), re.MULTILINE):
        assert said in known or said in harmless(str(delivery))
    return found.text


def subject_of(content: bytes) -> str:
    """The subject as a mail program decodes it by RFC 2047."""
    head = content.partition(b"\r\n\r\n")[0].decode("ascii")
    raw = re.search(r"^Subject: ([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.MULTILINE)
    assert raw is not None
    return str(make_header(decode_header(raw[1].replace("\r\n", ""))))


@GENTLE
@given(ALERTS)
def test_any_alert_is_a_mail_with_nothing_alive_in_it(alert: Alert) -> None:
    text = checked(made_delivery(alert))
    assert clip(harmless(alert.headline) or "untitled", 500) in text


@GENTLE
@given(HOSTILE, HOSTILE, HOSTILE)
@example("=?utf-8?q?a=0D=0ABcc:_x=40evil.example?=", "x", "y")
def test_no_headline_adds_a_header_or_is_decoded(headline: str, told: str, title: str) -> None:
    alert = made_alert(headline=headline, reason=told)
    checked(made_delivery(alert))
    checked(made_delivery(alert, reply=Reply(reason="correction", text=told)))
    digest = made_digest(alert)
    assert digest.digest is not None
    checked(digest.model_copy(update={"digest": digest.digest.model_copy(update={"title": title})}))
    expected = f"Re: [high] {clip(harmless(headline) or 'untitled', 160)}"
    assert subject_of(wire(made_delivery(alert))) == expected


@GENTLE
@given(st.text(max_size=80))
def test_no_id_leaves_its_header(known: str) -> None:
    own = message_id(known, "tocsin@news.example")
    assert re.fullmatch(r"<[A-Za-z0-9.-]{0,64}@news\.example>", own)


@pytest.mark.parametrize("many", [1, 10_000])
def test_however_many_cover_it_a_mail_stays_a_mail(many: int) -> None:
    one = made_alert().coverage[0]
    content = wire(made_delivery(made_alert(coverage=(one,) * many, outlets=many)))
    assert len(content) < 200_000
