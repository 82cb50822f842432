"""`tocsin run`: poll the feeds, read the queues, and ring; on `direct` a loop of bounded rounds."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipeline.cli import house, options
from pipeline.cli.delivering import deliver_the_rest, delivering, listening
from pipeline.cli.overrides import engine_of, with_queue, with_secrets
from pipeline.cli.terminal import errors, table_of
from pipeline.runners import check_runner
from pipeline.settings import load
from pipeline.store.reference import StoreRef, open_store
from transforms.errors import Fault


@click.command(name="run")
@options.config
@click.option("--store", "store", metavar="URL", help="What remembers, instead of the store of the settings.")
@click.option(
    "--once", is_flag=True, help="One round over all feeds, also those that are not due, then stop."
)
@click.option(
    "--detach", is_flag=True, help="Give the job to Flink or Dataflow and leave it there, running for ever."
)
@click.option("--queue", metavar="QUEUE", help="Read this too: pubsub:projects/P/subscriptions/S.")
@click.option(
    "--secret",
    "secrets",
    metavar="NAME=REF",
    multiple=True,
    help="Where the secret lies that the settings expect in the variable NAME.",
)
@click.argument("beam", nargs=-1, type=click.UNPROCESSED, metavar="[-- BEAM_OPTIONS…]")
@options.alerts
@options.runner
def command(
    *,
    config: Path | str | None,
    store: str | None,
    once: bool,
    detach: bool,
    queue: str | None,
    secrets: tuple[str, ...],
    beam: tuple[str, ...],
    alerts: Path | None,
    runner: str | None,
    prism_location: str | None,
) -> int:
    """Poll the feeds of the settings, each when it is due, read the queues, and ring.

    The store remembers what was seen: a round that is killed loses nothing, and the next takes up where it stood.

    \b
      tocsin run --config configs/local.yaml --once
      tocsin run --config configs/local.yaml
      tocsin run --config configs/prism.yaml
    """
    settings, _ = load(config, polls=queue is None)
    settings = with_secrets(with_queue(settings, queue), secrets)
    ref = house.store_ref(store, settings) or StoreRef("sqlite:///tocsin.db")
    engine = engine_of(settings, runner, beam, prism_location)
    check_runner(engine.kind, ref.url or ref.kind(os.environ))
    if not settings.feeds and not settings.queues:
        raise Fault(
            "no feed and no queue is named: there is nothing to read; add one",
            path=settings.origin,
            key="feeds",
        )
    # Beam takes two seconds to import: what is wrong above is said before.
    from pipeline.cli.for_ever import for_ever  # noqa: PLC0415
    from pipeline.cli.rounds import one_round, rounds  # noqa: PLC0415

    needs = house.house_of(settings, ref, house.also_alerts(settings.sinks, alerts))
    with open_store(ref) as memory:
        if once:
            counted = one_round(settings, needs, memory, engine, only_due=False)
            deliver_the_rest(memory, needs)
            errors().print(table_of(counted))
            return 0
        if detach or engine.kind == "dataflow":
            return for_ever(settings, needs, engine, detached=detach, beam=beam)
        with delivering(memory, needs), listening(memory, needs, settings.sinks):
            if engine.kind == "direct":
                return rounds(settings, needs, memory, engine)
            return for_ever(settings, needs, engine, detached=False, beam=beam)
