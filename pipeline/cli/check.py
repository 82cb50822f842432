"""`tocsin check`: every fault of a configuration at once, before anything runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from pipeline.cli import options
from pipeline.cli.terminal import say
from pipeline.settings import check, default_config


@click.command(name="check")
@options.config
@click.option(
    "--json", "as_json", is_flag=True, help="Faults and notes as one JSON object on standard output."
)
def command(*, config: Path | str | None, as_json: bool) -> int:
    """Read everything a run would read, and say every fault with file, line and key.

    Exit code 0 where a run could start, 2 where it could not. Opens no store and asks no network.
    """
    path = config or default_config()
    checked = check(path, os.environ)
    if as_json:
        faults = [
            {"path": fault.path, "line": fault.line, "key": fault.key, "message": fault.message}
            for fault in checked.faults
        ]
        click.echo(json.dumps({"config": str(path), "faults": faults, "notes": list(checked.notes)}))
        return 2 if checked.faults else 0
    for fault in checked.faults:
        say(str(fault))
    for note in checked.notes:
        say(f"note: {note}")
    click.echo(f"{path}: {checked.summary}")
    return 2 if checked.faults else 0
