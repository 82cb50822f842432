"""`tocsin run`: poll the feeds, read the queues, and ring; on `direct` a loop of bounded rounds."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from pipeline.cli import house, options, sources
from pipeline.cli.delivering import deliver_the_rest, delivering, listening
from pipeline.cli.for_ever import for_ever
from pipeline.cli.overrides import engine_of, with_queue, with_secrets
from pipeline.cli.terminal import errors, progress, say, table_of
from pipeline.graph import House, build
from pipeline.runners import Counted, check_runner, run
from pipeline.settings import Settings, load
from pipeline.settings.runner import RunnerSpec
from pipeline.sources.ticks import TIDY, Once
from pipeline.store import Store
from pipeline.store.reference import StoreRef, open_store
from transforms.errors import Fault, Retry, StoreError

_BETWEEN = timedelta(seconds=5)  # the shortest pause between two rounds
_AT_MOST = timedelta(minutes=1)  # the longest: deliveries that were postponed become due meanwhile


@click.command(name="run")
@options.config
@click.option("--store", "store", metavar="URL", help="What remembers, instead of the store of the settings.")
@click.option(
    "--once", is_flag=True, help="One round over all feeds, also those that are not due, then stop."
)
@click.option(
    "--detach", is_flag=True, help="Give the job to Flink or Dataflow and leave it there, running for ever."
)
@click.option("--queue", metavar="QUEUE", help="Read this too: pubsub:projects/P/subscriptions/S.")
@click.option(
    "--secret",
    "secrets",
    metavar="NAME=REF",
    multiple=True,
    help="Where the secret lies that the settings expect in the variable NAME.",
)
@click.argument("beam", nargs=-1, type=click.UNPROCESSED, metavar="[-- BEAM_OPTIONS…]")
@options.alerts
@options.runner
def command(
    *,
    config: Path | str | None,
    store: str | None,
    once: bool,
    detach: bool,
    queue: str | None,
    secrets: tuple[str, ...],
    beam: tuple[str, ...],
    alerts: Path | None,
    runner: str | None,
    prism_location: str | None,
) -> int:
    """Poll the feeds of the settings, each when it is due, read the queues, and ring.

    The store remembers what was seen: a round that is killed loses nothing, and the next takes up where it stood.

    \b
      tocsin run --config configs/local.yaml --once
      tocsin run --config configs/local.yaml
      tocsin run --config configs/prism.yaml
    """
    settings, _ = load(config, polls=queue is None)
    settings = with_secrets(with_queue(settings, queue), secrets)
    ref = house.store_ref(store, settings) or StoreRef("sqlite:///tocsin.db")
    engine = engine_of(settings, runner, beam, prism_location)
    check_runner(engine.kind, ref.url or ref.kind(os.environ))
    if not settings.feeds and not settings.queues:
        raise Fault(
            "no feed and no queue is named: there is nothing to read; add one",
            path=settings.origin,
            key="feeds",
        )
    needs = house.house_of(settings, ref, house.also_alerts(settings.sinks, alerts))
    with open_store(ref) as memory:
        if once:
            counted = _round(settings, needs, memory, engine, only_due=False)
            deliver_the_rest(memory, needs)
            errors().print(table_of(counted))
            return 0
        if detach or engine.kind == "dataflow":
            return for_ever(settings, needs, engine, detached=detach, beam=beam)
        with delivering(memory, needs), listening(memory, needs, settings.sinks):
            if engine.kind == "direct":
                return _rounds(settings, needs, memory, engine)
            return for_ever(settings, needs, engine, detached=False, beam=beam)


def _rounds(settings: Settings, needs: House, memory: Store, engine: RunnerSpec) -> int:
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    say(f"{sources.named(settings)}; {memory.name}; Ctrl-C stops after the round")
    first, tidied = True, None
    while not stop.is_set():
        tidy = tidied is None or house.now() - tidied >= TIDY
        try:
            counted = _round(settings, needs, memory, engine, first=first, tidy=tidy)
            first, tidied = False, house.now() if tidy else tidied
        except (StoreError, Retry) as error:
            # The store may come back (a full disk, a lock), and so may what holds a secret; nothing is lost
            # meanwhile, the feeds are asked again.
            say(str(error))
        else:
            new = next((step.went for step in counted if step.step == "new"), 0)
            rang = next((step.went for step in counted if step.step == "deliver"), 0)
            if new or rang:
                say(f"{house.now():%H:%M:%S} {new:,} new articles, {rang} messages")
        stop.wait(_pause(memory, settings, house.now()).total_seconds())
    say("stopped")
    return 0


def _pause(memory: Store, settings: Settings, now: datetime) -> timedelta:
    try:
        states = {state.id: state for state in memory.feeds()}
    except StoreError:
        return _AT_MOST
    due = [state.next_due for feed in settings.feeds if (state := states.get(feed.id)) and state.next_due]
    wait = min(due) - now if due else _AT_MOST
    return min(max(wait, _BETWEEN), _AT_MOST)


def _round(
    settings: Settings,
    needs: House,
    memory: Store,
    engine: RunnerSpec,
    *,
    only_due: bool = True,
    first: bool = True,
    tidy: bool = False,
) -> Sequence[Counted]:
    source = sources.of(settings, needs, bounded=True, only_due=only_due)
    tick = Once(house.now(), first=first, tidy=tidy)
    with progress("polling", lambda: memory.summary().articles):
        return run(lambda pipeline: build(pipeline, needs, tick, source), engine)
