"""Retention: what is old goes, with all that hangs on it; what is pending, waiting or may still grow stays."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from pipeline.newsdesk import decide_match
from pipeline.store import CutOffs, Store, cut_offs, retention
from pipeline.store.outbox import Done
from pipeline.store.schema import metadata
from pipeline.store.silences import Verdict
from transforms.article import Article, DeadLetter, Match, Receipt, Stopped
from transforms.desk import Desk, Policy, Silence
from transforms.watch import Rules, Watch

Make = Callable[..., Match]
MakeArticle = Callable[..., Article]
YEAR = timedelta(days=365)


def cut(now: datetime, **lengths: timedelta) -> CutOffs:
    known = {
        "articles": timedelta(days=400),
        "stories": timedelta(days=400),
        "dead_letters": timedelta(days=90),
        "window": timedelta(hours=72),
    }
    return cut_offs(now, **known | lengths)


def left(store: Store) -> dict[str, int]:
    with store.transaction(write=False) as tx:
        counts = {
            table.name: tx.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }
    return {name: many for name, many in counts.items() if many}


def ring(store: Store, watch: Watch, found: Match, now: datetime, *, sent: bool = True) -> None:
    """The whole way of an article through the store."""
    (verdict,) = store.claim([found.reading.article], now, "one")
    reading = found.reading.model_copy(update={"article": verdict.article})
    decide_match(
        store, found.model_copy(update={"reading": reading, "watch": watch.id}), watch, ("desk",), now
    )
    for delivery in store.due("desk", now, limit=99) if sent else ():
        store.record([Done(delivery, receipt=Receipt())], now)


def test_a_story_goes_with_all_that_hangs_on_it(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    for name in "abc":
        ring(store, watch, match(name, f"Outlet {name}"), noon)
    full = left(store)
    assert not store.prune(cut(noon + timedelta(days=399)))
    assert left(store) == full
    later = cut(noon + timedelta(days=404))
    foretold = store.prune(later, dry_run=True)
    assert left(store) == full
    gone = store.prune(later)
    assert left(store) == {}
    assert gone == foretold
    assert {name: gone[name] for name in ("stories", "coverage", "readings", "articles", "alerts")} == {
        "stories": 1, "coverage": 3, "readings": 3, "articles": 3, "alerts": 1,
    }  # fmt: skip


def test_a_message_that_waits_keeps_its_story(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    ring(store, watch, match("a"), noon, sent=False)
    before = left(store)
    gone = store.prune(cut(noon + 3 * YEAR))
    assert dict(gone) == {"articles": 1}
    assert {name: many for name, many in before.items() if name != "articles"} == left(store)
    assert len(store.due("desk", noon)) == 1


def test_an_article_in_hand_stays_and_keeps_its_story(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    ring(store, watch, match("a", of=2), noon)
    store.claim([Article(text="Never settled.")], noon)
    before = left(store)
    assert not store.prune(cut(noon + 3 * YEAR))
    assert left(store) == before


def test_a_story_that_grew_lately_stays_whole(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    ring(store, watch, match("a", "CNN", published=noon), noon)
    later = noon + timedelta(days=2)
    ring(store, watch, match("b", "Voz", published=later, first_seen=later), later)
    # A day less than it takes for the second; the first alone would go.
    gone = store.prune(cut(noon + timedelta(days=31), stories=timedelta(days=30), articles=YEAR))
    assert not gone
    assert len(store.story_of("a")[0].coverage) == 2


def test_a_reading_stays_while_another_watch_has_it_in_a_story(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    ring(store, watch, match("a", of=2), noon)
    orders = watch.model_copy(update={"id": "orders", "channel": "#desk"})
    late = noon + timedelta(days=100)
    ring(store, orders, match("a", of=2), late)
    gone = store.prune(
        cut(noon + timedelta(days=60) + timedelta(days=41), stories=timedelta(days=60), articles=3 * YEAR)
    )
    assert (gone["stories"], gone["readings"]) == (1, 0)
    known = store.article("a")
    assert known is not None
    assert known.reading is not None
    assert [story.watch for story in store.story_of("a")] == ["orders"]


def test_an_article_is_known_for_as_long_as_the_settings_say_and_new_after_that(
    store: Store, article: MakeArticle, noon: datetime
) -> None:
    many = [
        article(url=f"https://h.example.org/{number}", guid=str(number), feed="h") for number in range(1200)
    ]
    for verdict in store.claim(many, noon, "one"):
        assert verdict.kind == "new"
    done = [
        Stopped(article=each.article.id, step="screen", reason="no-watch") for each in store.claim(many, noon)
    ]
    store.settle(done, noon)
    assert not store.prune(cut(noon + timedelta(days=400)))
    gone = store.prune(cut(noon + timedelta(days=401)))
    assert dict(gone) == {"articles": 1200, "article keys": 1200}
    assert store.claim(many[:1], noon + timedelta(days=401), "two")[0].kind == "new"


def test_a_version_that_came_lately_keeps_the_earlier_ones(
    store: Store, article: MakeArticle, noon: datetime
) -> None:
    for days in (0, 500):
        then = noon + timedelta(days=days)
        (verdict,) = store.claim([article(url="https://h.example.org/a")], then, "one")
        store.settle(
            [Stopped(article=verdict.article.id, version=verdict.article.version, step="s", reason="r")], then
        )
    assert not store.prune(cut(noon + timedelta(days=600)))
    assert store.prune(cut(noon + timedelta(days=901)))["articles"] == 1
    assert store.summary().articles == 0


def test_a_dead_letter_goes_after_it_failed_for_the_last_time(store: Store, noon: datetime) -> None:
    late = noon + timedelta(days=80)
    for origin in ("old", "again", "replayed"):
        store.bury([DeadLetter(step="parse", reason="binary", message="no text", origin=origin)], noon)
    store.bury([DeadLetter(step="parse", reason="binary", message="no text", origin="again")], late)
    store.resurrected(next(each.id for each in store.dead_letters() if each.origin == "replayed"), late)
    assert dict(store.prune(cut(noon + timedelta(days=100)))) == {"dead letters": 1}
    assert {each.origin for each in store.dead_letters()} == {"again", "replayed"}


def test_more_than_one_batch_goes(
    store: Store, watch: Watch, match: Make, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(3):
        mine = watch.model_copy(update={"id": f"grid-{number}"})
        for days in (0, 20, 40):
            then = noon + timedelta(days=days)
            ring(store, mine, match(f"{number}-{days}", published=then, first_seen=then), then)
    assert store.summary().stories == 9
    assert store.prune(cut(noon + 2 * YEAR))["stories"] == 9
    assert left(store) == {}


@given(
    *[st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=999)) for _ in range(4)],
)
def test_nothing_goes_while_a_story_may_still_take_it_in(
    articles: timedelta, stories: timedelta, dead_letters: timedelta, window: timedelta
) -> None:
    now = datetime(2026, 5, 4, 12, tzinfo=UTC)
    found = cut_offs(now, articles, stories, dead_letters, window)
    assert max(found.articles, found.stories) <= now - window
    assert found.dead_letters == now - dead_letters


def test_digests_silences_verdicts_and_groups_go_with_what_they_are_about(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    policy = Policy.model_validate({"digest": {"every": "hour", "except": None}})
    both = {name: watch.model_copy(update={"id": name}) for name in ("grid", "other")}
    rules = Rules(watches=both, desk=Desk(policy))
    (verdict,) = store.claim([match("a", "CNN").reading.article], noon, "one")
    for there in both.values():
        found = match("a", "CNN", of=2).model_copy(update={"watch": there.id})
        reading = found.reading.model_copy(update={"article": verdict.article})
        decide_match(
            store, found.model_copy(update={"reading": reading}), there, ("desk",), noon, rules=rules
        )
    (digest,) = store.due("desk", noon + timedelta(hours=1))
    store.record([Done(digest, receipt=Receipt())], noon)
    alert = store.alerts()[0].alert
    store.judge(Verdict(alert=alert.id, who="U1", verdict="right", at=noon))
    silence = {"id": "s", "owner": "ann", "reason": "r", "made": noon, "until": noon + timedelta(hours=1)}
    store.silence(Silence.model_validate(silence | {"watch": "grid"}))
    kept = left(store)
    assert {name: kept[name] for name in ("grouped", "silences", "verdicts")} == {
        "grouped": 1,
        "silences": 1,
        "verdicts": 1,
    }
    assert not store.prune(cut(noon + timedelta(days=399)))
    gone = store.prune(cut(noon + 2 * YEAR))
    assert {name: gone[name] for name in ("alerts", "digests", "silences", "verdicts")} == {
        "alerts": 1,
        "digests": 1,
        "silences": 1,
        "verdicts": 1,
    }
    assert left(store) == {}
