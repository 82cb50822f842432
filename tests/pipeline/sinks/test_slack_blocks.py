"""Whatever an alert holds, Slack takes it, and nothing that came from an article is alive in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sinks.hostile import address
from pipeline.sinks.slack.blocks import (
    ALL_TEXT,
    BUTTONS,
    blocks,
    coverage_blocks,
    digest_blocks,
    digest_fallback,
    fallback,
    reply_blocks,
    reply_fallback,
    why_blocks,
)
from tests.doubles.slack import SlackDouble
from tests.doubles.slack.blockkit import texts, width
from tests.doubles.slack.seen import emoji, formats, links, mentions, read
from tests.pipeline.sinks.conftest import NOON, made_alert
from transforms.article import (
    Alert,
    AlertKind,
    Also,
    Coverage,
    Digest,
    Held,
    Notice,
    Relation,
    Reply,
    Severity,
    SharedQuote,
)

MakeAlert = Callable[..., Alert]
ARMS = [
    "<!channel>",
    "<!here|here>",
    "<@U12345678>",
    "<#C12345678|desk>",
    "<!subteam^S1>",
    "<https://evil.example|cnn.com>",
    "&lt;!channel&gt;",
    "<!date^1^{date}|x>",
    "*bold*",
    "_italic_",
    "~struck~",
    "`code`",
    "```block```",
    "> quoted",
    "&gt; quoted",
    ":fire:",
    ":+1:",
    "@channel",
    "#desk",
    "www.evil.example",
    "javascript:alert(1)",
    "\u202eevil",
    "\x1b[31mred",
    "a\nb",
    "\x00",
    "\ud800",
    "👩‍👩‍👧‍👦",
    "مرحبا بالعالم",
    "e\u0301" * 40,
    "word " * 900,
    "x" * 4000,
    "&" * 3000,
    "😀" * 3000,
]
TEXT = st.one_of(
    st.sampled_from(ARMS),
    st.lists(st.sampled_from(ARMS), min_size=1, max_size=4).map(" ".join),
    st.text(st.characters(exclude_categories=()), max_size=200),
    st.text("*_~`:<>&| a\n", max_size=40),
)
URL = st.one_of(
    st.none(),
    TEXT,
    st.text(max_size=60).map(lambda path: f"https://news.example/{path}"),
    st.integers(0, 3200).map(lambda many: "https://news.example/?" + "a&" * (many // 2)),
    st.sampled_from(
        [
            "https://news.example/a|b",
            "https://news.example/<!channel>",
            "https://news.example/>|<!here>",
            "https://cnn.com@evil.example/",
            "javascript:alert(1)",
            "https://exa mple/",
            "HTTPS://News.Example:443/%zz?q=<b>&amp;",
        ]
    ),
)
IDS = st.sampled_from(["a1", "a2", "a3", "a4"])
SOME_IDS = st.lists(IDS, max_size=4).map(tuple)


def coverage() -> st.SearchStrategy[Coverage]:
    return st.builds(
        Coverage,
        article=IDS,
        title=st.none() | TEXT,
        outlet=st.none() | TEXT,
        url=URL,
        published=st.none() | st.just(NOON),
        relation=st.sampled_from(get_args(Relation)),
        of=st.none() | IDS,
    )


def repeated(items: list[Coverage], many: int) -> tuple[Coverage, ...]:
    return tuple(items[place % len(items)] for place in range(many)) if items else ()


HELD = st.lists(st.builds(Held, clause=TEXT, text=TEXT, start=st.just(0), end=st.just(1)), max_size=30).map(
    tuple
)
ALERTS = st.builds(
    made_alert,
    severity=st.sampled_from(get_args(Severity)),
    kind=st.sampled_from(get_args(AlertKind)),
    watch=st.sampled_from(["grid", "foreign-election-interference"]),
    reason=TEXT,
    headline=TEXT,
    why=HELD,
    story=st.none() | TEXT,
    also=st.lists(
        st.builds(
            Also,
            watch=st.sampled_from(["ports", "x" * 300]),
            severity=st.sampled_from(get_args(Severity)),
            why=HELD,
        ),
        max_size=8,
    ).map(tuple),
    topics=st.lists(TEXT, max_size=5).map(tuple),
    entities=st.lists(TEXT, max_size=5).map(tuple),
    coverage=st.builds(repeated, st.lists(coverage(), max_size=8), st.sampled_from([0, 1, 5, 60])),
    outlets=st.integers(0, 500),
    independent=st.integers(0, 500),
    quotes=st.lists(
        st.builds(SharedQuote, text=TEXT, speaker=st.none() | TEXT, in_=SOME_IDS, altered_in=SOME_IDS),
        max_size=3,
    ).map(tuple),
)
REPLIES = st.builds(Reply, reason=st.sampled_from(get_args(Notice)), text=TEXT)


def digest(alerts: list[Alert], many: int, title: str, more: int) -> Digest:
    """These alerts over and over."""
    told = tuple(alerts[place % len(alerts)] for place in range(many))
    return Digest(id="d" * 32, channel="#energy", title=title, since=NOON, at=NOON, alerts=told, more=more)


DIGESTS = st.builds(
    digest,
    st.lists(ALERTS, min_size=1, max_size=4),
    st.sampled_from([1, 2, 70]),
    TEXT,
    st.sampled_from([0, 14]),
)
HARD = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def payload(alert: Alert, *, buttons: bool = False) -> dict[str, Any]:
    return {"channel": "#energy", "text": fallback(alert), "blocks": blocks(alert, buttons=buttons)}


def all_payloads(alert: Alert, reply: Reply | None = None) -> list[dict[str, Any]]:
    """Everything that is made of an alert alone."""
    reply = reply or Reply(reason="merge", text=alert.headline)
    made = (
        (reply_fallback(alert, reply), reply_blocks(alert, reply)),
        ("all coverage", coverage_blocks(alert)),
        ("why", why_blocks(alert)),
    )
    return [payload(alert), *({"channel": "#energy", "text": text, "blocks": said} for text, said in made)]


@pytest.fixture(scope="module")
def desk() -> Any:
    with SlackDouble() as double:
        yield double


def assert_taken(desk: SlackDouble, asked: dict[str, Any]) -> None:
    answer = desk.workspace.answer("chat.postMessage", json.loads(json.dumps(asked)))
    desk.workspace.messages.clear()
    assert answer["ok"], answer
    assert len(asked["blocks"]) <= 50
    assert sum(width(text["text"]) for text in texts(asked["blocks"])) <= ALL_TEXT
    assert 0 < len(asked["text"]) < 4000


def assert_harmless(asked: dict[str, Any], *covered: Alert) -> None:
    """Nobody is called, nothing is quoted, drawn or linked that an article brought along."""
    assert mentions(asked) == []
    assert emoji(asked) == []
    for text in texts(asked["blocks"]):
        assert text["verbatim"] if text["type"] == "mrkdwn" else not text["emoji"]
        for line in text["text"].split("\n") if text["type"] == "mrkdwn" else ():
            assert not line.startswith((">", "&gt;")) or line.startswith(("&gt; “", "&gt; — *"))
    own = {
        link.replace("|", "%7C")
        for alert in covered
        for each in alert.coverage[:60]
        if (link := address(each.url)) is not None
    }
    for url, label in links(asked):
        assert url in own
        assert url.startswith(("http://", "https://"))
        assert label


def assert_all_taken(desk: SlackDouble, alert: Alert, reply: Reply) -> None:
    for asked in all_payloads(alert, reply):
        assert_taken(desk, asked)
        assert_harmless(asked, alert)


@HARD
@given(ALERTS, REPLIES)
def test_slack_takes_any_alert_any_reply_and_any_answer(
    desk: SlackDouble, alert: Alert, reply: Reply
) -> None:
    assert_all_taken(desk, alert, reply)


@pytest.mark.slow
@settings(HARD, max_examples=300)
@given(ALERTS, REPLIES)
def test_slack_takes_very_many_alerts_replies_and_answers(
    desk: SlackDouble, alert: Alert, reply: Reply
) -> None:
    assert_all_taken(desk, alert, reply)


@HARD
@given(DIGESTS)
def test_slack_takes_any_digest(desk: SlackDouble, digest: Digest) -> None:
    asked = {"channel": "#energy", "text": digest_fallback(digest), "blocks": digest_blocks(digest)}
    assert_taken(desk, asked)
    assert_harmless(asked, *digest.alerts[:4])
    told = read(asked).count("independent report")
    left = len(digest.alerts) - told + digest.more
    assert told <= len(digest.alerts)
    assert not left or f"and {left:,} more" in read(asked)


@HARD
@given(ALERTS)
def test_the_buttons_stay_within_slacks_limits(alert: Alert) -> None:
    made = blocks(alert, buttons=True)
    (row,) = [block for block in made if block["type"] == "actions"]
    assert made[-1] is row
    assert len(made) <= 50
    assert [element["action_id"] for element in row["elements"]] == [action for _, action in BUTTONS]
    for element in row["elements"]:
        assert element["value"] == alert.id
        assert width(element["text"]["text"]) <= 75
    assert "tocsin silence" not in json.dumps(made)


@HARD
@given(ALERTS)
def test_nothing_from_an_article_formats_anything(alert: Alert) -> None:
    for asked, other in zip(all_payloads(alert), all_payloads(disarmed(alert)), strict=True):
        assert formats(asked) == formats(other)


def disarmed(alert: Alert) -> Alert:
    """The same alert with other characters where marks that format stood: as long, as many, as different."""
    others = str.maketrans({mark: chr(0xE000 + place) for place, mark in enumerate("*_~`")})

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return value.translate(others)
        return tuple(map(change, value)) if isinstance(value, tuple) else value

    def model(made: Any, *fields: str) -> Any:
        return made.model_copy(update={field: change(getattr(made, field)) for field in fields})

    return alert.model_copy(
        update={
            "headline": change(alert.headline),
            "reason": change(alert.reason),
            "topics": change(alert.topics),
            "entities": change(alert.entities),
            "why": tuple(model(held, "clause", "text") for held in alert.why),
            "quotes": tuple(model(quote, "text", "speaker") for quote in alert.quotes),
            "coverage": tuple(model(each, "title", "outlet") for each in alert.coverage),
            "story": change(alert.story),
            "also": tuple(
                also.model_copy(update={"why": tuple(model(held, "clause", "text") for held in also.why)})
                for also in alert.also
            ),
        }
    )
