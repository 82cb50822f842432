"""`tocsin explain`: why a watch rings for an article, or the first stage and clause that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from pipeline.cli import options
from pipeline.cli.stages import articles_of, reader_of
from pipeline.cli.terminal import output, say
from pipeline.settings import load, load_rules
from pipeline.store import Store
from pipeline.store.messages import Message
from transforms.article import Article, Held, Reading
from transforms.errors import Fault
from transforms.match import Matcher, Verdict
from transforms.screen import Screen
from transforms.watch import Watch

_MOST, _LEAST = 60, 12  # characters shown on each side of a place


@click.command(name="explain")
@click.argument("watch_id", metavar="WATCH")
@click.argument("article", metavar="ARTICLE")
@options.config
@options.watches
@click.option(
    "--store", "store", metavar="URL", help="Where ARTICLE is looked up by its id, if it is no file."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an article on standard output.")
def command(
    *,
    watch_id: str,
    article: str,
    config: Path | str | None,
    watches: tuple[str, ...],
    store: str | None,
    as_json: bool,
) -> int:
    """Say which clauses of WATCH held in ARTICLE and where, or the first stage and clause that failed.

    ARTICLE is a file that replay reads, or the id of a stored article together with --store.

    \b
      tocsin explain foreign-election-interference seeds/000_a3a4e190bdfc8395.txt
      tocsin explain wildfires 3f2c… --store sqlite:///tocsin.db
    """
    settings, rules = load(config)
    if watches:
        rules = load_rules(settings.with_watches(*watches))
    watch = rules.watches.get(watch_id)
    if watch is None:
        raise Fault(
            f"no watch {watch_id!r}; there are: {', '.join(sorted(rules.watches))}", path=settings.origin
        )
    screen, reader, matcher = Screen(rules), reader_of(rules, settings.model), Matcher(rules)
    found = 0
    for each in _articles(article, store):
        found += 1
        passed = watch.id in screen.could_match(each)
        reading = reader.read([each])[0]
        verdict = matcher.verdict(watch, reading)
        told = _told_of(watch.id, each.id, store)
        if as_json:
            said = _told(watch, reading, verdict, passed=passed) | {
                "messages": [each.model_dump(mode="json") for each in told]
            }
            click.echo(json.dumps(said, ensure_ascii=False))
        else:
            _show(output(), watch, reading, verdict, passed=passed)
            for message in told:
                output().print(Text(f"  {_heard(message)}"))
    if not found:
        say(f"{article}: there is no article in it to explain")
        return 1
    return 0


def _articles(named: str, store: str | None) -> Iterator[Article]:
    if store is not None and not Path(named).exists():
        with Store.open(store) as memory:
            memory.migrate()
            kept = memory.article(named)
        if kept is None:
            raise Fault(f"no article {named!r}: neither a file nor known to the store")
        if kept.reading is None:
            ended = kept.versions[-1].settled or "nothing yet: it is pending"
            raise Fault(f"article {named!r} ended at {ended}; only what matched is kept whole: name its file")
        yield kept.reading.article
        return
    yield from articles_of([named])


def _told_of(watch: str, article: str, store: str | None) -> list[Message]:
    """What sinks heard of the article's story for this watch, or why they did not; empty without a store."""
    if store is None:
        return []
    with Store.open(store) as memory:
        memory.migrate()
        kept = memory.article(article)
        decided = [each for each in kept.decisions if each.watch == watch] if kept is not None else []
        alerts = dict.fromkeys(each.alert for each in decided if each.alert is not None)
        return [message for alert in alerts for heard in memory.heard(alert) for message in heard.messages]


def _heard(message: Message) -> str:
    what = f"{message.sink} {message.channel}: {message.kind} {message.state}"
    if message.held:
        by = f" by {message.by[:12]}" if message.by else ""
        until = f" until {message.due_at:%Y-%m-%d %H:%M} UTC" if message.state == "waiting" else ""
        return f"{what}: {message.held}{by}{until}"
    return what + (f": {message.error}" if message.error else "")


def _told(watch: Watch, reading: Reading, verdict: Verdict, *, passed: bool) -> dict[str, Any]:
    article = reading.article
    return {
        "watch": watch.id,
        "article": article.id,
        "title": article.title,
        "origin": article.origin,
        "rings": verdict.held,
        "stage": None if verdict.held else "match" if passed else "screen",
        "failed": verdict.failed,
        "because": verdict.because,
        "why": [held.model_dump(mode="json") for held in verdict.why],
    }


def _show(screen: Console, watch: Watch, reading: Reading, verdict: Verdict, *, passed: bool) -> None:
    article = reading.article
    title = Text(_safe(article.title or "(no title)"), style="bold")
    screen.print(title)
    screen.print(Text(f"{article.outlet or 'outlet unknown'} · {article.origin or article.id}", style="dim"))
    if verdict.held:
        screen.print(Text.assemble(("rings ", "bold green"), (watch.id, "bold"), f"  ({watch.when})"))
        clause = None
        for held in verdict.why:
            if held.clause != clause:
                clause = held.clause
                screen.print(Text.assemble(("  held  ", "green"), clause))
            screen.print(_place(article, held, screen.width if screen.is_terminal else 2 * _MOST))
        return
    screen.print(Text.assemble(("does not ring ", "bold red"), (watch.id, "bold"), f"  ({watch.when})"))
    stage = "match" if passed else "screen"
    screen.print(Text.assemble(("  stopped at  ", "red"), stage))
    screen.print(Text.assemble(("  failed      ", "red"), verdict.failed or str(watch.when)))
    screen.print(Text(f"  because     {_safe(verdict.because or 'its words do not stand in the article')}"))


def _place(article: Article, held: Held, width: int) -> Text:
    """The words in their surroundings, on one line of the terminal."""
    text = article.of(held.field)
    where = f"        {held.field} {held.start}–{held.end}  "
    around = min(max((width - len(where) - (held.end - held.start)) // 2 - 2, _LEAST), _MOST)
    before = text[max(held.start - around, 0) : held.start]
    after = text[held.end : held.end + around]
    return Text.assemble(
        (where, "dim"),
        ("…" if held.start > around else "") + _safe(before),
        (_safe(text[held.start : held.end]), "bold yellow underline"),
        _safe(after) + ("…" if held.end + around < len(text) else ""),
    )


def _safe(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
