"""PostgreSQL's own: several writers at once, a server that dies, answers that are lost, and what a person must mend."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, make_url, text

from pipeline.newsdesk import decide_match
from pipeline.store import Brought, Store
from pipeline.store import patience as waiting
from pipeline.store.outbox import Done
from pipeline.store.postgres import Postgres
from pipeline.store.schema import metadata
from tests.doubles.cut import CutProxy
from tests.doubles.postgres import PASSWORD, PostgresServer
from transforms.article import Article, DeadLetter, Delivery, Match, Receipt, Stopped
from transforms.errors import StoreError, WrongStore
from transforms.watch import Watch

Make = Callable[..., Match]
MakeArticle = Callable[..., Article]


def at_once(work: Callable[[int], Any], many: int = 4) -> list[Any]:
    """Do this in so many threads, all beginning at the same moment."""
    line = threading.Barrier(many)

    def one(number: int) -> Any:
        line.wait()
        return work(number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


@pytest.fixture
def kept(postgres_url: str) -> Iterator[Store]:
    with Store.open(postgres_url) as store:
        yield store


def test_writers_that_claim_overlapping_batches_send_each_article_on_once(
    kept: Store, article: MakeArticle, noon: datetime
) -> None:
    many = [article(url=f"https://h.example.org/{number}") for number in range(200)]

    def claim(number: int) -> list[str]:
        # Each claims most of them, in another order; a twin of one run is told apart by its origin.
        mine = [each.model_copy(update={"origin": f"{number}"}) for each in many]
        turned = mine[number * 20 :] + mine[: number * 20]
        return [
            verdict.article.url or ""
            for start in range(0, 200, 40)
            for verdict in kept.claim(turned[start : start + 40], noon, "one")
            if verdict.goes_on
        ]

    went = Counter(url for urls in at_once(claim) for url in urls)
    assert went == {each.url: 1 for each in many}
    assert kept.summary().pending == 200


def test_writers_that_decide_one_watch_at_once_open_one_story_with_everything(
    kept: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    def decide(number: int) -> None:
        for mark in range(4):
            decide_match(kept, match(f"{number}-{mark}", f"Outlet {number}{mark}"), watch, ("desk",), noon)

    at_once(decide)
    (standing,) = kept.alerts()
    assert len(standing.alert.coverage) == 16
    assert [each.sequence for each in standing.deliveries] == [1]
    (delivery,) = kept.due("desk", noon)
    assert len(delivery.alert.coverage) == 16


@pytest.mark.parametrize("mark", range(3))
def test_watches_that_decide_one_article_at_once_settle_it(
    kept: Store, watch: Watch, match: Make, noon: datetime, mark: int
) -> None:
    found = match(f"x{mark}", of=4)
    (verdict,) = kept.claim([found.reading.article], noon)
    reading = found.reading.model_copy(update={"article": verdict.article})

    def decide(number: int) -> None:
        mine = watch.model_copy(update={"id": f"grid-{number}", "channel": f"#{number}"})
        of_mine = found.model_copy(update={"watch": mine.id, "reading": reading})
        decide_match(kept, of_mine, mine, ("desk",), noon)

    at_once(decide)
    assert kept.summary().settled == {"decide:decided": 1}
    assert len(kept.alerts()) == 4


def test_what_is_due_is_given_to_one_of_all_who_ask(
    kept: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    for number in range(12):
        mine = watch.model_copy(update={"id": f"grid-{number}"})
        decide_match(kept, match(f"{number}"), mine, ("desk",), noon)

    def take(_: int) -> list[str]:
        return [delivery.id for _ in range(6) for delivery in kept.due("desk", noon)]

    taken = Counter(name for names in at_once(take) for name in names)
    assert len(taken) == 12
    assert set(taken.values()) == {1}


def test_coverage_that_comes_while_a_message_is_taken_in_hand_is_never_lost(
    kept: Store, watch: Watch, match: Make, noon: datetime
) -> None:
    heard: list[Delivery] = []

    def work(number: int) -> None:
        for mark in range(8):
            if number:
                decide_match(
                    kept, match(f"{number}-{mark}", f"Outlet {number}{mark}"), watch, ("desk",), noon
                )
            else:
                for delivery in kept.due("desk", noon):
                    heard.append(delivery)
                    kept.record([Done(delivery, receipt=Receipt())], noon)

    at_once(work, 3)
    for delivery in kept.due("desk", noon):
        heard.append(delivery)
        kept.record([Done(delivery, receipt=Receipt())], noon)
    assert len(heard[-1].alert.coverage) == 16
    assert [each.sequence for each in heard] == list(range(1, len(heard) + 1))


def test_batches_that_settle_the_same_articles_in_any_order_do_not_stop_each_other(
    kept: Store, article: MakeArticle, noon: datetime
) -> None:
    many = [verdict.article for verdict in kept.claim([article() for _ in range(120)], noon)]
    done = [Stopped(article=each.id, version=each.version, step="screen", reason="no-watch") for each in many]
    at_once(lambda number: kept.settle(done if number % 2 else done[::-1], noon))
    assert kept.summary().settled == {"screen:no-watch": 120}


def test_a_feed_that_was_never_asked_is_leased_by_one_of_all_who_ask(kept: Store, noon: datetime) -> None:
    asked = {f"feed-{number}": f"https://h.example.org/{number}" for number in range(5)}
    leased = at_once(lambda _: kept.ask_feeds(asked, lambda _: True, noon).leased)
    # All are of one process, which may hold them: only one of its threads got each.
    assert sum(map(len, leased)) == 5


# a database that goes away


@pytest.fixture
def proxied(postgres_url: str) -> Iterator[tuple[CutProxy, Store]]:
    url = make_url(postgres_url)
    with CutProxy(int(url.port or 5432)) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        with Store.open(through) as store:
            yield proxy, store


def bury(store: Store, noon: datetime) -> object:
    store.bury([DeadLetter(step="parse", reason="binary", message="no text", origin="a.bin")], noon)
    return [letter.times for letter in store.dead_letters()]


def resurrect(store: Store, noon: datetime) -> object:
    bury(store, noon)
    store.resurrected(store.dead_letters()[0].id, noon)
    return [letter.resurrected_at for letter in store.dead_letters()]


@pytest.fixture
def works(watch: Watch, match: Make, article: MakeArticle) -> dict[str, Callable[[Store, datetime], object]]:
    """Every transaction that writes, and what it leaves and answers."""
    one = article(url="https://h.example.org/1", origin="one")
    found = match("x")

    def decide(store: Store, noon: datetime) -> object:
        outcome = decide_match(store, found, watch, ("desk",), noon)
        return outcome.reason, outcome.sinks, len(store.alerts())

    def due(store: Store, noon: datetime) -> object:
        decide(store, noon)
        return [(each.attempts, each.attempted) for each in store.due("desk", noon)]

    def delivered(store: Store, noon: datetime) -> object:
        decide(store, noon)
        store.record([Done(store.due("desk", noon)[0], receipt=Receipt())], noon)
        return store.summary().deliveries

    def postponed(store: Store, noon: datetime) -> object:
        decide(store, noon)
        store.record(
            [
                Done(
                    store.due("desk", noon)[0], due_at=noon + timedelta(hours=1), message="busy", unknown=True
                )
            ],
            noon,
        )
        return [(each.attempts, each.due_at) for each in store.alerts()[0].deliveries]

    def undeliverable(store: Store, noon: datetime) -> object:
        decide(store, noon)
        store.record([Done(store.due("desk", noon)[0], reason="refused", message="no")], noon)
        return store.summary().deliveries, [letter.times for letter in store.dead_letters()]

    def claim(store: Store, noon: datetime) -> object:
        return [(verdict.kind, verdict.reason) for verdict in store.claim([one], noon, "one")]

    def settle(store: Store, noon: datetime) -> object:
        (verdict,) = store.claim([one], noon, "one")
        store.settle([Stopped(article=verdict.article.id, step="screen", reason="no-watch")], noon)
        return store.summary().settled

    named = (claim, settle, decide, due, delivered, postponed, undeliverable, bury, resurrect)
    return {work.__name__: work for work in named}


@pytest.mark.parametrize(
    "work",
    ["claim", "settle", "decide", "due", "delivered", "postponed", "undeliverable", "bury", "resurrect"],
)
def test_an_answer_to_a_commit_that_is_lost_does_nothing_twice_and_loses_nothing(
    proxied: tuple[CutProxy, Store],
    works: dict[str, Callable[[Store, datetime], object]],
    postgres: PostgresServer,
    noon: datetime,
    work: str,
) -> None:
    proxy, store = proxied
    name = postgres.fresh()
    with Store.open(postgres.url(name)) as calm:
        commits: list[int] = []
        event.listen(calm._database.engine, "commit", lambda _: commits.append(1))  # type: ignore[attr-defined]
        expected = works[work](calm, noon)
    postgres.back(name)
    for commit in range(len(commits)):
        proxy.lose(b"COMMIT", skip=commit)
        before = proxy.cuts
        assert works[work](store, noon) == expected, f"commit {commit}"
        assert proxy.cuts == before + 1
        with store.transaction() as tx:
            for table in metadata.sorted_tables:
                tx.execute(table.delete())


def test_a_connection_that_is_cut_at_any_statement_of_a_decision_changes_nothing(
    proxied: tuple[CutProxy, Store], watch: Watch, match: Make, noon: datetime
) -> None:
    proxy, store = proxied
    for number, words in enumerate(
        (b"pg_advisory", b"decisions", b"story_terms", b'INSERT INTO "alerts"', b"FOR UPDATE")
    ):
        proxy.lose(words)
        outcome = decide_match(store, match(f"{number}", f"Outlet {number}"), watch, ("desk",), noon)
        assert outcome.alert is not None
        assert proxy.cuts == number + 1, words
    (standing,) = store.alerts()
    assert len(standing.alert.coverage) == 5


def test_a_commit_that_never_reached_the_server_is_ended_there_and_done_again(
    proxied: tuple[CutProxy, Store], watch: Watch, match: Make, noon: datetime
) -> None:
    """A partition: the server still holds the transaction, and with it all that others wait for."""
    proxy, store = proxied
    proxy.lose(b"COMMIT", reaches=False)
    began = time.monotonic()
    assert decide_match(store, match("a"), watch, ("desk",), noon).reason == "first-coverage"
    assert time.monotonic() - began < 20
    assert (proxy.cuts, len(store.alerts())) == (1, 1)


def test_a_server_that_is_away_for_a_moment_is_waited_for(
    proxied: tuple[CutProxy, Store], article: MakeArticle, noon: datetime
) -> None:
    proxy, store = proxied
    proxy.refuse(on=True)
    threading.Timer(1.5, proxy.refuse, kwargs={"on": False}).start()
    began = time.monotonic()
    assert [verdict.kind for verdict in store.claim([article()], noon)] == ["new"]
    assert time.monotonic() - began > 1


def test_patience_ends_and_says_what_to_do_without_the_password(
    proxied: tuple[CutProxy, Store], article: MakeArticle, noon: datetime
) -> None:
    proxy, store = proxied
    proxy.refuse(on=True)
    store.patience = timedelta(seconds=1)
    with pytest.raises(StoreError, match="check that it runs") as caught:
        store.claim([article()], noon)
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
    proxy.refuse(on=False)
    assert [verdict.kind for verdict in store.claim([article()], noon)] == ["new"]


def test_a_server_that_is_killed_in_mid_work_loses_nothing_and_the_work_goes_on(
    postgres: PostgresServer, postgres_url: str, article: MakeArticle, noon: datetime
) -> None:
    if postgres.given:
        pytest.skip("the server is not the tests' own: it is not killed")
    kept: list[str] = []
    with Store.open(postgres_url) as store:

        def work(number: int) -> None:
            for mark in range(40):
                url = f"https://h.example.org/{number}/{mark}"
                # What was cut off may be done again: then it is known, and given out again.
                assert store.take_in(Brought([article(url=url)]), noon, "one")[0].goes_on
                kept.append(url)
                if number == 0 and mark == 20:
                    postgres.kill()
                    postgres.start()

        at_once(work, 3)
        assert store.summary().articles == len(kept) == 120


def test_a_server_that_was_started_since_is_not_asked_what_became_of_a_transaction(
    postgres: PostgresServer, postgres_url: str
) -> None:
    """The number of a transaction that a crash cut off is given again: its fate would be another one's."""
    if postgres.given:
        pytest.skip("the server is not the tests' own: it is not killed")
    database = Postgres(make_url(postgres_url))
    with database.transaction(write=True, durable=True, alone=None) as tx:
        number, started = tx.execute(
            text("SELECT CAST(pg_current_xact_id() AS text), pg_postmaster_start_time()")
        ).one()
    assert database._became_of(number, started) == "committed"
    postgres.kill()
    postgres.start()
    assert database._became_of(number, started) is None
    database.close()


def test_pauses_grow_to_a_few_seconds() -> None:
    longest = [max(waiting.pause(tries) for _ in range(20)) for tries in range(40)]
    assert longest[0] <= waiting.FIRST
    assert max(longest) <= waiting.LONGEST


# what a person must mend


def opened(url: str) -> str:
    began = time.monotonic()
    with pytest.raises(WrongStore) as caught:
        Store.open(url)
    assert time.monotonic() - began < 5
    said = str(caught.value) + repr(caught.value)
    assert PASSWORD not in said
    assert "hunter2" not in said
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_a_person_must_mend_is_said_at_once(postgres: PostgresServer, postgres_url: str) -> None:
    name = str(make_url(postgres_url).database)
    assert "the password or the user is wrong" in opened(postgres.url(name, password="hunter2"))  # noqa: S106 - it opens nothing
    assert "the password or the user is wrong" in opened(postgres.url(name, username="nobody-here"))
    assert "the database does not exist" in opened(postgres.url("nowhere"))
    assert "the host is not known" in opened(postgres.url(name, host="no-such-host.invalid"))
    assert "not known to libpq" in opened(postgres.url(name, query={"colour": "red"}))


def test_a_schema_that_is_missing_or_old_is_refused_with_the_command_that_mends_it(
    postgres: PostgresServer, postgres_url: str
) -> None:
    empty = postgres.url(postgres.empty())
    assert "holds nothing of Tocsin yet: run `tocsin store migrate --store URL`" in opened(empty)
    postgres.ask("UPDATE alembic_version SET version_num = '0000'", make_url(postgres_url).database)
    assert "has the older schema 0000: run `tocsin store migrate" in opened(postgres_url)


def test_several_may_migrate_at_once(postgres: PostgresServer) -> None:
    url = postgres.url(postgres.empty())

    def migrate(_: int) -> str | None:
        with Store.open(url, unchecked=True) as store:
            return store.migrate()

    at_once(migrate)
    with Store.open(url) as store:
        assert store.summary().articles == 0


def test_a_server_that_is_not_there_is_waited_for_a_while_at_the_start(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer
) -> None:
    monkeypatch.setattr(waiting, "OPENING", timedelta(seconds=1))
    url = postgres.url("any", port=1)
    with pytest.raises(StoreError, match="cannot be reached"):
        Store.open(url)


# how it is held


def test_the_steps_of_one_process_share_a_pool(postgres: PostgresServer, postgres_url: str) -> None:
    with Store.open(postgres_url) as one, Store.open(postgres_url) as other:
        assert one._database.engine is other._database.engine  # type: ignore[attr-defined]
        one.close()
        one.close()
        assert other.summary().articles == 0
        asked = f"SELECT application_name FROM pg_stat_activity WHERE datname = '{make_url(postgres_url).database}'"
        assert postgres.ask(asked) == [("tocsin",)]


def test_a_question_of_several_parts_sees_one_state(
    kept: Store, article: MakeArticle, noon: datetime
) -> None:
    with kept.transaction(write=False) as tx:
        before = tx.exec_driver_sql("SELECT count(*) FROM articles").scalar()
        kept.claim([article()], noon)
        assert tx.exec_driver_sql("SELECT count(*) FROM articles").scalar() == before == 0


def test_a_transaction_that_hangs_is_ended_by_the_server(kept: Store) -> None:
    with kept.transaction(write=False) as tx:
        found = {
            name: tx.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        }
        assert tx.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    assert found == {
        "statement_timeout": "1min",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "1min",
    }
