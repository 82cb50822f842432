"""What the tests on engines need: where each engine is, or why it is not here."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline.runners import flink, prism
from pipeline.settings.runner import FlinkSpec, PrismSpec
from transforms.errors import Fault

HERE = Path(__file__).parents[2] / "var" / "runners"


def why_not(part: str, otherwise: str) -> str:
    """What `make runners` said of a part that is out of reach."""
    try:
        told: dict[str, str] = json.loads((HERE / "out-of-reach.json").read_text(encoding="utf-8"))
    except OSError:
        told = {}
    return f"{part} is out of reach here: {told[part]}" if part in told else otherwise


@pytest.fixture(scope="session")
def prism_binary() -> Path:
    built = HERE / "prism"
    environ = dict(os.environ) | ({"TOCSIN_PRISM": str(built)} if built.is_file() else {})
    try:
        return prism.find(PrismSpec(), environ)
    except Fault as fault:
        pytest.skip(why_not("prism", str(fault)))


@pytest.fixture(scope="session")
def flink_distribution() -> Path:
    """The folder with Flink's jars: TOCSIN_FLINK_DIST, or what `make runners` fetched."""
    if shutil.which("java") is None:
        pytest.skip("no java on PATH: Flink needs 17 or 11")
    for folder in (Path(os.environ.get("TOCSIN_FLINK_DIST", "-")), *HERE.glob("flink-*")):
        if list((folder / "lib").glob("flink-dist-*.jar")):
            return folder
    pytest.skip(why_not("flink", "Flink is not here: `make runners` fetches it"))


@pytest.fixture(scope="session")
def job_server_jar(flink_distribution: Path) -> Path:  # noqa: ARG001 - of no use without
    jars = list(HERE.glob("beam-runners-flink-*.jar"))
    environ = dict(os.environ) | ({flink.JAR_VARIABLE: str(jars[0])} if jars else {})
    try:
        return flink.find_jar(FlinkSpec(), environ)
    except Fault as fault:
        pytest.skip(why_not("job-server", str(fault)))
