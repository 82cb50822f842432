"""`tocsin run` on an engine that runs for ever: start the job, watch over it, start it again when it dies."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from pipeline.cli import house, sources
from pipeline.cli.terminal import errors, say, table_of
from pipeline.graph import build
from pipeline.house import House
from pipeline.runners import Counted, EngineError, Job, start
from pipeline.runners.job import ENDED
from pipeline.runners.portable import without_stacks
from pipeline.settings import Settings
from pipeline.settings.runner import RunnerSpec
from pipeline.sources.ticks import Every
from transforms.errors import Fault, TocsinError

BEAT = timedelta(seconds=5)
"""Between two ticks: how late a feed is asked, or a message that was put off is said, at most."""

A_CALL = timedelta(seconds=30)
"""How long one call of deliver may go on: a runner waits for it with its checkpoints."""

DRAINED = 120.0
"""Seconds that what is in hand may take to be finished when the job is ended; the next job does the rest."""

_LOOK, _TELL = 1.0, 10.0
_NOTHING = Counted("nothing")
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY = 1.0, 60.0, 300.0


def for_ever(
    settings: Settings, needs: House, engine: RunnerSpec, *, detached: bool, beam: Sequence[str] = ()
) -> int:
    """Run until a signal: then take in nothing more, finish what is in hand, and stop.

    A job that fails is started again, later each time: the store has everything that it needs.

    Args:
        settings: what is read.
        needs: the house.
        engine: prism, flink or dataflow.
        detached: leave the job where it runs, and come back at once.
        beam: options of Beam's own.

    Raises:
        Fault: the engine cannot do this, or something of it is missing.
    """
    if detached and engine.kind == "prism":
        raise Fault("runner prism ends with this process: leave --detach out, or name flink or dataflow")
    needs = replace(needs, a_beat=A_CALL)

    def started() -> Job:
        source = sources.of(settings, needs, bounded=False)
        return start(lambda pipeline: build(pipeline, needs, Every(BEAT), source), engine, *beam)

    if detached or engine.kind == "dataflow":
        say(f"job {started().name} runs on {engine.kind}, and goes on without this command")
        return 0
    told = f"{sources.named(settings)}; runner {engine.kind}; Ctrl-C finishes and stops"
    with without_stacks():
        return _watched(started, told, settings.limits.standstill.total_seconds())


def _watched(started: Callable[[], Job], told: str, standstill: float) -> int:
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    say(told)
    pause = _FIRST_PAUSE
    while not stop.is_set():
        begun = time.monotonic()
        try:
            _watch(started(), stop, standstill)
        except Fault:
            raise
        except TocsinError as error:
            if stop.is_set():
                break
            pause = _FIRST_PAUSE if time.monotonic() - begun > _STEADY else pause
            say(f"the job ended: {error}; it is started again in {pause:.0f} s, nothing is lost")
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
    say("stopped")
    return 0


def _watch(job: Job, stop: threading.Event, standstill: float) -> None:
    told = alive = time.monotonic()
    before, ticks = (0, 0), 0
    try:
        while not stop.is_set():
            if job.wait(_LOOK) in ENDED:
                raise EngineError(f"it is {job.state.lower()}")
            if time.monotonic() - told < _TELL:
                continue
            told = time.monotonic()
            counted = {step.step: step for step in job.counted()}
            if (ticked := counted.get("tick", _NOTHING).came) != ticks:
                ticks, alive = ticked, told
            elif told - alive > standstill:
                # An engine may lose a worker and not say so.
                job.cancel()
                raise EngineError(f"it shows no sign of life for {standstill:.0f} s")
            now = counted.get("new", _NOTHING).went, counted.get("deliver", _NOTHING).went
            if now != before:
                new, rang = (after - earlier for after, earlier in zip(now, before, strict=True))
                say(f"{house.now():%H:%M:%S} {new:,} new articles, {rang} messages")
                before = now
        say("ending the job; what is in hand then goes on with the next")
        job.drain()
        if job.wait(DRAINED) not in ENDED:
            job.cancel()
        errors().print(table_of(job.counted()))
    finally:
        job.close()
