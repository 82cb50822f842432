"""What a configuration may say about the runner: the engine that the graph runs on, and where it is.

Plain data: of a secret it holds nothing; workers find their own in their own environment.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from transforms.lengths import Length

Kind = Literal["direct", "prism", "flink", "dataflow"]
KINDS: tuple[Kind, ...] = ("direct", "prism", "flink", "dataflow")


def _endpoint(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not re.fullmatch(r"[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]", host) or not _a_port(port):
        raise ValueError("must be a host and a port, as flink-jobmanager:8081, without scheme or path")
    return value


def _a_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 2**16


def _cloud_path(value: str) -> str:
    if not re.fullmatch(r"gs://[a-z0-9][a-z0-9._-]{1,220}(?:/[^\s]*)?", value):
        raise ValueError("must be a folder in Cloud Storage, as gs://bucket/temp")
    return value


def _account(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9._-]+@[a-z0-9.-]+\.gserviceaccount\.com|[0-9]+-compute@[a-z.]+", value):
        raise ValueError(
            "must be the address of a service account, as tocsin@project.iam.gserviceaccount.com"
        )
    return value


def _option(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.:/-]+=\S{1,200}", value):
        raise ValueError("must be a resource hint with its value, as min_ram=4GB")
    return value


def _label(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{0,63}", value):
        raise ValueError("must be up to 63 lower-case letters, digits, dashes and underscores")
    return value


Endpoint = Annotated[str, Field(max_length=300), AfterValidator(_endpoint)]
Path = Annotated[str, Field(min_length=1, max_length=4096)]
CloudPath = Annotated[str, Field(max_length=1000), AfterValidator(_cloud_path)]
Number = Annotated[int, Field(ge=1, le=10_000)]
Label = Annotated[str, AfterValidator(_label)]
Name = Annotated[str, Field(pattern=r"^[a-z](?:[a-z0-9-]{0,60}[a-z0-9])?$")]


class _Spec(BaseModel):
    """What all specs share: immutable, no unknown keys, and what was typed wrongly is not repeated in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DirectSpec(_Spec):
    """Beam's FnApiRunner in this process; `run` is a loop of bounded rounds."""

    kind: Literal["direct"] = "direct"


class PrismSpec(_Spec):
    """Prism, one streaming engine on this machine, started and stopped with the command.

    Attributes:
        location: the binary; None: ``TOCSIN_PRISM``, ``prism`` on PATH, or what ``make runners`` built.
        workers: a Beam worker pool that already runs; None: the steps run in this process.
    """

    kind: Literal["prism"] = "prism"
    location: Path | None = None
    workers: Endpoint | None = None


class FlinkSpec(_Spec):
    """A Flink cluster, reached through Beam's job server.

    Attributes:
        master: REST address of the job manager.
        tls: whether that address speaks HTTPS.
        job_server: a job server that already runs; None: one is started from ``job_server_jar``.
        job_server_jar: path of the jar; None: ``TOCSIN_FLINK_JOB_SERVER_JAR``, or what ``make runners`` fetched.
        job_name: the job's name, by which it is found again.
        environment: where the Python steps run: a worker pool beside each task manager (external), this process
            (loopback; for trying), or a program that the task manager starts (process).
        workers: for external, where each task manager finds its worker pool.
        worker_command: for process, the program.
        parallelism: subtasks of each step; None: what the cluster says.
        max_parallelism: up to how many a job can be rescaled; cannot change while its state is kept.
        checkpoint_every: how often the state is kept; it also closes bundles.
        checkpoint_timeout: a checkpoint that takes longer is given up.
        checkpoints: folder for checkpoints, seen by all of the cluster; None: what the cluster says.
        savepoints: folder that a job's state is kept in when it is stopped.
        savepoint: the savepoint to start from; None: from nothing, the store knows what was done.
        object_reuse: hand elements on without copying them.
        restarts: how often a failed job is begun again before it is given up; None: what the cluster says.
    """

    kind: Literal["flink"] = "flink"
    master: Endpoint = "localhost:8081"
    tls: bool = False
    job_server: Endpoint | None = None
    job_server_jar: Path | None = None
    job_name: Name = "tocsin"
    environment: Literal["external", "loopback", "process"] = "external"
    workers: Endpoint = "localhost:50000"
    worker_command: Path | None = None
    parallelism: Number | None = None
    max_parallelism: Annotated[int, Field(ge=1, le=32_768)] | None = None
    checkpoint_every: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = timedelta(
        seconds=30
    )
    checkpoint_timeout: Annotated[Length, Field(ge=timedelta(seconds=10), le=timedelta(hours=6))] = timedelta(
        minutes=10
    )
    checkpoints: Path | None = None
    savepoints: Path | None = None
    savepoint: Path | None = None
    object_reuse: bool = True
    restarts: Annotated[int, Field(ge=0, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.environment == "process" and self.worker_command is None:
            raise ValueError("environment is process: write worker_command, the program that starts a worker")
        if self.job_server is not None and self.job_server_jar is not None:
            raise ValueError("job_server and job_server_jar are both written: keep one of them")
        return self


class DataflowSpec(_Spec):
    """Google Cloud Dataflow.

    Attributes:
        project: the project that pays.
        region: where the job runs, as ``europe-west4``.
        temp: folder in Cloud Storage for what the job needs while it runs.
        staging: folder for what is staged; None: beside ``temp``.
        job_name: the job's name; an update replaces the running job of this name.
        service_account: whom the workers act as.
        network: the VPC network; None: ``default``, unless ``subnetwork`` says.
        subnetwork: as ``regions/R/subnetworks/S``.
        public_ips: whether workers have public addresses.
        machine_type: as ``n2-standard-4``.
        workers: how many to begin with.
        max_workers: how many at most.
        streaming_engine: shuffle and state in the service instead of on the workers' disks.
        image: container image of the workers, with Tocsin in it.
        labels: put on the job, for the bill.
        update: replace the running job of this name, and take over what it has in hand.
        renamed: for an update, steps of the running job and what they are called now.
        resource_hints: for all steps, as ``min_ram=4GB``.
    """

    kind: Literal["dataflow"] = "dataflow"
    project: Annotated[str, Field(pattern=r"^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
    region: Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+[0-9]+$")]
    temp: CloudPath
    staging: CloudPath | None = None
    job_name: Name = "tocsin"
    service_account: Annotated[str, AfterValidator(_account)] | None = None
    network: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")] | None = None
    subnetwork: Annotated[str, Field(max_length=300, pattern=r"^(?:https://\S+/)?regions/\S+$")] | None = None
    public_ips: bool = False
    machine_type: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] | None = None
    workers: Number | None = None
    max_workers: Number | None = None
    streaming_engine: bool = True
    image: Annotated[str, Field(max_length=500, pattern=r"^[\w.:/@-]+$")] | None = None
    labels: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")], Label] = {}
    update: bool = False
    renamed: dict[str, str] = {}
    resource_hints: tuple[Annotated[str, AfterValidator(_option)], ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.renamed and not self.update:
            raise ValueError("renamed is for an update: write update: true beside it")
        if self.workers and self.max_workers and self.workers > self.max_workers:
            raise ValueError("workers is more than max_workers")
        return self


RunnerSpec = Annotated[DirectSpec | PrismSpec | FlinkSpec | DataflowSpec, Field(discriminator="kind")]
"""The runner as a configuration states it; ``kind`` says which."""


def refusal(kind: Kind, store_url: str) -> str | None:
    """Why this runner cannot work with this store; None where it can.

    Args:
        kind: the runner.
        store_url: where the store is; only its scheme, where no more is known.
    """
    scheme, written, rest = store_url.partition("://")
    if not scheme.startswith("sqlite") or kind == "direct":
        return None
    if kind in {"flink", "dataflow"}:
        return (
            f"runner {kind} works on several machines, and a SQLite store is a file on one of them: each worker would"
            " have a memory of its own. Use direct or prism, or a store that workers share: postgresql://host/database"
        )
    if (written and not rest.strip("/")) or ":memory:" in rest or "mode=memory" in rest:
        return (
            f"runner {kind} works on several connections at once, and a store in memory is one that ends with the"
            " process: name a file, as sqlite:///tocsin.db"
        )
    return None
