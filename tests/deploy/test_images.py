"""The Dockerfiles: clean by hadolint, of one Beam, from locks with hashes, without what does not belong there."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.deploy.conftest import ROOT, Run

PLAIN = ROOT / "deploy" / "Dockerfile"
WORKER = ROOT / "deploy" / "dataflow" / "Dockerfile"
KUBERNETES = ROOT / "deploy" / "flink" / "Dockerfile"
IMAGES = (PLAIN, WORKER, KUBERNETES)


def locked(package: str) -> str:
    lock = (ROOT / "requirements" / "deploy.txt").read_text("utf-8")
    found = re.search(rf"^{re.escape(package)}(?:\[[^]]*])?==(\S+)", lock, re.MULTILINE)
    assert found, f"{package} is not locked"
    return found[1]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_hadolint_has_nothing_to_say(path: Path, tool: Run) -> None:
    done = tool("hadolint", str(path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_image_is_of_the_locked_beam(path: Path) -> None:
    assert re.findall(r"^ARG BEAM=(.*)$", path.read_text("utf-8"), re.MULTILINE) == [locked("apache-beam")]


@pytest.mark.parametrize("path", [PLAIN, WORKER], ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_installed_is_what_was_locked(path: Path) -> None:
    installs = re.findall(r"pip install .*", path.read_text("utf-8"))
    assert installs
    for line in installs:
        assert "--require-hashes" in line or ("--no-deps" in line and "--no-index" in line), line


def test_images_that_we_start_are_not_root() -> None:
    for path in (PLAIN, KUBERNETES):
        users = re.findall(r"^USER (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert users[-1] == "10001:10001"


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_comes_into_an_image_that_is_not_named(path: Path) -> None:
    ignored = path.with_name(f"{path.name}.dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    for line in re.findall(r"^COPY (?!--from)(.*)$", path.read_text("utf-8"), re.MULTILINE):
        for source in line.split()[:-1]:
            assert any(
                source == rule[1:] or source.startswith(f"{rule[1:]}/") for rule in rules if rule[0] == "!"
            ), source


def test_the_wheel_is_built_from_all_that_it_packs() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    needed = {
        *packed["packages"],
        *packed["force-include"],
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
    }
    for path in (PLAIN, WORKER):
        copied = {
            word
            for line in re.findall(r"^COPY (?!--from)(.*) \S+$", path.read_text("utf-8"), re.MULTILINE)
            for word in line.split()
        }
        assert needed <= copied


def test_the_worker_starts_beams_boot_program_and_carries_the_launcher() -> None:
    said = WORKER.read_text("utf-8")
    assert 'ENTRYPOINT ["/opt/apache/beam/boot"]' in said
    assert "/opt/google/dataflow/python_template_launcher" in said
    assert "FLEX_TEMPLATE_PYTHON_PY_FILE=/template/launch.py" in said
