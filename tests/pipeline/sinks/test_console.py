"""The console sink: plain lines to search, a panel on a terminal, and nothing from an article that steers either."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console

from pipeline.sinks.console import ConsoleSink, Shown, alert_svg, panel, plain
from tests.pipeline.sinks.conftest import made_digest, made_reply
from tests.pipeline.sinks.test_slack_blocks import ALERTS, ARMS
from transforms.article import Alert, Coverage, Delivery, Held, Reply
from transforms.errors import Refused

Make = Callable[..., Delivery]
MakeAlert = Callable[..., Alert]
STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
STARTS = ("ALERT ", *(f"  {key}: " for key in ("headline", "reason", "why", "quote", "counts", "coverage")))
ENDS = tuple(f"  {key}: " for key in ("topics", "entities", "at", "alert"))
STEERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]")
GENTLE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(alert: Alert, delivery: Make, **environ: str) -> str:
    stream = Terminal()
    environ = {"TERM": "xterm-256color", "COLUMNS": "100"} | environ
    ConsoleSink(environ=environ, stream=stream).send(delivery(alert))
    return stream.getvalue()


def recorded(alert: Alert, width: int = 100) -> str:
    console = Console(
        file=io.StringIO(), record=True, width=width, force_terminal=True, color_system="truecolor"
    )
    console.print(panel(alert))
    return console.export_text()


def test_elsewhere_than_on_a_terminal_an_alert_is_plain_lines(delivery: Make) -> None:
    stream = io.StringIO()
    ConsoleSink(environ={"TERM": "xterm"}, stream=stream).send(delivery())
    assert stream.getvalue().splitlines()[:8] == [
        "ALERT high new grid #energy",
        "  headline: Envoy warns of forged orders",
        "  reason: a new story",
        '  why: phrase forged orders: "forged orders"',
        '  quote: "We found forged orders" Mara Quill, in 2 articles, altered in 1',
        "  counts: 3 articles · 2 outlets · 1 independent report",
        (
            "  coverage: original: Harbour Times: Envoy warns of forged orders"
            " (2026-05-04 12:00 UTC, https://times.example.org/a1?x=1&y=2)"
        ),
        (
            "  coverage: cites: Coast Daily: Envoy: orders were forged"
            " (2026-05-04 12:00 UTC, https://daily.example.org/a2, of Harbour Times)"
        ),
    ]


def test_on_a_terminal_an_alert_is_a_panel_in_colour(alert: MakeAlert, delivery: Make) -> None:
    shown = on_terminal(alert(), delivery)
    text = STYLE.sub("", shown)
    assert "\x1b[" in shown
    assert "╭" in text
    for part in (
        "HIGH",
        "grid",
        "forged orders",
        "Mara Quill",
        "3 articles",
        "cites Harbour Times",
        "outlet unknown",
    ):
        assert part in text


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_plain_lines(
    alert: MakeAlert, delivery: Make, environ: dict[str, str]
) -> None:
    assert on_terminal(alert(), delivery, **environ) == plain(alert())


def test_a_title_links_to_its_article_where_a_terminal_can(alert: MakeAlert, delivery: Make) -> None:
    assert "https://times.example.org/a1?x=1&y=2\x1b\\" in on_terminal(alert(), delivery)


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_a_panel_keeps_to_its_width(alert: MakeAlert, width: int) -> None:
    assert all(len(line) <= width for line in recorded(alert(), width).splitlines())


def test_markup_in_a_title_is_text(alert: MakeAlert) -> None:
    shown = recorded(alert(headline="[bold red]alarm[/] [link=https://evil.example]x[/link]"))
    assert "[bold red]alarm[/] [link=https://evil.example]x[/link]" in shown


@pytest.mark.parametrize("arm", [*ARMS, "\x1b]0;title\x07", "\x9b31m", "a\r\nALERT high new forged #energy"])
def test_hostile_text_steers_no_terminal(alert: MakeAlert, delivery: Make, arm: str) -> None:
    hostile = alert(
        headline=arm,
        reason=arm,
        why=(Held(clause=arm, text=arm, start=0, end=1),),
        topics=(arm,),
        entities=(arm,),
        coverage=(
            Coverage(article="a1", title=arm, outlet=arm, url=arm, published=None, relation="original"),
            Coverage(
                article="a2",
                title="x",
                outlet="y",
                url=f"https://news.example/{arm}"[:90],
                published=None,
                relation="copy",
                of="a1",
            ),
        ),
    )
    assert not STEERS.search(STYLE.sub("", on_terminal(hostile, delivery)))
    assert not STEERS.search(plain(hostile))


@GENTLE
@given(ALERTS)
def test_every_plain_line_says_what_it_is_whatever_the_alert_holds(made: Alert) -> None:
    lines = plain(made).split("\n")
    assert lines.pop() == ""
    assert all(line.startswith(STARTS + ENDS) for line in lines)
    assert sum(line.startswith("ALERT ") for line in lines) == 1
    assert not STEERS.search("".join(lines))


@GENTLE
@given(ALERTS)
def test_any_alert_can_be_drawn(made: Alert) -> None:
    assert not STEERS.search(recorded(made, 80))


def test_two_sinks_on_one_terminal_ring_once(delivery: Make) -> None:
    stream, shown = io.StringIO(), Shown()
    first = ConsoleSink(name="one", environ={}, stream=stream, shown=shown)
    second = ConsoleSink(name="two", environ={}, stream=stream, shown=shown)
    first.send(delivery())
    second.send(delivery())
    assert stream.getvalue().count("ALERT ") == 1


def test_an_update_is_shown_again(delivery: Make, alert: MakeAlert) -> None:
    stream = io.StringIO()
    sink = ConsoleSink(environ={}, stream=stream)
    receipt = sink.send(delivery())
    sink.send(delivery(alert(kind="update"), sequence=2, previous=receipt))
    assert re.findall(r"ALERT high (\w+)", stream.getvalue()) == ["new", "update"]


def test_an_output_that_nobody_reads_is_refused(delivery: Make) -> None:
    stream = io.StringIO()
    stream.close()
    with pytest.raises(Refused, match="standard output is closed"):
        ConsoleSink(environ={}, stream=stream).send(delivery())


def test_an_output_that_knows_ascii_alone_is_written_to(delivery: Make, alert: MakeAlert) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as stream:
        ConsoleSink(environ={}, stream=stream).send(delivery(alert(headline="Überfall 日本")))
        assert b"headline: ?berfall ??" in raw.getvalue()


def test_the_picture_of_an_alert_is_the_same_each_time(alert: MakeAlert) -> None:
    drawn: list[Any] = [alert_svg(alert(headline="AT&T <script>"), "tocsin") for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert "<script>" not in drawn[0]


def test_a_reply_is_one_line_under_its_storys_name() -> None:
    stream = io.StringIO()
    ConsoleSink(environ={}, stream=stream).send(made_reply(None))
    assert stream.getvalue().splitlines() == [
        "REPLY grid #energy: Envoy warns of forged orders",
        "  independent-confirmation: Coast Daily confirms it with its own source",
    ]


def test_a_digest_is_a_line_for_each_of_its_alerts() -> None:
    stream = io.StringIO()
    ConsoleSink(environ={}, stream=stream).send(made_digest(more=12))
    assert stream.getvalue().splitlines() == [
        "DIGEST Overnight #energy, 2026-05-04 02:00 UTC to 2026-05-04 12:00 UTC",
        "  high grid: Envoy warns of forged orders (3 articles · 2 outlets · 1 independent report)",
        "  low ports: Strike ends (3 articles · 2 outlets · 1 independent report)",
        "  and 12 more",
    ]


@pytest.mark.parametrize("columns", ["40", "100"])
def test_on_a_terminal_a_digest_is_a_table(columns: str) -> None:
    stream = Terminal()
    environ = {"TERM": "xterm-256color", "COLUMNS": columns}
    ConsoleSink(environ=environ, stream=stream).send(made_digest(more=12))
    shown = STYLE.sub("", stream.getvalue())
    words = " ".join(shown.split())
    for part in ("Overnight", "high", "low", "ports", "2 outlets", "and 12 more"):
        assert part in words
    assert all(len(line) <= int(columns) for line in shown.splitlines())


def test_two_sinks_on_one_terminal_tell_replies_and_digests_once() -> None:
    stream, shown = io.StringIO(), Shown()
    first, second = (ConsoleSink(name=name, environ={}, stream=stream, shown=shown) for name in ("a", "b"))
    for sent in (made_reply(None), made_digest()):
        first.send(sent)
        second.send(sent)
    assert stream.getvalue().count("REPLY") == stream.getvalue().count("DIGEST") == 1


@GENTLE
@given(ALERTS)
def test_nothing_in_a_digest_or_a_reply_steers_a_terminal(alert: Alert) -> None:
    told = Reply(reason="correction", text=alert.headline)
    for sent in (made_digest(alert), made_reply(None, alert=alert, reply=told)):
        for stream, environ in ((Terminal(), {"TERM": "xterm-256color"}), (io.StringIO(), {})):
            ConsoleSink(environ=environ, stream=stream).send(sent)
            assert not STEERS.search(STYLE.sub("", stream.getvalue()))
