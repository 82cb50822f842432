"""`tocsin run` on `direct`: bounded rounds, one after the other.

Apart from the command, which says what is wrong with its options before anybody waits for Beam.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.cli import house, sources
from pipeline.cli.terminal import progress, say
from pipeline.graph import build
from pipeline.house import House
from pipeline.runners import Counted, run
from pipeline.settings import Settings
from pipeline.settings.runner import RunnerSpec
from pipeline.sources.ticks import TIDY, Once
from pipeline.store import Store
from transforms.errors import Retry, StoreError

_BETWEEN = timedelta(seconds=5)  # the shortest pause between two rounds
_AT_MOST = timedelta(minutes=1)  # the longest: deliveries that were postponed become due meanwhile


def rounds(settings: Settings, needs: House, memory: Store, engine: RunnerSpec) -> int:
    """One round after the other, each when a feed is due, until a signal."""
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    say(f"{sources.named(settings)}; {memory.name}; Ctrl-C stops after the round")
    first, tidied = True, None
    while not stop.is_set():
        tidy = tidied is None or house.now() - tidied >= TIDY
        try:
            counted = one_round(settings, needs, memory, engine, first=first, tidy=tidy)
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


def one_round(
    settings: Settings,
    needs: House,
    memory: Store,
    engine: RunnerSpec,
    *,
    only_due: bool = True,
    first: bool = True,
    tidy: bool = False,
) -> Sequence[Counted]:
    """Ask the feeds once, read the queues to their end, and ring; what each step counted.

    Args:
        settings: what is read.
        needs: the house.
        memory: the store, for the progress that is shown.
        engine: what runs it.
        only_due: False asks every feed, also those that are not due.
        first: whether this process has not read anything yet.
        tidy: whether the store forgets what it may.

    Raises:
        TocsinError: the engine or the store cannot do it.
    """
    source = sources.of(settings, needs, bounded=True, only_due=only_due)
    tick = Once(house.now(), first=first, tidy=tidy)
    with progress("polling", lambda: memory.summary().articles):
        return run(lambda pipeline: build(pipeline, needs, tick, source), engine)
