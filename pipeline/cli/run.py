"""`tocsin run`: poll the feeds and ring; on this machine a loop of bounded rounds."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from pipeline.cli import house, options
from pipeline.cli.terminal import errors, progress, say, table_of
from pipeline.graph import House, build
from pipeline.runners import Counted, check_runner, run
from pipeline.settings import Settings, load
from pipeline.sources.fetch import Patience
from pipeline.sources.polling import FetchRound, Round
from pipeline.sources.ticks import Once
from pipeline.store import Store
from transforms.errors import Fault, StoreError

_BETWEEN = timedelta(seconds=5)  # the shortest pause between two rounds
_AT_MOST = timedelta(minutes=1)  # the longest: deliveries that were postponed become due meanwhile


@click.command(name="run")
@options.config
@click.option("--store", "store", metavar="URL", help="What remembers, instead of the store of the settings.")
@click.option(
    "--once", is_flag=True, help="One round over all feeds, also those that are not due, then stop."
)
@options.alerts
@options.runner
def command(*, config: Path | None, store: str | None, once: bool, alerts: Path | None, runner: str) -> int:
    r"""Poll the feeds of the settings, each when it is due, and ring.

    The store remembers what was seen: a round that is killed loses nothing, and the next takes up where it stood.

    \b
      tocsin run --config configs/local.yaml --once
      tocsin run --config configs/local.yaml
    """
    settings, _ = load(config, polls=True)
    url = store or settings.store_url(os.environ) or "sqlite:///tocsin.db"
    check_runner(runner, url)
    if not settings.feeds:
        raise Fault("no feed is named: there is nothing to poll; add one", path=settings.origin, key="feeds")
    needs = house.house_of(settings, url, house.also_alerts(settings.sinks, alerts))
    with Store.open(url) as memory:
        if once:
            counted = _round(settings, needs, memory, only_due=False)
            errors().print(table_of(counted))
            return 0
        return _rounds(settings, needs, memory)


def _rounds(settings: Settings, needs: House, memory: Store) -> int:
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    say(f"feeds: {len(settings.feeds)}; {memory.name}; Ctrl-C stops after the round")
    first = True
    while not stop.is_set():
        try:
            counted = _round(settings, needs, memory, first=first)
            first = False
        except StoreError as error:
            # The store may come back (a full disk, a lock); nothing is lost meanwhile, the feeds are asked again.
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
    settings: Settings, needs: House, memory: Store, *, only_due: bool = True, first: bool = True
) -> Sequence[Counted]:
    round_ = Round(
        contact=settings.contact,
        allow_hosts=frozenset(settings.allow_hosts),
        patience=Patience(limit=settings.limits.feed, total=settings.limits.fetch.total_seconds()),
        only_due=only_due,
    )
    source = FetchRound(settings.feeds, round_, needs.store, needs.clock)
    tick = Once(house.now(), first=first)
    with progress("polling", lambda: memory.summary().articles):
        return run(lambda pipeline: build(pipeline, needs, tick, source))
