"""Deciding together: many matches in one transaction leave the store as the same matches one by one would."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipeline.newsdesk import decide_match, decide_matches, prepared
from pipeline.newsdesk.telling import Newsroom
from pipeline.store import Store
from pipeline.store.outbox import Done
from pipeline.store.schema import knowledge, metadata
from transforms.article import Article, Credit, Held, Match, Quote, Reading, Receipt
from transforms.policy import Desk, Escalation, Policy, Route
from transforms.watch import Clause, Rules, Watch

SINKS = ("console", "slack")
WATCHES = tuple(
    Watch(id=name, title=name, when=Clause(phrase="forged orders"), channel=channel, severity=severity)
    for name, channel, severity in (
        ("grid", "#energy", "high"),
        ("orders", "#energy", "low"),
        ("north", "#north", "normal"),
    )
)
POLICIES = (
    Desk(),
    Desk(
        Policy(wait=timedelta(minutes=5), repeat=timedelta(minutes=5), escalate=(Escalation(outlets=3),)),
        routes=(Route(channel="#all"),),
    ),
    Desk(Policy(inhibit=True, update_every=timedelta(minutes=10)), routes=(Route(channel="#all"),)),
    Desk(Policy(group=False)),
)
HAPPENINGS = (
    "harbour ferry captain rescue lighthouse storm pilots coastguard trawler rope winter lake",
    "senator ballots recount tribunal clerk county envelope signature hearing appeal judge seal",
    "reactor turbine valve inspector outage cooling engineers substation relay grid forged orders",
)
KINDS = st.fixed_dictionaries(
    {
        "name": st.integers(0, 7),
        "happening": st.integers(0, 2),
        "version": st.sampled_from([1, 1, 1, 2]),
        "outlet": st.sampled_from(["CNN", "Voz", None]),
        "dated": st.sampled_from([None, 0, 20, 300]),
        "seen": st.sampled_from([0, 30]),
        "backfill": st.sampled_from([False, False, True]),
        "quotes": st.booleans(),
        "cites": st.sampled_from([None, None, "CNN", "AP"]),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 2), st.lists(KINDS, min_size=1, max_size=7)),
        st.tuples(st.sampled_from(SINKS), st.sampled_from(["heard", "later", "in hand"])),
    ),
    min_size=1,
    max_size=7,
)


def matched(watch: Watch, noon: datetime, kind: dict[str, Any]) -> Match:
    name, dated = kind["name"], kind["dated"]
    words = HAPPENINGS[kind["happening"]]
    article = Article(
        id=f"article-{name}",
        version=kind["version"],
        text=f"{words} {words} told under mark {name} by people of desk {name * 7}",
        title=words[:30],
        outlet=kind["outlet"],
        published=None if dated is None else noon - timedelta(hours=dated),
        first_seen=noon - timedelta(hours=kind["seen"]),
        backfill=kind["backfill"],
        order=(name % 3, 0),
    )
    reading = Reading(
        article=article,
        quotes=(Quote(start=0, end=40),) if kind["quotes"] else (),
        credits=(Credit(outlet=kind["cites"], kind="cites", start=0, end=3),) if kind["cites"] else (),
    )
    return Match(watch=watch.id, reading=reading, why=(Held(clause="c", text="x", start=0, end=1),), of=2)


Decide = Callable[[Store, Sequence[Match], Watch, Newsroom, datetime], Any]


def together(store: Store, some: Sequence[Match], watch: Watch, newsroom: Newsroom, now: datetime) -> Any:
    return decide_matches(store, [prepared(match) for match in some], watch, newsroom, now)


def one_by_one(store: Store, some: Sequence[Match], watch: Watch, newsroom: Newsroom, now: datetime) -> Any:
    return [decide_match(store, match, watch, SINKS, now, rules=newsroom.rules) for match in some]


def left_by(store: Store, decide: Decide, steps: Sequence[Any], policy: Desk, noon: datetime) -> Any:
    """What the store holds after these steps, and what was said."""
    newsroom = Newsroom(Rules(watches={watch.id: watch for watch in WATCHES}, desk=policy), SINKS)
    with store.transaction() as tx:
        learnt = {
            "article": "article-3",
            "url": "https://k.example.org",
            "outlet": "Known",
            "published": noon,
        }
        tx.execute(knowledge.insert(), learnt)
    said = []
    for minute, (who, what) in enumerate(steps):
        now = noon + timedelta(minutes=4 * minute)
        if isinstance(who, int):
            some = [matched(WATCHES[who], noon, kind) for kind in what]
            said.append(decide(store, some, WATCHES[who], newsroom, now))
            continue
        for delivery in store.due(who, now, limit=2):
            if what == "heard":
                store.record([Done(delivery, receipt=Receipt(message="1"))], now)
            elif what == "later":
                store.record([Done(delivery, due_at=now + timedelta(minutes=9), message="later")], now)
    return list(rows(store)), said


def rows(store: Store) -> Iterator[tuple[str, list[str]]]:
    with store.transaction(write=False) as tx:
        for table in metadata.sorted_tables:
            yield table.name, sorted(repr(row) for row in tx.execute(select(table)))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, policy=st.sampled_from(POLICIES))
def test_matches_in_any_order_decided_together_leave_the_same_as_one_by_one(
    noon: datetime, steps: list[Any], policy: Desk
) -> None:
    with Store.open("sqlite://") as store, Store.open("sqlite://") as other:
        assert left_by(store, together, steps, policy, noon) == left_by(
            other, one_by_one, steps, policy, noon
        )


@pytest.mark.parametrize("policy", POLICIES)
def test_on_every_database_it_is_the_same(store: Store, noon: datetime, policy: Desk) -> None:
    kinds = [
        {
            "name": number % 6, "happening": number % 3, "version": 1 + number // 9,
            "outlet": ("CNN", "Voz")[number % 2], "dated": number, "seen": 0,
            "backfill": number == 2, "quotes": number % 2 == 0, "cites": None,
        }
        for number in range(12)
    ]  # fmt: skip
    steps = [(0, kinds), ("slack", "heard"), (1, kinds[:7]), ("slack", "later"), (2, kinds[3:]), (1, kinds)]
    with Store.open("sqlite://") as other:
        expected = left_by(other, one_by_one, steps, policy, noon)
    assert left_by(store, together, steps, policy, noon) == expected
