"""Runners by name: which there are, what each refuses, and what is said where something is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from apache_beam.version import __version__ as SDK  # noqa: N812 - it is one
from pydantic import ValidationError

from pipeline.runners import EngineError, check_runner, chosen, dataflow, flink, named, prism, start
from pipeline.runners.child import Child, free_port
from pipeline.runners.portable import raised_by
from pipeline.settings.runner import DataflowSpec, DirectSpec, FlinkSpec, PrismSpec
from transforms.errors import Fault, StoreError

DATAFLOW: dict[str, Any] = {"project": "news-desk", "region": "europe-west4", "temp": "gs://news-desk/temp"}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("direct", "direct"), ("DirectRunner", "direct"), ("PRISM", "prism"), ("PrismRunner", "prism"),
        ("flinkrunner", "flink"), ("DataflowRunner", "dataflow"), (" Flink ", "flink"),
    ],
)  # fmt: skip
def test_a_runner_has_a_short_name_and_beams(said: str, kind: str) -> None:
    assert named(said) == kind


@pytest.mark.parametrize("said", ["spark", "", "runner", "direct2"])
def test_other_names_are_refused(said: str) -> None:
    with pytest.raises(Fault, match="known: direct, prism, flink, dataflow"):
        named(said)


@pytest.mark.parametrize("name", ["flink", "DataflowRunner"])
@pytest.mark.parametrize("url", ["sqlite:///a.db", "sqlite://"])
def test_a_store_that_only_one_machine_sees_is_refused_where_there_are_several(name: str, url: str) -> None:
    with pytest.raises(Fault, match=r"several machines.*SQLite.*postgresql://"):
        check_runner(name, url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:a?mode=memory&uri=true"])
def test_a_store_in_memory_is_refused_on_prism(url: str) -> None:
    with pytest.raises(Fault, match="name a file"):
        check_runner("prism", url)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("direct", "sqlite://"), ("direct", "sqlite:///a.db"), ("prism", "sqlite:///a.db"),
        ("prism", "sqlite:////var/a.db"), ("flink", "postgresql://h/d"), ("dataflow", "postgresql+psycopg://h/d"),
    ],
)  # fmt: skip
def test_the_others_are_taken(name: str, url: str) -> None:
    check_runner(name, url)


def test_the_command_line_wins_over_the_settings_and_keeps_what_they_say_of_the_same_runner() -> None:
    written = FlinkSpec(master="flink:8081")
    assert chosen(None, written) == written
    assert chosen("FlinkRunner", written) == written
    assert chosen("prism", written, location="/p") == PrismSpec(location="/p")
    assert chosen("prism", PrismSpec(workers="a:1"), location="/p") == PrismSpec(workers="a:1", location="/p")
    with pytest.raises(Fault, match="direct takes no location"):
        chosen(None, DirectSpec(), location="/p")
    with pytest.raises(Fault, match=r"configs/dataflow\.yaml"):
        chosen("dataflow", DirectSpec())


def test_direct_takes_no_job_for_ever() -> None:
    with pytest.raises(Fault, match="a loop of rounds"):
        start(lambda _: None, "direct")


def test_prism_that_is_not_here_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Fault, match=r"^Prism is not here: `make runners` .*go install .*/prism@v2\.\d+\.\d"):
        prism.find(PrismSpec(), {"PATH": str(tmp_path)})
    with pytest.raises(Fault, match=r"^runner\.location: /nowhere/prism is no program"):
        prism.find(PrismSpec(location="/nowhere/prism"), {})
    with pytest.raises(Fault, match=r"^TOCSIN_PRISM: /nowhere"):
        prism.find(PrismSpec(), {"TOCSIN_PRISM": "/nowhere"})


def binary(path: Path, version: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF...mod\tgithub.com/apache/beam/sdks/v2\tv" + version.encode() + b"\th1:x=\n")
    path.chmod(0o755)
    return path


def test_prism_is_looked_for_where_it_is_named_then_on_path_then_where_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = {"PATH": str(tmp_path / "bin"), "TOCSIN_PRISM": str(binary(tmp_path / "e", SDK))}
    binary(Path("var/runners/prism"), SDK)
    assert prism.find(PrismSpec(), {"PATH": "/nowhere"}) == prism.BUILT
    on_path = binary(tmp_path / "bin" / "prism", SDK)
    assert prism.find(PrismSpec(), {"PATH": here["PATH"]}) == on_path
    assert prism.find(PrismSpec(), here) == tmp_path / "e"
    named_one = binary(tmp_path / "n", SDK)
    assert prism.find(PrismSpec(location=str(named_one)), here) == named_one


def test_prism_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"is Prism 2\.1\.0, and Beam here is"):
        prism.find(PrismSpec(location=str(binary(tmp_path / "prism", "2.1.0"))), {})


def test_a_job_server_that_is_not_here_is_said_with_its_coordinates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        Fault, match=r"org\.apache\.beam:beam-runners-flink-2\.2-job-server:2\.\d+\.\d+ of a Maven"
    ):
        flink.find_jar(FlinkSpec(), {})
    with pytest.raises(Fault, match="is not there"):
        flink.find_jar(FlinkSpec(job_server_jar="x.jar"), {})
    other = tmp_path / "beam-runners-flink-2.2-job-server-2.1.0.jar"
    other.touch()
    with pytest.raises(Fault, match=r"is of Beam 2\.1\.0"):
        flink.find_jar(FlinkSpec(job_server_jar=str(other)), {})
    flink.FETCHED.parent.mkdir(parents=True)
    flink.FETCHED.touch()
    assert flink.find_jar(FlinkSpec(), {}) == flink.FETCHED


def test_a_flink_that_does_not_answer_is_said() -> None:
    spec = FlinkSpec(master=f"127.0.0.1:{free_port()}", job_server="127.0.0.1:1")
    with pytest.raises(EngineError, match=r"no Flink answers at http://127\.0\.0\.1.*runner\.master"):
        start(lambda _: None, spec)


def test_flinks_options_are_those_of_the_settings() -> None:
    spec = FlinkSpec(parallelism=4, checkpoints="/shared/c", savepoint="s3://b/s", restarts=7)
    said = flink.options_of(spec, "pool:50000", "tocsin-1", streaming=True)
    assert set(said) >= {
        "--environment_type=EXTERNAL", "--environment_config=pool:50000", "--job_name=tocsin-1", "--parallelism=4",
        "--state_backend_storage_path=file:///shared/c", "--savepoint_path=s3://b/s", "--streaming", "--object_reuse",
        "--number_of_execution_retries=7", "--checkpointing_interval=30000",
        "--retain_externalized_checkpoints_on_cancellation",
    }  # fmt: skip
    bounded = " ".join(flink.options_of(FlinkSpec(object_reuse=False), "p:1", "t", streaming=False))
    assert bounded == "--environment_type=EXTERNAL --environment_config=p:1 --job_name=t"
    process = FlinkSpec(environment="process", worker_command="/opt/boot")
    assert "--environment_option=process_command=/opt/boot" in flink.options_of(
        process, "", "t", streaming=True
    )


def test_dataflows_options_are_those_of_the_settings() -> None:
    spec = DataflowSpec(
        **DATAFLOW, service_account="t@news-desk.iam.gserviceaccount.com", labels={"team": "desk"},
        image="eu.gcr.io/t:1", max_workers=5, machine_type="n2-standard-2",
        update=True, renamed={"old": "new"}, streaming_engine=False,
        resource_hints=("min_ram=4GB",), subnetwork="regions/europe-west4/subnetworks/s",
    )  # fmt: skip
    said = dataflow.options_of(spec, streaming=True).get_all_options(drop_default=True)
    assert said == {
        "project": "news-desk", "region": "europe-west4", "temp_location": "gs://news-desk/temp",
        "staging_location": "gs://news-desk/temp/staging", "job_name": "tocsin", "streaming": True, "update": True,
        "service_account_email": "t@news-desk.iam.gserviceaccount.com", "labels": ["team=desk"],
        "sdk_container_image": "eu.gcr.io/t:1", "sdk_location": "container", "max_num_workers": 5,
        "machine_type": "n2-standard-2", "transform_name_mapping": {"old": "new"}, "use_public_ips": False,
        "enable_streaming_engine": False, "resource_hints": ["min_ram=4GB"], "save_main_session": False,
        "subnetwork": "regions/europe-west4/subnetworks/s",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "wrong"),
    [
        (FlinkSpec, {"master": "http://flink:8081"}), (FlinkSpec, {"master": "flink"}), (FlinkSpec, {"master": "f:0"}),
        (FlinkSpec, {"environment": "process"}), (FlinkSpec, {"job_server": "a:1", "job_server_jar": "b"}),
        (FlinkSpec, {"checkpoint_every": "10ms"}), (FlinkSpec, {"parallelism": 0}), (PrismSpec, {"workers": "a:b"}),
        (DataflowSpec, {}), (DataflowSpec, DATAFLOW | {"temp": "/tmp"}),  # noqa: S108 - refused
        (DataflowSpec, DATAFLOW | {"service_account": "me"}), (DataflowSpec, DATAFLOW | {"renamed": {"a": "b"}}),
        (DataflowSpec, DATAFLOW | {"workers": 3, "max_workers": 2}), (DataflowSpec, DATAFLOW | {"labels": {"A": "b"}}),
        (DataflowSpec, DATAFLOW | {"password": "x"}),
    ],
)  # fmt: skip
def test_what_no_runner_can_take_is_refused(spec: type[FlinkSpec], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**wrong)


def test_a_step_that_raised_is_told_as_it_would_be_on_direct() -> None:
    said = (
        "failed: Traceback (most recent call last):\n  File 'x'\ntransforms.errors.StoreError: no room\n\n"
        "During handling:\n\nTraceback (most recent call last):\n  File 'y'\n"
        "transforms.errors.StoreError: no room [while running 'new']\n"
    )
    assert isinstance(raised_by(said, "Flink"), StoreError)
    assert str(raised_by(said, "Flink")) == "no room"
    other = raised_by(
        "x\nTraceback (most recent call last):\nKeyError: 'a' [while running 'read/x']", "Flink"
    )
    assert str(other) == "the job failed on Flink in 'read/x': KeyError: 'a'"
    assert str(raised_by("worker lost\nstack", "Flink")) == "the job failed on Flink: worker lost"


def test_a_program_that_does_not_start_is_told_with_what_it_said() -> None:
    complaint = Child("the engine", [sys.executable, "-c", "raise SystemExit('no port is free')"])
    with complaint, pytest.raises(EngineError, match=r"the engine ended at once \(exit 1\): no port is free"):
        complaint.await_port(free_port())


def test_a_program_ends_with_the_process_that_started_it_also_when_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pipeline.runners.child import Child; program = 'import os, sys, time;'"
        "' open(sys.argv[1], \"w\").write(str(os.getpid())); time.sleep(300)';"
        f"Child('x', [sys.executable, '-c', program, {str(tmp_path / 'pid')!r}]); time.sleep(300)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ) as up:
        _until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
        pid = int((tmp_path / "pid").read_text())
        up.kill()
    _until(lambda: not _lives(pid))


def test_the_pins_of_the_engines_are_those_of_the_sdk() -> None:
    pins = tomllib.loads(
        (Path(__file__).parents[2] / "requirements" / "engines.toml").read_text(encoding="utf-8")
    )
    assert pins["prism"]["version"] == f"v{SDK}"
    assert pins["job-server"]["artifact"] == flink.ARTIFACT
    assert pins["flink"]["version"].startswith(f"{flink.LINE}.")


def _until(condition: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
