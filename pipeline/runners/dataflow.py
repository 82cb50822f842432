"""Dataflow: Beam's own runner for it, with options made of the settings.

Who we are is what Google's libraries find in the environment; no key is ever an option.
"""

from __future__ import annotations

import importlib
import json
import logging
import time
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from pipeline.runners.child import EngineError
from pipeline.runners.counted import Counted, counted
from pipeline.runners.job import ENDED, Lay
from pipeline.settings.runner import DataflowSpec
from transforms.errors import Fault

_BETWEEN = 5.0  # seconds between two looks at the state
_log = logging.getLogger("tocsin.runners")


def options_of(spec: DataflowSpec, *, streaming: bool, more: tuple[str, ...] = ()) -> PipelineOptions:
    """Beam's options for this job.

    Args:
        spec: what the settings say.
        streaming: whether the graph is unbounded.
        more: further options, as ``--dry_run``.
    """
    said = {
        "project": spec.project,
        "region": spec.region,
        "temp_location": spec.temp,
        "staging_location": spec.staging or f"{spec.temp.rstrip('/')}/staging",
        "job_name": spec.job_name,
        "service_account_email": spec.service_account,
        "network": spec.network,
        "subnetwork": spec.subnetwork,
        "machine_type": spec.machine_type,
        "num_workers": spec.workers,
        "max_num_workers": spec.max_workers,
        "sdk_container_image": spec.image,
        # Tocsin is in the image: nothing is to be sent, and nothing fetched when a worker starts.
        "sdk_location": "container" if spec.image else None,
        "transform_name_mapping": json.dumps(spec.renamed) if spec.renamed else None,
    }
    given = [f"--{key}={value}" for key, value in said.items() if value is not None]
    given += [f"--labels={key}={value}" for key, value in sorted(spec.labels.items())]
    given += [f"--resource_hints={hint}" for hint in spec.resource_hints]
    given.append("--use_public_ips" if spec.public_ips else "--no_use_public_ips")
    given += ["--update"] * spec.update + ["--streaming"] * streaming
    options = PipelineOptions([*given, *more], save_main_session=False)
    # Its option can only be switched on, and is on.
    options.view_as(GoogleCloudOptions).enable_streaming_engine = spec.streaming_engine
    return options


def runner_class() -> Any:
    """Beam's runner.

    Raises:
        Fault: the extra is not installed.
    """
    try:
        importlib.import_module("apitools")
    except ImportError:
        try:
            importlib.import_module("google.cloud.storage")
        except ImportError:
            raise Fault(
                "runner dataflow needs the extra of its name: pip install 'tocsin[dataflow]'"
            ) from None
    return importlib.import_module("apache_beam.runners.dataflow.dataflow_runner").DataflowRunner


def start(lay: Lay, spec: DataflowSpec, *, streaming: bool, more: tuple[str, ...] = ()) -> DataflowJob:
    """Send the graph to Dataflow.

    Args:
        lay: lays the graph into the pipeline.
        spec: what the settings say.
        streaming: whether the graph is unbounded.
        more: further options of Beam's, as ``--dataflow_job_file=F``.

    Raises:
        Fault: the extra is not installed.
        EngineError: Dataflow does not take the job.
    """
    made = runner_class()
    _log.info("engine: Dataflow, project %s, region %s, job %s", spec.project, spec.region, spec.job_name)
    pipeline = beam.Pipeline(runner=made(), options=options_of(spec, streaming=streaming, more=more))
    lay(pipeline)
    try:
        return DataflowJob(pipeline.run(), spec)
    except Exception as error:
        # Google's libraries raise errors of a dozen packages; what they say is what a person needs.
        line = " ".join(str(error).split())[:400]
        raise EngineError(
            f"Dataflow did not take job {spec.job_name}: {type(error).__name__}: {line}"
        ) from error


class DataflowJob:
    """A job on Dataflow; it goes on when this process ends."""

    def __init__(self, result: Any, spec: DataflowSpec) -> None:
        self._result, self._spec = result, spec

    @property
    def name(self) -> str:
        # Of a job that was only translated (--dry_run), Beam gives a result without one.
        return str(self._result.job_id()) if getattr(self._result, "has_job", False) else self._spec.job_name

    @property
    def state(self) -> str:
        return str(self._result.state)

    def wait(self, seconds: float | None = None) -> str:
        until = None if seconds is None else time.monotonic() + seconds
        while (state := self.state) not in ENDED and (until is None or time.monotonic() < until):
            time.sleep(_BETWEEN)
        if state == "FAILED":
            raise EngineError(
                f"the job failed on Dataflow: gcloud dataflow jobs show {self.name} --project {self._spec.project}"
                f" --region {self._spec.region} says why"
            )
        return state

    def cancel(self) -> None:
        self._ask_for("JOB_STATE_CANCELLED")

    def drain(self) -> None:
        self._ask_for("JOB_STATE_DRAINING")

    def counted(self) -> list[Counted]:
        return counted(self._result.metrics().query()["counters"])

    def close(self) -> None:
        """Nothing runs here."""

    def _ask_for(self, state: str) -> None:
        if self.state in ENDED:
            return
        runner = self._result._runner  # noqa: SLF001 - Beam's result can cancel, and not drain
        if not runner.dataflow_client.modify_job_state(self._result.job_id(), state):
            raise EngineError(f"Dataflow did not take {state} for job {self.name}")
