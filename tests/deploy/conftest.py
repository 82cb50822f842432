"""Tools that hold deploy/ to its own rules, found or skipped by name; and everything here is a test of `runners`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
_PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.runners)


@pytest.fixture(scope="session")
def tool() -> Run:
    """Runs a tool in the checkout; a test whose tool is missing is skipped, and says which."""

    def run(name: str, *arguments: str, said: str | None = None) -> "subprocess.CompletedProcess[str]":
        found = shutil.which(name, path=_PATH)
        if found is None:
            pytest.skip(f"{name} is not on this machine (make lint-deploy fetches what can be fetched)")
        return subprocess.run(
            [found, *arguments],
            cwd=ROOT,
            input=said,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run
