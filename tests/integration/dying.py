"""The tocsin command, killed at a chosen place: `python dying.py MODULE:CLASS.METHOD before|after N ARGUMENTS…`.

The N-th call of that method kills this process with SIGKILL, right before it begins or right after it has ended.
Nothing of the product knows of it.
"""

import functools
import importlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.cli import main


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def mortal(method: Callable[..., Any], when: str, nth: int) -> Callable[..., Any]:
    calls = iter(range(1, 1_000_000))

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        last = next(calls) == nth
        if last and when == "before":
            die()
        outcome = method(*args, **kwargs)
        if inspect.isgenerator(outcome):
            return through(outcome, last)
        if last:
            die()
        return outcome

    def through(outcome: Iterator[Any], last: bool) -> Iterator[Any]:
        yield from outcome
        if last:
            die()

    return call


if __name__ == "__main__":
    place, when, nth, *arguments = sys.argv[1:]
    module, _, dotted = place.partition(":")
    holder: Any = importlib.import_module(module)
    *path, name = dotted.split(".")
    for part in path:
        holder = getattr(holder, part)
    setattr(holder, name, mortal(getattr(holder, name), when, int(nth)))
    sys.exit(main(arguments))
