"""Flink: a cluster, reached through Beam's job server, and ended through its own REST interface.

The job server is a jar of Beam's that turns the graph into a Flink job; it is never downloaded while something runs.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from apache_beam.version import __version__ as sdk

from pipeline.runners.child import Child, EngineError, free_port
from pipeline.runners.job import ENDED, Lay
from pipeline.runners.portable import PortableJob, submit, workers_here
from pipeline.settings.runner import FlinkSpec
from transforms.errors import Fault

LINE = "2.2"
"""The line of Flink that the job server is built for; the cluster must be of the same."""
ARTIFACT = f"org.apache.beam:beam-runners-flink-{LINE}-job-server:{sdk}"
FETCHED = Path(f"var/runners/beam-runners-flink-{LINE}-job-server-{sdk}.jar")
"""Where ``make runners`` puts it."""
JAR_VARIABLE = "TOCSIN_FLINK_JOB_SERVER_JAR"

_SLOWLY = 120.0  # seconds a job server may take to start: it unpacks itself
_ANSWER = 30.0  # seconds Flink may take to answer
_SAVED = 600.0  # seconds a savepoint may take
_log = logging.getLogger("tocsin.runners")


def find_jar(spec: FlinkSpec, environ: Mapping[str, str]) -> Path:
    """The job server's jar: what the settings name, the environment, or what ``make runners`` fetched.

    Raises:
        Fault: there is none, or it is of another version than the SDK.
    """
    get = f"`make runners` fetches it; it is {ARTIFACT} of a Maven repository"
    named = [("runner.job_server_jar", spec.job_server_jar), (JAR_VARIABLE, environ.get(JAR_VARIABLE))]
    for key, said in named:
        if said:
            if not Path(said).is_file():
                raise Fault(f"{said} is not there: {get}", key=key)
            version = re.search(r"-job-server-(\d+\.\d+\.\d+)\.jar$", str(said))
            if version and version[1] != sdk:
                raise Fault(f"{said} is of Beam {version[1]}, and Beam here is {sdk}: {get}", key=key)
            return Path(said)
    if FETCHED.is_file():
        return FETCHED
    raise Fault(
        f"Beam's job server for Flink is not here: {get}; then name it as job_server_jar or {JAR_VARIABLE}"
    )


def options_of(spec: FlinkSpec, workers: str, job_name: str, *, streaming: bool) -> list[str]:
    """Beam's options for this job, as the job server knows them.

    Args:
        spec: what the settings say.
        workers: where the cluster finds a worker pool; not used for ``process``.
        job_name: the job's name in Flink.
        streaming: whether the graph is unbounded.
    """
    if spec.environment == "process":
        environment = [
            "--environment_type=PROCESS",
            f"--environment_option=process_command={spec.worker_command}",
        ]
    else:
        environment = ["--environment_type=EXTERNAL", f"--environment_config={workers}"]
    said = {
        "job_name": job_name,
        "parallelism": spec.parallelism,
        "max_parallelism": spec.max_parallelism,
        "state_backend_storage_path": _url(spec.checkpoints),
        "savepoint_path": _url(spec.savepoint),
        "number_of_execution_retries": spec.restarts,
    }
    if streaming:
        said |= {
            "checkpointing_interval": int(spec.checkpoint_every.total_seconds() * 1000),
            "checkpoint_timeout_millis": int(spec.checkpoint_timeout.total_seconds() * 1000),
        }
    given = [f"--{key}={value}" for key, value in said.items() if value is not None]
    flags = {"--streaming": streaming, "--object_reuse": spec.object_reuse}
    # The last checkpoint outlives a job that is cancelled: a person may want to start from it.
    flags["--retain_externalized_checkpoints_on_cancellation"] = streaming and spec.checkpoints is not None
    if spec.checkpoints is not None:
        given.append("--state_backend=hashmap")
    return [*environment, *given, *(flag for flag, wanted in flags.items() if wanted)]


def _url(folder: str | None) -> str | None:
    return Path(folder).absolute().as_uri() if folder and "://" not in folder else folder


def start(lay: Lay, spec: FlinkSpec, *, streaming: bool) -> FlinkJob:
    """Hand the graph to a Flink cluster.

    Args:
        lay: lays the graph into the pipeline.
        spec: what the settings say.
        streaming: whether the graph is unbounded.

    Raises:
        Fault: the job server is not here, and none is named.
        EngineError: the cluster does not answer, or does not take the job.
    """
    jar = None if spec.job_server else find_jar(spec, os.environ)
    cluster = Cluster(spec)
    version = cluster.version()
    if not version.startswith(f"{LINE}."):
        raise Fault(
            f"the cluster at {spec.master} is Flink {version}, and Beam's job server here is for {LINE}: the lines must"
            " be the same"
        )
    name = f"{spec.job_name}-{uuid.uuid4().hex[:8]}"
    with ExitStack() as opened:
        endpoint = spec.job_server or _job_server(jar, spec, opened)
        workers = opened.enter_context(workers_here()) if spec.environment == "loopback" else spec.workers
        _log.info("engine: Flink %s at %s, job %s", version, spec.master, name)
        options = [f"--job_endpoint={endpoint}", *options_of(spec, workers, name, streaming=streaming)]
        return FlinkJob(submit(lay, "Flink", options, opened.pop_all()), cluster, name, spec)


def _job_server(jar: Path | None, spec: FlinkSpec, opened: ExitStack) -> str:
    java = shutil.which("java")
    if java is None:
        raise Fault("the job server needs Java 17 or 11, and there is no `java` on PATH: install a JRE")
    port = free_port()
    server = opened.enter_context(
        Child(
            "the job server of Flink",
            [
                java, "-jar", str(jar), f"--flink-master={'https' if spec.tls else 'http'}://{spec.master}",
                "--job-host=127.0.0.1", f"--job-port={port}", "--artifact-port=0", "--expansion-port=0",
            ],
        )
    )  # fmt: skip
    server.await_port(port, _SLOWLY)
    return f"127.0.0.1:{port}"


class Cluster:
    """A Flink cluster, asked through its REST interface."""

    def __init__(self, spec: FlinkSpec) -> None:
        self._base = f"{'https' if spec.tls else 'http'}://{spec.master}"

    def version(self) -> str:
        return str(self._ask("GET", "/config")["flink-version"])

    def task_managers(self) -> int:
        """How many have reported to the job manager."""
        return int(self._ask("GET", "/overview")["taskmanagers"])

    def job(self, name: str) -> str | None:
        """The id of the newest job of this name, or of one whose name ends in it; None where there is none."""
        jobs = [job for job in self._ask("GET", "/jobs/overview")["jobs"] if str(job["name"]).endswith(name)]
        newest = max(jobs, key=lambda job: int(job["start-time"]), default=None)
        return str(newest["jid"]) if newest else None

    def cancel(self, job: str) -> None:
        self._ask("PATCH", f"/jobs/{job}?mode=cancel")

    def stop(self, job: str, folder: str | None, *, drain: bool) -> str:
        """Stop a job, its state kept in a savepoint.

        Args:
            job: its id.
            folder: where the savepoint goes; None: what the cluster says.
            drain: whether sources end for ever, and all that waits for them is let go of.

        Returns:
            Where the savepoint is.

        Raises:
            EngineError: it was not made; the job goes on.
        """
        body: dict[str, Any] = {"drain": drain} | ({"targetDirectory": _url(folder)} if folder else {})
        trigger = self._ask("POST", f"/jobs/{job}/stop", body)["request-id"]
        until = time.monotonic() + _SAVED
        while time.monotonic() < until:
            said = self._ask("GET", f"/jobs/{job}/savepoints/{trigger}")
            if said["status"]["id"] == "COMPLETED":
                operation = said.get("operation", {})
                if "location" not in operation:
                    why = operation.get("failure-cause", {}).get("class", "it does not say why")
                    raise EngineError(f"Flink made no savepoint of job {job}: {why}; the job goes on")
                return str(operation["location"])
            time.sleep(0.5)
        raise EngineError(f"Flink made no savepoint of job {job} in {_SAVED:.0f} s")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = httpx.request(method, self._base + path, json=body, timeout=_ANSWER)
            answer.raise_for_status()
            return answer.json() if answer.content else {}
        except httpx.HTTPStatusError as error:
            said = " ".join(error.response.text.split())[:200]
            raise EngineError(f"Flink at {self._base} refuses {method} {path}: {said}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise EngineError(
                f"no Flink answers at {self._base} ({type(error).__name__}): is the cluster up, and is runner.master"
                " its REST address?"
            ) from error


class FlinkJob(PortableJob):
    """A job on a Flink cluster; it goes on when this process ends, unless its steps run here."""

    def __init__(self, job: PortableJob, cluster: Cluster, name: str, spec: FlinkSpec) -> None:
        super().__init__(job._result, "Flink", job._opened)  # noqa: SLF001 - it is one, and more
        self._cluster, self._name, self._spec = cluster, name, spec

    @property
    def flink_id(self) -> str:
        """Its id in Flink.

        Raises:
            EngineError: Flink knows no such job.
        """
        job = self._cluster.job(self._name)
        if job is None:
            raise EngineError(f"Flink knows no job {self._name}")
        return job

    def stop(self) -> str:
        """Stop it, its state kept; where the savepoint is, from which ``savepoint`` begins again."""
        where = self._cluster.stop(self.flink_id, self._spec.savepoints, drain=False)
        self._await_end()
        return where

    def drain(self) -> None:
        where = self._cluster.stop(self.flink_id, self._spec.savepoints, drain=True)
        _log.info("drained; savepoint: %s", where)
        self._await_end()

    def cancel(self) -> None:
        if self.state in ENDED:
            return
        self._cluster.cancel(self.flink_id)
        self._await_end()

    def _await_end(self) -> None:
        until = time.monotonic() + _ANSWER
        while (state := self.state) not in ENDED and time.monotonic() < until:
            time.sleep(0.2)
        self._end(state if state in ENDED else "CANCELLED")
