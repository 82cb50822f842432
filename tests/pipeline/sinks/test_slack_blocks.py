"""Whatever an alert holds, Slack takes it, and nothing that came from an article is alive in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.sinks.hostile import address
from pipeline.sinks.slack.blocks import ALL_TEXT, blocks, escape, fallback
from tests.doubles.slack import SlackDouble
from tests.doubles.slack.blockkit import faults, texts, width
from tests.doubles.slack.seen import emoji, formats, links, mentions, read
from tests.pipeline.sinks.conftest import NOON, made_alert
from transforms.article import Alert, AlertKind, Coverage, Held, Relation, Severity, SharedQuote

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


ALERTS = st.builds(
    made_alert,
    severity=st.sampled_from(get_args(Severity)),
    kind=st.sampled_from(get_args(AlertKind)),
    watch=st.sampled_from(["grid", "foreign-election-interference"]),
    reason=TEXT,
    headline=TEXT,
    why=st.lists(st.builds(Held, clause=TEXT, text=TEXT, start=st.just(0), end=st.just(1)), max_size=30).map(
        tuple
    ),
    topics=st.lists(TEXT, max_size=5).map(tuple),
    entities=st.lists(TEXT, max_size=5).map(tuple),
    coverage=st.builds(repeated, st.lists(coverage(), max_size=8), st.sampled_from([0, 1, 5, 60, 500])),
    outlets=st.integers(0, 500),
    independent=st.integers(0, 500),
    quotes=st.lists(
        st.builds(SharedQuote, text=TEXT, speaker=st.none() | TEXT, in_=SOME_IDS, altered_in=SOME_IDS),
        max_size=3,
    ).map(tuple),
)
HARD = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def payload(alert: Alert) -> dict[str, Any]:
    return {"channel": "#energy", "text": fallback(alert), "blocks": blocks(alert)}


@pytest.fixture(scope="module")
def desk() -> Any:
    with SlackDouble() as double:
        yield double


@HARD
@given(ALERTS)
def test_slack_takes_any_alert(desk: SlackDouble, alert: Alert) -> None:
    asked = payload(alert)
    answer = desk.workspace.answer("chat.postMessage", json.loads(json.dumps(asked)))
    assert answer["ok"], answer
    assert len(asked["blocks"]) <= 50
    assert sum(width(text["text"]) for text in texts(asked["blocks"])) <= ALL_TEXT
    assert 0 < len(asked["text"]) < 4000


@HARD
@given(ALERTS)
def test_nothing_from_an_article_calls_anyone_or_becomes_emoji(alert: Alert) -> None:
    asked = payload(alert)
    assert mentions(asked) == []
    assert emoji(asked) == []
    assert all(text["verbatim"] for text in texts(asked["blocks"]) if text["type"] == "mrkdwn")
    assert all(not text["emoji"] for text in texts(asked["blocks"]) if text["type"] == "plain_text")


@HARD
@given(ALERTS)
def test_only_an_articles_own_address_is_a_link(alert: Alert) -> None:
    own = {link.replace("|", "%7C") for each in alert.coverage if (link := address(each.url)) is not None}
    for url, label in links(payload(alert)):
        assert url in own
        assert label
    assert all(url.startswith(("http://", "https://")) for url in own)


@HARD
@given(ALERTS)
def test_nothing_from_an_article_formats_anything(alert: Alert) -> None:
    assert formats(payload(alert)) == formats(payload(disarmed(alert)))


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
        }
    )


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;", "&amp;lt;"),
        ("AT&T <b>", "AT&amp;T &lt;b&gt;"),
        ("snake_case and a*b", "snake_case and a*b"),
        ("*bold* :fire: `code`", "\u2217bold\u2217 \u2236fire: \u02cbcode\u02cb"),
        ("At 10: the news: more", "At 10: the news: more"),
        ("::0: and 10:30:45", "\u2236\u22360: and 10\u223630:45"),
    ],
)
def test_a_title_arrives_as_text(title: str, escaped: str) -> None:
    assert escape(title) == escaped


def test_a_plain_text_needs_no_escapes(alert: MakeAlert) -> None:
    header = blocks(alert(headline="AT&T <b> *now*"))[0]
    assert header["text"]["text"] == "AT&T <b> *now*"


def test_an_address_of_3000_characters_leaves_the_title_as_text(alert: MakeAlert) -> None:
    far = Coverage(
        article="a1",
        title="Far away",
        outlet="Times",
        url="https://news.example/" + "a" * 2979,
        published=None,
        relation="original",
    )
    made = {"text": "", "blocks": blocks(alert(coverage=(far,)))}
    assert faults(made["blocks"]) == []
    assert links(made) == []
    assert "• Far away · Times · no date" in read(made)


def test_five_hundred_articles_are_counted_where_they_are_not_shown(alert: MakeAlert) -> None:
    many = tuple(
        Coverage(
            article=f"a{place}",
            title=f"Title {place}",
            outlet="Times",
            url=f"https://news.example/{place}",
            published=NOON,
            relation="copy" if place else "original",
        )
        for place in range(500)
    )
    made = {"text": "", "blocks": blocks(alert(coverage=many))}
    assert "500 articles" in read(made)
    assert f"and {500 - len(links(made))} more" in read(made)
    assert len(links(made)) == 40


def test_the_longest_of_everything_still_fits_and_every_relation_is_there(alert: MakeAlert) -> None:
    long = "&" * 5000
    made = alert(
        headline=long,
        reason=long,
        why=tuple(
            Held(clause=f"{n}{long}", text=f"{m}{long}", start=0, end=1) for n in range(20) for m in range(9)
        ),
        topics=(long,),
        entities=(long,),
        quotes=(SharedQuote(text=long, speaker=long, in_=("a1",)),),
        coverage=tuple(
            Coverage(
                article=f"{relation}{place}",
                title=long,
                outlet=long,
                url="https://news.example/" + "a" * 1400,
                published=NOON,
                relation=relation,
                of=f"original{place}",
            )
            for relation in get_args(Relation)
            for place in range(100)
        ),
    )
    shown: dict[str, Any] = {"text": fallback(made), "blocks": blocks(made)}
    assert faults(shown["blocks"]) == []
    assert sum(width(text["text"]) for text in texts(shown["blocks"])) <= ALL_TEXT
    for relation in get_args(Relation):
        assert f"\n*{relation}" in "\n" + read(shown)
    assert "and 14 more" in read(shown)


def test_cutting_is_at_a_word(alert: MakeAlert) -> None:
    header = blocks(alert(headline="forged orders " * 30))[0]["text"]["text"]
    assert width(header) <= 150
    assert header.endswith(("forged…", "orders…"))


def test_the_notification_says_what_happened_in_one_line(alert: MakeAlert) -> None:
    said = fallback(alert(kind="escalation"))
    assert (
        said
        == "high escalation: Envoy warns of forged orders · 3 articles · 2 outlets · 1 independent report"
    )


def test_an_alert_with_nothing_in_it_is_still_a_message(alert: MakeAlert) -> None:
    bare = alert(headline="", reason="", why=(), quotes=(), coverage=(), topics=(), entities=())
    assert faults(blocks(bare)) == []
    assert blocks(bare)[0]["text"]["text"] == "untitled"
