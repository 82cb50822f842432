"""Jobs through Beam's job service: what Prism and Flink have in common.

Beam's own runner classes would look for binaries on the network and take over Ctrl-C: here the job service is
started or named by us, and its address given to the one class that only submits.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, TextIO, cast

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_fn_api_pb2_grpc, beam_job_api_pb2
from apache_beam.runners.portability.portable_runner import PortableMetrics, PortableRunner
from apache_beam.runners.worker.worker_pool_main import BeamFnExternalWorkerPoolServicer
from apache_beam.utils import thread_pool_executor

from pipeline.runners.child import EngineError
from pipeline.runners.counted import Counted, counted
from pipeline.runners.job import ENDED, Lay
from transforms import errors
from transforms.errors import TocsinError

_BETWEEN = 0.2  # seconds between two looks at the state
_ANSWER = 60.0  # seconds a job service may take to answer
_RAISED = re.compile(
    r"^(?:[\w.]+\.)?(\w+): ((?:(?!\nTraceback |\n\n).)*?) \[while running '([^'\n]*)'\]",
    re.MULTILINE | re.DOTALL,
)
_BEAMS = ("run_worker_", "read_", "wait_until_finish", "beam_control", "beam_state")
"""How the threads of Beam's worker and job client are called."""
_log = logging.getLogger("tocsin.runners")


def _let_beams_threads_end_quietly() -> None:
    """Have a thread of Beam's say only in the log that its engine went away: it would print its stack, and then end."""
    told = threading.excepthook
    if getattr(told, "of_tocsin", False):
        return

    def hook(what: threading.ExceptHookArgs) -> None:
        name = what.thread.name if what.thread else ""
        if issubclass(what.exc_type, grpc.RpcError) and name.startswith(_BEAMS):
            _log.debug("thread %s ended: %s", name, _told(what.exc_value or grpc.RpcError()))
        else:
            told(what)

    hook.of_tocsin = True  # type: ignore[attr-defined]
    threading.excepthook = hook


@contextmanager
def workers_here() -> Iterator[str]:
    """A worker pool in this process, that only this machine can reach; its address.

    Beam's LOOPBACK environment is the same, open to the whole network: whoever reaches it has a worker run code.
    """
    with without_stacks():
        yield from _pool_here()


def without_stacks() -> AbstractContextManager[object]:
    """Standard error without the stacks of Beam's workers, unless its log is asked for.

    A worker may print one when its job is over: whoever starts jobs one after the other holds this around all of them.
    """
    if logging.getLogger("apache_beam").isEnabledFor(logging.ERROR):
        return contextlib.nullcontext()
    return contextlib.redirect_stderr(cast("TextIO", _WithoutStacks(sys.stderr)))


class _WithoutStacks:
    """Standard error without the stacks that Beam's worker prints past all logging, from threads of its own.

    What a step raised is told in one line by whoever waits for the job.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        of_a_worker = threading.current_thread() is not threading.main_thread()
        if of_a_worker and text.startswith("Traceback (most recent call last):"):
            return len(text)
        return self._stream.write(text)


def _pool_here() -> Iterator[str]:
    _let_beams_threads_end_quietly()
    pool = BeamFnExternalWorkerPoolServicer(use_process=False, data_buffer_time_limit_ms=-1)
    server = grpc.server(thread_pool_executor.shared_unbounded_instance())
    port = server.add_insecure_port("127.0.0.1:0")
    beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(pool, server)
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(1).wait()


def submit(lay: Lay, engine: str, options: list[str], opened: ExitStack) -> PortableJob:
    """Lay the graph and hand it to a job service.

    Args:
        lay: lays the graph into the pipeline.
        engine: what people call the engine.
        options: Beam's, with ``--job_endpoint``.
        opened: what was started for this job; the job closes it.

    Raises:
        EngineError: the job service refuses it, or does not answer.
    """
    given = PipelineOptions(options, save_main_session=False)
    pipeline = beam.Pipeline(runner=PortableRunner(), options=given)
    lay(pipeline)
    try:
        result = pipeline.run()
    except (grpc.RpcError, grpc.FutureTimeoutError) as error:
        raise EngineError(f"{engine} did not take the job: {_told(error)}") from error
    return PortableJob(result, engine, opened)


class PortableJob:
    """A job that a job service carries.

    Args:
        result: what Beam gave for it.
        engine: what people call the engine.
        opened: what was started for it, closed with it.
    """

    def __init__(self, result: Any, engine: str, opened: ExitStack) -> None:
        self._result, self._engine, self._opened = result, engine, opened
        self._last: tuple[str, list[Counted]] | None = None

    @property
    def name(self) -> str:
        return str(self._result._job_id)  # noqa: SLF001 - Beam gives no other way to it

    @property
    def state(self) -> str:
        if self._last:
            return self._last[0]
        try:
            return str(self._result.state)
        except grpc.RpcError as error:
            raise EngineError(f"{self._engine} does not answer any more: {_told(error)}") from error

    def wait(self, seconds: float | None = None) -> str:
        until = None if seconds is None else time.monotonic() + seconds
        while (state := self.state) not in ENDED:
            if until is not None and time.monotonic() >= until:
                return state
            time.sleep(_BETWEEN)
        why = self._why() if state == "FAILED" and not self._last else ""
        self._end(state)
        if state == "FAILED":
            raise raised_by(why, self._engine)
        return state

    def cancel(self) -> None:
        if self._last:
            return
        try:
            # Beam's own cancel closes the workers first, which the engine may take for a failure.
            self._service.Cancel(beam_job_api_pb2.CancelJobRequest(job_id=self.name), timeout=_ANSWER)
        except grpc.RpcError as error:
            raise EngineError(f"{self._engine} did not cancel {self.name}: {_told(error)}") from error
        finally:
            with contextlib.suppress(EngineError):
                self._end("CANCELLED")

    def drain(self) -> None:
        try:
            self._service.Drain(beam_job_api_pb2.DrainJobRequest(job_id=self.name), timeout=_ANSWER)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise EngineError(f"{self._engine} did not drain {self.name}: {_told(error)}") from error
            _log.info("%s cannot drain: the job is cancelled, the store keeps what was in hand", self._engine)
            self.cancel()

    def counted(self) -> list[Counted]:
        if self._last:
            return self._last[1]
        # Beam's result asks once and keeps the answer.
        asked = beam_job_api_pb2.GetJobMetricsRequest(job_id=self.name)
        try:
            told = PortableMetrics(self._service.GetJobMetrics(asked, timeout=_ANSWER))
        except grpc.RpcError as error:
            raise EngineError(f"{self._engine} does not say what was counted: {_told(error)}") from error
        return counted(told.query()["counters"])

    def close(self) -> None:
        self._opened.close()

    @property
    def _service(self) -> Any:
        return self._result._job_service  # noqa: SLF001 - Beam gives no other way to it

    def _end(self, state: str) -> None:
        """Keep what it counted, then let go of all that was started for it."""
        try:
            self._last = (state, self.counted())
        finally:
            self._last = self._last or (state, [])
            self.close()

    def _why(self) -> str:
        try:
            self._result.wait_until_finish()
        except Exception as error:  # noqa: BLE001 - Beam raises what it likes, with what the engine said in it
            return str(error)
        return ""


def raised_by(said: str, engine: str) -> TocsinError:
    """The error that a step raised, from what the engine tells of it: ours as it was, others named with their step."""
    found = _RAISED.findall(said)
    if not found:
        lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it does not say why"]
        # Where the engine tells a stack, what was raised stands at its end.
        why = f"{lines[0].partition('Traceback')[0]}{lines[-1]}" if "Traceback" in lines[0] else lines[0]
        return EngineError(f"the job failed on {engine}: {why}"[:600])
    name, message, step = found[-1]
    message = message.split(" [while running")[0]
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, TocsinError):
        one_line = kind in {errors.StoreError, errors.WrongStore, errors.Refused, errors.Retry, errors.Fault}
        return kind(message) if one_line else EngineError(message)
    return EngineError(f"the job failed on {engine} in {step!r}: {name}: {message}"[:600])


def _told(error: BaseException) -> str:
    details = getattr(error, "details", None)
    return str(details() if callable(details) else error or type(error).__name__)[:300]
