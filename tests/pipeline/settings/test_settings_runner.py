"""The runner in the settings: one word or a part with its own keys, and no store that its workers cannot see."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import check, load_settings
from pipeline.settings.runner import DataflowSpec, DirectSpec, FlinkSpec, PrismSpec
from tests.pipeline.settings.conftest import Write
from transforms.errors import Faults

CONFIGS = Path(__file__).parents[3] / "configs"


def test_direct_is_the_runner_where_none_is_written(write: Write) -> None:
    assert load_settings(write("s.yaml", "store: sqlite:///a.db\n")).runner == DirectSpec()


def test_one_word_may_stand_for_a_runner(write: Write) -> None:
    assert load_settings(write("s.yaml", "runner: prism\n")).runner == PrismSpec()
    assert load_settings(write("s.yaml", "runner: flink\n")).runner == FlinkSpec()


def test_paths_of_a_runner_are_relative_to_the_file(write: Write, tmp_path: Path) -> None:
    runner = load_settings(write("s.yaml", "runner: {kind: prism, location: bin/prism}\n")).runner
    assert runner == PrismSpec(location=str(tmp_path / "bin" / "prism"))


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("prims", "s.yaml:1: runner: must be direct or prism or flink or dataflow; did you mean 'prism'?"),
        ("{kind: flink, mastr: a}", "runner.mastr: no such key here; did you mean 'master'?"),
        ("{kind: flink, environment: process}", "runner: environment is process: write worker_command"),
        ("{kind: prism, workers: 'http://u:p@h:1'}", "runner.workers: a password or key stands in this URL"),
        ("{kind: dataflow, project: a-project}", "runner.region: is missing: write this key"),
    ],
)
def test_what_is_wrong_with_a_runner_is_said_at_its_key(said: str, fault: str, write: Write) -> None:
    with pytest.raises(Faults) as caught:
        load_settings(write("s.yaml", f"runner: {said}\n"))
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("runner", "store"),
    [("flink", "sqlite:///a.db"), ("{kind: prism}", "sqlite://")],
)
def test_check_says_that_a_store_is_not_for_this_runner(runner: str, store: str, write: Write) -> None:
    (fault,) = check(write("s.yaml", f"store: {store}\nrunner: {runner}\n"), {}).faults
    assert str(fault).split(": ")[1] == "runner"
    assert "SQLite" in str(fault) or "memory" in str(fault)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("prism", PrismSpec), ("flink", FlinkSpec), ("dataflow", DataflowSpec), ("local", DirectSpec)],
)
def test_the_examples_are_right(name: str, kind: type) -> None:
    checked = check(CONFIGS / f"{name}.yaml", {})
    assert checked.faults == ()
    assert checked.settings is not None
    assert isinstance(checked.settings.runner, kind)
