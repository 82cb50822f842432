"""Take in and take up: an article is in hand from the moment its source may forget it until it is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from pipeline.intake import TakeIn, TakeUp, Taking
from pipeline.sources.ticks import Once
from pipeline.store import Brought, FeedState, Store
from pipeline.store.hand import GRACE, OFTEN
from pipeline.store.positions import joined
from transforms.article import Article, Document, Position, Stopped
from transforms.watch import Clause, Rules, Watch

URL = "sqlite://?name=intake"
NEWS = b"Forged orders were found in the control rooms of the northern grid on Monday, the operator said."
OTHER = b"The museum opened a new wing for its collection of maps on Monday, its director said to guests."
Make = Callable[..., Article]


@pytest.fixture
def memory() -> Iterator[Store]:
    with Store.open(URL) as store:
        yield store


def at(now: datetime) -> datetime:
    return now


def rules() -> Rules:
    watch = Watch(id="grid", title="The grid", when=Clause(phrase="forged orders"), channel="#energy")
    return Rules(watches={"grid": watch}, topics={}, entities={})


def no_rules() -> Rules:
    return Rules(watches={}, topics={}, entities={})


def document(body: bytes, now: datetime, **known: Any) -> Document:
    return Document(**{"origin": "a.txt", "media": "text", "body": body, "fetched": now} | known)


def taking(noon: datetime, run: str = "one", load: Callable[[], Rules] = rules) -> Taking:
    return Taking(partial(Store.open, URL), load, partial(at, noon), run)


def take_in(documents: list[Document], noon: datetime, run: str = "one") -> dict[str, int]:
    """The counters of one run over these, as step:name."""
    pipeline = beam.Pipeline(FnApiRunner())
    _ = pipeline | beam.Create(documents).with_output_types(Document) | TakeIn(taking(noon, run))
    result = pipeline.run()
    result.wait_until_finish()
    return {
        f"{each.key.metric.namespace} {each.key.metric.name}": each.committed
        for each in result.metrics().query()["counters"]
        if each.key.metric.namespace in {"parse", "clean", "new", "screen"}
    }


def taken_up(store: Store, now: datetime, **how: Any) -> list[str]:
    return [article.text for article in store.take_up(now, **how).articles]


def test_what_passes_the_screen_is_in_hand_and_the_rest_is_settled_at_once(
    memory: Store, noon: datetime
) -> None:
    binary = document(b"\x89PNG....", noon, origin="b.txt")
    twin = document(NEWS, noon, origin="c.txt")
    assert take_in([document(NEWS, noon), document(OTHER, noon), binary, twin], noon) == {
        "parse in": 4, "parse on": 3, "parse stopped:binary": 1,
        "clean in": 3, "clean on": 3,
        "new in": 3, "new on": 2, "new stopped:same-text": 1,
        "screen in": 2, "screen on": 1, "screen stopped:no-watch-could-match": 1,
    }  # fmt: skip
    summary = memory.summary()
    assert (summary.articles, summary.pending) == (2, 1)
    assert summary.settled == {"screen:no-watch-could-match": 1}
    assert [letter.reason for letter in memory.dead_letters()] == ["binary"]
    assert taken_up(memory, noon + GRACE) == [NEWS.decode()]


@pytest.mark.usefixtures("memory")
def test_what_goes_on_bears_what_the_store_knows(noon: datetime) -> None:
    with beam.Pipeline(FnApiRunner()) as pipeline:
        taken = (
            pipeline
            | beam.Create([document(NEWS, noon), document(OTHER, noon)]).with_output_types(Document)
            | TakeIn(taking(noon), all_articles=True)
        )
        known = taken.main | "known" >> beam.Map(lambda each: (len(each.id), each.version, each.first_seen))
        assert_that(known, equal_to([(32, 1, noon)]))
        texts = taken.articles | "texts" >> beam.Map(lambda each: each.text.encode())
        assert_that(texts, equal_to([NEWS, OTHER]), label="all of them")


def test_the_source_may_forget_only_what_is_in_hand(memory: Store, noon: datetime) -> None:
    state = FeedState(id="bbc", url="https://example.org/rss", etag='"1"')
    place = Position(queue="wire", part="0", start=3, end=9)
    take_in([document(NEWS, noon, feed_state=state.model_dump_json(), position=place)], noon)
    assert (memory.feed("bbc"), memory.position("wire", "0")) == (state, 9)


def test_a_position_moves_on_only_where_nothing_is_missing_before_it(memory: Store, noon: datetime) -> None:
    def advance(*places: tuple[int, int]) -> int | None:
        positions = [Position(queue="wire", part="0", start=start, end=end) for start, end in places]
        memory.take_in(Brought(positions=positions), noon)
        return memory.position("wire", "0")

    assert advance((0, 4)) == 4
    assert advance((8, 9)) == 4
    assert advance((6, 8)) == 4
    assert advance((4, 6), (11, 12)) == 9
    assert advance((2, 5)) == 9
    assert advance((9, 11)) == 12


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=40), st.integers(0, 9))
def test_in_whatever_order_ranges_come_a_part_is_where_nothing_is_missing(
    found: list[tuple[int, int]], begun: int
) -> None:
    ranges = [(start, start + length) for start, length in found]
    reached, aside = joined(begun, ranges)
    one_by_one: tuple[int, list[tuple[int, int]]] = (begun, [])
    for each in ranges:
        one_by_one = joined(one_by_one[0], [*one_by_one[1], each])
    assert (reached, aside) == one_by_one
    covered = {offset for start, end in ranges for offset in range(start, end)}
    assert all(offset in covered for offset in range(begun, reached))
    assert reached not in covered
    assert {offset for start, end in aside for offset in range(start, end)} == {
        offset for offset in covered if offset > reached
    }


def test_of_a_transaction_that_fails_nothing_is_in_hand_and_nothing_forgotten(
    store: Store, article: Make, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("killed here")

    brought = Brought([article()], positions=[Position(queue="wire", part="0", start=0, end=1)])
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.store.positions.advance", fail)
        with pytest.raises(RuntimeError):
            store.take_in(brought, noon)
    assert (store.summary().articles, store.position("wire", "0")) == (0, None)
    assert [verdict.kind for verdict in store.take_in(brought, noon)] == ["new"]


def test_doing_it_again_gives_what_is_not_settled_again(store: Store, article: Make, noon: datetime) -> None:
    brought = Brought([article(), article(), article()], ends={1: "screen:no-watch-could-match"})
    first = store.take_in(brought, noon, "one")
    store.settle([Stopped(article=first[2].article.id, step="match", reason="no-watch-matched")], noon)
    again = store.take_in(brought, noon, "one")
    assert [verdict.kind for verdict in again] == ["pending", "seen", "seen"]


def test_what_nobody_settles_is_taken_up_when_its_time_is_over_and_each_time_later(
    store: Store, article: Make, noon: datetime
) -> None:
    store.take_in(Brought([article("A text.")]), noon, "one")
    assert taken_up(store, noon + GRACE / 2, run="one") == []
    assert taken_up(store, noon + GRACE, run="one") == ["A text."]
    assert taken_up(store, noon + 2 * GRACE, run="one") == []
    assert taken_up(store, noon + 3 * GRACE, run="one") == ["A text."]


def test_a_new_run_takes_up_at_once_what_others_held(store: Store, article: Make, noon: datetime) -> None:
    store.take_in(Brought([article("A text.")]), noon, "one")
    assert taken_up(store, noon, run="one", others=True) == []
    assert taken_up(store, noon, run="two", others=True) == ["A text."]
    assert taken_up(store, noon, run="two", others=True) == []


def test_what_was_taken_up_too_often_becomes_a_dead_letter(
    store: Store, article: Make, noon: datetime
) -> None:
    written = article("A text.", fetched=noon)
    store.take_in(Brought([written]), noon)
    later = noon
    for _ in range(OFTEN - 1):
        later += GRACE * 64
        assert taken_up(store, later) == ["A text."]
    assert taken_up(store, later + GRACE * 64) == []
    (letter,) = store.dead_letters()
    assert (letter.step, letter.reason) == ("hand", "never-settled")
    kept = store.dead_letter(letter.id)
    assert kept is not None
    assert kept.document is not None
    assert Article.model_validate_json(kept.document.body).text == "A text."
    # Replayed, it is still pending: it goes on.
    assert store.take_in(Brought([written]), later, "later")[0].kind == "pending"


def test_in_the_graph_what_is_taken_up_is_screened_again(memory: Store, noon: datetime) -> None:
    take_in([document(NEWS, noon)], noon, "one")
    for load, going in ((rules, 1), (no_rules, 0)):
        with beam.Pipeline(FnApiRunner()) as pipeline:
            again = pipeline | Once(noon) | TakeUp(taking(noon, f"run {going}", load))
            assert_that(again | beam.combiners.Count.Globally(), equal_to([going]))
    assert memory.summary().settled == {"screen:no-watch-could-match": 1}
    assert memory.take_up(noon + timedelta(days=9)).articles == ()
