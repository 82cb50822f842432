"""Prism for real: the same alerts as direct, a job that runs for ever, and its ends."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest

from pipeline.runners import EngineError, run, start
from pipeline.settings.runner import PrismSpec
from tests.runners.flink_cluster import WorkerPool
from tests.runners.steps import ticking, ticks
from transforms.errors import StoreError

pytestmark = [
    pytest.mark.runners,
    # Beam leaves channels of gRPC to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    # The threads of a worker end with the connection to its engine.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def spec(prism_binary: Path) -> PrismSpec:
    return PrismSpec(location=str(prism_binary))


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def tocsin(folder: Path, *arguments: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from pipeline.cli import main; sys.exit(main())",
        *arguments,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr


def alerts(path: Path) -> list[dict[str, Any]]:
    """Alerts without what differs from run to run: when they rang, and which attempt it was."""
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [{key: value for key, value in alert.items() if key not in {"at", "delivery"}} for alert in told]
    return sorted(kept, key=lambda alert: str(alert["id"]))


def test_the_seeds_ring_on_prism_as_they_do_on_direct(prism_binary: Path, tmp_path: Path) -> None:
    for name, more in (("direct", ()), ("prism", ("--prism-location", str(prism_binary)))):
        tocsin(
            tmp_path, "replay", str(ROOT / "seeds"), "--store", f"sqlite:///{name}.db",
            "--alerts", f"{name}.jsonl", "--runner", name, *more,
        )  # fmt: skip
    assert alerts(tmp_path / "prism.jsonl") == alerts(tmp_path / "direct.jsonl")
    assert len(alerts(tmp_path / "prism.jsonl")) == 2


def test_a_job_for_ever_keeps_its_pace_counts_and_ends_when_it_is_cancelled(
    spec: PrismSpec, tmp_path: Path
) -> None:
    out = tmp_path / "ticks"
    job = start(partial(ticking, path=str(out), every=0.5), spec)
    try:
        until(lambda: len(ticks(out)) >= 6)
        assert job.state == "RUNNING"
        times = [float(line.split()[1]) for line in out.read_text(encoding="utf-8").splitlines()]
        assert (times[5] - times[0]) / 5 == pytest.approx(0.5, abs=0.25)
        assert {step.step for step in job.counted()} == {"source", "deliver"}
        assert job.wait(0.1) == "RUNNING"
        job.cancel()
        assert job.state == "CANCELLED"
        assert job.counted()[0].came >= 6
    finally:
        job.close()
    assert ticks(out) == sorted(set(ticks(out)))


def test_what_prism_cannot_drain_is_cancelled(spec: PrismSpec, tmp_path: Path) -> None:
    job = start(partial(ticking, path=str(tmp_path / "ticks")), spec)
    job.drain()
    assert job.wait() == "CANCELLED"


def test_an_error_of_ours_comes_back_as_it_was_raised_and_is_told_without_beams_stack(
    spec: PrismSpec,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.CRITICAL, logger="apache_beam")  # as the command does
    job = start(partial(ticking, path=str(tmp_path / "ticks"), every=0.1, poison=3), spec)
    with pytest.raises(StoreError, match=r"^the store is full: make room$"):
        job.wait(60)
    assert "Traceback" not in capsys.readouterr().err


def test_prism_that_is_gone_is_said(spec: PrismSpec, tmp_path: Path) -> None:
    job = start(partial(ticking, path=str(tmp_path / "ticks")), spec)
    os.kill(_prism_of(os.getpid()), signal.SIGKILL)
    with pytest.raises(EngineError, match="Prism does not answer any more"):
        job.wait(20)
    job.close()


def test_prism_ends_with_the_process_that_started_it_also_when_that_is_killed(
    spec: PrismSpec, tmp_path: Path
) -> None:
    script = (
        "import sys; from functools import partial; from pipeline.runners import start;"
        "from pipeline.settings.runner import PrismSpec; from tests.runners.steps import ticking;"
        f"start(partial(ticking, path={str(tmp_path / 'ticks')!r}), PrismSpec(location={spec.location!r})).wait()"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL) as parent:
        try:
            until((tmp_path / "ticks").exists, 60)
            prism = _prism_of(parent.pid)
        finally:
            parent.kill()
    until(lambda: not Path(f"/proc/{prism}").exists(), 15)


def test_steps_run_in_a_worker_pool_of_its_own(spec: PrismSpec, tmp_path: Path) -> None:
    out = tmp_path / "ticks"
    with WorkerPool({"PYTHONPATH": str(ROOT)}) as pool:
        until(lambda: _listens(pool.port), 60)
        job = start(
            partial(ticking, path=str(out), every=0.2), spec.model_copy(update={"workers": pool.address})
        )
        try:
            until(lambda: len(ticks(out)) >= 5, 60)
            assert pool.workers()
            # Prism does not bring a lost worker back: the job fails, or stands still and says RUNNING. The next one
            # takes up from the store.
            pool.kill_worker()
            with contextlib.suppress(EngineError):
                assert job.wait(5) == "RUNNING"
        finally:
            job.close()
        before = len(ticks(out))
        job = start(
            partial(ticking, path=str(out), every=0.2), spec.model_copy(update={"workers": pool.address})
        )
        try:
            until(lambda: len(ticks(out)) > before, 60)
            job.cancel()
        finally:
            job.close()


def test_many_bounded_jobs_leave_nothing_behind(spec: PrismSpec) -> None:

    for _ in range(3):
        assert run(lambda pipeline: pipeline | beam.Create([1, 2]) | beam.Reshuffle(), spec) == []
    assert _prisms_of(os.getpid()) == []


def _listens(port: int) -> bool:

    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _prisms_of(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    tethers = {row[0] for row in rows if row[1] == str(pid) and "tether.py" in row[2]}
    return [int(row[0]) for row in rows if row[1] in tethers]


def _prism_of(pid: int) -> int:
    (found,) = _prisms_of(pid)
    return found
