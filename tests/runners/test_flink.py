"""Flink for real: a cluster that loses its managers, and the graph on it where the job server can be had."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import apache_beam as beam
import pytest

from pipeline.runners import run, start
from pipeline.runners.flink import FlinkJob
from pipeline.settings.runner import FlinkSpec
from tests.runners.flink_cluster import FlinkCluster, WorkerPool
from tests.runners.steps import ticking, ticks

pytestmark = [pytest.mark.runners, pytest.mark.filterwarnings("ignore::ResourceWarning")]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def cluster(flink_distribution: Path, tmp_path: Path) -> Iterator[FlinkCluster]:
    with FlinkCluster(flink_distribution, tmp_path) as running:
        yield running


@pytest.fixture
def spec(job_server_jar: Path, cluster: FlinkCluster) -> Iterator[FlinkSpec]:
    """The cluster, with a worker pool beside it, and the job server."""
    with WorkerPool({"PYTHONPATH": str(ROOT)}) as pool:
        update = {"job_server_jar": str(job_server_jar), "workers": pool.address, "parallelism": 2}
        yield cluster.spec.model_copy(update=update)


def more(out: Path, than: int, seconds: float = 120) -> int:
    end = time.monotonic() + seconds
    while len(ticks(out)) <= than:
        assert time.monotonic() < end, f"no more than {than} ticks"
        time.sleep(0.2)
    return len(ticks(out))


def test_a_cluster_is_whole_again_after_it_lost_a_task_manager_and_its_job_manager(
    cluster: FlinkCluster,
) -> None:
    assert cluster.asked.version().startswith("2.2.")
    cluster.kill_task_manager()
    cluster.await_task_managers(1)
    cluster.start_task_manager()
    cluster.await_task_managers(2)
    cluster.kill_job_manager()
    cluster.start_job_manager()
    cluster.await_task_managers(2)
    assert cluster.asked.job("tocsin") is None


def test_a_bounded_graph_ends(spec: FlinkSpec) -> None:
    assert run(lambda pipeline: pipeline | beam.Create([1, 2]) | beam.Reshuffle(), spec) == []


def test_a_job_for_ever_goes_on_after_a_task_manager_is_lost(
    spec: FlinkSpec, cluster: FlinkCluster, tmp_path: Path
) -> None:
    out = tmp_path / "ticks"
    job = start(partial(ticking, path=str(out)), spec)
    try:
        before = more(out, 5)
        cluster.kill_task_manager()
        cluster.start_task_manager()
        more(out, before + 5)
        assert set(range(max(ticks(out)))) <= set(ticks(out)), "a tick was lost"
        job.cancel()
        assert job.state == "CANCELLED"
    finally:
        job.close()


def test_a_job_that_was_stopped_goes_on_from_its_savepoint(spec: FlinkSpec, tmp_path: Path) -> None:
    out = tmp_path / "ticks"
    job = start(partial(ticking, path=str(out)), spec)
    assert isinstance(job, FlinkJob)
    before = more(out, 5)
    savepoint = job.stop()
    job = start(partial(ticking, path=str(out)), spec.model_copy(update={"savepoint": savepoint}))
    try:
        more(out, before)
        assert ticks(out)[before] > 0
        job.drain()
    finally:
        job.close()
