"""Prism: Beam's own streaming engine, one program on this machine, started and stopped with the command.

Bounded and unbounded graphs; the steps run in this process, or in a worker pool that is named.
"""

from __future__ import annotations

import logging
import mmap
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from apache_beam.version import __version__ as sdk

from pipeline.runners.child import Child, free_port
from pipeline.runners.job import Lay
from pipeline.runners.portable import PortableJob, submit, workers_here
from pipeline.settings.runner import PrismSpec
from transforms.errors import Fault

MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
BUILT = Path("var/runners/prism")
"""Where ``make runners`` puts it."""
_VERSION = re.compile(rb"\tgithub\.com/apache/beam/sdks/v2\tv(\d+\.\d+\.\d+)\t")
_log = logging.getLogger("tocsin.runners")


def find(spec: PrismSpec, environ: Mapping[str, str]) -> Path:
    """The binary: what the settings or the command line say, ``TOCSIN_PRISM``, ``prism`` on PATH, what was built here.

    Nothing is ever downloaded.

    Raises:
        Fault: there is none, what is named is none, or it is of another version than the SDK.
    """
    get = f"`make runners` builds it, or `go install {MODULE}@v{sdk}`"
    named = [("runner.location", spec.location), ("TOCSIN_PRISM", environ.get("TOCSIN_PRISM"))]
    for key, said in named:
        if said:
            if not os.access(said, os.X_OK) or not Path(said).is_file():
                raise Fault(f"{said} is no program that can be run: {get}", key=key)
            return _of_this_sdk(Path(said), get)
    on_path = shutil.which("prism", path=environ.get("PATH", ""))
    for found in (Path(on_path) if on_path else BUILT, BUILT):
        if found.is_file():
            return _of_this_sdk(found, get)
    raise Fault(
        f"Prism is not here: {get}; then name it by --prism-location, TOCSIN_PRISM, or put it on PATH"
    )


def _of_this_sdk(binary: Path, get: str) -> Path:
    with binary.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
        written = _VERSION.search(body)
        version = written[1].decode() if written else None
    if version not in {None, sdk}:
        raise Fault(f"{binary} is Prism {version}, and Beam here is {sdk}; the two must be the same: {get}")
    if version is None:
        _log.info("%s does not say its version", binary)
    return binary


def start(lay: Lay, spec: PrismSpec, *, streaming: bool) -> PortableJob:
    """Start Prism, and the graph on it.

    Args:
        lay: lays the graph into the pipeline.
        spec: what the settings say.
        streaming: whether the graph is unbounded.

    Raises:
        Fault: there is no binary that fits.
        EngineError: it does not start, or does not take the job.
    """
    binary = find(spec, os.environ)
    _log.info("engine: Prism, %s", binary)
    with ExitStack() as opened:
        port = free_port()
        # No web page; Prism has no option to bind to one address only (docs/runners.md).
        command = [str(binary.absolute()), f"-job_port={port}", "-serve_http=false"]
        prism = opened.enter_context(Child("Prism", [*command, "-log_level=warn", "-log_kind=text"]))
        prism.await_port(port)
        workers = spec.workers or opened.enter_context(workers_here())
        options = [
            f"--job_endpoint=127.0.0.1:{port}",
            "--environment_type=EXTERNAL",
            f"--environment_config={workers}",
            *(["--streaming"] if streaming else []),
        ]
        return submit(lay, "Prism", options, opened.pop_all())
