"""Options that several commands share, said once."""

from __future__ import annotations

from pathlib import Path

import click

config = click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings. Default: configs/local.yaml here, else the one that comes along.",
)
alerts = click.option(
    "--alerts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also append the alerts to this file, as JSON Lines.",
)
runner = click.option("--runner", default="DirectRunner", show_default=True, help="The engine.")
out = click.option(
    "-o", "--output", "out", default="-", metavar="OUT", help="File of JSON Lines; - is standard output."
)
watches = click.option(
    "--watches",
    multiple=True,
    type=click.Path(),
    help="Watches (files, folders) instead of the settings' own.",
)
