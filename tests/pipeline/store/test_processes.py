"""Several processes on one store, and processes that die: everything happens once, and nothing is half done."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.newsdesk import decide_match
from pipeline.store import Store
from pipeline.store import lease as leases
from transforms.article import Match
from transforms.watch import Watch

Start = Callable[[str, str], "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start another process and wait until it is ready; it begins when it is given a line."""
    running: list[subprocess.Popen[str]] = []
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DESK": str(tmp_path / "desk"),
    }
    script = str(Path(__file__).with_name("other_process.py"))

    def begin(action: str, url: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, script, action, url],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def go(*processes: "subprocess.Popen[str]") -> None:
    """All at the same moment."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


@pytest.mark.slow
def test_two_processes_open_a_fresh_store_and_do_the_same_work_and_it_rings_once(
    shared_url: str, start: Start, tmp_path: Path
) -> None:
    both = [start("work", shared_url) for _ in range(2)]
    go(*both)
    assert [process.wait(60) for process in both] == [0, 0]
    with Store.open(shared_url) as store:
        (standing,) = store.alerts()
        known = store.summary()
    assert len(standing.alert.coverage) == 8
    assert (known.articles, known.pending, known.stories) == (8, 0, 1)
    heard = (tmp_path / "desk").read_text("utf-8").split("\n")[:-1]
    assert len(heard) == len(set(heard)) == len(standing.deliveries)
    assert {each.state for each in standing.deliveries} == {"sent"}


@pytest.mark.slow
def test_a_process_killed_at_any_statement_leaves_nothing_half_done(shared_url: str, start: Start) -> None:
    process = start("every-statement", shared_url)
    go(process)
    output, _ = process.communicate(timeout=120)
    found = [json.loads(line) for line in output.splitlines()]
    assert len(found) > 50
    for each in found:
        assert (each["alerts"], each["pending"], each["coverage"]) == (1, 0, [2])
        assert each["deliveries"] == {"desk:sent": 1}
        # Heard once; or twice where it died between saying and recording, and then the second one says
        # that an attempt was made, so that a sink which can look finds the first.
        assert len({heard.split()[0] for heard in each["heard"]}) == 1
        assert [heard.endswith("True") for heard in each["heard"]] in ([False], [True], [False, True])


@pytest.fixture
def rung(shared_url: str, watch: Watch, match: Callable[..., Match], noon: datetime) -> Iterator[Store]:
    with Store.open(shared_url) as store:
        decide_match(store, match("a", "CNN"), watch, ("desk",), noon)
        yield store


def test_what_a_killed_process_had_in_hand_is_free_at_once(
    rung: Store, shared_url: str, start: Start, noon: datetime
) -> None:
    process = start("lease-and-die", shared_url)
    go(process)
    assert process.wait(30) == -9
    (delivery,) = rung.due("desk", noon)
    assert (delivery.attempts, delivery.attempted) == (1, noon)


def test_what_a_living_process_has_in_hand_is_left_to_it_while_its_lease_runs(
    rung: Store, shared_url: str, start: Start, noon: datetime
) -> None:
    process = start("lease", shared_url)
    go(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    assert rung.due("desk", noon) == []
    assert rung.due("desk", noon + timedelta(seconds=119)) == []
    assert [each.attempts for each in rung.due("desk", noon + timedelta(seconds=120))] == [1]


def test_an_owner_is_taken_for_dead_only_where_it_can_be_seen() -> None:
    place, process, started = leases.me().rsplit("|", 2)
    assert leases.may_live(leases.me())
    assert leases.may_live(f"elsewhere|{process}|{started}")
    assert not leases.may_live(f"{place}|{process}|another start")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not leases.may_live(f"{place}|{gone.pid}|{started}")


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="the host keeps no /proc: zombies cannot be told"
)
def test_a_killed_process_that_nobody_has_waited_for_is_dead() -> None:
    place = leases.me().rsplit("|", 2)[0]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = f"{place}|{process.pid}|{leases._started(process.pid)}"
        assert leases.may_live(owner)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not leases.may_live(owner)
