"""Direct: Beam's FnApiRunner, in this process, to the end of a bounded graph.

``DirectRunner`` of Beam is a switch that may look for a binary on the network and takes another engine for
another graph; here the engine is named.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.runners.counted import Counted, counted
from transforms.errors import TocsinError

_COLLECT_AFTER = 50_000  # more objects made than freed
_log = logging.getLogger("tocsin.runners")


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
    return counted(result.metrics().query()["counters"])


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
