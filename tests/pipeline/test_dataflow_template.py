"""The Flex Template's door: parameters are held against patterns, secrets are refused, Beam's options pass through."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.dataflow_template import FLAGS, PARAMETERS, arguments, launch
from transforms.errors import Fault

ROOT = Path(__file__).parents[2]
DATAFLOW = ROOT / "deploy" / "dataflow"
GIVEN = [f"--{parameter.name}={parameter.example}" for parameter in PARAMETERS]
BEAM = [
    "--runner=DataflowRunner",
    "--project=newsroom",
    "--template_location=gs://newsroom-tocsin/staging/job_object",
]


def test_parameters_become_a_run_on_dataflow() -> None:
    said = arguments([*GIVEN, *BEAM], {})
    ours, beam = said[: said.index("--")], said[said.index("--") + 1 :]
    assert ours[:3] == ["run", "--runner", "dataflow"]
    assert ours[3:] == [
        "--config", "gs://newsroom-tocsin/settings/dataflow.yaml",
        "--store", "secret-manager:projects/newsroom/secrets/tocsin-store/versions/latest",
        "--queue", "pubsub:projects/newsroom/subscriptions/tocsin-articles",
        "--secret", "SLACK_BOT_TOKEN=secret-manager:projects/newsroom/secrets/tocsin-slack-token/versions/latest",
    ]  # fmt: skip
    assert beam[:2] == BEAM[1:]
    assert not [option for option in beam if option.startswith("--runner")]


def test_what_may_be_left_out_is_left_out() -> None:
    assert "--queue" not in arguments([line for line in GIVEN if "subscription" not in line], {})


@pytest.mark.parametrize("missing", [parameter.name for parameter in PARAMETERS if parameter.needed])
def test_what_is_needed_is_asked_for_with_an_example(missing: str) -> None:
    with pytest.raises(Fault, match=f"{missing}: the template's parameter is missing: give it as "):
        arguments([line for line in GIVEN if not line.startswith(f"--{missing}=")], {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("store", "postgresql://tocsin:hush@10.0.0.3/tocsin"),
        ("slack_token", "xoxb-1234567890-hush"),
        ("store", "secret-manager:projects/newsroom/secrets/tocsin-store"),
        ("config", "/etc/tocsin/hush.yaml"),
        ("subscription", "hush"),
    ],
)
def test_a_secret_in_the_place_of_a_reference_is_refused_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(Fault) as refused:
        arguments([*GIVEN, f"--{name}={value}"], {})
    assert "hush" not in str(refused.value)
    assert name in str(refused.value)


def test_every_flag_has_its_reason_and_a_launch_may_set_its_own() -> None:
    assert all(len(flag.reason) > 40 for flag in FLAGS)
    beam = arguments(
        [
            *GIVEN,
            "--number_of_worker_harness_threads=8",
            "--dataflow_service_options=streaming_mode_exactly_once",
        ],
        {},
    )
    assert [option for option in beam if "harness_threads" in option] == [
        "--number_of_worker_harness_threads=8"
    ]
    assert not [option for option in beam if "at_least_once" in option]
    assert "--dataflow_service_options=worker_utilization_hint=0.8" in beam


def test_workers_run_the_image_that_laid_the_graph() -> None:
    image = "europe-west1-docker.pkg.dev/newsroom/tocsin/tocsin:0.1.0"
    assert arguments(GIVEN, {"TOCSIN_IMAGE": image})[-1] == f"--sdk_container_image={image}"
    own = "--sdk_container_image=another:1"
    assert [
        line for line in arguments([*GIVEN, own], {"TOCSIN_IMAGE": image}) if "container_image" in line
    ] == [own]


def test_a_wrong_launch_ends_with_one_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert launch(["--config=nowhere"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tocsin: config: ")
    assert "Traceback" not in said


def test_the_console_holds_parameters_against_the_same_patterns() -> None:
    described = {
        each["name"]: each
        for each in json.loads((DATAFLOW / "metadata.json").read_text("utf-8"))["parameters"]
    }
    assert list(described) == [parameter.name for parameter in PARAMETERS]
    for parameter in PARAMETERS:
        said = described[parameter.name]
        assert said["regexes"] == [parameter.pattern]
        assert said["isOptional"] is not parameter.needed
        assert re.fullmatch(parameter.pattern, parameter.example)


def test_what_the_launcher_starts_has_nothing_to_pickle() -> None:
    """Its one file only calls the package: whatever is pickled comes from an importable module."""
    done = subprocess.run(
        [sys.executable, str(DATAFLOW / "launch.py"), "--config=nowhere"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("tocsin: config: ")
