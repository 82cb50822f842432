"""What the tests on engines need: where each engine is, or why it is not here; a newsroom; what direct makes of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.runners import flink, prism
from pipeline.settings.runner import FlinkSpec, PrismSpec
from tests.doubles.kafka import KafkaBroker, missing
from tests.pipeline.conftest import postgres, postgres_url
from tests.runners.news import stream
from tests.runners.newsroom import Counters, Newsroom
from tests.runners.ways import News, Replayed, of_seeds, of_stream
from transforms.errors import Fault

__all__ = ["postgres", "postgres_url"]

HERE = Path(__file__).parents[2] / "var" / "runners"


def why_not(part: str, otherwise: str) -> str:
    """What `make runners` said of a part that is out of reach."""
    try:
        told: dict[str, str] = json.loads((HERE / "out-of-reach.json").read_text(encoding="utf-8"))
    except OSError:
        told = {}
    return f"{part} is out of reach here: {told[part]}" if part in told else otherwise


@pytest.fixture(scope="session")
def prism_binary() -> Path:
    built = HERE / "prism"
    environ = dict(os.environ) | ({"TOCSIN_PRISM": str(built)} if built.is_file() else {})
    try:
        return prism.find(PrismSpec(), environ)
    except Fault as fault:
        pytest.skip(why_not("prism", str(fault)))


@pytest.fixture(scope="session")
def flink_distribution() -> Path:
    """The folder with Flink's jars: TOCSIN_FLINK_DIST, or what `make runners` fetched."""
    if shutil.which("java") is None:
        pytest.skip("no java on PATH: Flink needs 17 or 11")
    for folder in (Path(os.environ.get("TOCSIN_FLINK_DIST", "-")), *HERE.glob("flink-*")):
        if list((folder / "lib").glob("flink-dist-*.jar")):
            return folder
    pytest.skip(why_not("flink", "Flink is not here: `make runners` fetches it"))


@pytest.fixture(scope="session")
def job_server_jar(flink_distribution: Path) -> Path:  # noqa: ARG001 - of no use without
    jars = list(HERE.glob("beam-runners-flink-*.jar"))
    environ = dict(os.environ) | ({flink.JAR_VARIABLE: str(jars[0])} if jars else {})
    try:
        return flink.find_jar(FlinkSpec(), environ)
    except Fault as fault:
        pytest.skip(why_not("job-server", str(fault)))


@pytest.fixture(scope="session")
def prism_named(prism_binary: Path) -> Iterator[None]:
    """Commands that the tests start find Prism."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOCSIN_PRISM", str(prism_binary.absolute()))
        yield


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    if why := missing():
        pytest.skip(why)
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.kill()


@pytest.fixture
def newsroom(tmp_path: Path, postgres_url: str) -> Newsroom:
    """A newsroom whose store is PostgreSQL."""
    return Newsroom(tmp_path / "newsroom", postgres_url)


class Expected(NamedTuple):
    """What DirectRunner and SQLite make of it."""

    outcome: list[tuple[Any, ...]]
    counters: Counters


@pytest.fixture(scope="session")
def of_the_stream(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    return _direct(of_stream(stream(), tmp_path_factory.mktemp("news")), tmp_path_factory.mktemp("expected"))


@pytest.fixture(scope="session")
def of_the_seeds(tmp_path_factory: pytest.TempPathFactory) -> Expected:
    return _direct(of_seeds(range(5), together=True), tmp_path_factory.mktemp("expected"))


def _direct(news: News, folder: Path) -> Expected:
    newsroom = Newsroom(folder, f"sqlite:///{folder / 'tocsin.db'}")
    told = Replayed("direct").bring(newsroom, news)
    newsroom.rang_each_once()
    return Expected(newsroom.outcome(), told)
