"""`tocsin replay`: files and folders through the whole graph, as if they came in now."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from pipeline.cli import house, options
from pipeline.cli.delivering import deliver_the_rest, held
from pipeline.cli.terminal import errors, output, progress, say, table_of
from pipeline.runners import Counted, check_runner, chosen, run
from pipeline.settings import load, load_rules
from pipeline.settings.runner import DirectSpec
from pipeline.sinks import ConsoleSpec, SinkSpec
from pipeline.sinks.console import ConsoleSink, alert_svg
from pipeline.store import Store
from pipeline.store.reference import open_store
from transforms.article import Alert

SHOWN = 10  # standing alerts that are named one by one


@click.command(name="replay")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@options.config
@click.option(
    "--store",
    metavar="URL",
    help="What remembers, as sqlite:///tocsin.db. Default: the store of --config, else one that is forgotten.",
)
@options.alerts
@click.option(
    "--articles",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the parsed articles to this file, as JSON Lines.",
)
@options.watches
@click.option("--standing", is_flag=True, help="Show the alerts of the store that did not ring now, too.")
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw the loudest alert into this file."
)
@options.runner
@click.option(
    "--json", "as_json", is_flag=True, help="Say what came of it as one JSON object on standard output."
)
def command(
    *,
    paths: tuple[str, ...],
    config: Path | str | None,
    store: str | None,
    alerts: Path | None,
    articles: Path | None,
    watches: tuple[str, ...],
    standing: bool,
    svg: Path | None,
    runner: str | None,
    prism_location: str | None,
    as_json: bool,
) -> int:
    """Read files or folders (text, HTML, RSS, Atom, JSON Feed, JSON Lines) through the whole graph, and ring.

    Without --store and --config nothing is remembered afterwards, and the console is told: a replay of old news
    shall not wake the newsroom. With a store, replaying the same again rings no second time.

    \b
      tocsin replay seeds
      tocsin replay march/ april.jsonl.gz --store sqlite:///news.db --alerts alerts.jsonl
    """
    settings, _ = load(config)
    engine = chosen(runner, settings.runner if config else DirectSpec(), location=prism_location)
    if watches:
        settings = settings.with_watches(*watches)
        load_rules(settings)  # says what is wrong with them before anything runs
    given = house.store_ref(store, settings if config else None)
    specs: Sequence[SinkSpec] = settings.sinks if config else (ConsoleSpec(),)
    if not config and not as_json:
        say("sinks: the console, since no --config was given")
    specs = house.also_alerts([spec for spec in specs if not (as_json and spec.kind == "console")], alerts)
    # Beam takes two seconds to import: what is wrong above is said before.
    from pipeline import archive  # noqa: PLC0415
    from pipeline.graph import build  # noqa: PLC0415
    from pipeline.sources.replay import Replay  # noqa: PLC0415
    from pipeline.sources.ticks import Once  # noqa: PLC0415

    if articles:
        archive.start(articles)
    with house.kept_or_forgotten(given) as ref:
        check_runner(runner or engine.kind, ref.url or ref.kind(os.environ))
        with open_store(ref) as memory:
            memory.migrate()
            known = {standing.alert.id for standing in memory.alerts()}
            started = time.monotonic()
            needs = house.house_of(settings, ref, specs)
            source = Replay(paths, now=house.now())
            with progress("replaying", lambda: memory.summary().articles):
                counted = run(
                    lambda pipeline: build(pipeline, needs, Once(house.now()), source, archive=articles),
                    engine,
                )
                deliver_the_rest(memory, needs)
            seconds = time.monotonic() - started
            _tell(
                memory, counted, known, seconds, forgotten=given is None, standing=standing, as_json=as_json
            )
            if svg:
                _draw(memory, svg)
            return _undelivered(memory, forgotten=given is None)


def _tell(
    memory: Store,
    counted: Sequence[Counted],
    known: set[str],
    seconds: float,
    *,
    forgotten: bool,
    standing: bool,
    as_json: bool,
) -> None:
    alerts = [kept.alert for kept in memory.alerts()]
    dead = len(memory.dead_letters())
    if as_json:
        rang = [alert for alert in alerts if alert.id not in known]
        told = {
            "seconds": round(seconds, 3),
            "steps": {
                step.step: {"in": step.came, "on": step.went, "stopped": step.stopped} for step in counted
            },
            "alerts": [alert.model_dump(mode="json", by_alias=True) for alert in rang],
            "dead_letters": dead,
        }
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    _tell_standing([alert for alert in alerts if alert.id in known], counted, standing=standing)
    screen = errors()
    screen.print()
    screen.print(table_of(counted))
    kept = (
        "nothing is remembered (--store sqlite:///FILE keeps it)"
        if forgotten
        else f"remembered in {memory.name}"
    )
    screen.print(Text(f"{seconds:.1f} s; {kept}"))
    if dead:
        many = f"{dead} dead letter{'s' * (dead > 1)}"
        screen.print(
            Text(many + (": see above" if forgotten else f": tocsin dead-letters --store {memory.name}"))
        )


def _undelivered(memory: Store, *, forgotten: bool) -> int:
    """Say which messages no sink has heard; the exit code that this makes."""
    for line in held(memory):
        say(line)
    waiting = memory.undelivered()
    for sink, many in waiting.items():
        kept = (
            "are lost with this replay's store: give --store"
            if forgotten
            else "wait: run again to deliver them"
        )
        say(f"sink {sink}: {many} message{'s' * (many > 1)} could not be delivered now and {kept}")
    return 1 if waiting else 0


def _tell_standing(old: Sequence[Alert], counted: Sequence[Counted], *, standing: bool) -> None:
    """Alerts that rang in an earlier run are not rung again; who looks for them is told that they stand."""
    rang = next((step.went for step in counted if step.step == "deliver"), 0)
    if not old or (rang and not standing):
        return
    say(f"{len(old)} alert{'s' * (len(old) > 1)} rang before and stand{'s' * (len(old) == 1)}:")
    if standing:
        _show(old)
        return
    for alert in old[:SHOWN]:
        say(f"  {alert.watch}: {alert.headline} ({len(alert.coverage)} articles)")
    if len(old) > SHOWN:
        say(f"  and {len(old) - SHOWN} more")


def _show(alerts: Sequence[Alert]) -> None:
    sink = ConsoleSink()
    try:
        for alert in alerts:
            sink.show(alert)
    finally:
        sink.close()


def _draw(memory: Store, path: Path) -> None:
    ranks = {"high": 0, "normal": 1, "low": 2}
    alerts = sorted(
        (kept.alert for kept in memory.alerts()), key=lambda alert: (ranks[alert.severity], alert.id)
    )
    if not alerts:
        say("no alert to draw")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(alert_svg(alerts[0], title="tocsin replay seeds"), encoding="utf-8")
    output().print(Text(f"drawn: {path}"))
