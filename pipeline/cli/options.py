"""Options that several commands share, said once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline.settings.files import is_remote


class _File(click.Path):
    """A file here, or a name on one of Beam's filesystems, which a path would spell another way."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if is_remote(str(value)) else super().convert(value, param, ctx)


config = click.option(
    "--config",
    type=_File(path_type=Path),
    help="Settings. Default: configs/local.yaml here, else the one that comes along.",
)
alerts = click.option(
    "--alerts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also append the alerts to this file, as JSON Lines.",
)
_runner = click.option(
    "--runner",
    metavar="NAME",
    help="The engine: direct, prism, flink or dataflow. Default: the one of the settings, else direct.",
)
_prism = click.option(
    "--prism-location",
    metavar="FILE",
    help="Where Prism is. Default: TOCSIN_PRISM, prism on PATH, or what `make runners` built.",
)


def runner(command: Callable[..., Any]) -> Callable[..., Any]:
    """The engine and where it is; `chosen` of `pipeline.runners` takes both."""
    return _runner(_prism(command))


out = click.option(
    "-o", "--output", "out", default="-", metavar="OUT", help="File of JSON Lines; - is standard output."
)
store = click.option(
    "--store",
    metavar="URL",
    help="What remembers, as sqlite:///tocsin.db. Default: the store of the settings.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, for machines.")
watches = click.option(
    "--watches",
    multiple=True,
    type=click.Path(),
    help="Watches (files, folders) instead of the settings' own.",
)
