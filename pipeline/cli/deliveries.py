"""`tocsin deliveries`: what was told, what waits, what is held or withheld and why; send it, retry what failed."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from pipeline.cli import house, options
from pipeline.cli.delivering import listening
from pipeline.cli.terminal import errors, output, progress, say, wide
from pipeline.courier import FIRST_WAIT, Courier
from pipeline.settings import load
from pipeline.sinks import wording
from pipeline.sinks.hostile import clip, harmless
from pipeline.store import Store
from pipeline.store.messages import STATES, Heard, Message
from pipeline.store.reference import open_store
from transforms.errors import Fault

_ID, _SHOWN = 12, 8  # characters of an id that are shown; fewer are enough to name an alert or a delivery
_WIDE = 48  # characters of what may be long; `show` has it whole


@click.group(name="deliveries", invoke_without_command=True)
@options.store
@options.config
@click.pass_context
def command(context: click.Context, *, store: str | None, config: Path | str | None) -> int:
    """Look at what sinks were told, and are still to hear; and why something was not told.

    \b
      tocsin deliveries
      tocsin deliveries list --state withheld --channel "#elections"
      tocsin deliveries show 3f2c91aa
      tocsin deliveries retry --all
      tocsin deliveries send --config configs/local.yaml
    """
    if context.invoked_subcommand is not None:
        return 0
    return _list(house.memory_of(store, config), (), None, None, 30, as_json=False)


@command.command(name="list")
@options.store
@options.config
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated."
)
@click.option("--sink", help="Only those of this sink.")
@click.option("--channel", help="Only those of this channel.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@options.as_json
def listed(
    *,
    store: str | None,
    config: Path | str | None,
    states: tuple[str, ...],
    sink: str | None,
    channel: str | None,
    limit: int,
    as_json: bool,
) -> int:
    """Messages, edits, replies and digests, the latest first."""
    return _list(house.memory_of(store, config), states, sink, channel, limit, as_json=as_json)


def _list(
    memory: Store,
    states: tuple[str, ...],
    sink: str | None,
    channel: str | None,
    limit: int,
    *,
    as_json: bool,
) -> int:
    with memory:
        messages = memory.messages(states, sink, channel, limit)
    if as_json:
        for message in messages:
            click.echo(message.model_dump_json())
        return 0
    if not messages:
        say("no message" + (" of that kind" if states or sink or channel else " yet"))
        return 0
    wide().print(_table(messages))
    counts = Counter(_state(message)[0] for message in messages)
    many = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    say(f"{many}" + (f"; the latest {limit}: --limit shows more" if len(messages) == limit else ""))
    return 0


def _table(messages: list[Message] | tuple[Message, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("alert", "sink", "channel", "what", "state", "at", "why", "headline"):
        table.add_column(name, overflow="fold", no_wrap=name not in {"why", "headline", "sink"})
    for message in messages:
        state, style = _state(message)
        at = message.sent_at or message.due_at
        table.add_row(
            message.alert[:_SHOWN],
            Text(harmless(message.sink)),
            Text(harmless(message.channel)),
            _what(message),
            Text(state, style=style),
            f"{at:%m-%d %H:%M:%S}",
            Text(clip(_why(message), _WIDE)),
            Text(clip(harmless(message.headline), _WIDE)),
        )
    return table


def _what(message: Message) -> str:
    if message.kind == "message":
        return "message" if message.sequence == 1 else f"edit {message.sequence}"
    return message.kind


def _state(message: Message) -> tuple[str, str]:
    state = "held" if message.state == "waiting" and message.held else message.state
    styles = {"sent": "green", "dead": "bold red", "withheld": "yellow", "held": "cyan", "waiting": "bold"}
    return state, styles.get(state, "dim")


def _why(message: Message) -> str:
    if message.state == "dead" or (message.state == "waiting" and message.error):
        return harmless(message.error)
    if message.state == "digested":
        return f"told in digest {(message.by or '')[:_ID]}"
    if message.held:
        return message.held + (f" by {message.by[:_ID]}" if message.by else "")
    return f"{message.reply.reason}: {harmless(message.reply.text)}" if message.reply is not None else ""


@command.command(name="show")
@options.store
@options.config
@click.argument("alert", metavar="ALERT")
@options.as_json
def show(*, store: str | None, config: Path | str | None, alert: str, as_json: bool) -> int:
    """One alert as it stands, all its coverage, and what every sink heard of it."""
    with house.memory_of(store, config) as memory:
        heard = _the(memory.heard(alert), alert)
        verdicts = memory.judged(heard.alert.id)
    if as_json:
        click.echo(heard.model_dump_json(by_alias=True))
        return 0
    it, screen = heard.alert, output()
    screen.print(Text(wording.headline(it), style="bold"))
    screen.print(
        Text(
            f"{it.severity} · watch {it.watch} · {wording.counts(it)} · alert {it.id} · story {it.story}",
            style="dim",
        )
    )
    for clause in wording.clauses(it):
        screen.print(Text.assemble(("  rang for  ", "green"), clause.text, "  ", ", ".join(clause.words)))
    for other in it.also:
        screen.print(Text.assemble(("  also for  ", "green"), f"watch {other.watch}"))
    for piece in it.coverage:
        what = f"{wording.outlet(piece)}: {wording.title(piece)}"
        screen.print(Text(f"  {piece.relation:<11} {what}  {wording.moment(piece.published)}"))
    for verdict in verdicts:
        who = harmless(verdict.name) or verdict.who
        screen.print(Text(f"  {verdict.verdict}: {who}, {verdict.at:%Y-%m-%d %H:%M} UTC"))
    wide().print(_table(heard.messages))
    return 0


def _the(found: list[Heard], start: str) -> Heard:
    if len(found) == 1:
        return found[0]
    if not found:
        raise Fault(f"no alert {start!r}: tocsin deliveries lists them")
    raise Fault(f"{start!r} may mean {len(found)} alerts: write more of the id")


@command.command(name="retry")
@options.store
@options.config
@click.argument("ids", nargs=-1, metavar="[ID…]")
@click.option("--all", "every", is_flag=True, help="All that failed for good.")
@click.option("--channel", help="All of this channel that failed for good.")
def retry(
    *, store: str | None, config: Path | str | None, ids: tuple[str, ...], every: bool, channel: str | None
) -> int:
    """Put what failed for good back into the outbox, after what stood in its way was mended.

    ID is that of an alert or of a delivery; its beginning is enough. `tocsin deliveries send`, or a run, then says it.
    """
    if not ids and not every and channel is None:
        raise click.UsageError("name what to retry: ID…, --channel or --all")
    with house.memory_of(store, config) as memory:
        dead = memory.messages(("dead",), None, channel, 1_000_000)
        chosen = [
            message
            for message in dead
            if not ids or any(message.id.startswith(each) or message.alert.startswith(each) for each in ids)
        ]
        for each in ids:
            if not any(message.id.startswith(each) or message.alert.startswith(each) for message in chosen):
                raise Fault(f"nothing that failed for good begins with {each!r}")
        memory.retry([message.id for message in chosen], house.now())
    many = wording.plural(len(chosen), "message")
    say(f"{many} back in the outbox" + (": tocsin deliveries send says them" if chosen else ""))
    return 0


@command.command(name="send")
@options.store
@options.config
@click.option("--for-ever", is_flag=True, help="Go on until a signal, for a job that runs elsewhere.")
@click.option(
    "--first-wait",
    type=click.FloatRange(min=0.01, max=FIRST_WAIT.total_seconds()),
    default=FIRST_WAIT.total_seconds(),
    hidden=True,  # for a rehearsal against a Slack that fails on purpose
    help="Seconds until the second attempt, where the sink does not say when.",
)
def send(*, store: str | None, config: Path | str | None, for_ever: bool, first_wait: float) -> int:
    """Say what is due, at each sink's pace, several channels at once; several of these may run on one store."""
    settings, _ = load(config)
    ref = house.store_ref(store, settings)
    if ref is None:
        raise Fault("no store is named: write store: in the settings, or --store URL", path=settings.origin)
    stop = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stop.set())
    needs = house.house_of(settings, ref, settings.sinks)
    with open_store(ref) as memory:
        sinks = needs.sinks()
        courier = Courier(memory, sinks, needs.clock, stop, first_wait=timedelta(seconds=first_wait))
        try:
            heard = listening(memory, needs, settings.sinks) if for_ever else nullcontext()
            with heard, progress("sending", courier.results.total, "messages"):
                told = courier.run(None if for_ever else house.A_MOMENT)
        finally:
            for sink in sinks.values():
                sink.close()
        waiting = memory.undelivered()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("sink", "came to", "messages"):
        table.add_column(heading, justify="right" if heading == "messages" else "left")
    for (name, result), many in sorted(told.items()):
        table.add_row(Text(name), result, f"{many:,}")
    if told:
        errors().print(table)
    for name, many in waiting.items():
        say(f"sink {name}: {wording.plural(many, 'message')} wait for their next try")
    failed = any(result not in {"sent", "found"} for _, result in told)
    return 1 if failed or waiting else 0
