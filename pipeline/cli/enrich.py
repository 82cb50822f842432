"""`tocsin enrich`: articles in, what was read from them out; no watches, no store."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import options
from pipeline.cli.lines import written
from pipeline.cli.shapes import enriched
from pipeline.cli.stages import articles_of, reader_of, readings_of
from pipeline.cli.terminal import progress, say
from pipeline.settings import load


@click.command(name="enrich")
@click.argument("paths", nargs=-1, required=True, metavar="IN…")
@options.out
@click.option("--no-clean", is_flag=True, help="Leave the text as it was given; offsets count in that text.")
@options.config
def command(*, paths: tuple[str, ...], out: str, no_clean: bool, config: Path | str | None) -> int:
    """Read articles and write one line each: entities, topics, quotes and credits, with their offsets.

    IN is JSON Lines with at least {"text": …}, or anything else that replay reads.

    \b
      tocsin enrich articles.jsonl -o enriched.jsonl
      tocsin enrich seeds | jq '.entities[].text'
    """
    settings, rules = load(config)
    reader = reader_of(rules, settings.model)
    done = 0
    with written(out) as write, progress("reading", lambda: done):
        for reading in readings_of(reader, articles_of(paths, cleaned=not no_clean)):
            write(enriched(reading))
            done += 1
    if out != "-":
        say(f"{done:,} articles written to {out}")
    return 0
