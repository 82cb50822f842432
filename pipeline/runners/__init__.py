"""Which engine runs the graph, what it can and cannot do, and what came of a run.

* ``direct`` is this process, ``prism`` one program beside it, ``flink`` a cluster, ``dataflow`` a service.
* ``counted`` is what each step counted, ``job`` what a running job can be asked.
* ``portable`` is what Prism and Flink share; ``child`` and ``tether`` start programs that end with us.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import Any

from pydantic import ValidationError

from pipeline.runners.child import EngineError
from pipeline.runners.counted import STEPS, Counted
from pipeline.runners.job import Job, Lay
from pipeline.settings.runner import KINDS, DirectSpec, FlinkSpec, Kind, PrismSpec, RunnerSpec, refusal
from transforms.errors import Fault

__all__ = [
    "KINDS",
    "STEPS",
    "Counted",
    "EngineError",
    "Job",
    "check_runner",
    "chosen",
    "named",
    "run",
    "start",
]


def named(name: str) -> Kind:
    """The runner of this name: ``flink``, also ``FlinkRunner``, whatever the case.

    Raises:
        Fault: no runner is called so.
    """
    short = name.strip().casefold().removesuffix("runner")
    for kind in KINDS:
        if short == kind:
            return kind
    raise Fault(f"runner {name!r} is not known here; known: {', '.join(KINDS)}")


def chosen(name: str | None, written: RunnerSpec, **more: Any) -> RunnerSpec:
    """The runner that the command line names, else the one of the settings.

    Args:
        name: what ``--runner`` says; None where it is not given.
        written: what the settings say; kept where it is of the same kind.
        more: what other options say of it; what is None was not given.

    Raises:
        Fault: the name is not known, it needs settings that are not written, or an option is not of this runner.
    """
    kind = written.kind if name is None else named(name)
    given = {key: value for key, value in more.items() if value is not None}
    fields = (
        type(written).model_fields
        if kind == written.kind
        else _SPECS[kind].model_fields
        if kind in _SPECS
        else {}
    )
    for key in given:
        if fields and key not in fields:
            raise Fault(f"runner {kind} takes no {key}: name another by --runner, or leave it out")
    if kind == written.kind:
        return written.model_copy(update=given) if given else written
    if kind not in _SPECS:
        raise Fault(
            "runner dataflow needs its project, region and temp folder: write them under runner in the settings,"
            " as configs/dataflow.yaml shows",
            key="runner",
        )
    try:
        return _SPECS[kind](**given)
    except ValidationError as error:
        raise Fault(f"runner {kind}: {error.errors()[0]['msg']}") from None


_SPECS: dict[Kind, type[DirectSpec | PrismSpec | FlinkSpec]] = {
    "direct": DirectSpec,
    "prism": PrismSpec,
    "flink": FlinkSpec,
}
"""Those that need nothing to be written."""


def check_runner(name: str, store_url: str) -> None:
    """Refuse a runner that cannot work with this store.

    Raises:
        Fault: the runner is unknown here, or its workers cannot all see the store.
    """
    why = refusal(named(name), store_url)
    if why:
        raise Fault(why)


def run(lay: Lay, engine: RunnerSpec | str = "direct") -> list[Counted]:
    """Run a bounded graph to its end.

    Args:
        lay: lays the graph into the pipeline.
        engine: the runner, or its name where nothing more needs to be said.

    Returns:
        What each step counted, in the order of the flow.

    Raises:
        TocsinError: what a step raised on purpose, or what kept the engine from carrying it through.
    """
    spec = _spec(engine)
    if spec.kind == "direct":
        counted: list[Counted] = importlib.import_module("pipeline.runners.direct").run(lay)
        return counted
    job: Job = _engine(spec.kind).start(lay, spec, streaming=False)
    try:
        job.wait()
        return job.counted()
    except BaseException:
        # Ctrl-C, for one: a cluster would go on with what nobody waits for.
        with contextlib.suppress(EngineError):
            job.cancel()
        raise
    finally:
        job.close()


def start(lay: Lay, engine: RunnerSpec | str, *beam: str) -> Job:
    """Start an unbounded graph.

    Args:
        lay: lays the graph into the pipeline.
        engine: the runner, or its name where nothing more needs to be said.
        beam: options of Beam's own, as ``--name=value``, for Dataflow.

    Raises:
        Fault: the runner cannot run a graph that does not end, or something of it is missing here.
        EngineError: it does not start.
    """
    spec = _spec(engine)
    if spec.kind == "direct":
        raise Fault(
            "runner direct ends what it begins: a job for ever needs prism, flink or dataflow"
            " (on direct, `tocsin run` is a loop of rounds)"
        )
    more = {"more": beam} if beam else {}
    job: Job = _engine(spec.kind).start(lay, spec, streaming=True, **more)
    return job


def _spec(engine: RunnerSpec | str) -> RunnerSpec:
    return chosen(engine, DirectSpec()) if isinstance(engine, str) else engine


def _engine(kind: Kind) -> Any:
    # Loaded when it is asked for: Dataflow's client is an extra, and takes seconds.
    return importlib.import_module(f"pipeline.runners.{kind}")
