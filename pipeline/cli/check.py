"""`tocsin check`: every fault of a configuration at once, before anything runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import options
from pipeline.cli.terminal import say
from pipeline.settings import Checked, check, default_config
from transforms.errors import Fault

if TYPE_CHECKING:
    from pipeline.online import Finding


@click.command(name="check")
@options.config
@click.option(
    "--online",
    is_flag=True,
    help="Also ask Slack, the feeds and the store; nothing is sent, kept or changed.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Faults and notes as one JSON object on standard output."
)
def command(*, config: Path | str | None, online: bool, as_json: bool) -> int:
    """Read everything a run would read, and say every fault with file, line and key.

    Exit code 0 where a run could start, 2 where it could not. Opens no store and asks no network.

    With --online, once the files have no fault, Slack is asked about each sink's token, scopes and channels, each feed
    is asked once, and the store for its schema. Then also exit code 1: something was not reached.
    """
    path = config or default_config()
    checked = check(path, os.environ)
    if as_json:
        found = _asked(checked) if online else []
        said = {"config": str(path), "faults": _faults(checked), "notes": list(checked.notes)}
        click.echo(json.dumps(said | ({"online": [_shown(each) for each in found]} if online else {})))
        return _code(checked, found)
    for fault in checked.faults:
        say(str(fault))
    for note in checked.notes:
        say(f"note: {note}")
    found = _asked(checked, aloud=True) if online else []
    if online and checked.faults:
        say("nothing was asked: mend the faults first")
    click.echo(f"{path}: {checked.summary}{_summary(found) if online else ''}")
    return _code(checked, found)


def _asked(checked: Checked, *, aloud: bool = False) -> list[Finding]:
    """What is found out by asking; aloud: said as it comes."""
    if checked.faults or checked.settings is None:
        return []
    # Here, because the libraries that ask take their time to load.
    from pipeline.online import online  # noqa: PLC0415

    words = {"fault": "", "unreached": "not reached: ", "note": "note: "}
    found: list[Finding] = []
    for finding in online(checked.settings, checked.rules, os.environ):
        found.append(finding)
        if aloud:
            say(f"{words[finding.kind]}{finding}")
    return found


def _code(checked: Checked, found: list[Finding]) -> int:
    kinds = {finding.kind for finding in found}
    if checked.faults or "fault" in kinds:
        return 2
    return 1 if "unreached" in kinds else 0


def _summary(found: list[Finding]) -> str:
    counts = [sum(finding.kind == kind for finding in found) for kind in ("fault", "unreached")]
    return f"; online: {counts[0]} fault{'' if counts[0] == 1 else 's'}, {counts[1]} not reached"


def _faults(checked: Checked) -> list[dict[str, Any]]:
    return [_placed(fault, fault.message) for fault in checked.faults]


def _shown(finding: Finding) -> dict[str, Any]:
    place = finding.place
    fault = Fault(finding.message, path=place.path, line=place.line, key=place.key)
    return {"kind": finding.kind} | _placed(fault, fault.message)


def _placed(fault: Fault, message: str) -> dict[str, Any]:
    return {"path": fault.path, "line": fault.line, "key": fault.key, "message": message}
