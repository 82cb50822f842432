"""A small chaos run on each database that several processes can open: the promises of delivery, counted exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.run import SMALL, chaos
from tests.doubles.postgres import MISSING, PostgresServer, available


@pytest.fixture(params=["file", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"sqlite:///{tmp_path}/chaos.db"
        return
    if not available():
        pytest.skip(MISSING)
    server = PostgresServer()
    try:
        yield server.url(server.fresh())
    finally:
        server.stop()


@pytest.mark.slow
def test_nothing_is_lost_nothing_doubled_without_a_reason_no_pace_overrun_no_thread_out_of_order(
    store_url: str, tmp_path: Path
) -> None:
    outcome = chaos(SMALL, store_url, tmp_path)
    assert outcome.faults == []
    assert outcome.kills >= SMALL.kills
    assert outcome.verdict.sent["message"] + outcome.verdict.dead.total() >= SMALL.stories
    assert outcome.troubles.total() > 0
