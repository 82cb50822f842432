"""Settle and bury in the graph: batches in, nothing lost."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.sources.ticks import Once
from pipeline.store import Brought, Store
from pipeline.store.retention import cut_offs
from pipeline.store.steps import Bury, Forget, Settle
from transforms.article import Article, DeadLetter, Document, Stopped

URL = "sqlite://?name=steps"
Make = Callable[..., Article]


@pytest.fixture
def memory() -> Iterator[Store]:
    with Store.open(URL) as store:
        yield store


def at(now: datetime) -> datetime:
    return now


def test_dead_letters_are_buried_with_their_inputs(memory: Store, noon: datetime) -> None:
    letters = [
        DeadLetter(
            step="parse",
            reason="binary",
            message="no text",
            origin=f"{number}.bin",
            document=Document(origin=f"{number}.bin", media="text", body=b"\x00\xff" * 500, fetched=noon),
        )
        for number in range(50)
    ]
    with beam.Pipeline(FnApiRunner()) as pipeline:
        _ = pipeline | beam.Create(letters) | Bury(partial(Store.open, URL), partial(at, noon))
    kept = [memory.dead_letter(each.id) for each in memory.dead_letters()]
    assert sorted(each.origin for each in kept if each and each.document) == sorted(
        each.origin for each in letters
    )
    assert {each.document.body for each in kept if each and each.document} == {b"\x00\xff" * 500}


def test_what_went_no_further_is_settled_and_no_longer_in_hand(
    memory: Store, article: Make, noon: datetime
) -> None:
    taken = memory.take_in(Brought([article(), article()]), noon)
    stopped = [
        Stopped(article=verdict.article.id, version=1, step="match", reason="no-watch-matched")
        for verdict in taken
    ]
    with beam.Pipeline(FnApiRunner()) as pipeline:
        _ = pipeline | beam.Create(stopped) | Settle(partial(Store.open, URL), partial(at, noon))
    assert memory.summary().settled == {"match:no-watch-matched": 2}
    assert memory.take_up(noon + timedelta(days=1)).articles == ()


def test_a_store_that_cannot_be_opened_stops_the_run_and_says_what_to_do(noon: datetime) -> None:
    bad = partial(Store.open, "sqlite:////proc/none/a.db")
    letter = DeadLetter(step="parse", reason="binary", message="no text", origin="a.bin")
    with pytest.raises(Exception, match=r"store sqlite:////proc/none/a\.db: the folder .* cannot be made"):  # noqa: SIM117
        with beam.Pipeline(FnApiRunner()) as pipeline:
            _ = pipeline | beam.Create([letter]) | Bury(bad, partial(at, noon))


def test_where_a_tick_says_so_the_store_forgets_what_is_old(
    memory: Store, article: Make, noon: datetime
) -> None:
    memory.take_in(Brought([article()], ends={0: "screen:no-watch-could-match"}), noon - timedelta(days=500))
    day = timedelta(days=400)
    cut = partial(cut_offs, articles=day, stories=day, dead_letters=day, window=timedelta(hours=72))
    for tidy, left in ((False, 1), (True, 0)):
        with beam.Pipeline(FnApiRunner()) as pipeline:
            _ = pipeline | Once(noon, tidy=tidy) | Forget(partial(Store.open, URL), partial(at, noon), cut)
        assert memory.summary().articles == left
