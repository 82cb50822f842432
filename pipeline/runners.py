"""Which engine runs the graph, what it can and cannot do, and what came of a run.

``DirectRunner`` of Beam is a switch that may look for a binary on the network and takes another engine for
another graph; here the engine is named.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, get_args

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from transforms.errors import Fault, TocsinError

Runner = Literal["DirectRunner"]
LOCAL: tuple[str, ...] = get_args(Runner)
_COLLECT_AFTER = 50_000  # more objects made than freed
_log = logging.getLogger("tocsin.runners")


@dataclass(frozen=True)
class Counted:
    """What one step counted: articles that came in, went on, and stopped, by reason."""

    step: str
    came: int = 0
    went: int = 0
    stopped: dict[str, int] = field(default_factory=dict)


STEPS = ("source", "parse", "clean", "new", "screen", "hand", "read", "match", "decide", "deliver")


def check_runner(name: str, store_url: str) -> None:
    """Refuse a runner that cannot work with this store.

    Raises:
        Fault: the runner is unknown here, or a distributed one has a store that only one machine can see.
    """
    if name in LOCAL:
        return
    if store_url.startswith("sqlite"):
        raise Fault(
            f"runner {name!r} works on several machines, and a SQLite store is a file on one of them: "
            "each worker would have a memory of its own. Use DirectRunner, or a store that workers share"
        )
    raise Fault(f"runner {name!r} is not known here; known: {', '.join(LOCAL)}")


def run(lay: Callable[[beam.Pipeline], object]) -> list[Counted]:
    """Run a bounded graph on this machine to its end.

    Args:
        lay: lays the graph into the pipeline.

    Returns:
        What each step counted, in the order of the flow.

    Raises:
        TocsinError: the error that a step raised on purpose, without Beam's wrapping.
    """
    _log.info("engine: FnApiRunner, in this process")
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([], save_main_session=False))
    lay(pipeline)
    try:
        with _collecting_seldom():
            result = pipeline.run()
            result.wait_until_finish()
    except TocsinError as error:
        # Beam adds the step to the message of what a step raised; the message was meant for a person.
        if error.args:
            error.args = (str(error.args[0]).split(" [while running")[0], *error.args[1:])
        raise
    return _counted(result)


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Let the garbage collector leave alone what was loaded, and look at what flows less often.

    Articles come and go by the thousand and hold no circles: at the usual threshold the collector goes through all
    that lives again and again (a tenth of the whole time, measured). Memory stays bounded by the bundles.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _counted(result: beam.runners.runner.PipelineResult) -> list[Counted]:
    steps: dict[str, Counted] = {}
    for metric in result.metrics().query()["counters"]:
        step, name, value = metric.key.metric.namespace, metric.key.metric.name, metric.committed
        if step not in STEPS:
            continue
        so_far = steps.setdefault(step, Counted(step))
        if name.startswith("stopped:"):
            reason = name.removeprefix("stopped:")
            so_far.stopped[reason] = so_far.stopped.get(reason, 0) + value
        else:
            came, went = so_far.came + value * (name == "in"), so_far.went + value * (name == "on")
            steps[step] = Counted(step, came, went, so_far.stopped)
    return [steps[step] for step in STEPS if step in steps]
