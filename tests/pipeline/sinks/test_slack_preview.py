"""The preview shows what Slack would show, and holds nothing that an article brought to life."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.preview import command
from pipeline.sinks.hostile import address
from pipeline.sinks.slack.blocks import blocks
from pipeline.sinks.slack.preview import Shown, browser, page, picture
from pipeline.sinks.slack.preview.mrkdwn import html
from tests.pipeline.sinks.conftest import NOON
from tests.pipeline.sinks.test_slack_blocks import ALERTS, HARD, TEXT
from transforms.article import Alert
from transforms.errors import Fault, Refused

MakeAlert = Callable[..., Alert]
TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "article",
        "div",
        "p",
        "b",
        "i",
        "s",
        "h3",
        "hr",
        "span",
        "a",
        "br",
        "code",
        "pre",
        "blockquote",
        "time",
        "svg",
        "rect",
        "path",
        "circle",
    ]
)
needs_browser = pytest.mark.skipif(browser() is None, reason="no Chromium is installed here")


class Found(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.classes: list[str] = []
        self.events: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            if name == "class":
                self.classes += (value or "").split()
            if name.startswith("on") or name == "src":
                self.events.append(name)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("*bold* _italic_ ~struck~ `code`", "<b>bold</b> <i>italic</i> <s>struck</s> <code>code</code>"),
        ("*bold _and italic_*", "<b>bold <i>and italic</i></b>"),
        ("a*b*c snake_case_name", "a*b*c snake_case_name"),
        ("* not * bold", "* not * bold"),
        ("*not\nbold*", "*not<br>bold*"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("```two\nlines```", "<pre>two\nlines</pre>"),
        ("&lt;b&gt; &amp;amp; &quot;", "&lt;b&gt; &amp;amp; &amp;quot;"),
        ("<!channel> <@U1> <#C1|desk>", None),
        (
            "<https://a.example/?x=1&amp;y=2|A &lt;b&gt;>",
            '<a href="https://a.example/?x=1&amp;y=2" rel="noreferrer noopener nofollow">A &lt;b&gt;</a>',
        ),
        (
            "*<https://a.example/|x>*",
            '<b><a href="https://a.example/" rel="noreferrer noopener nofollow">x</a></b>',
        ),
        ("<javascript:alert(1)|x>", "x"),
        ("<!date^1^{date}|then>", "then"),
        ("https://a.example", "https://a.example"),
        ("&gt; quoted\n&gt; twice\nnot", "<blockquote>quoted<br>twice</blockquote>not"),
        ("a &gt; b", "a &gt; b"),
        (":fire:", '<span class="emoji" title="fire">:fire:</span>'),
        ("10:30:45", '10<span class="emoji" title="30">:30:</span>45'),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(text: str, seen: str | None) -> None:
    made = html(text)
    if seen is None:
        assert re.findall(r'<span class="mention">(.*?)</span>', made) == ["@channel", "@U1", "#desk"]
    else:
        assert made == seen


def test_bare_addresses_are_links_only_where_slack_looks_for_them() -> None:
    assert Found(html("see https://a.example/x", verbatim=False)).links == ["https://a.example/x"]


@HARD
@given(TEXT | st.text("<>|&;*_~`:!@#\ue000\ue001 0a\n", max_size=60))
def test_no_text_breaks_out_of_the_page(text: str) -> None:
    found = Found(html(text, verbatim=False))
    assert set(found.tags) <= TAGS
    assert found.events == []
    assert all(link.lower().startswith(("http://", "https://", "mailto:")) for link in found.links)


@HARD
@given(ALERTS)
def test_an_alert_calls_nobody_and_links_only_its_articles(alert: Alert) -> None:
    found = Found(page([Shown(blocks(alert, buttons=True), at=alert.at)], channel=alert.channel))
    assert set(found.tags) <= TAGS
    assert "mention" not in found.classes
    assert "emoji" not in found.classes
    assert "unknown" not in found.classes
    own = {link for each in alert.coverage[:60] if (link := address(each.url)) is not None}
    assert set(found.links) <= own


def test_the_page_loads_nothing(alert: MakeAlert) -> None:
    made = page([Shown(blocks(alert()), at=NOON)], channel="#energy")
    assert "default-src 'none'" in made
    assert not re.search(r"url\(|@import|<script|<link|<img", made)


def test_edits_replies_and_buttons_are_shown(alert: MakeAlert) -> None:
    reply = [{"type": "section", "text": {"type": "mrkdwn", "text": "more", "verbatim": True}}]
    made = page(
        [Shown(blocks(alert(), buttons=True), at=NOON, edited=True, replies=[reply])], channel="energy"
    )
    for part in ("(edited)", "Mute story 24 h", 'class="reply"', ">12:00</time>", "more"):
        assert part in made


def width_and_height(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


@needs_browser
@pytest.mark.slow
def test_a_picture_is_as_tall_as_its_message(alert: MakeAlert) -> None:
    short = width_and_height(picture(page([Shown(blocks(alert()))], channel="energy")))
    longer = width_and_height(picture(page([Shown(blocks(alert()))] * 3, channel="energy")))
    assert short[0] == longer[0] == 760
    assert 400 < short[1] < 1500
    assert 2.5 < longer[1] / short[1] < 3


def test_without_a_browser_a_picture_is_refused_and_says_what_to_do(
    alert: MakeAlert, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="install chromium"):
        picture(page([Shown(blocks(alert()))], channel="energy"))


@pytest.fixture
def lines(tmp_path: Path, alert: MakeAlert) -> Path:
    """A file of alerts: one that grew, then another."""
    states = (
        alert(id="aa11", headline="First"),
        alert(id="aa11", headline="Second", kind="update", at=NOON + timedelta(hours=1)),
        alert(id="ab22", headline="Another"),
    )
    file = tmp_path / "alerts.jsonl"
    file.write_text(
        "".join(state.model_dump_json(by_alias=True) + "\n" for state in states), encoding="utf-8"
    )
    return file


@pytest.mark.parametrize(
    ("arguments", "headline", "edited"),
    [
        ((), "Another", False),
        (("aa",), "Second", True),
        (("aa11", "--step", "1"), "First", False),
        (("aa11", "--step", "2"), "Second", True),
    ],
)
def test_an_alert_is_taken_out_of_a_file(
    lines: Path, tmp_path: Path, arguments: tuple[str, ...], headline: str, *, edited: bool
) -> None:
    out = tmp_path / "made" / "alert.html"
    done = CliRunner().invoke(
        command, [*arguments, "--from", str(lines), "-o", str(out)], catch_exceptions=False
    )
    assert done.exit_code == 0
    made = out.read_text(encoding="utf-8")
    assert f"<h3>{headline}</h3>" in made
    assert ("(edited)" in made) is edited


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("zz",), "no alert 'zz'"),
        (("a",), "may mean 2 alerts"),
        (("aa", "--step", "3"), "has 2 steps here, not 3"),
    ],
)
def test_an_alert_that_is_not_there_is_a_fault(lines: Path, arguments: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(Fault, match=wrong):
        CliRunner().invoke(command, [*arguments, "--from", str(lines)], catch_exceptions=False)


def test_a_line_that_is_no_alert_is_named(lines: Path) -> None:
    with lines.open("a", encoding="utf-8") as file:
        file.write('{"id": 1}\n')
    with pytest.raises(Fault, match=r"alerts\.jsonl:4: this is no alert"):
        CliRunner().invoke(command, ["--from", str(lines)], catch_exceptions=False)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("aa", "--step", "1"),
        ("aa", "-o", "x.gif"),
    ],
)
def test_wrong_usage_says_what_is_right(arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(command, list(arguments))
    assert done.exit_code == 2
    assert "Error: " in done.output
