"""Manifests and compose.yaml: valid by their schemas, no root, no secret in a variable, nobody let in unnamed."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT, Run

FLINK = ROOT / "deploy" / "flink"
KUSTOMIZATIONS = ("session", "s3", "jobs/migrate", "jobs/submit", "try")
SCHEMA = Path(os.environ.get("TOCSIN_FLINK_SCHEMA", Path(sys.prefix) / "flink-schema"))
OURS = "tocsin"

Document = dict[str, Any]


@pytest.fixture(scope="session")
def built(tool: Run) -> dict[str, list[Document]]:
    """Every kustomization as it would be applied."""
    documents = {}
    for name in KUSTOMIZATIONS:
        done = tool("kustomize", "build", f"deploy/flink/{name}")
        assert done.returncode == 0, done.stderr
        documents[name] = list(yaml.safe_load_all(done.stdout))
    return documents


def everything(built: dict[str, list[Document]]) -> Iterator[tuple[str, Document]]:
    for name, documents in built.items():
        yield from ((f"{name}: {each['kind']}/{each['metadata']['name']}", each) for each in documents)


def pod_specs(document: Document) -> list[Document]:
    """The pods that come of it. Of the operator's resource: of both kinds, each with what they have in common."""
    spec = document.get("spec", {})
    if document["kind"] == "FlinkDeployment":
        return [
            merged(spec["podTemplate"]["spec"], spec[kind]["podTemplate"]["spec"])
            for kind in ("jobManager", "taskManager")
        ]
    return [spec["template"]["spec"]] if "template" in spec else []


def merged(common: Document, own: Document) -> Document:
    """As the operator merges two templates: lists by the names of what is in them."""
    both = dict(common)
    for key, value in own.items():
        if isinstance(value, dict):
            both[key] = merged(both.get(key, {}), value)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "name" in value[0]:
            named = {each["name"]: each for each in both.get(key, [])}
            for each in value:
                named[each["name"]] = merged(named.get(each["name"], {}), each)
            both[key] = list(named.values())
        else:
            both[key] = value
    return both


def test_yamllint_has_nothing_to_say(tool: Run) -> None:
    done = tool("yamllint", "--strict", "deploy")
    assert done.returncode == 0, done.stdout


def test_compose_keeps_the_compose_specification(tool: Run) -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml")
    assert done.returncode == 0, done.stdout


def test_manifests_keep_the_schemas_of_kubernetes(
    built: dict[str, list[Document]], tool: Run, tmp_path: Path
) -> None:
    documents = []
    for name, document in everything(built):
        if document["kind"] != "FlinkDeployment":
            documents.append(document)
            continue
        # The operator's own schema says little of its pods: as pods of Kubernetes they are held strictly.
        for place, spec in enumerate(pod_specs(document)):
            pod = {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"{name[:1]}{place}"},
                "spec": spec,
            }
            documents.append(pod)
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(documents))
    done = tool("kubernetes-validate", "--strict", str(tmp_path / "all.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_cluster_keeps_the_schema_of_the_operator(built: dict[str, list[Document]], tool: Run) -> None:
    if not (SCHEMA / "node_modules").is_dir():
        pytest.skip(
            f"the operator's schema is not in {SCHEMA.name} (make lint-deploy fetches it where npm is)"
        )
    lines = [json.dumps(each) for _, each in everything(built) if each["kind"] == "FlinkDeployment"]
    broken = json.dumps({"metadata": {"name": "broken"}, "spec": {"flinkVersion": "v9"}})
    done = tool("node", "deploy/lint/flink.js", str(SCHEMA), said="\n".join([*lines, broken]) + "\n")
    assert done.returncode == 0, done.stderr
    assert len(lines) == 2
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["broken"], done.stdout


def test_nothing_runs_as_root_or_writes_where_it_should_not(built: dict[str, list[Document]]) -> None:
    pods = 0
    for name, document in everything(built):
        for spec in pod_specs(document):
            pods += 1
            assert spec["securityContext"]["runAsNonRoot"] is True, name
            assert spec["securityContext"]["runAsUser"] > 0, name
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            for container in spec["containers"]:
                where = f"{name}, {container['name']}"
                context = container["securityContext"]
                assert context["readOnlyRootFilesystem"] is True, where
                assert context["allowPrivilegeEscalation"] is False, where
                assert context["capabilities"] == {"drop": ["ALL"]}, where
    assert pods == 7


def test_secrets_are_files_for_a_group_and_never_variables(built: dict[str, list[Document]]) -> None:
    for name, document in everything(built):
        assert document["kind"] != "Secret", f"{name}: a secret's value does not belong in a repository"
        for spec in pod_specs(document):
            for container in spec["containers"]:
                for variable in container.get("env", []):
                    assert "valueFrom" not in variable, f"{name}: {variable['name']}"
                assert not container.get("envFrom"), name
            for volume in spec.get("volumes", []):
                if "secret" in volume:
                    assert volume["secret"]["defaultMode"] == 0o440, name
    settings = yaml.safe_load((FLINK / "session" / "flink.yaml").read_text("utf-8"))
    named = [settings["store_secret"], *(sink["token_secret"] for sink in settings["sinks"])]
    assert all(place.startswith("file:/run/secrets/tocsin/") for place in named)


def test_every_container_says_what_it_needs(built: dict[str, list[Document]]) -> None:
    for name, document in everything(built):
        for spec in pod_specs(document):
            for container in spec["containers"]:
                if container["name"] == "flink-main-container":
                    continue  # the operator makes its resources of `resource`
                assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
                assert "memory" in container["resources"]["limits"], name


def test_what_stays_is_probed_and_what_ends_is_not(built: dict[str, list[Document]]) -> None:
    for name, document in everything(built):
        for spec in pod_specs(document):
            for container in spec["containers"]:
                assert ("livenessProbe" in container) is (document["kind"] != "Job"), (
                    f"{name}, {container['name']}"
                )


def test_every_image_has_a_version(built: dict[str, list[Document]]) -> None:
    images = []
    for _, document in everything(built):
        images += [document["spec"]["image"]] if document["kind"] == "FlinkDeployment" else []
        images += [
            each["image"] for spec in pod_specs(document) for each in spec["containers"] if "image" in each
        ]
    images += [each["image"] for each in compose()["services"].values()]
    for image in images:
        assert image.rpartition(":")[2][0].isdigit(), image


def test_python_runs_beside_the_task_manager_and_is_reached_there_alone(
    built: dict[str, list[Document]],
) -> None:
    cluster = next(each for each in built["session"] if each["kind"] == "FlinkDeployment")
    pool = pod_specs(cluster)[1]["containers"][1]
    assert pool["command"] == ["/opt/apache/beam/boot", "--worker_pool"]
    assert pool["ports"] == [{"name": "pool", "containerPort": 50000}]
    settings = yaml.safe_load((FLINK / "session" / "flink.yaml").read_text("utf-8"))
    assert settings["runner"]["environment"] == "external"
    assert settings["runner"]["workers"] == "localhost:50000"
    for policy in built["session"]:
        if policy["kind"] == "NetworkPolicy":
            for rule in policy["spec"].get("ingress", []):
                for port in rule["ports"]:
                    assert not port["port"] <= 50000 <= port.get("endPort", port["port"]), policy["metadata"][
                        "name"
                    ]


def test_the_pool_and_the_submission_see_the_same_settings_and_secrets(
    built: dict[str, list[Document]],
) -> None:
    cluster = next(each for each in built["session"] if each["kind"] == "FlinkDeployment")
    mounts = [pod_specs(cluster)[1]["containers"][1]["volumeMounts"]]
    mounts.append(built["jobs/submit"][0]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"])
    pool, submission = (
        {(each["name"], each["mountPath"]) for each in mount if not each["name"].endswith("tmp")}
        for mount in mounts
    )
    assert pool == submission


def test_nobody_comes_in_who_is_not_named(built: dict[str, list[Document]]) -> None:
    policies = [each for each in built["session"] if each["kind"] == "NetworkPolicy"]
    assert {"podSelector": {}, "policyTypes": ["Ingress"]} in [policy["spec"] for policy in policies]


def test_a_submission_is_never_repeated_by_itself(built: dict[str, list[Document]]) -> None:
    spec = built["jobs/submit"][0]["spec"]
    assert spec["backoffLimit"] == 0
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_checkpoints_on_object_storage_need_no_volume(built: dict[str, list[Document]]) -> None:
    assert "PersistentVolumeClaim" not in {each["kind"] for each in built["s3"]}
    said = json.dumps(next(each for each in built["s3"] if each["kind"] == "FlinkDeployment"))
    assert "file:///checkpoints" not in said
    assert "persistentVolumeClaim" not in said


def compose() -> Document:
    document: Document = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
    return document


def test_on_a_laptop_the_tables_are_there_before_anything_runs() -> None:
    services = compose()["services"]
    for name in ("tocsin", "tocsin-queue", "worker", "submit"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert "healthcheck" in services["postgres"]


def test_a_laptop_shows_nothing_to_its_network() -> None:
    for name, service in compose()["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_a_laptops_secrets_are_files_that_are_not_in_the_repository() -> None:
    secrets = compose()["secrets"]
    assert all(secret["file"].startswith("../var/secrets/") for secret in secrets.values())
    assert "/var/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    said = (ROOT / "deploy" / "compose.yaml").read_text("utf-8")
    assert "POSTGRES_PASSWORD:" not in said
