"""What the commands show: lines for a person on standard error, tables that fit, progress on long work.

Standard output is for what was asked for: alerts, JSON, explanations.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipeline.runners import Counted

_EVERY = 10.0  # seconds between plain progress lines
_QUIET = 2.0  # seconds without any


def errors() -> Console:
    """The console of standard error: colour only where it is a terminal that wants it."""
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def output() -> Console:
    """The console of standard output."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def wide() -> Console:
    """The console of standard output for tables with many columns: a file or a pipe has room for them."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 200)


def say(line: str) -> None:
    """One line for the person who runs this."""
    errors().print(Text(line))


def lively() -> bool:
    """Whether standard error is a terminal that can redraw a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def progress(doing: str, count: Callable[[], int], what: str = "articles") -> Iterator[None]:
    """Show that work goes on: a moving line on a terminal, plain lines elsewhere, nothing for short work.

    Args:
        doing: what is being done.
        count: how many have been seen; asked from another thread.
        what: of what.
    """
    done = threading.Event()
    started = time.monotonic()

    def line() -> str:
        return f"{doing}: {count():,} {what}, {time.monotonic() - started:.0f} s"

    def plainly() -> None:
        wait = _EVERY
        while not done.wait(wait):
            say(line())

    def moving() -> None:
        if done.wait(_QUIET):
            return
        with errors().status(escape(line())) as status:
            while not done.wait(0.5):
                status.update(escape(line()))

    teller = threading.Thread(target=moving if lively() else plainly, daemon=True, name="progress")
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def table_of(counted: Sequence[Counted]) -> Table:
    """What each step counted: came in, went on, stopped and why."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    table.add_column("step")
    for name in ("in", "on", "stopped"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    for step in counted:
        if step.step == "tick" or (step.step == "hand" and not step.came):
            continue  # the beat itself, and what rarely happens
        stopped = sum(step.stopped.values())
        why = ", ".join(f"{reason} {number:,}" for reason, number in sorted(step.stopped.items()))
        table.add_row(step.step, f"{step.came:,}", f"{step.went:,}", f"{stopped:,}" if stopped else "", why)
    return table
