"""What came of a run: what each step counted, whichever engine counted it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

STEPS = ("tick", "source", "parse", "clean", "new", "screen", "hand", "read", "match", "decide", "deliver")


@dataclass(frozen=True)
class Counted:
    """What one step counted: articles that came in, went on, and stopped, by reason."""

    step: str
    came: int = 0
    went: int = 0
    stopped: dict[str, int] = field(default_factory=dict)


def counted(counters: Iterable[Any]) -> list[Counted]:
    """What each step counted, in the order of the flow.

    Args:
        counters: Beam's results of counters, whose namespace is the step.
    """
    steps: dict[str, Counted] = {}
    for metric in counters:
        step, name = metric.key.metric.namespace, metric.key.metric.name
        if step not in STEPS:
            continue
        # A service that counts late says nothing of what is not yet committed.
        value = metric.committed or 0
        so_far = steps.setdefault(step, Counted(step))
        if name.startswith("stopped:"):
            reason = name.removeprefix("stopped:")
            so_far.stopped[reason] = so_far.stopped.get(reason, 0) + value
        else:
            came, went = so_far.came + value * (name == "in"), so_far.went + value * (name == "on")
            steps[step] = Counted(step, came, went, so_far.stopped)
    return [steps[step] for step in STEPS if step in steps]
