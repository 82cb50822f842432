"""The ways in which the bench sends the stream through Tocsin: by the graph or a plain loop, with the screen or not.

The plain loop calls the very functions that the graph's steps call, in the same batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline.cli.house import house_of, now, without_screen
from pipeline.graph import build
from pipeline.house import House
from pipeline.newsdesk import decide_match
from pipeline.runners import run
from pipeline.settings import load
from pipeline.settings.runner import RunnerSpec
from pipeline.sinks import JsonlSpec
from pipeline.sources.files import documents
from pipeline.sources.found import listing
from pipeline.sources.replay import Replay
from pipeline.sources.ticks import Once
from pipeline.store import Brought, Store
from transforms.article import Article, DeadLetter, Stopped, fingerprint
from transforms.clean import clean
from transforms.match import Matcher
from transforms.parse import parse
from transforms.read import Reader
from transforms.screen import Screen

BATCH = 500
READ_BATCH = 32
T = TypeVar("T")


@dataclass(frozen=True)
class Bench:
    """Where a run reads and what remembers it.

    Attributes:
        streams: files of JSON Lines.
        folder: takes the alerts, and the store where none is named.
        url: the store, migrated; None: a new SQLite file in the folder.
    """

    streams: tuple[Path, ...]
    folder: Path
    url: str | None = None

    @property
    def store(self) -> str:
        return self.url or f"sqlite:///{self.folder}/bench.db"

    def house(self) -> House:
        """The house of the settings that come along, which rings into a file."""
        settings, _ = load(None)
        with Store.open(self.store):
            pass
        alerts = JsonlSpec(path=str(self.folder / "alerts.jsonl"), name="alerts")
        return house_of(settings, self.store, (alerts,))


class Outcome(NamedTuple):
    """What came of a run: articles read, articles that stand in alerts, and a print of all alerts' coverage."""

    articles: int
    covered: int
    alerts: str


def _outcome(articles: int, url: str) -> Outcome:
    with Store.open(url) as store:
        alerts = [standing.alert for standing in store.alerts()]
    told = sorted(
        f"{alert.id} {piece.article} {piece.relation} {piece.of}"
        for alert in alerts
        for piece in alert.coverage
    )
    return Outcome(articles, len(told), fingerprint(*told))


def graph(bench: Bench, engine: RunnerSpec | str = "direct", *, screened: bool = True) -> Outcome:
    """Through the Beam graph."""
    house = bench.house()
    house = house if screened else without_screen(house)
    paths = [str(stream) for stream in bench.streams]
    counted = run(lambda pipeline: build(pipeline, house, Once(now()), Replay(paths, now=now())), engine)
    return _outcome(next(step.came for step in counted if step.step == "clean"), bench.store)


def loop(bench: Bench, *, screened: bool = True) -> Outcome:
    """The same functions in a plain loop."""
    house = bench.house()
    rules = house.rules()
    screen, reader, matcher = Screen(rules), Reader(rules, house.language()), Matcher(rules)
    seen = 0
    with Store.open(bench.store) as store:
        candidates: list[Article] = []
        for batch in _batches(articles(bench.streams), BATCH):
            seen += len(batch)
            ends = {
                place: "screen:bench"
                for place, article in enumerate(batch)
                if screened and not screen.could_match(article)
            }
            verdicts = store.take_in(Brought(batch, ends), now())
            candidates.extend(
                verdict.article
                for place, verdict in enumerate(verdicts)
                if verdict.goes_on and place not in ends
            )
            while len(candidates) >= READ_BATCH or (candidates and not screened):
                _finish(store, house, reader, matcher, candidates[:READ_BATCH])
                del candidates[:READ_BATCH]
        _finish(store, house, reader, matcher, candidates)
    return _outcome(seen, bench.store)


def articles(streams: Sequence[Path]) -> Iterator[Article]:
    """The articles of these files, cleaned."""
    for document in documents(listing([str(stream) for stream in streams]), now()):
        if not isinstance(document, DeadLetter):
            for article in parse(document):
                if isinstance(article, Article):
                    yield clean(article)


def _finish(
    store: Store, house: House, reader: Reader, matcher: Matcher, articles: Sequence[Article]
) -> None:
    rules = house.rules()
    unmatched = []
    for reading in reader.read(articles):
        matches = matcher.matches(reading)
        if not matches:
            unmatched.append(_stopped(reading.article, "match"))
        for match in matches:
            decide_match(store, match, rules.watches[match.watch], house.sink_names, now(), house.window)
    store.settle(unmatched, now())


def _stopped(article: Article, step: str) -> Stopped:
    return Stopped(article=article.id, version=article.version, step=step, reason="bench")


def _batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while batch := list(islice(items, size)):
        yield batch


RUNS: dict[str, Callable[[Bench], Outcome]] = {
    "graph": graph,
    "loop": loop,
    "graph, reading all": lambda bench: graph(bench, screened=False),
}
