"""`tocsin preview`: an alert as Slack shows it, as a page or a picture, without asking Slack."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli import house, options
from pipeline.cli.terminal import say
from pipeline.settings import load_settings, rules_loader
from pipeline.sinks.hostile import clip, harmless
from pipeline.sinks.slack.blocks import blocks
from pipeline.sinks.slack.preview import Shown, page, picture
from transforms.article import Alert
from transforms.errors import Fault

_ID = 12  # characters of an id that are shown, and that are enough to name an alert


@click.command(name="preview")
@click.argument("alert", metavar="[ALERT]", required=False)
@click.option("--store", "url", metavar="URL", help="Where the alert is kept. Default: the settings' own.")
@options.config
@click.option(
    "--from",
    "lines",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Take the alert from this file of JSON Lines, as --alerts writes it; the last one by default.",
)
@click.option(
    "-o",
    "--output",
    "out",
    default="-",
    metavar="OUT",
    help="FILE.html or FILE.png; - is HTML on standard output.",
)
@click.option(
    "--step", type=click.IntRange(min=1), help="With --from: the alert as it stood at its Nth line."
)
@click.option("--buttons", is_flag=True, help="With the buttons that it has where Tocsin listens to them.")
def command(
    *,
    alert: str | None,
    url: str | None,
    config: Path | str | None,
    lines: Path | None,
    out: str,
    step: int | None,
    buttons: bool,
) -> int:
    """Show ALERT as it looks in Slack. ALERT is an alert's id, or the beginning of one.

    \b
      tocsin preview 85ddb2 --store sqlite:///news.db -o alert.png
      tocsin preview --from alerts.jsonl --step 2 -o alert.html

    A picture needs an installed Chromium or Chrome; nothing is loaded from the network.
    """
    kind = "html" if out == "-" else Path(out).suffix.lower().removeprefix(".")
    if kind not in {"html", "png"}:
        raise click.UsageError(f"-o {out}: the name ends in .html or .png, or is -")
    if step is not None and lines is None:
        raise click.UsageError("--step goes with --from: a store keeps an alert as it stands")
    if lines is not None:
        found, steps = _of_file(lines, alert, step)
    else:
        found, steps = _of_store(alert, url, config), 1
    made = blocks(found, names=rules_loader(load_settings(config))().names, buttons=buttons)
    drawn = page([Shown(made, at=found.at, edited=steps > 1 or found.kind != "new")], channel=found.channel)
    if kind == "png":
        _write(Path(out), picture(drawn))
    elif out == "-":
        sys.stdout.buffer.write(drawn.encode())
        sys.stdout.buffer.flush()
    else:
        _write(Path(out), drawn.encode())
    return 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Fault(
            f"cannot be written: {error.strerror}; name another file with -o", path=str(path)
        ) from None
    say(f"drawn: {path}")


def _of_store(alert: str | None, url: str | None, config: Path | str | None) -> Alert:
    if alert is None:
        raise click.UsageError("name the alert, or a file of alerts with --from")
    with house.memory_of(url, config) as store:
        kept = [heard.alert for heard in store.heard(alert)]
    return _one(alert, kept, "tocsin deliveries lists those of a store")


def _of_file(path: Path, alert: str | None, step: int | None) -> tuple[Alert, int]:
    """The alert as it stood at a step, and which step that is."""
    states: dict[str, list[Alert]] = defaultdict(list)
    last = None
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    last = _alert(line, path, number)
                    states[last.id].append(last)
    except (OSError, UnicodeDecodeError) as error:
        raise Fault(
            f"cannot be read ({type(error).__name__}): name a file of alerts", path=str(path)
        ) from None
    if last is None:
        raise Fault("there is no alert in it: name a file that --alerts wrote", path=str(path))
    named = (
        last if alert is None else _one(alert, [each[-1] for each in states.values()], f"{path} has others")
    )
    known = states[named.id]
    if step is not None and step > len(known):
        raise Fault(f"alert {named.id[:_ID]} has {len(known)} steps here, not {step}", path=str(path))
    step = step or len(known)
    return known[step - 1], step


def _alert(line: str, path: Path, number: int) -> Alert:
    try:
        return Alert.model_validate_json(line)
    except ValueError as error:  # pydantic's own is one
        first = clip(harmless(str(error).partition("\n")[2] or str(error)), 200)
        raise Fault(f"this is no alert: {first}", path=str(path), line=number) from None


def _one(start: str, alerts: Sequence[Alert], advice: str) -> Alert:
    found = [alert for alert in alerts if alert.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Fault(f"no alert {start!r}: {advice}")
    raise Fault(f"{start!r} may mean {len(found)} alerts: write more of the id")
