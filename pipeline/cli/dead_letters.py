"""`tocsin dead-letters`: what could not be read, kept whole: look at it, and read it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from pipeline.cli import house, options
from pipeline.cli.terminal import output, progress, say, table_of
from pipeline.runners import run
from pipeline.settings import load
from pipeline.sinks import ConsoleSpec
from pipeline.store import Buried, Store
from pipeline.store.reference import StoreRef, open_store
from transforms.errors import Fault

_ID = 12  # characters of an id that are shown, and that are enough to name a letter

_store = click.option(
    "--store", "url", required=True, metavar="URL", help="The store, as sqlite:///tocsin.db."
)


@click.group(name="dead-letters", invoke_without_command=True)
@click.option("--store", "url", metavar="URL", help="The store, as sqlite:///tocsin.db.")
@click.pass_context
def command(context: click.Context, *, url: str | None) -> int:
    """Look at what could not be read, and read it again after the fault was mended.

    \b
      tocsin dead-letters --store sqlite:///tocsin.db
      tocsin dead-letters show 3f2c --store sqlite:///tocsin.db > letter.bin
      tocsin dead-letters replay --store sqlite:///tocsin.db
    """
    if context.invoked_subcommand is not None:
        return 0
    if url is None:
        raise click.UsageError("name the store: --store sqlite:///tocsin.db")
    return _list(url, as_json=False)


@command.command(name="list")
@_store
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_letters(*, url: str, as_json: bool) -> int:
    """All dead letters, the newest first."""
    return _list(url, as_json=as_json)


def _list(url: str, *, as_json: bool) -> int:
    with Store.open(url) as store:
        letters = store.dead_letters()
    if as_json:
        for letter in letters:
            click.echo(letter.model_dump_json())
        return 0
    if not letters:
        say("no dead letters")
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "step", "reason", "times", "replayed", "from", "what is wrong"):
        table.add_column(name, overflow="fold", justify="right" if name == "times" else "left")
    for letter in letters:
        replayed = f"{letter.resurrected_at:%Y-%m-%d %H:%M}" if letter.resurrected_at else ""
        cells = (
            letter.id[:_ID],
            letter.step,
            letter.reason,
            str(letter.times),
            replayed,
            letter.origin,
            letter.message,
        )
        table.add_row(*map(Text, cells))
    output().print(table)
    return 0


@command.command(name="show")
@_store
@click.argument("letter", metavar="ID")
def show(*, url: str, letter: str) -> int:
    """Write the input of one letter to standard output, byte for byte."""
    with Store.open(url) as store:
        kept = _named(store, letter)
        whole = store.dead_letter(kept.id)
    if whole is None or whole.document is None:
        say(f"{kept.origin}: {kept.message}; its input is not kept here")
        return 1
    sys.stdout.buffer.write(whole.document.body)
    sys.stdout.buffer.flush()
    say(json.dumps({"origin": kept.origin, "reason": kept.reason, "bytes": len(whole.document.body)}))
    return 0


@command.command(name="replay")
@_store
@click.argument("letters", nargs=-1, metavar="[ID…]")
@options.config
def replay(*, url: str, letters: tuple[str, ...], config: Path | str | None) -> int:
    """Send letters (all of them, or those named) through the graph again; what still fails stays a letter."""
    settings, _ = load(config)
    ref = StoreRef(url)
    with open_store(ref) as store:
        chosen = [_named(store, letter) for letter in letters] or [
            letter for letter in store.dead_letters() if letter.resurrected_at is None
        ]
        if not chosen:
            say("no dead letters to replay")
            return 0
        # Beam takes two seconds to import: whoever only lists does not wait for it.
        from pipeline.graph import build  # noqa: PLC0415
        from pipeline.sources.letters import Letters  # noqa: PLC0415
        from pipeline.sources.ticks import Once  # noqa: PLC0415

        for letter in chosen:
            store.resurrected(letter.id, house.now())
        specs = settings.sinks if config else (ConsoleSpec(),)
        needs = house.house_of(settings, ref, specs)
        source = Letters([letter.id for letter in chosen], needs.store)
        with progress("replaying", lambda: len(chosen)):
            counted = run(lambda pipeline: build(pipeline, needs, Once(house.now()), source))
        left = sum(letter.resurrected_at is None for letter in store.dead_letters())
    output().print(table_of(counted))
    say(f"{len(chosen)} replayed, {left} dead letter{'s' * (left != 1)} left")
    return 0


def _named(store: Store, start: str) -> Buried:
    found = [letter for letter in store.dead_letters() if letter.id.startswith(start)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Fault(f"no dead letter {start!r}: tocsin dead-letters --store … lists them")
    raise Fault(f"{start!r} may mean {len(found)} dead letters: write more of the id")
