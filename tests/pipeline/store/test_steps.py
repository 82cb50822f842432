"""New?, settle and bury in the graph: batches in, counts out, nothing lost."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to

from pipeline.store import Store
from pipeline.store.steps import Bury, New, Settle
from transforms.article import Article, DeadLetter, Document, Stopped

URL = "sqlite://?name=steps"
Make = Callable[..., Article]


@pytest.fixture
def memory() -> Iterator[Store]:
    with Store.open(URL) as store:
        yield store


def at(now: datetime) -> datetime:
    return now


def ids(article: Article) -> tuple[str, int, bool]:
    return article.url or "", article.version, article.first_seen is not None


def stop(article: Article) -> Stopped:
    return Stopped(article=article.id, version=article.version, step="screen", reason="no-watch")


def replay(articles: list[Article], noon: datetime, run: str) -> dict[str, int]:
    """Claim and settle these; the counters of new?."""
    pipeline = beam.Pipeline(FnApiRunner())
    fresh = pipeline | beam.Create(articles) | "new?" >> New(partial(Store.open, URL), partial(at, noon), run)
    _ = (
        fresh
        | beam.Map(stop).with_output_types(Stopped)
        | "settle" >> Settle(partial(Store.open, URL), partial(at, noon))
    )
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query()["counters"]
    return {each.key.metric.name: each.committed for each in counters if each.key.metric.namespace == "new"}


def test_each_article_goes_on_once_with_what_the_store_knows(
    memory: Store, article: Make, noon: datetime
) -> None:
    urls = [f"https://h.example.org/{number}" for number in range(1200)]
    articles = [article(url=url) for url in urls]
    with beam.Pipeline(FnApiRunner()) as pipeline:
        fresh = pipeline | beam.Create(articles) | New(partial(Store.open, URL), partial(at, noon), "one")
        assert_that(fresh | beam.Map(ids), equal_to([(url, 1, True) for url in urls]))
    assert memory.summary().pending == 1200


def test_what_was_settled_stops_in_the_next_run_and_is_counted(
    memory: Store, article: Make, noon: datetime
) -> None:
    text = article().text
    twins = [
        article(text, url="https://h.example.org/a"),
        article(text, outlet="CNN"),
        article(url="https://h.example.org/b"),
    ]
    assert replay(twins, noon, "one") == {"in": 3, "on": 2, "stopped:same-text": 1}
    assert replay(twins, noon, "two") == {"in": 3, "stopped:same-text": 1, "stopped:same-url": 2}
    assert memory.summary().settled == {"screen:no-watch": 2}


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


def test_a_store_that_cannot_be_opened_stops_the_run_and_says_what_to_do(
    article: Make, noon: datetime
) -> None:
    with pytest.raises(Exception, match=r"store sqlite:////proc/none/a\.db: the folder .* cannot be made"):  # noqa: PT012, SIM117
        with beam.Pipeline(FnApiRunner()) as pipeline:
            bad = partial(Store.open, "sqlite:////proc/none/a.db")
            _ = pipeline | beam.Create([article()]) | New(bad, partial(at, noon), "one")
