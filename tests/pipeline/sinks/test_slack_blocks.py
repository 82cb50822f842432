"""Whatever an alert holds, Slack takes it, and nothing that came from an article is alive in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
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
    escape,
    fallback,
    reply_blocks,
    reply_fallback,
    why_blocks,
)
from tests.doubles.slack import SlackDouble
from tests.doubles.slack.blockkit import faults, texts, width
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


@pytest.mark.parametrize(
    ("title", "escaped"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;", "&amp;lt;"),
        ("AT&T <b>", "AT&amp;T &lt;b&gt;"),
        ("snake_case and a*b", "snake_case and a*b"),
        ("*bold* :fire: `code`", "\u2217bold\u2217 \u2236fire: \u02cbcode\u02cb"),
        ("At 10: the news: more", "At 10: the news: more"),
        ("> quoted > twice", "\u203a quoted &gt; twice"),
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


def covered(many: int, *relations: Relation, **changes: Any) -> tuple[Coverage, ...]:
    """An original, and so many articles that follow it, their relations in turn."""
    return tuple(
        Coverage(
            article=f"a{place}",
            title=f"Title {place}",
            outlet="AP" if not place else f"Outlet {place}",
            url=f"https://news.example/{place}",
            published=NOON + timedelta(minutes=place),
            relation=relations[place % len(relations)] if place else "original",
            of="a0" if place else None,
        ).model_copy(update=changes)
        for place in range(many + 1)
    )


def shown(alert: Alert) -> dict[str, Any]:
    return {"text": fallback(alert), "blocks": blocks(alert)}


def test_copies_and_rewrites_are_one_line_each_with_their_outlets_as_links(alert: MakeAlert) -> None:
    made = shown(alert(coverage=covered(13, "copy", "rewrite")))
    lines = read(made).splitlines()
    assert "*6 copies of AP* — Outlet 2, Outlet 4, Outlet 6, Outlet 8, Outlet 10, Outlet 12" in lines
    assert sum("rewrites of AP" in line for line in lines) == 1
    assert ("https://news.example/2", "Outlet 2") in links(made)


def test_a_copy_of_what_nobody_knows_is_a_copy_all_the_same(alert: MakeAlert) -> None:
    lost = covered(1, "copy")[1:]
    assert "*1 copy* — Outlet 1" in read(shown(alert(coverage=lost)))


def test_ten_thousand_copies_are_counted_where_they_are_not_shown(alert: MakeAlert) -> None:
    made = shown(alert(coverage=covered(10_000, "copy")))
    assert faults(made["blocks"]) == []
    line = next(line for line in read(made).splitlines() if "copies of AP" in line)
    assert line.startswith("*10,000 copies of AP* — Outlet 1, Outlet 2, ")
    assert line.endswith(f"and {10_000 - (len(links(made)) - 1):,} more")


def test_ten_thousand_reports_are_counted_where_they_are_not_shown(alert: MakeAlert) -> None:
    made = shown(alert(coverage=covered(10_000, "independent")))
    assert "10,001 articles" in read(made)
    assert f"and {10_001 - len(links(made)):,} more" in read(made)
    assert len(links(made)) == 40


def test_copies_of_many_sources_are_counted_where_they_are_not_shown(alert: MakeAlert) -> None:
    many = [
        Coverage(
            article=f"{kind}{n}", title=None, outlet=f"S{n}", url=None, published=None, relation=kind, of=of
        )
        for n in range(30)
        for kind, of in (("original", None), ("copy", f"original{n}"))
    ]
    assert "and 18 more copies and rewrites" in read(shown(alert(coverage=tuple(many))))


def test_the_longest_of_everything_still_fits_and_every_relation_is_there(alert: MakeAlert) -> None:
    long = "&" * 2000
    why = tuple(
        Held(clause=f"{n}{long}", text=f"{m}{long}", start=0, end=1) for n in range(10) for m in range(7)
    )
    made = alert(
        headline=long,
        reason=long,
        story=long,
        watch=long,
        why=why,
        also=tuple(Also(watch=f"{n}{long}", severity="low", why=why) for n in range(9)),
        topics=(long,),
        entities=tuple(f"{kind}/{long}" for kind in ("person", "country", "outlet", "event")),
        quotes=(SharedQuote(text=long, speaker=long, in_=("a1",)),),
        coverage=tuple(
            Coverage(
                article=f"{relation}{place}",
                title=long,
                outlet=f"{place}{long}",
                url="https://news.example/" + "a" * 1400,
                published=NOON,
                relation=relation,
                of=f"original{place}",
            )
            for relation in get_args(Relation)
            for place in range(100)
        ),
    )
    for asked in (*all_payloads(made), payload(made, buttons=True)):
        kept = [block for block in asked["blocks"] if block["type"] != "actions"]
        assert faults(kept) == []
        assert sum(width(text["text"]) for text in texts(kept)) <= ALL_TEXT
    said = read(shown(made))
    for relation in ("Original", "Independent", "Cites", "1 copy of", "1 rewrite of"):
        assert f"\n*{relation}" in said
    assert re.search(r"and \d+ more copies and rewrites", said)


def test_watches_that_ring_too_are_told_with_their_clauses(alert: MakeAlert) -> None:
    ports = Also(
        watch="ports", severity="low", why=(Held(clause="phrase quay", text="Quay", start=0, end=4),)
    )
    said = read(shown(alert(also=(ports,))))
    assert "*also rings: ports* (low)\n• phrase quay — *Quay*" in said
    assert said.index("phrase forged orders") < said.index("also rings")


def test_the_timeline_has_the_first_report_every_confirmation_and_the_latest(alert: MakeAlert) -> None:
    said = read(shown(alert(coverage=covered(3, "copy", "independent"))))
    assert (
        "*Timeline*\n"
        "• 2026-05-04 12:00 UTC  first report · AP\n"
        "• 2026-05-04 12:01 UTC  confirmed independently · Outlet 1\n"
        "• 2026-05-04 12:03 UTC  confirmed independently · Outlet 3\n"
    ) in said + "\n"
    assert "latest · Outlet 4" in read(shown(alert(coverage=covered(4, "copy", "independent"))))


def test_a_timeline_of_what_has_no_date_is_not_made_up(alert: MakeAlert) -> None:
    undated = covered(3, "cites", published=None)
    assert "Timeline" not in read(shown(alert(coverage=undated)))
    late = undated[2].model_copy(update={"published": NOON})
    said = read(shown(alert(coverage=(*undated[:2], late))))
    assert "• no date  first report · AP\n• 2026-05-04 12:00 UTC  latest with a date · Outlet 2" in said


def test_entities_and_topics_are_in_plain_words(alert: MakeAlert) -> None:
    about = alert(
        topics=("election-interference",), entities=("country/NO", "person/mara-quill", "outlet/zzq")
    )
    said = read({"text": "", "blocks": blocks(about, names={"country/NO": "Norway"})})
    assert "*Topics*  election interference\n*People*  Mara Quill\n*Places*  Norway\n*Outlets*  ZZQ" in said


@pytest.mark.parametrize(("story", "muted"), [("s1", "--story s1"), (None, "--watch grid")])
def test_without_buttons_the_message_says_which_command_does_the_same(
    alert: MakeAlert, story: str | None, muted: str
) -> None:
    made = alert(story=story)
    said = read(shown(made))
    assert f"`tocsin silence add {muted} --for 24h`" in said
    assert f"`tocsin deliveries show {made.id}`" in said


def test_a_reply_stands_alone(alert: MakeAlert) -> None:
    made, reply = alert(), Reply(reason="independent-confirmation", text="Reuters has it from two officials")
    said = read({"text": "", "blocks": reply_blocks(made, reply)})
    assert said == (
        "*Independent confirmation*\nReuters has it from two officials\n"
        "Envoy warns of forged orders\n3 articles · 2 outlets · 1 independent report"
    )
    assert reply_fallback(made, reply) == (
        "Independent confirmation · Reuters has it from two officials · "
        "Envoy warns of forged orders · 3 articles · 2 outlets · 1 independent report"
    )


def test_a_digest_has_the_loudest_first_and_counts_the_rest(alert: MakeAlert) -> None:
    quiet, loud = alert(severity="low", headline="A quiet one"), alert()
    held = digest([quiet, loud], 2, "Overnight", 14)
    made = {"text": digest_fallback(held), "blocks": digest_blocks(held)}
    said = read(made)
    assert said.startswith("Overnight\n16 alerts since 2026-05-04 12:00 UTC\n")
    assert said.index("Envoy warns of forged orders") < said.index("A quiet one") < said.index("and 14 more")
    assert "3 articles · 2 outlets · 1 independent report · grid" in said
    assert links(made)[0] == ("https://times.example.org/a1?x=1&y=2", "Envoy warns of forged orders")
    assert made["text"] == (
        "Overnight · 16 alerts since 2026-05-04 12:00 UTC · high: Envoy warns of forged orders"
    )


def test_why_says_in_whose_articles_a_clause_held(alert: MakeAlert) -> None:
    why = (Held(clause="phrase forged orders", text="forged orders", start=0, end=13, article="a2"),)
    said = read({"text": "", "blocks": why_blocks(alert(why=why))})
    assert "• phrase forged orders — *forged orders* · in Coast Daily" in said


def test_all_coverage_has_more_than_the_message(alert: MakeAlert) -> None:
    many = alert(coverage=covered(100, "cites"))
    more = links({"text": "", "blocks": coverage_blocks(many)})
    assert len(more) > len(links(shown(many))) == 40


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
