"""The engines as the tests on faults break them: where worker and engine are, and how they are killed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.runners.flink_cluster import FlinkCluster, WorkerPool
from tests.runners.newsroom import Newsroom, Running, passed_on

ROOT = Path(__file__).parents[2]


class Stage(Protocol):
    """An engine with workers in processes of their own."""

    runner: dict[str, Any]

    def kill_worker(self) -> None:
        """SIGKILL to the processes that carry the steps."""

    def kill_engine(self, running: Running) -> None:
        """SIGKILL to what holds the job together."""


class OnPrism:
    """Prism, a child of the command, and a worker pool beside it."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self.runner: dict[str, Any] = {"kind": "prism", "workers": pool.address}

    def kill_worker(self) -> None:
        assert self._pool.workers()
        self._pool.kill_worker()

    def kill_engine(self, running: Running) -> None:
        running.kill_below("prism")


class OnFlink:
    """A cluster of processes, and a worker pool beside it; the job lives there, whatever becomes of the command."""

    def __init__(self, cluster: FlinkCluster, pool: WorkerPool, job_server_jar: Path) -> None:
        self._cluster, self._pool = cluster, pool
        self.runner: dict[str, Any] = {
            "kind": "flink",
            "master": f"127.0.0.1:{cluster.rest}",
            "job_server_jar": str(job_server_jar),
            "workers": pool.address,
            "parallelism": 2,
            "checkpoint_every": "5s",
            "checkpoints": str(cluster.checkpoints),
            "savepoints": str(cluster.savepoints),
        }

    def kill_worker(self) -> None:
        assert self._pool.workers()
        self._pool.kill_worker()

    def kill_engine(self, running: Running) -> None:  # noqa: ARG002 - it is not below the command
        self._cluster.kill_job_manager()
        self._cluster.start_job_manager()


@contextmanager
def worker_pool(newsroom: Newsroom) -> Iterator[WorkerPool]:
    """A pool whose workers find this code and the newsroom's store."""
    with WorkerPool({"PYTHONPATH": str(ROOT)} | passed_on(newsroom.through)) as pool:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", pool.port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield pool


@contextmanager
def staged(runner: str, newsroom: Newsroom, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The engine of this name for this newsroom; skips where it is not here."""
    if runner == "prism":
        request.getfixturevalue("prism_named")
        with worker_pool(newsroom) as pool:
            yield OnPrism(pool)
        return
    jar, distribution = (request.getfixturevalue(name) for name in ("job_server_jar", "flink_distribution"))
    folder = newsroom.folder / "flink"
    folder.mkdir()
    with worker_pool(newsroom) as pool, FlinkCluster(distribution, folder) as cluster:
        yield OnFlink(cluster, pool, jar)
