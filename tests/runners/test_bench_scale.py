"""The bench of scale runs, and its figures can be true: every article accounted for, on every engine that is here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.postgres import MISSING, available

pytestmark = pytest.mark.runners
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All figures of a quick run."""
    if not available():
        pytest.skip(MISSING)
    file = tmp_path_factory.mktemp("scale") / "figures.json"
    command = [sys.executable, "-m", "benchmarks.scale", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "# Scale" in done.stdout
    return json.loads(file.read_text("utf-8"))


def test_every_article_is_accounted_for_however_it_went(found: Any) -> None:
    sizes = found["sizes"]
    for said in [*found["rates"].values(), *found["workers"]["direct"].values()]:
        assert said["articles"] == sizes["rates"]
        assert said["covered"] == sizes["rates"] // 100
    for said in found["backlog"].values():
        assert said["articles"] == sizes["backlog"] == said["kept"]["articles"]
    if found["poured"]:
        assert found["poured"]["kept"]["articles"] == found["poured"]["articles"]


def test_nothing_is_left_in_hand(found: Any) -> None:
    runs = [*found["rates"].values(), *found["workers"]["direct"].values(), *found["backlog"].values()]
    assert all(said["kept"]["in_hand"] == 0 for said in runs if "kept" in said)


def test_the_load_of_the_store_is_that_of_its_articles(found: Any) -> None:
    for name, said in found["rates"].items():
        if "SQLite" not in name:
            assert said["load"]["inserted"] >= said["articles"]
            assert said["load"]["wal_bytes"] > 100 * said["articles"]
            assert 0 < said["load"]["transactions"] < said["articles"]


def test_what_cannot_run_here_is_named(found: Any) -> None:
    engines = {name.partition(",")[0] for name in found["rates"]}
    assert "direct" in engines
    assert ("prism" in engines) != any(each.startswith("Prism:") for each in found["missing"])


def test_the_guide_takes_the_sizing(found: Any) -> None:
    from benchmarks.scale.sizing import sized  # noqa: PLC0415 - needs what the bench needs

    text = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    told = sized(text, found)
    assert "MEASURED" not in told
    assert "| *R* |" in told
    assert sized(told, found) == told
