"""The door of the Flex Template: its parameters become `tocsin run --runner dataflow`.

Parameters are places and references to secrets, never a secret: they stand in the job for all who may look at it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.errors import Fault

_REFERENCE = (
    r"^secret-manager:projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/secrets/[A-Za-z0-9_-]{1,255}"
    r"/versions/(latest|[1-9][0-9]*)$"
)


@dataclass(frozen=True)
class Parameter:
    """One parameter of the template.

    Attributes:
        name: as it is written in metadata.json and given at a launch.
        pattern: what its value must be; the same stands in metadata.json, where the console checks it.
        option: the option of ``tocsin run`` that it becomes, with what comes before the value.
        example: a value that passes.
        needed: whether a launch must give it.
    """

    name: str
    pattern: str
    option: tuple[str, str]
    example: str
    needed: bool = False


PARAMETERS = (
    Parameter(
        "config",
        r"^gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/[A-Za-z0-9._/-]{1,900}\.ya?ml$",
        ("--config", ""),
        "gs://newsroom-tocsin/settings/dataflow.yaml",
        needed=True,
    ),
    Parameter(
        "store",
        _REFERENCE,
        ("--store", ""),
        "secret-manager:projects/newsroom/secrets/tocsin-store/versions/latest",
        needed=True,
    ),
    Parameter(
        "subscription",
        r"^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/subscriptions/[A-Za-z][A-Za-z0-9._~+%-]{2,254}$",
        ("--queue", "pubsub:"),
        "projects/newsroom/subscriptions/tocsin-articles",
    ),
    Parameter(
        "slack_token",
        _REFERENCE,
        ("--secret", "SLACK_BOT_TOKEN="),
        "secret-manager:projects/newsroom/secrets/tocsin-slack-token/versions/latest",
    ),
)


@dataclass(frozen=True)
class Flag:
    """A Beam option that every job of ours has, and why. A launch that gives the option itself overrides it."""

    option: str
    value: str
    reason: str


FLAGS = (
    Flag(
        "dataflow_service_options",
        "streaming_mode_at_least_once",
        "the store makes every effect once, whatever is done twice before it; what exactly-once mode would pay for "
        "at every shuffle is paid for already",
    ),
    Flag(
        "dataflow_service_options",
        "worker_utilization_hint=0.8",
        "reading is CPU, and a second more of waiting hurts nobody: workers may be four fifths busy before another is "
        "added, and the last fifth takes the burst of one big feed",
    ),
    Flag(
        "number_of_worker_harness_threads",
        "4",
        "one Python process for each vCPU does the reading under one lock; more threads only wait for the store, and "
        "each holds a connection of it: workers x vCPU x 4 must stay below the store's max_connections",
    ),
    Flag(
        "resource_hint",
        "min_ram=2GB",
        "a process of the graph peaks at 0.35 GB (docs/benchmarks.md), and there is one for each vCPU beside the "
        "runner's own; the hint speaks only where Prime is on, which picks machines by it",
    ),
    Flag(
        "sdk_location",
        "container",
        "Beam is in the image, in the locked version; nothing is downloaded when a worker starts",
    ),
    Flag(
        "autoscaling_algorithm",
        "THROUGHPUT_BASED",
        "news comes in waves: nights at one worker pay for the mornings. The ceiling, max_num_workers, is set at the "
        "launch, since the store's connections depend on it",
    ),
)
"""Not set, and why: ``enable_prime`` - vertical scaling answers memory that grows, and here it is flat, while Prime
fixes the machine type; ``enable_streaming_engine`` - streaming Python jobs always have it; ``experiments`` - none."""

_REPEATED = ("dataflow_service_options", "resource_hint")
_GIVEN = re.compile(r"--([a-z][a-z0-9_]*)(?:=(.*))?", re.DOTALL)
_OWN = ("runner", "streaming", "save_main_session")


def arguments(given: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """What the launcher was given, as the arguments of the tocsin command.

    Args:
        given: ``--name=value`` for each parameter, and Beam's own options beside them.
        environ: where the image says its own name.

    Returns:
        ``run --runner dataflow``, the options of our parameters, then ``--`` and Beam's options.

    Raises:
        Fault: a parameter is missing or is not of its pattern. The value is not repeated: it may be a secret that
            was put where a reference to it belongs.
    """
    beam, values = _sorted(given)
    options: list[str] = []
    for parameter in PARAMETERS:
        value = values.get(parameter.name, "")
        if not value and not parameter.needed:
            continue
        if not re.fullmatch(parameter.pattern, value):
            what = "is not what it must be" if value else "is missing"
            raise Fault(
                f"the template's parameter {what}: give it as {parameter.example}", key=parameter.name
            )
        option, before = parameter.option
        options += [option, before + value]
    return ["run", "--runner", "dataflow", *options, "--", *beam, *_defaults(beam, environ)]


def _sorted(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    ours = {parameter.name for parameter in PARAMETERS}
    beam: list[str] = []
    values: dict[str, str] = {}
    for argument in given:
        found = _GIVEN.fullmatch(argument)
        name = found[1] if found else ""
        if found and name in ours:
            values[name] = (found[2] or "").strip()
        elif name not in _OWN:
            beam.append(argument)
    return beam, values


def _defaults(beam: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    named = {found[1] for argument in beam if (found := _GIVEN.fullmatch(argument))}
    said = {argument.partition("=")[2].partition("=")[0] for argument in beam}
    defaults = []
    for flag in FLAGS:
        if flag.option in _REPEATED:
            key = flag.value.partition("=")[0]
            taken = key in said or (
                key.startswith("streaming_mode") and "streaming_mode_exactly_once" in said
            )
        else:
            taken = flag.option in named
        if not taken:
            defaults.append(f"--{flag.option}={flag.value}")
    image = environ.get("TOCSIN_IMAGE")
    if image and "sdk_container_image" not in named:
        defaults.append(f"--sdk_container_image={image}")
    return defaults


def launch(given: Sequence[str]) -> int:
    """Run the template: build the graph and hand it to Dataflow.

    Returns:
        the exit code of the tocsin command; 2 where a parameter is wrong.
    """
    from pipeline.cli import USAGE, main  # noqa: PLC0415 - the door is opened only when the parameters are right

    try:
        said = arguments(given, os.environ)
    except Fault as fault:
        sys.stderr.write(f"tocsin: {fault}\n")
        return USAGE
    return main(said)
