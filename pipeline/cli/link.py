"""`tocsin link`: articles in, their stories and relations out; no watches, no store."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli import house, options
from pipeline.cli.lines import written
from pipeline.cli.shapes import Linked
from pipeline.cli.stages import articles_of, reader_of, readings_of
from pipeline.cli.terminal import progress, say
from pipeline.settings import load
from transforms.stories import Linker, member_of, relate


@click.command(name="link")
@click.argument("paths", nargs=-1, required=True, metavar="IN…")
@options.out
@options.config
def command(*, paths: tuple[str, ...], out: str, config: Path | str | None) -> int:
    """Put articles into stories, and say how each relates to the others of its story.

    IN is JSON Lines with at least {"text": …}, or anything else that replay reads. Lines come out in the order in
    which the articles came in.

    \b
      tocsin link articles.jsonl -o stories.jsonl
    """
    settings, rules = load(config)
    reader, linker = reader_of(rules, settings.model), Linker(settings.link.window)
    stories: dict[str, str] = {}
    done = 0
    undated = house.now()
    with written(out) as write, progress("linking", lambda: done):
        for reading in readings_of(reader, articles_of(paths)):
            # Articles without a date may belong to any time: they are held to be as late as this run.
            member = member_of(reading, reading.article.published or undated)
            stories[member.article] = linker.add(member)
            done += 1
        places = {place.article: place for members in linker.stories().values() for place in relate(members)}
        for article, story in stories.items():
            write(Linked(id=article, story=story, relation=places[article].relation, of=places[article].of))
    if out != "-":
        say(f"{done:,} articles in {len(linker.stories()):,} stories, written to {out}")
    return 0
