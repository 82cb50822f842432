"""How the integration tests run the product: the installed command, in a process of its own, as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
ELECTION = "foreign-election-interference"

Ran = subprocess.CompletedProcess[str]
Tocsin = Callable[..., Ran]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "TMPDIR"}}
    return kept | {"NO_COLOR": "1", "TERM": "dumb"} | more


def command(*arguments: object) -> list[str]:
    return [str(Path(sys.executable).with_name("tocsin")), *map(str, arguments)]


@pytest.fixture
def tocsin(tmp_path: Path) -> Tocsin:
    """Runs the command in an empty folder, with nothing in its environment that it does not need."""

    def run(*arguments: object, code: int = 0, timeout: float = 120, **more: str) -> Ran:
        done = subprocess.run(
            command(*arguments),
            cwd=tmp_path,
            env=environment(**more),
            capture_output=True,
            text=True,
            errors="replace",  # a dead letter shown is what it is
            timeout=timeout,
            check=False,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def lines(path: Path) -> list[dict[str, Any]]:
    """The JSON Lines of a file; none where there is no file."""
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def of_watch(path: Path, watch: str = ELECTION) -> list[dict[str, Any]]:
    """The alerts of one watch in a file."""
    return [alert for alert in lines(path) if alert["watch"] == watch]
