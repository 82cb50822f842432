"""Kafka as an unbounded source on a streaming engine: restarts, a broker that dies, a reader that is killed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.doubles.kafka import ROOT, KafkaBroker, free_ports, missing
from tests.doubles.ledger import Ledger

pytestmark = pytest.mark.runners
PATIENCE = 90.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
    if why := missing():
        pytest.skip(why)
    running = KafkaBroker(tmp_path_factory.mktemp("kafka")).start()
    yield running
    running.kill()


@pytest.fixture
def prism() -> str:
    """The engine's program."""
    built = ROOT / "var" / "runners" / "prism"
    found = os.environ.get("TOCSIN_PRISM") or shutil.which("prism") or (str(built) if built.exists() else "")
    if not found:
        pytest.skip("Prism is not here: build it into var/runners, or name it by TOCSIN_PRISM")
    return found


@pytest.fixture
def topic(broker: KafkaBroker) -> str:
    name = f"news-{uuid.uuid4().hex[:8]}"
    broker.make_topic(name, 4)
    return name


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(str(tmp_path / "ledger.db"))
    yield opened
    opened.close()


def numbered(number: int, mark: str = "m") -> list[bytes]:
    return [b"%s-%d" % (mark.encode(), place) for place in range(number)]


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@contextmanager
def reading(prism: str, broker: KafkaBroker, topic: str, ledger: Ledger) -> Iterator[subprocess.Popen[bytes]]:
    """A reader at work on an engine of its own; both are killed at the end, as nobody would do it kindly."""
    jobs, web = free_ports(2)
    with Path(ledger.path + ".log").open("ab") as log:
        engine = subprocess.Popen(
            [prism, f"--job_port={jobs}", f"--web_port={web}", "--serve_http=false"], stdout=log, stderr=log
        )
        try:
            until(lambda: _listens(jobs), "the engine does not start")
            words = [f"127.0.0.1:{jobs}", broker.address, topic, ledger.path]
            reader = subprocess.Popen(
                [sys.executable, "-m", "tests.doubles.kafka.reader", *words], stdout=log, stderr=log, cwd=ROOT
            )
            try:
                yield reader
            finally:
                reader.kill()
                reader.wait()
        finally:
            engine.kill()
            engine.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_all_messages_arrive_and_a_new_job_on_the_same_store_loses_and_doubles_nothing(
    prism: str, broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    broker.send(topic, numbered(2000), 4)
    with reading(prism, broker, topic, ledger):
        until(lambda: ledger.came() >= 2000, "the messages do not arrive")
        broker.send(topic, numbered(40, "live"), 4)
        until(lambda: ledger.came() >= 2040, "what comes while it reads does not arrive")
    broker.send(topic, numbered(40, "between"), 4)
    with reading(prism, broker, topic, ledger):
        until(lambda: ledger.came() >= 2080, "what came in between does not arrive")
    assert ledger.came() == 2080
    expected = [*numbered(2000), *numbered(40, "live"), *numbered(40, "between")]
    assert sorted(ledger.bodies().elements()) == sorted(expected)
    assert ledger.gaps() == []


def test_partitions_that_are_added_while_it_reads_are_read(
    prism: str, broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    from confluent_kafka.cimpl import NewPartitions  # noqa: PLC0415 - where it is missing, this is skipped

    broker.send(topic, numbered(8), 4)
    with reading(prism, broker, topic, ledger):
        until(lambda: ledger.came() >= 8, "the messages do not arrive")
        broker.admin.create_partitions([NewPartitions(topic, 6)])[topic].result(30)
        time.sleep(1)
        broker.send(topic, numbered(12, "n"), 6)
        until(lambda: ledger.came() >= 20, "what stands in the new partitions does not arrive")
    assert sorted(ledger.bodies().elements()) == sorted([*numbered(8), *numbered(12, "n")])


def test_a_broker_that_is_killed_and_comes_back_costs_no_message(
    prism: str, broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    broker.send(topic, numbered(400), 4)
    with reading(prism, broker, topic, ledger) as reader:
        until(lambda: ledger.came() >= 100, "nothing arrives")
        broker.kill()
        time.sleep(3)
        broker.start()
        broker.send(topic, numbered(400, "after"), 4)
        until(lambda: len(ledger.bodies()) >= 800, "the messages do not arrive")
        assert reader.poll() is None
    assert sorted(ledger.bodies().elements()) == sorted([*numbered(400), *numbered(400, "after")])
    assert ledger.gaps() == []
    assert ledger.came() == 800
    log = Path(ledger.path + ".log").read_text("utf-8", "replace")
    assert log.count("no broker answers") <= 8  # once for each connection, not once for each try


def test_a_reader_that_is_killed_while_it_reads_loses_nothing(
    prism: str, broker: KafkaBroker, topic: str, ledger: Ledger
) -> None:
    broker.send(topic, numbered(20_000), 4)
    for kill in range(3):
        with reading(prism, broker, topic, ledger) as reader:
            before = ledger.taken()
            until(lambda before=before: ledger.taken() > before, f"nothing arrives after kill {kill}")  # type: ignore[misc]
            reader.kill()
    with reading(prism, broker, topic, ledger):
        until(lambda: ledger.taken() == 20_000, "what was left does not arrive")
    assert sorted(ledger.bodies().elements()) == sorted(numbered(20_000))
    assert ledger.gaps() == []
