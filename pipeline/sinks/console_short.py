"""The console sink, what is told in few lines: a reply under its story's name, and a digest as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.sinks import wording
from pipeline.sinks.hostile import clip, harmless
from transforms.article import Alert, Digest, Reply, Severity

LOUD: Final[dict[Severity, str]] = {"high": "bold red3", "normal": "bold orange1", "low": "dim"}


def reply_lines(reply: Reply, alert: Alert) -> Iterator[str]:
    """The story's name, and the reply indented under it."""
    yield f"REPLY {harmless(alert.watch)} {wording.channel(alert.channel)}: {clip(wording.headline(alert), 300)}"
    yield f"  {reply.reason}: {clip(harmless(reply.text), 500)}"


def plain_digest(digest: Digest) -> str:
    """The digest in lines, an alert a line; stable, without colour."""
    lines = [f"DIGEST {_name(digest)}"]
    lines += [
        f"  {alert.severity} {harmless(alert.watch)}: {clip(wording.headline(alert), 300)} ({wording.counts(alert)})"
        for alert in digest.alerts
    ]
    if digest.more:
        lines.append(f"  {wording.and_more(digest.more)}")
    return "".join(f"{line}\n" for line in lines)


def digest_table(digest: Digest) -> RenderableType:
    """The digest as a rich table without lines, for any width from 40 columns."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for alert in digest.alerts:
        table.add_row(
            Text(alert.severity, style=LOUD[alert.severity]),
            Text(clip(harmless(alert.watch), 60), style="dim"),
            Text(clip(wording.headline(alert), 200)),
            Text(wording.plural(alert.outlets, "outlet"), style="dim"),
        )
    parts: list[RenderableType] = [Text(_name(digest), style="bold"), table]
    if digest.more:
        parts.append(Text(wording.and_more(digest.more), style="dim"))
    return Group(*parts)


def _name(digest: Digest) -> str:
    title, where = clip(harmless(digest.title) or "Digest", 100), clip(wording.channel(digest.channel), 80)
    return f"{title} {where}, {wording.moment(digest.since)} to {wording.moment(digest.at)}"
