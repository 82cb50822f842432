"""Link + decide: a match becomes story, alert and messages once, whatever is repeated or comes in another order."""

import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.newsdesk import LinkAndDecide, decide_match
from pipeline.newsdesk.telling import Outcome
from pipeline.store import Store
from pipeline.store.outbox import Done
from transforms.article import Alert, Article, Match, Receipt, Stopped
from transforms.watch import Rules, Watch

Make = Callable[..., Match]
SINKS = ("console", "slack")


def decide(store: Store, watch: Watch, match: Match, now: datetime) -> Outcome:
    return decide_match(store, match, watch, SINKS, now)


def the_alert(store: Store) -> Alert:
    (standing,) = store.alerts()
    return standing.alert


def test_the_first_match_opens_a_story_and_rings(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    outcome = decide(store, watch, match("a", "CNN"), noon)
    assert (outcome.reason, outcome.sinks) == ("first-coverage", SINKS)
    (standing,) = store.alerts()
    assert standing.alert == outcome.alert
    assert [(each.sink, each.sequence, each.state) for each in standing.deliveries] == [
        ("console", 1, "waiting"),
        ("slack", 1, "waiting"),
    ]


def test_articles_of_one_story_that_were_not_sent_yet_make_one_new_message(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    for name, outlet in zip("abcde", ("CNN", "The Hill", "Voz", None, "Junction"), strict=True):
        decide(store, watch, match(name, outlet), noon)
    alert = the_alert(store)
    assert (alert.kind, alert.reason, len(alert.coverage), alert.outlets) == ("new", "first coverage", 5, 4)
    (delivery,) = store.due("slack", noon)
    assert delivery.alert == alert
    assert (delivery.sequence, delivery.previous, delivery.channel) == (1, None, "#energy")


def test_what_comes_after_the_message_was_sent_is_an_edit_of_it(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    (first,) = store.due("slack", noon)
    store.record([Done(first, receipt=Receipt(channel="C1", message="17.4"))], noon)
    decide(store, watch, match("b", "Voz", cites="CNN"), noon)
    decide(store, watch, match("c", "The Hill", cites="CNN"), noon)
    (second,) = store.due("slack", noon)
    assert (second.sequence, second.previous) == (2, Receipt(channel="C1", message="17.4"))
    assert (second.alert.kind, len(second.alert.coverage)) == ("update", 3)
    assert second.alert.id == first.alert.id
    (console,) = store.due("console", noon)
    assert (console.sequence, console.alert.kind, len(console.alert.coverage)) == (1, "new", 3)


def test_a_sink_that_was_added_later_hears_of_the_story_as_new(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    decide_match(store, match("b", "Voz"), watch, (*SINKS, "jsonl"), noon)
    (first,) = store.due("jsonl", noon)
    assert (first.sequence, first.alert.kind, len(first.alert.coverage)) == (1, "new", 2)


def test_a_message_in_hand_keeps_its_words(store: Store, watch: Watch, match: Make, noon: datetime) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    (leased,) = store.due("slack", noon)
    decide(store, watch, match("b", "Voz"), noon)
    assert store.due("slack", noon) == []
    store.record([Done(leased, receipt=Receipt())], noon)
    (update,) = store.due("slack", noon)
    assert (update.sequence, update.alert.kind, len(update.alert.coverage)) == (2, "update", 2)


def test_deciding_again_changes_nothing(store: Store, watch: Watch, match: Make, noon: datetime) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    before = store.alerts()
    again = decide(store, watch, match("a", "CNN"), noon + timedelta(days=9))
    assert (again.reason, again.alert, again.sinks) == ("already-decided", None, ())
    assert store.alerts() == before


def test_an_unlike_article_opens_another_story(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    other = match("b", "CNN")
    text = "Ferry captains along the southern lakes rehearsed a rescue with forged orders as their only prop."
    elsewhere = other.reading.article.model_copy(update={"text": text, "title": "Captains rehearse"})
    decide(
        store,
        watch,
        other.model_copy(update={"reading": other.reading.model_copy(update={"article": elsewhere})}),
        noon,
    )
    assert len(store.alerts()) == 2


@pytest.mark.parametrize(("days", "alerts"), [(2, 1), (30, 2)])
def test_a_story_is_found_again_within_its_time_only(
    store: Store, watch: Watch, match: Make, noon: datetime, days: int, alerts: int
) -> None:
    """By the outlets' dates where both have one; how long the store has known of it matters only without."""
    then = noon - timedelta(days=100)
    decide(store, watch, match("a", "CNN", published=then), noon)
    decide(store, watch, match("b", "Voz", published=then + timedelta(days=days)), noon)
    assert len(store.alerts()) == alerts


def test_articles_without_a_date_join_by_the_time_they_came(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    decide(store, watch, match("b", "Voz", published=noon - timedelta(days=700)), noon)
    decide(store, watch, match("c", "The Hill", published=noon + timedelta(days=700)), noon)
    assert len(the_alert(store).coverage) == 3
    decide(store, watch, match("d", "ANI", first_seen=noon + timedelta(days=30)), noon)
    assert len(store.alerts()) == 2


def test_a_changed_article_stays_in_its_story_and_an_older_version_cannot_come_back(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    decide(store, watch, match("a", "CNN"), noon)
    changed = match("a", "CNN", version=2, title="Forged orders, corrected")
    assert decide(store, watch, changed, noon).reason == "changed-article"
    assert the_alert(store).headline == "Forged orders, corrected"
    late = match("b", "Voz", version=2)
    decide(store, watch, late, noon)
    assert decide(store, watch, match("b", "Voz"), noon).reason == "older-version"
    assert {piece.article for piece in the_alert(store).coverage} == {"a", "b"}


def test_a_story_tells_every_articles_relation(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    for name, outlet in (("b", "Voz"), ("a", "CNN")):
        decide(store, watch, match(name, outlet), noon)
    (story,) = store.story_of("b")
    assert (story.watch, story.first) == ("grid", "b")
    shown = {piece.article: (piece.relation, piece.of) for piece in story.coverage}
    alert = the_alert(store)
    assert shown == {piece.article: (piece.relation, piece.of) for piece in alert.coverage}
    assert "original" in {relation for relation, _ in shown.values()}


def test_back_catalogue_is_stored_and_linked_and_not_rung(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    assert decide(store, watch, match("a", "CNN", backfill=True), noon).reason == "backfill"
    assert (store.alerts(), store.due("slack", noon)) == ([], [])
    decide(store, watch, match("b", "Voz"), noon)
    assert len(the_alert(store).coverage) == 2


def test_what_a_duplicate_knows_is_shown(store: Store, watch: Watch, match: Make, noon: datetime) -> None:
    bare = match("").reading.article.model_copy(update={"id": "", "origin": "a.txt"})
    feed = bare.model_copy(
        update={"origin": "rss", "url": "https://cnn.example.org/a", "outlet": "CNN", "published": noon}
    )
    first, twin = store.claim([bare, feed], noon, "one")
    assert (first.kind, twin.kind) == ("new", "seen")
    found = match("")
    decide(
        store,
        watch,
        found.model_copy(update={"reading": found.reading.model_copy(update={"article": first.article})}),
        noon,
    )
    (piece,) = the_alert(store).coverage
    assert (piece.outlet, piece.url, piece.published) == ("CNN", "https://cnn.example.org/a", noon)
    known = store.article(first.article.id)
    assert known is not None
    assert known.reading is not None
    assert known.reading.article.outlet == "CNN"


def test_an_article_is_settled_with_the_last_of_its_watches(
    store: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    written = store.claim([match("x", of=2).reading.article], noon, "one")[0].article
    reading = match("x").reading.model_copy(update={"article": written})
    both = match("x", of=2).model_copy(update={"reading": reading})
    decide(store, watch, both, noon)
    assert store.claim([written], noon, "two")[0].kind == "pending"
    second = watch.model_copy(update={"id": "orders", "channel": "#desk"})
    decide(store, second, both.model_copy(update={"watch": "orders"}), noon)
    assert store.claim([written], noon, "three")[0].kind == "seen"
    assert sorted(standing.alert.watch for standing in store.alerts()) == ["grid", "orders"]
    known = store.article(written.id)
    assert known is not None
    assert [each.settled for each in known.versions] == ["decide:decided"]
    assert [(each.watch, each.reason) for each in known.decisions] == [
        ("grid", "first-coverage"),
        ("orders", "first-coverage"),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["claim", "decide", "deliver", "settle"])),
        max_size=24,
    )
)
def test_in_any_order_and_however_often_it_is_one_alert_with_everything(
    watch: Watch, match: Make, noon: datetime, steps: list[tuple[str, str]]
) -> None:
    runs = map(str, itertools.count())
    written = {name: match(name, f"Outlet {name}").reading.article for name in "abcd"}
    with Store.open("sqlite://") as store:

        def claimed(article: Article) -> Match:
            found = match(article.id, article.outlet)
            return found.model_copy(update={"reading": found.reading.model_copy(update={"article": article})})

        def act(name: str, step: str, run: str) -> None:
            if step == "deliver":
                for delivery in store.due("slack", noon, limit=9):
                    store.record([Done(delivery, receipt=Receipt(message="1"))], noon)
            for verdict in store.claim([written[name]], noon, run) if step != "deliver" else ():
                if verdict.goes_on and step == "decide":
                    decide(store, watch, claimed(verdict.article), noon)
                elif step == "settle":
                    # Settled by nobody: what was claimed and never decided must go on in a later run.
                    store.settle([Stopped(article="never-claimed", step="screen", reason="no-watch")], noon)

        for name, step in steps:
            act(name, step, next(runs))
        for name, step in itertools.product("abcd", ("decide", "deliver", "decide")):
            act(name, step, next(runs))
        (standing,) = store.alerts()
        assert {piece.article for piece in standing.alert.coverage} == set("abcd")
        heard = [each for each in standing.deliveries if each.sink == "slack"]
        assert [each.sequence for each in heard] == list(range(1, len(heard) + 1))
        assert {each.state for each in heard} == {"sent"}
        assert store.claim(list(written.values()), noon, next(runs))[0].kind == "seen"


def rules(watch: Watch) -> Rules:
    return Rules(watches={watch.id: watch})


def at(now: datetime) -> datetime:
    return now


def counted(result: beam.runners.runner.PipelineResult, step: str) -> dict[str, int]:
    counters = result.metrics().query()["counters"]
    return {each.key.metric.name: each.committed for each in counters if each.key.metric.namespace == step}


@pytest.fixture
def memory() -> Iterator[tuple[str, Store]]:
    url = "sqlite://?name=newsdesk"
    with Store.open(url) as store:
        yield url, store


def test_in_the_graph_matches_are_decided_in_their_order_and_counted(
    memory: tuple[str, Store], watch: Watch, match: Make, noon: datetime
) -> None:
    url, store = memory
    matches = [match(name, f"Outlet {name}", order=(place, 0)) for place, name in enumerate("cab")]
    pipeline = beam.Pipeline(FnApiRunner())
    told = (
        pipeline
        | beam.Create([*reversed(matches), matches[0]])
        | LinkAndDecide(partial(Store.open, url), partial(rules, watch), ("jsonl",), partial(at, noon))
    )
    with Store.open("sqlite://") as other:
        first = decide_match(other, matches[0], watch, ("jsonl",), noon).alert
    assert first is not None
    assert_that(told, equal_to([(("jsonl", "#energy"), first.id)] * 3))
    result = pipeline.run()
    result.wait_until_finish()
    assert counted(result, "decide") == {"in": 4, "on": 3, "stopped:already-decided": 1}
    assert store.story_of("a")[0].first == "c"


def test_a_match_that_cannot_be_decided_is_buried_whole_and_the_rest_goes_on(
    memory: tuple[str, Store], watch: Watch, match: Make, noon: datetime
) -> None:
    url, store = memory
    stray = match("x").model_copy(update={"watch": "gone"})
    with beam.Pipeline(FnApiRunner()) as pipeline:
        told = (
            pipeline
            | beam.Create([stray, match("a", "CNN")])
            | LinkAndDecide(partial(Store.open, url), partial(rules, watch), ("jsonl",), partial(at, noon))
        )
        assert_that(told | beam.combiners.Count.Globally(), equal_to([1]))
    (listed,) = store.dead_letters()
    kept = store.dead_letter(listed.id)
    assert (listed.step, listed.reason) == ("decide", "undecidable")
    assert kept is not None
    assert kept.document is not None
    assert Article.model_validate_json(kept.document.body) == stray.reading.article
