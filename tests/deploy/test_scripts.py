"""The scripts of deploy/dataflow: clean by shellcheck, names checked before anything is done, dry runs do nothing."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.cli.dataflow_template import PARAMETERS
from tests.deploy.conftest import ROOT, Run

DATAFLOW = ROOT / "deploy" / "dataflow"
SCRIPTS = ("build", "launch", "update", "drain", "check")
NAMES = {
    "PROJECT": "newsroom-prod",
    "REGION": "europe-west1",
    "BUCKET": "newsroom-tocsin",
    "REPOSITORY": "tocsin",
    "VERSION": "0.1.0",
    "JOB": "tocsin",
    "SERVICE_ACCOUNT": "tocsin-worker@newsroom-prod.iam.gserviceaccount.com",
    "SUBNETWORK": "regions/europe-west1/subnetworks/tocsin",
    "CONFIG": "gs://newsroom-tocsin/settings/dataflow.yaml",
    "STORE": "secret-manager:projects/newsroom-prod/secrets/tocsin-store/versions/latest",
    "SLACK_TOKEN": "secret-manager:projects/newsroom-prod/secrets/tocsin-slack-token/versions/3",
    "SUBSCRIPTION": "projects/newsroom-prod/subscriptions/tocsin-articles",
}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on this machine")


@pytest.fixture
def nothing_to_run(tmp_path: Path) -> str:
    """A path on which gcloud and docker, if anybody called them, would leave a mark."""
    for name in ("gcloud", "docker"):
        (tmp_path / name).write_text(f'#!/bin/sh\ntouch "{tmp_path}/called"\n')
        (tmp_path / name).chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def script(name: str, path: str, *arguments: str, **names: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", str(DATAFLOW / f"{name}.sh"), *arguments],
        env={"PATH": path, **names}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_shellcheck_has_nothing_to_say(tool: Run) -> None:
    done = tool("shellcheck", "--external-sources", *(str(path) for path in sorted(DATAFLOW.glob("*.sh"))))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_stops_at_the_first_thing_that_fails_and_can_be_started(name: str) -> None:
    path = DATAFLOW / f"{name}.sh"
    assert "\nset -euo pipefail\n" in path.read_text("utf-8")
    assert os.access(path, os.X_OK)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_dry_run_prints_commands_that_can_be_pasted_and_runs_none(
    name: str, nothing_to_run: str, tmp_path: Path
) -> None:
    done = script(name, nothing_to_run, "--dry-run", **NAMES)
    assert done.returncode == 0, done.stderr
    assert all(shlex.split(line)[0] in {"gcloud", "docker"} for line in done.stdout.splitlines())
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_all_missing_names_are_said_at_once_with_examples(
    name: str, nothing_to_run: str, tmp_path: Path
) -> None:
    done = script(name, nothing_to_run)
    assert done.returncode == 2
    assert f"{name}.sh: PROJECT is not set; set it, as PROJECT=newsroom-prod" in done.stderr
    assert "REGION is not set" in done.stderr
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("PROJECT", "My Project"),
        ("REGION", "europe-west1-b"),
        ("BUCKET", "gs://newsroom-tocsin"),
        ("VERSION", "latest"),
        ("JOB", "Tocsin; rm -rf /"),
        ("SERVICE_ACCOUNT", "somebody@example.org"),
        ("SUBNETWORK", "default"),
        ("CONFIG", "configs/local.yaml"),
        ("SUBSCRIPTION", "tocsin-articles"),
        ("MAX_WORKERS", "many"),
        ("MACHINE", "big"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_an_example(name: str, wrong: str, nothing_to_run: str) -> None:
    done = script("launch", nothing_to_run, "--dry-run", **{**NAMES, name: wrong})
    assert done.returncode == 2
    assert f"{name}='{wrong}' is not what it must be; as {name}=" in done.stderr


@pytest.mark.parametrize(
    ("name", "secret"), [("STORE", "postgresql://tocsin:hush@db/tocsin"), ("SLACK_TOKEN", "xoxb-1-hush")]
)
def test_a_secret_in_the_place_of_a_reference_is_refused_and_not_repeated(
    name: str, secret: str, nothing_to_run: str
) -> None:
    done = script("launch", nothing_to_run, "--dry-run", **{**NAMES, name: secret})
    assert done.returncode == 2
    assert "hush" not in done.stdout + done.stderr
    assert f"{name} must be a reference to a secret" in done.stderr


def test_an_argument_that_is_not_known_is_refused(nothing_to_run: str) -> None:
    done = script("drain", nothing_to_run, "--dryrun", **NAMES)
    assert done.returncode == 2
    assert "--dryrun" in done.stderr


def test_another_version_than_the_checkouts_is_not_built(nothing_to_run: str) -> None:
    done = script("build", nothing_to_run, "--dry-run", **{**NAMES, "VERSION": "9.9.9"})
    assert done.returncode == 2
    assert "VERSION='9.9.9' is not the version of this checkout" in done.stderr
    assert script("build", nothing_to_run, "--dry-run", **{**NAMES, "VERSION": "0.1.0-rc1"}).returncode == 0


def test_a_launch_and_an_update_start_the_same_job_but_for_the_update(nothing_to_run: str) -> None:
    launched = shlex.split(script("launch", nothing_to_run, "--dry-run", **NAMES).stdout)
    updated = shlex.split(script("update", nothing_to_run, "--dry-run", **NAMES).stdout)
    assert updated[: len(launched)] == launched
    assert updated[len(launched) :][0] == "--update"


def test_a_launch_gives_the_template_what_it_asks_for(nothing_to_run: str) -> None:
    launched = shlex.split(script("launch", nothing_to_run, "--dry-run", **NAMES).stdout)
    said = next(word for word in launched if word.startswith("--parameters="))
    given = dict(pair.split("=", 1) for pair in said.removeprefix("--parameters=").split(","))
    assert set(given) == {parameter.name for parameter in PARAMETERS}
    for parameter in PARAMETERS:
        assert re.fullmatch(parameter.pattern, given[parameter.name])


def test_terraform_gives_the_template_what_it_asks_for() -> None:
    job = (DATAFLOW / "terraform" / "job.tf").read_text("utf-8")
    said = job[job.index("parameters = {") :]
    assert re.findall(r"^    (\w+) +=", said[: said.index("}\n")], re.MULTILINE)
    assert set(re.findall(r"^    (\w+) +=", said[: said.index("\n  }")], re.MULTILINE)) == {
        parameter.name for parameter in PARAMETERS
    }


def test_help_is_what_the_script_opens_with(nothing_to_run: str) -> None:
    for name in SCRIPTS:
        done = script(name, nothing_to_run, "--help")
        assert done.returncode == 0
        assert "--dry-run" in done.stdout


def test_renames_are_a_table_of_labels() -> None:
    renames = json.loads((DATAFLOW / "renames.json").read_text("utf-8"))["renames"]
    assert all(isinstance(new, str) and not set("=~") & {*old, *new} for old, new in renames.items())
