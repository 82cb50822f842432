"""`tocsin store`: the memory itself: bring its schema up to date, see how it is, forget what is old."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from pipeline.cli import house, options
from pipeline.cli.terminal import output, say
from pipeline.settings import Settings, load_settings
from pipeline.store import Status, Store, cut_offs
from pipeline.store.reference import open_store

_store = click.option(
    "--store",
    "url",
    metavar="URL",
    help="The store, as postgresql://USER@HOST/DATABASE. Default: the settings' own.",
)


@click.group(name="store")
def command() -> None:
    """Look after what remembers.

    \b
      tocsin store migrate --store postgresql://tocsin@db.example.org/tocsin
      tocsin store status --config configs/local.yaml
      tocsin store prune --dry-run
    """


@command.command(name="migrate")
@_store
@options.config
def migrate(*, url: str | None, config: Path | str | None) -> int:
    """Make the tables, or bring them up to date; several at once are harmless, and so is a second time."""
    opened, _ = _named(url, config, unchecked=True)
    with opened as store:
        before = store.migrate()
        after = store.status().schema_version
    if before == after:
        say(f"{store.name}: schema {after}, nothing to do")
    else:
        say(f"{store.name}: schema {before or '(none)'} is now {after}")
    return 0


@command.command(name="status")
@_store
@options.config
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(*, url: str | None, config: Path | str | None, as_json: bool) -> int:
    """How the store is: schema, size, counts, what is pending and since when."""
    opened, _ = _named(url, config)
    with opened as store:
        known = store.status()
    if as_json:
        click.echo(known.model_dump_json())
    else:
        output().print(_table(known))
    return 0


def _table(known: Status) -> Table:
    counts = known.summary
    rows = {
        "store": known.name,
        "schema": known.schema_version,
        "size": f"{known.bytes / 2**20:,.1f} MiB",
        "articles": f"{counts.articles:,}",
        "pending": f"{counts.pending:,}{_since(known.oldest_pending)}",
        "stories": f"{counts.stories:,}",
        "alerts": f"{counts.alerts:,}",
        "to be sent": f"{known.waiting:,}{_since(known.oldest_waiting)}",
        "dead letters": f"{counts.dead_letters:,}",
        "feeds": f"{counts.feeds:,}",
    }
    return _two(rows)


def _since(moment: object) -> str:
    return f", the oldest since {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _two(rows: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(Text(name), Text(value))
    return table


@command.command(name="prune")
@_store
@options.config
@click.option("--dry-run", is_flag=True, help="Count what would go, and keep it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def prune(*, url: str | None, config: Path | str | None, dry_run: bool, as_json: bool) -> int:
    """Forget what is older than the settings' retention; never what is pending, waiting or may still grow."""
    opened, settings = _named(url, config)
    keep = settings.retention
    cut = cut_offs(house.now(), keep.articles, keep.stories, keep.dead_letters, settings.link.window)
    with opened as store:
        gone = store.prune(cut, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(dict(sorted(gone.items()))))
        return 0
    if not gone:
        say(f"{store.name}: nothing is old enough to go")
        return 0
    output().print(_two({name: f"{many:,}" for name, many in sorted(gone.items())}))
    say(f"{store.name}: {'would go; nothing was changed' if dry_run else 'gone'}")
    return 0


def _named(url: str | None, config: Path | str | None, *, unchecked: bool = False) -> tuple[Store, Settings]:
    settings = load_settings(config)
    if url is not None:
        return Store.open(url, unchecked=unchecked), settings
    ref = settings.store_ref()
    if ref is None:
        raise click.UsageError("name the store: --store URL, or store: in the settings of --config")
    return open_store(ref, unchecked=unchecked), settings
