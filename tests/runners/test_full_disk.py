"""A disk that is full in mid-stream: what is full is said, and when there is room again everything comes out the same.

The disk is a small one of its own, which only root can mount.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runners.conftest import Expected
from tests.runners.flink_cluster import FlinkCluster
from tests.runners.newsroom import Newsroom
from tests.runners.stage import OnFlink, worker_pool
from tests.runners.streaming import settles, streaming
from tests.runners.ways import SETTLES

pytestmark = [pytest.mark.runners, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SIZE = 64 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 64 MiB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Take all room that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return filler


def test_the_disk_of_the_store_is_full(
    disk: Path, tmp_path: Path, request: pytest.FixtureRequest, of_the_stream: Expected
) -> None:
    request.getfixturevalue("prism_named")
    newsroom = Newsroom(tmp_path / "newsroom", f"sqlite:///{disk / 'tocsin.db'}")
    with streaming(newsroom, {"kind": "prism"}) as (press, running):
        since = time.monotonic()
        filler = fill(disk)
        end = since + SETTLES
        while "the disk is full" not in running.said:
            assert time.monotonic() < end, running.said
            assert running.process.poll() is None, running.said
            time.sleep(0.2)
        assert f"{disk / 'tocsin.db'}" in running.said
        filler.unlink()
        settles(newsroom, press, running, "store's disk full, then not", since)
    assert "Traceback" not in running.said
    assert newsroom.outcome() == of_the_stream.outcome
    newsroom.rang_each_once()


def test_the_disk_of_the_checkpoints_is_full(
    newsroom: Newsroom, disk: Path, request: pytest.FixtureRequest, of_the_stream: Expected
) -> None:
    jar = request.getfixturevalue("job_server_jar")
    distribution = request.getfixturevalue("flink_distribution")
    with worker_pool(newsroom) as pool, FlinkCluster(distribution, disk) as cluster:
        stage = OnFlink(cluster, pool, jar)
        with streaming(newsroom, stage.runner) as (press, running):
            since = time.monotonic()
            filler = fill(disk)
            time.sleep(20)  # several checkpoints
            filler.unlink()
            settles(newsroom, press, running, "checkpoints' disk full, then not", since)
        assert "No space left on device" in cluster.log()
    assert newsroom.outcome() == of_the_stream.outcome
    newsroom.rang_each_once()
