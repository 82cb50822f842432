"""What the tests of store, newsdesk and delivery share: stores of every kind, and small articles and matches.

A new kind of database joins ``DATABASES`` and has to keep the same contract; ``SHARED`` are those that several
processes can open.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.store import Store
from tests.doubles.postgres import MISSING, PostgresServer, available
from tests.pipeline.room import Room
from transforms.article import Article, Credit, Held, Match, Quote, Reading
from transforms.watch import Clause, Watch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LEAD = (
    "Envoy Mara Quill said on Monday that the grid operator had found forged orders in its control rooms and that "
    "engineers were checking every substation along the northern coast before the winter peak began. "
)
DATABASES: dict[str, Callable[[pytest.FixtureRequest], str]] = {
    "file": lambda request: f"sqlite:///{request.getfixturevalue('tmp_path') / 'tocsin.db'}",
    "memory": lambda _: f"sqlite://?name={uuid.uuid4().hex}",
    "postgres": lambda request: str(request.getfixturevalue("postgres_url")),
}
SHARED = ("file", "postgres")


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A server of this test process; each test has a database of its own on it."""
    if not available():
        pytest.skip(MISSING)
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.fresh()
    yield postgres.url(name)
    postgres.back(name)


@pytest.fixture(params=sorted(DATABASES))
def store_url(request: pytest.FixtureRequest) -> str:
    return DATABASES[request.param](request)


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest) -> str:
    return DATABASES[request.param](request)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def article() -> Callable[..., Article]:
    """An article whose text is its own, so that only what a test gives it is shared with others."""

    def make(text: str | None = None, **known: Any) -> Article:
        return Article(text=text or f"{LEAD}{uuid.uuid4().hex}", **{"origin": uuid.uuid4().hex} | known)

    return make


@pytest.fixture
def watch() -> Watch:
    return Watch(
        id="grid", title="The grid", when=Clause(phrase="forged orders"), channel="#energy", severity="high"
    )


@pytest.fixture
def match() -> Callable[..., Match]:
    """A match of the grid watch; articles share their lead, so that they tell one story."""

    def make(name: str, outlet: str | None = None, *, cites: str = "", of: int = 1, **known: Any) -> Match:
        text = f"{LEAD}Reported for readers under the mark {name} by people of desk {name}."
        start = text.index("forged orders")
        written = Article(
            **{"id": name, "outlet": outlet, "title": f"Forged orders {name}", "first_seen": NOON} | known,
            text=text,
        )
        reading = Reading(
            article=written,
            quotes=(Quote(start=0, end=4),),
            credits=(Credit(outlet=cites, kind="cites", start=0, end=3),) if cites else (),
        )
        why = (Held(clause="phrase forged orders", text="forged orders", start=start, end=start + 13),)
        return Match(watch="grid", reading=reading, why=why, of=of)

    return make


@pytest.fixture
def room(store: Store, watch: Watch, match: Callable[..., Match], noon: datetime) -> Room:
    return Room(store, watch.model_copy(update={"severity": "normal"}), match, noon)
