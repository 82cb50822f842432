"""What a person sees in Slack: each part of a message, what is folded, what is cut, what is counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest

from pipeline.sinks.slack.blocks import (
    ALL_TEXT,
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
from tests.doubles.slack.blockkit import faults, texts, width
from tests.doubles.slack.seen import links, read
from tests.pipeline.sinks.conftest import NOON
from tests.pipeline.sinks.test_slack_blocks import all_payloads, digest, payload
from transforms.article import (
    Alert,
    Also,
    Coverage,
    Held,
    Relation,
    Reply,
    SharedQuote,
)

MakeAlert = Callable[..., Alert]


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
