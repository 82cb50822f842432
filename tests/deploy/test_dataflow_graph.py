"""The job as Dataflow would get it: what it carries, what it must not, and whether it can follow the last release."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip(
    "apache_beam.runners.dataflow.internal.apiclient",
    reason="Beam's gcp extra is not installed",
    exc_type=ImportError,
)

from tests.deploy.translation import RELEASED, RENAMES, ROOT, Graph, complaints, graph_of, pickles, read

LARGEST_JOB = 10 * 2**20
"""What Dataflow takes as one request; docs of its limits."""

CANARIES = {
    "SLACK_BOT_TOKEN": "xoxb-0000000000-not-to-be-found",
    "TOCSIN_STORE": "postgresql://tocsin:not-to-be-found@db/tocsin",
    "PGPASSWORD": "not-to-be-found",
}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The job, translated in two processes that order their sets differently, with secrets in their environment."""
    folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for seed, folder in enumerate(folders, start=1):
        environment = {**os.environ, **CANARIES, "PYTHONHASHSEED": str(seed)}
        done = subprocess.run(
            [sys.executable, "-m", "tests.deploy.translation", str(folder)],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    return folders


@pytest.fixture(scope="module")
def graph(jobs: tuple[Path, Path]) -> Graph:
    return graph_of(read(jobs[0]))


@pytest.fixture(scope="module")
def said(jobs: tuple[Path, Path]) -> bytes:
    """Everything that the job carries, what is pickled in it unpacked."""
    graph = (jobs[0] / "pipeline.pb").read_bytes()
    unpacked = list(pickles(graph))
    assert len(unpacked) > 20, "the pickles of this Beam are not found: how it packs them has changed"
    return b"\n".join([graph, (jobs[0] / "job.json").read_bytes(), *unpacked])


def test_the_graph_is_translated_without_asking_the_network(jobs: tuple[Path, Path]) -> None:
    job = json.loads((jobs[0] / "job.json").read_text("utf-8"))
    assert job["type"] == "JOB_TYPE_STREAMING"


def test_two_processes_lay_the_same_steps_in_the_same_order(jobs: tuple[Path, Path], graph: Graph) -> None:
    assert graph_of(read(jobs[1])) == graph


def test_every_step_has_a_name_of_its_own(graph: Graph) -> None:
    labels = [step["label"] for step in graph["steps"]]
    assert len(set(labels)) == len(labels)


def test_no_name_hangs_on_a_line_of_source(graph: Graph) -> None:
    lined = [step["label"] for step in graph["steps"] if re.search(r"<lambda|\.py:\d", step["label"])]
    assert not lined, "these change whenever a line above them does: name the transforms"


def test_a_running_job_of_the_last_release_can_be_updated_to_this_graph(graph: Graph) -> None:
    released = json.loads(RELEASED.read_text("utf-8"))
    renames = json.loads(RENAMES.read_text("utf-8"))["renames"]
    assert not complaints(released, graph, renames)


def test_a_rename_names_a_step_of_the_release_and_one_of_this_graph(graph: Graph) -> None:
    renames = json.loads(RENAMES.read_text("utf-8"))["renames"]
    released = {step["label"] for step in json.loads(RELEASED.read_text("utf-8"))["steps"]}
    assert set(renames) <= released
    assert set(renames.values()) <= {step["label"] for step in graph["steps"]}


def _changed(graph: Graph, change: Any) -> Graph:
    changed: Graph = copy.deepcopy(graph)
    change(changed["steps"])
    return changed


def test_a_step_that_goes_away_is_told_unless_it_was_renamed(graph: Graph) -> None:
    old = graph["steps"][-1]["label"]

    def rename(steps: list[dict[str, Any]]) -> None:
        steps[-1]["label"] = "another name"

    now = _changed(graph, rename)
    assert [line for line in complaints(graph, now, {}) if repr(old) in line]
    assert not complaints(graph, now, {old: "another name"})


def test_another_coder_is_told(graph: Graph) -> None:
    def recode(steps: list[dict[str, Any]]) -> None:
        steps[0]["coders"] = dict.fromkeys(steps[0]["coders"], "a coder of another version")

    assert "in another coder" in complaints(graph, _changed(graph, recode), {})[0]


def test_steps_in_another_order_are_told(graph: Graph) -> None:
    assert [
        line
        for line in complaints(graph, _changed(graph, lambda steps: steps.reverse()), {})
        if "before it" in line
    ]


def test_a_step_that_is_added_hinders_no_update(graph: Graph) -> None:
    new = {"label": "new", "urn": "", "inputs": [], "side inputs": [], "coders": {}}
    assert not complaints(graph, _changed(graph, lambda steps: steps.insert(3, new)), {})


def test_articles_between_workers_travel_as_models_and_not_as_pickles(graph: Graph) -> None:
    """Between the groupings: what stands there when a job is updated is read by the new version."""
    for step in graph["steps"]:
        if step["urn"] == "beam:transform:group_by_key:v1":
            for coder in step["coders"].values():
                # Beam's own Reshuffle carries the time of an element, which is None or a number, in this one.
                assert "FastPrimitivesCoder" not in coder.replace("nullable:v1<FastPrimitivesCoder>", ""), (
                    step
                )
                assert "PickleCoder" not in coder, step


def test_nothing_is_pickled_from_main(said: bytes) -> None:
    assert b"__main__" not in said


def test_no_secret_travels(said: bytes) -> None:
    assert b"not-to-be-found" not in said
    assert not re.search(rb"postgresql(\+\w+)?://[^/\s\"@:]*:[^/\s\"@]+@", said), (
        "a store's URL with a password in it"
    )


def test_no_rule_and_no_content_travels(said: bytes) -> None:
    """Rules are loaded by the workers: a watch that is edited needs no new job, and the job stays small."""
    for words in (b"Antony Blinken", b"election interference", b"<rss", b"xoxb-"):
        assert words not in said


def test_the_job_is_far_below_the_largest_that_dataflow_takes(jobs: tuple[Path, Path]) -> None:
    for folder in jobs:
        size = sum((folder / name).stat().st_size for name in ("pipeline.pb", "job.json"))
        assert size < LARGEST_JOB / 20


def test_the_flags_with_their_reasons_arrive_in_the_job(jobs: tuple[Path, Path]) -> None:
    environment = json.loads((jobs[0] / "job.json").read_text("utf-8"))["environment"]
    pool = environment["workerPools"][0]
    assert {"streaming_mode_at_least_once", "worker_utilization_hint=0.8"} <= set(
        environment["serviceOptions"]
    )
    assert "enable_streaming_engine" in environment["experiments"]
    assert pool["numThreadsPerWorker"] == 4
    assert pool["autoscalingSettings"]["algorithm"] == "AUTOSCALING_ALGORITHM_BASIC"
    assert pool["workerHarnessContainerImage"].endswith("/tocsin:0.1.0")
    hints = [
        made.resource_hints for made in read(jobs[0]).components.environments.values() if made.resource_hints
    ]
    assert any(b"2000000000" in hint.values() for hint in hints)
