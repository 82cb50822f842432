"""`tocsin silence`: mute a watch, an entity, a story, an outlet or words for a while, and say why."""

from __future__ import annotations

import getpass
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from pipeline.cli import house, options
from pipeline.cli.terminal import output, say
from pipeline.settings import load
from pipeline.store import Store
from transforms.article import fingerprint
from transforms.desk import Silence
from transforms.errors import Fault
from transforms.lengths import length

_ID = 8  # characters of an id that are shown, and that are enough to name a silence
_LONGEST = timedelta(days=366)


@click.group(name="silence", invoke_without_command=True)
@options.store
@options.config
@click.pass_context
def command(context: click.Context, *, store: str | None, config: Path | str | None) -> int:
    """Mute what need not ring for a while; with an owner, a reason and an end.

    What is muted is kept, with the silence that muted it, and the next coverage after its end rings as new. A message
    that stands already is still edited: that wakes nobody.

    \b
      tocsin silence add --watch wildfires --for 12h --reason "known, on the front page"
      tocsin silence add --outlet "Daily Rumour" --text "horoscope" --until 2026-05-01 --reason noise
      tocsin silence
      tocsin silence end 3f2c91aa
    """
    if context.invoked_subcommand is not None:
        return 0
    return _list(house.memory_of(store, config), every=False, as_json=False)


@command.command(name="list")
@options.store
@options.config
@click.option("--all", "every", is_flag=True, help="Also those that ended.")
@options.as_json
def listed(*, store: str | None, config: Path | str | None, every: bool, as_json: bool) -> int:
    """The silences that hold, or all of them."""
    return _list(house.memory_of(store, config), every=every, as_json=as_json)


def _list(memory: Store, *, every: bool, as_json: bool) -> int:
    with memory:
        kept = memory.silences()
    now = house.now()
    shown = [each for each in kept if every or each.until > now]
    if as_json:
        for each in shown:
            click.echo(each.model_dump_json())
        return 0
    if not shown:
        say("no silence holds" if not every else "no silence was ever set")
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "mutes", "until", "owner", "reason"):
        table.add_column(name, overflow="fold")
    for each in shown:
        until = f"{each.until:%Y-%m-%d %H:%M} UTC" + ("" if each.until > now else " (over)")
        table.add_row(*map(Text, (each.id[:_ID], _named(each), until, each.owner, each.reason)))
    output().print(table)
    return 0


def _named(silence: Silence) -> str:
    parts = ("watch", "entity", "story", "outlet", "text")
    return ", ".join(f"{part} {value}" for part in parts if (value := getattr(silence, part)))


@command.command(name="add")
@options.store
@options.config
@click.option("--watch", help="Alerts of this watch.")
@click.option("--entity", help="Alerts about this entity, as country/CN.")
@click.option("--story", help="This story, by the id of its alert.")
@click.option("--outlet", help="What this outlet alone covers.")
@click.option("--text", help="Headlines with these words in a row.")
@click.option("--for", "how_long", metavar="LENGTH", help="How long: 30m, 24h, 7d.")
@click.option("--until", metavar="TIME", help="Or until when: 2026-05-01 or 2026-05-01T08:00:00+02:00.")
@click.option("--reason", required=True, help="Why; others will ask.")
@click.option("--owner", help="Who sets it; default: the name of this user.")
def add(
    *,
    store: str | None,
    config: Path | str | None,
    how_long: str | None,
    until: str | None,
    reason: str,
    owner: str | None,
    **named: str | None,
) -> int:
    """Set a silence. Where several things are named, all of them must hold."""
    if not any(named.values()):
        raise click.UsageError("name what to mute: --watch, --entity, --story, --outlet or --text")
    now = house.now()
    end = _end(how_long, until, now)
    if config is not None and named["watch"]:
        _, rules = load(config)
        if named["watch"] not in rules.watches:
            known = ", ".join(sorted(rules.watches))
            raise Fault(f"no watch {named['watch']!r}; there are: {known}", key="--watch")
    with house.memory_of(store, config) as memory:
        if named["story"]:
            named["story"] = _story(memory, named["story"])
        said = {name: value for name, value in named.items() if value}
        marks = (f"{now.isoformat()}", *(f"{name}={value}" for name, value in sorted(said.items())))
        try:
            silence = Silence(
                id=fingerprint("silence", *marks),
                owner=owner or _user(),
                reason=reason,
                made=now,
                until=end,
                **said,
            )
        except ValueError as error:
            raise Fault(str(error).partition("Value error, ")[2].partition(" [")[0] or str(error)) from None
        memory.silence(silence)
    say(f"silence {silence.id[:_ID]}: {_named(silence)} until {silence.until:%Y-%m-%d %H:%M} UTC")
    return 0


def _story(memory: Store, start: str) -> str:
    found = memory.heard(start)
    if len(found) == 1:
        return found[0].alert.story or found[0].alert.id
    if not found:
        raise Fault(f"no alert {start!r}: the id stands below its message", key="--story")
    raise Fault(f"{start!r} may mean {len(found)} alerts: write more of the id", key="--story")


def _end(how_long: str | None, until: str | None, now: datetime) -> datetime:
    if (how_long is None) == (until is None):
        raise click.UsageError("say for how long: --for 24h, or --until 2026-05-01")
    try:
        end = now + length(how_long) if how_long is not None else _time(str(until), now)
    except (ValueError, OverflowError) as error:
        raise Fault(f"{how_long or until!r} {error}", key="--for" if how_long else "--until") from None
    if not now < end <= now + _LONGEST:
        raise Fault(
            f"{how_long or until!r} must end in the future, within a year: nobody remembers a longer silence",
            key="--for" if how_long else "--until",
        )
    return end


def _time(said: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError("is no time: write 2026-05-01 or 2026-05-01T08:00:00+02:00") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@command.command(name="end")
@options.store
@options.config
@click.argument("silence", metavar="ID")
def end(*, store: str | None, config: Path | str | None, silence: str) -> int:
    """End a silence before its time; what it muted rings with the next coverage."""
    now = house.now()
    with house.memory_of(store, config) as memory:
        found = [each for each in memory.silences() if each.id.startswith(silence) and each.until > now]
        if len(found) != 1:
            wrong = (
                f"may mean {len(found)} silences: write more of the id"
                if found
                else "is no silence that holds"
            )
            raise Fault(f"{silence!r} {wrong}; tocsin silence lists them")
        memory.end_silence(found[0].id, now)
    say(f"silence {found[0].id[:_ID]} is over: {_named(found[0])}")
    return 0
