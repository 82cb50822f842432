"""A round over the feeds: what is due is asked, what answers becomes documents, what fails stops nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from pydantic import ValidationError

from pipeline.sources.feeds import Feed
from pipeline.sources.fetch import Patience
from pipeline.sources.polling import FetchRound, Round
from pipeline.sources.ticks import Once
from pipeline.store import LEASE, FeedState, Store
from transforms.article import DeadLetter, Document

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
OPTIONS: dict[str, Any] = {
    "patience": Patience(connect=1, read=0.5, total=2, limit=1 << 20),
    "gap": timedelta(0),
}


class Came:
    """What one round gave."""

    def __init__(
        self,
        documents: list[Document],
        dead: list[DeadLetter],
        states: dict[str, FeedState],
        counted: dict[str, int],
    ):
        self.documents, self.dead, self.states, self.counted = documents, dead, states, counted


@pytest.fixture
def memory(tmp_path: Path) -> Callable[[], Store]:
    url = f"sqlite:///{tmp_path / 'feeds.db'}"
    with Store.open(url) as store:
        store.migrate()
    return partial(Store.open, url)


@pytest.fixture
def poll(memory: Callable[[], Store], tmp_path: Path) -> Callable[..., Came]:
    """One round through Beam; what its documents want remembered is remembered unless ``killed``."""

    def run(feeds: Sequence[Feed], now: datetime = NOON, *, killed: bool = False, **options: Any) -> Came:
        outs = {name: tmp_path / name for name in ("main", "dead")}
        for path in outs.values():
            path.write_text("")
        pipeline = beam.Pipeline(runner=FnApiRunner())
        clock = partial(at, now)
        came = pipeline | Once(now) | FetchRound(feeds, Round(**(OPTIONS | options)), memory, clock)
        came.main | "keep main" >> beam.Map(partial(_keep, outs["main"]))
        came.dead | "keep dead" >> beam.Map(partial(_keep, outs["dead"]))
        result = pipeline.run()
        result.wait_until_finish()
        counters = result.metrics().query()["counters"]
        lines = {name: path.read_text().splitlines() for name, path in outs.items()}
        documents = [Document.model_validate_json(line) for line in lines["main"]]
        with memory() as store:
            for document in documents if not killed else ():
                if document.feed_state is not None:
                    store.remember_feed(FeedState.model_validate_json(document.feed_state))
            states = store.feeds()
        return Came(
            sorted(documents, key=lambda document: document.order),
            [DeadLetter.model_validate_json(line) for line in lines["dead"]],
            {state.id: state for state in states},
            {m.key.metric.name: m.committed for m in counters if m.key.metric.namespace == "source"},
        )

    return run


def _keep(path: Path, value: Any) -> None:
    with path.open("a") as file:
        file.write((value if isinstance(value, str) else value.model_dump_json()) + "\n")


def test_a_feed_becomes_a_document(poll: Callable[..., Came], site: Any, answer: Any, rss: bytes) -> None:
    site.answers["/rss"] = answer(headers={"Content-Type": "text/xml", "ETag": '"1"'})
    came = poll([Feed(id="one", url=f"{site.url}/rss?key=secret", outlet="Example Post")])
    (document,) = came.documents
    assert (document.media, document.body, document.feed, document.outlet) == (
        "feed",
        rss,
        "one",
        "Example Post",
    )
    assert (document.content_type, document.location) == ("text/xml", f"{site.url}/rss?key=secret")
    assert document.origin == f"{site.url}/rss"  # what stands after the question mark may be a key
    assert (document.fetched, document.backfill_before) == (NOON, NOON - timedelta(days=2))
    assert came.counted == {"in": 1, "on": 1}
    assert came.states["one"].etag == '"1"'
    assert came.states["one"].next_due == NOON + timedelta(minutes=15)


def test_a_feed_is_asked_again_only_when_due_and_304_is_a_success(
    poll: Callable[..., Came], site: Any, answer: Any
) -> None:
    site.answers["/rss"] = answer(headers={"ETag": '"1"', "Cache-Control": "max-age=1800"})
    feeds = [Feed(id="one", url=f"{site.url}/rss")]
    poll(feeds)
    assert poll(feeds, NOON + timedelta(minutes=29)).counted == {"in": 1, "stopped:not-due": 1}
    assert len(site.asked) == 1
    later = poll(feeds, NOON + timedelta(minutes=31))
    assert later.counted == {"in": 1, "stopped:unchanged": 1}
    assert (later.states["one"].etag, later.states["one"].failures) == ('"1"', 0)
    assert poll(feeds, NOON + timedelta(minutes=32), only_due=False).counted["stopped:unchanged"] == 1
    site.answers["/rss"] = answer(headers={"ETag": '"2"'})
    (document,) = poll(feeds, NOON + timedelta(days=9)).documents
    assert document.backfill_before == NOON - timedelta(
        days=2
    )  # old news stays old news, however often it is sent


def test_a_round_that_was_killed_is_asked_for_again_whole(
    poll: Callable[..., Came], site: Any, answer: Any
) -> None:
    site.answers["/rss"] = answer(headers={"ETag": '"1"'})
    feeds = [Feed(id="one", url=f"{site.url}/rss")]
    first = poll(feeds, killed=True)
    assert poll(feeds).counted == {"in": 1, "stopped:not-due": 1}  # another may be asking it
    second = poll(feeds, NOON + LEASE)
    assert [each.body for each in first.documents] == [each.body for each in second.documents] != []
    assert site.asked_with("if-none-match") == [None, None]


def test_failures_give_a_line_and_stop_nobody(
    poll: Callable[..., Came], site: Any, answer: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    site.answers |= {"/gone": answer(410), "/broken": answer(500), "/good": answer()}
    feeds = [
        Feed(id="missing", url=f"{site.url}/missing"),
        Feed(id="gone", url=f"{site.url}/gone"),
        Feed(id="broken", url=f"{site.url}/broken?key=secret"),
        Feed(id="no-host", url="http://no-such-host.invalid/rss"),
        Feed(id="no-file", url=str(tmp_path / "none.xml")),
        Feed(id="good", url=f"{site.url}/good"),
    ]
    with caplog.at_level(logging.WARNING, "tocsin.feeds"):
        came = poll(feeds)
    assert [document.feed for document in came.documents] == ["good"]
    assert came.counted == {
        "in": 6, "on": 1, "stopped:http-404": 1, "stopped:http-410": 1, "stopped:http-500": 1, "stopped:dns": 1,
        "stopped:unreadable": 1,
    }  # fmt: skip
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 5
    assert f"feed broken: HTTP 500 Internal Server Error ({site.url}/broken)" in said
    assert "secret" not in caplog.text
    assert came.states["broken"].failures == 1
    assert [dead.reason for dead in came.dead] == ["unreadable"]


def test_a_failing_feed_is_asked_less_and_less_but_never_given_up(
    poll: Callable[..., Came], site: Any, answer: Any
) -> None:
    feeds = [Feed(id="one", url=f"{site.url}/rss")]
    for failures, pause in ((1, 15), (2, 30), (3, 45)):
        state = poll(feeds, only_due=False).states["one"]
        assert (state.failures, state.next_due) == (failures, NOON + timedelta(minutes=pause))
    site.answers["/rss"] = answer(429, b"", {"Retry-After": "7200"})
    limited = poll(feeds, only_due=False).states["one"]
    assert limited.next_due is not None
    assert timedelta(hours=2) <= limited.next_due - NOON <= timedelta(hours=3)
    site.answers["/rss"] = answer()
    state = poll(feeds, only_due=False).states["one"]
    assert (state.failures, state.last_status) == (0, 200)


def test_a_feed_that_is_gone_is_not_asked_again(
    poll: Callable[..., Came], site: Any, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    site.answers["/rss"] = answer(410)
    feeds = [Feed(id="one", url=f"{site.url}/rss")]
    poll(feeds)
    caplog.clear()
    assert poll(feeds, NOON + timedelta(days=30)).counted == {"in": 1, "stopped:gone": 1}
    assert "remove it from the configuration" in caplog.text
    assert len(site.asked) == 1


def test_a_feed_that_moved_in_the_configuration_is_read_afresh(
    poll: Callable[..., Came], site: Any, answer: Any
) -> None:
    site.answers |= {"/old": answer(headers={"ETag": '"1"'}), "/new": answer(headers={"ETag": '"1"'})}
    poll([Feed(id="one", url=f"{site.url}/old")])
    came = poll([Feed(id="one", url=f"{site.url}/new")], only_due=False)
    assert len(came.documents) == 1
    assert site.asked_with("if-none-match") == [None, None]


def test_a_file_is_a_feed_without_back_catalogue(
    poll: Callable[..., Came], tmp_path: Path, rss: bytes
) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(rss)
    came = poll([Feed(id="file", url=str(path), outlet="Example Post")])
    (document,) = came.documents
    assert (document.feed, document.outlet, document.backfill_before) == ("file", "Example Post", None)
    assert len(poll([Feed(id="file", url=str(path))]).documents) == 1


def test_documents_stand_in_the_order_of_the_configuration(
    poll: Callable[..., Came], site: Any, answer: Any
) -> None:
    site.answers |= {f"/{n}": answer() for n in range(5)}
    hosts = (site.url, site.url.replace("127.0.0.1", "localhost"))
    came = poll([Feed(id=f"feed-{n}", url=f"{hosts[n % 2]}/{n}") for n in range(5)])
    assert [document.feed for document in came.documents] == [f"feed-{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "ftp://example.org/rss"}, "http:// or https://"),
        ({"url": "https://user:pass@example.org/rss"}, "does not belong"),
        ({"url": "https://"}, "is no URL"),
        ({"url": "https://example.org:99999/"}, "is no URL"),
        ({"id": "Not An Id"}, "pattern"),
        ({"every": 15}, "must be a time"),
        ({"every": "0s"}, "greater than or equal"),
        ({"colour": "red"}, "not permitted"),
    ],
)
def test_a_feed_that_is_written_wrongly_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Feed.model_validate({"id": "one", "url": "https://example.org/rss"} | wrong)


def test_only_what_the_url_itself_says_is_on_this_machine() -> None:
    assert Feed(id="a", url="http://127.0.0.1:8000/x").own_host == "127.0.0.1"
    assert Feed(id="a", url="http://[::1]/x").own_host == "::1"
    assert Feed(id="a", url="http://localhost/x").own_host == "localhost"
    assert (
        Feed(id="a", url="http://feeds.example.org/x").own_host is None
    )  # its owner could point it anywhere
    assert Feed(id="a", url="feeds/x.xml").own_host is None
    assert Feed(id="a", url="https://example.org/x", every="2h").every == timedelta(hours=2)


def at(now: datetime) -> datetime:
    return now
