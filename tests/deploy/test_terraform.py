"""Terraform: formatted, pinned, every variable checked, no secret in the state, and no role but the least.

``terraform validate`` needs the provider, which only its own registry serves: what it would say is not said here.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import ROOT, Run

FOLDER = ROOT / "deploy" / "dataflow" / "terraform"
FILES = sorted(FOLDER.glob("*.tf"))

Blocks = dict[str, list[dict[str, Any]]]


def plain(value: Any) -> Any:
    """What the parser gives, without the quotes that it keeps around texts and names."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return (
        value[1:-1] if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"' else value
    )


@pytest.fixture(scope="module")
def blocks(tool: Run) -> Blocks:
    found: Blocks = {}
    for path in FILES:
        done = tool("hcl2tojson", str(path))
        assert done.returncode == 0, done.stderr
        for kind, each in plain(json.loads(done.stdout)).items():
            found.setdefault(kind, []).extend(each)
    return found


@pytest.fixture(scope="module")
def resources(blocks: Blocks) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (kind, name): body
        for each in blocks["resource"]
        for kind, named in each.items()
        for name, body in named.items()
    }


def test_terraform_finds_it_well_formatted(tool: Run) -> None:
    done = tool("terraform", "fmt", "-check", "-diff", str(FOLDER))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_says_what_it_makes(path: Path) -> None:
    assert path.read_text("utf-8").startswith("# ")


def test_versions_are_pinned(blocks: Blocks) -> None:
    terraform = blocks["terraform"][0]
    assert terraform["required_version"].startswith(">= 1.")
    assert "<" in terraform["required_version"]
    assert terraform["required_providers"][0]["google"]["version"].startswith("~> ")


def test_every_variable_is_explained_and_checked_before_anything_is_made(blocks: Blocks) -> None:
    variables = {name: body for each in blocks["variable"] for name, body in each.items()}
    assert len(variables) > 10
    for name, body in variables.items():
        assert body["description"], name
        if body["type"] not in {"bool", "${bool}", "map(string)", "${map(string)}"}:
            assert body["validation"][0]["error_message"], name


def test_no_secret_comes_into_the_state(resources: dict[tuple[str, str], Any], blocks: Blocks) -> None:
    kinds = {kind for kind, _ in resources}
    assert "google_secret_manager_secret" in kinds
    holding = {
        "google_secret_manager_secret_version",
        "google_sql_user",
        "random_password",
        "google_service_account_key",
    }
    assert not kinds & holding
    assert not [kind for each in blocks.get("data", []) for kind in each if "secret" in kind]


LEAST = {
    "google_project_iam_member": {
        "roles/dataflow.worker",
        "roles/monitoring.metricWriter",
        "roles/logging.logWriter",
    },
    "google_secret_manager_secret_iam_member": {"roles/secretmanager.secretAccessor"},
    "google_pubsub_subscription_iam_member": {"roles/pubsub.subscriber", "roles/pubsub.viewer"},
    "google_pubsub_topic_iam_member": {"roles/pubsub.publisher"},
    "google_storage_bucket_iam_member": {"roles/storage.objectUser"},
    "google_artifact_registry_repository_iam_member": {"roles/artifactregistry.reader"},
}


def test_roles_are_the_least_and_hang_on_single_things(resources: dict[tuple[str, str], Any]) -> None:
    given: dict[str, set[str]] = {}
    said = "".join(path.read_text("utf-8") for path in FILES)
    for (kind, name), resource in resources.items():
        if "_iam_" in kind:
            assert kind.endswith("_iam_member"), f"{kind}.{name} would take roles from others"
            body = json.dumps(resource)
            given.setdefault(kind, set()).update(role for role in every_role(said) if role in body)
    # The project's three stand in a list that for_each goes through.
    given["google_project_iam_member"] = set(
        every_role(said[said.index("project_roles = [") :].split("]")[0])
    )
    assert given == LEAST
    assert set(every_role(said)) == set().union(*LEAST.values())


def every_role(said: str) -> list[str]:
    return [f"roles/{part.split(chr(34))[0]}" for part in said.split('"roles/')[1:]]


def test_the_store_is_private_and_can_be_gone_back_with(resources: dict[tuple[str, str], Any]) -> None:
    body = resources["google_sql_database_instance", "store"]
    settings = body["settings"][0]
    assert settings["ip_configuration"][0]["ipv4_enabled"] is False
    backups = settings["backup_configuration"][0]
    assert backups["enabled"] is True
    assert backups["point_in_time_recovery_enabled"] is True
    assert "deletion_protection" in body


def test_the_job_drains_and_gets_references_alone(resources: dict[tuple[str, str], Any]) -> None:
    job = resources["google_dataflow_flex_template_job", "tocsin"]
    assert job["on_delete"] == "drain"
    for name in ("store", "slack_token"):
        assert job["parameters"][name].startswith("secret-manager:")


def test_somebody_is_told_of_lag_age_failure_and_dead_letters(resources: dict[tuple[str, str], Any]) -> None:
    policies = {
        name: json.dumps(body)
        for (kind, name), body in resources.items()
        if kind == "google_monitoring_alert_policy"
    }
    for name, metric in {
        "lag": "job/system_lag",
        "freshness": "job/data_watermark_age",
        "failed": "job/is_failed",
        "dead_letters": "job_user_counter",
        "queue": "num_undelivered_messages",
    }.items():
        assert metric in policies[name]
        assert "documentation" in policies[name], f"{name} must say what to do first"


def test_what_the_scripts_ask_for_is_put_out(blocks: Blocks) -> None:
    outputs = {name for each in blocks["output"] for name in each}
    names = (ROOT / "deploy" / "dataflow" / "names.sh").read_text("utf-8")
    needed = names[names.index("LAUNCH_NAMES=(") + len("LAUNCH_NAMES=(") :].split(")")[0].split()
    chosen = {"PROJECT", "REGION", "VERSION", "JOB", "MAX_WORKERS", "MACHINE"}
    assert set(needed) - chosen <= outputs
