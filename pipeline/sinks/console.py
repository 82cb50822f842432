"""The console sink: an alert as a panel on a terminal, and as plain lines to search anywhere else.

Everything from an article is put in as text, never as markup, after ``harmless`` took the escapes out of it.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TextIO, cast

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.box import ROUNDED
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.style import Style
from rich.table import Table
from rich.text import Text

from pipeline.sinks import wording
from pipeline.sinks.console_short import digest_table, plain_digest, reply_lines
from pipeline.sinks.hostile import address, clip, harmless
from transforms.article import Alert, Coverage, Delivery, Digest, Receipt, Relation, Reply
from transforms.errors import Refused, Retry

Shown = dict[tuple[str, str, str], str]
"""Which sink of this process showed an alert in this state: two sinks on one terminal ring once."""

WIDEST: Final = 116
ON_A_TERMINAL: Final = 24
IN_LINES: Final = 100
OUTLET: Final = 20
DATE: Final = 10
REMEMBERED: Final = 1000
ALARM: Final = {
    "high": "bold white on red3",
    "normal": "bold black on orange1",
    "low": "bold white on grey37",
}
EDGE: Final = {"high": "red3", "normal": "orange1", "low": "grey50"}
RELATION: Final[dict[Relation, str]] = {
    "original": "bold green3",
    "independent": "bold spring_green2",
    "cites": "bold deep_sky_blue1",
    "copy": "bold medium_purple2",
    "rewrite": "bold plum2",
}
_WRITING = threading.Lock()


class ConsoleSink:
    """Alerts on standard output.

    Args:
        name: what the outbox calls this sink.
        environ: where ``NO_COLOR``, ``TERM`` and ``COLUMNS`` are looked up.
        stream: where to write; standard output, as it is at the time, by default.
        shown: shared by the sinks of one terminal, so that none repeats what another has just shown.
    """

    def __init__(
        self,
        *,
        name: str = "console",
        environ: Mapping[str, str] | None = None,
        stream: TextIO | None = None,
        shown: Shown | None = None,
    ):
        self.name = name
        self._environ = os.environ if environ is None else environ
        self._stream = stream
        self._shown: Shown = {} if shown is None else shown

    def __repr__(self) -> str:
        return f"ConsoleSink(name={self.name!r})"

    def send(self, delivery: Delivery) -> Receipt:
        """Show the alert as it stands, a reply as one line under its story's name, or a digest as a table.

        An update is shown whole again.

        Raises:
            Refused: nobody reads standard output any more.
            Retry: it cannot be written now.
        """
        stream = self._stream or sys.stdout
        state = _state(delivery)
        with _WRITING:
            if self._shown.get(state, self.name) == self.name:
                self._write(delivery.digest or delivery.reply or delivery.alert, stream, delivery.alert)
                self._shown[state] = self.name
                if len(self._shown) > REMEMBERED:
                    del self._shown[next(iter(self._shown))]
        return Receipt(channel=delivery.channel)

    def show(self, alert: Alert) -> None:
        """Show an alert as it stands, without ringing: for commands that look at what rang before."""
        with _WRITING:
            self._write(alert, self._stream or sys.stdout, alert)

    def find(self, delivery: Delivery) -> Receipt | None:  # noqa: ARG002 - the protocol's
        """A terminal has no memory."""
        return None

    def close(self) -> None:
        """Standard output is not this sink's to close."""

    def _write(self, told: Alert | Reply | Digest, stream: TextIO, alert: Alert) -> None:
        fine = self._fine(stream)
        if isinstance(told, Reply):
            text = ("\n" if fine else "") + "".join(f"{line}\n" for line in reply_lines(told, alert))
        elif isinstance(told, Digest):
            text = self._drawn(digest_table(told), stream) if fine else plain_digest(told)
        else:
            text = self._panel(told, stream) if fine else plain(told)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        try:
            stream.write(text.encode(encoding, "replace").decode(encoding))
            stream.flush()
        except (OSError, ValueError) as error:
            if isinstance(error, ValueError) or error.errno == errno.EPIPE:
                raise Refused(
                    f"sink {self.name}: standard output is closed; nobody reads the alerts"
                ) from None
            raise Retry(f"sink {self.name}: standard output: {error.strerror}", unknown=True) from None

    def _fine(self, stream: TextIO) -> bool:
        dull = self._environ.get("NO_COLOR") or self._environ.get("TERM") == "dumb"
        return not dull and not stream.closed and stream.isatty()

    def _panel(self, alert: Alert, stream: TextIO) -> str:
        ascii_only = Console(file=stream, _environ=self._environ).options.ascii_only
        return self._drawn(panel(alert, ascii_only=ascii_only), stream)

    def _drawn(self, what: RenderableType, stream: TextIO) -> str:
        # Asked of the stream itself, since the panel is drawn in memory and written in one go.
        probe = Console(file=stream, _environ=self._environ)
        console = Console(
            file=io.StringIO(),
            force_terminal=True,
            width=min(probe.width, WIDEST),
            color_system=cast("Literal['standard']", probe.color_system or "standard"),  # its own answer
            _environ=self._environ,
        )
        with console.capture() as captured:
            console.print(what)
        return "\n" + captured.get()


def _state(delivery: Delivery) -> tuple[str, str, str]:
    """What is told, the same for every sink that is to tell it."""
    alert, reply, digest = delivery.alert, delivery.reply, delivery.digest
    if digest is not None:
        return digest.channel, digest.title, digest.at.isoformat()
    if reply is not None:
        return alert.id, reply.reason, reply.text
    return alert.id, alert.kind, alert.at.isoformat()


def plain(alert: Alert) -> str:
    """The alert in lines that start with what they tell; stable, without colour, one thing a line."""
    return "".join(f"{line}\n" for line in _lines(alert))


def _lines(alert: Alert) -> Iterator[str]:
    yield f"ALERT {alert.severity} {alert.kind} {harmless(alert.watch)} {wording.channel(alert.channel)}"
    yield f"  headline: {clip(wording.headline(alert), 500)}"
    if reason := harmless(alert.reason):
        yield f"  reason: {clip(reason, 500)}"
    for clause in wording.clauses(alert):
        words = [f'"{clip(word, 200)}"' for word in clause.words]
        more = [wording.and_more(clause.more)] if clause.more else []
        yield f"  why: {clip(clause.text, 300)}: {', '.join(words + more) or 'held'}"
    if (quote := wording.key_quote(alert)) is not None:
        speaker = harmless(quote.speaker) or "speaker unknown"
        yield f'  quote: "{clip(harmless(quote.text), 1000)}" {clip(speaker, 200)}, {wording.carried(quote)}'
    yield f"  counts: {wording.counts(alert)}"
    for group in wording.groups(alert.coverage, IN_LINES):
        for coverage in group.shown:
            where = harmless(coverage.url) or "no link"
            source = wording.traced(coverage, alert)
            of = f", of {clip(source, 100)}" if source else ""
            yield (
                f"  coverage: {group.relation}: {clip(wording.outlet(coverage), 100)}: "
                f"{clip(wording.title(coverage), 300)} ({wording.moment(coverage.published)}, {clip(where, 3000)}{of})"
            )
        if group.more:
            yield f"  coverage: {group.relation}: {wording.and_more(group.more)}"
    for subject, values in (("topics", alert.topics), ("entities", alert.entities)):
        if said := clip(", ".join(filter(None, map(harmless, values))), 1000):
            yield f"  {subject}: {said}"
    yield f"  at: {wording.moment(alert.at)}"
    yield f"  alert: {harmless(alert.id)}"


def panel(alert: Alert, *, ascii_only: bool = False) -> Panel:
    """The alert as a rich panel, for any width from 40 columns.

    Args:
        alert: what rings.
        ascii_only: whether the terminal can show ASCII alone.
    """
    bullet, bar = ("-", "|") if ascii_only else ("·", "▌")
    parts: list[RenderableType] = [
        Text(clip(wording.headline(alert), 300), style="bold"),
        _facts(alert, bullet),
        Text(),
        _why(alert, bullet),
    ]
    parts += _quote(alert, bar)
    parts += [Text(), Text(wording.counts(alert), style="bold"), *_coverage(alert)]
    parts += _subjects(alert, bullet)
    badge = Text(" ", style=ALARM[alert.severity])
    badge.append(f"{alert.severity.upper()} ")
    title = Text.assemble(badge, " ", (clip(harmless(alert.watch), 60), "bold"), " ")
    foot = Text(f" {wording.moment(alert.at)} {bullet} {clip(harmless(alert.id), 12)} ", style="dim")
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=foot,
        subtitle_align="right",
        border_style=EDGE[alert.severity],
        box=ROUNDED,
        padding=(1, 2),
    )


def _facts(alert: Alert, bullet: str) -> Text:
    said = [alert.kind, clip(harmless(alert.reason), 200), clip(wording.channel(alert.channel), 80)]
    return Text(f" {bullet} ".join(filter(None, said)), style="dim")


def _why(alert: Alert, bullet: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=2)
    grid.add_column(ratio=3)
    for clause in wording.clauses(alert):
        words = Text()
        for word in clause.words:
            if words:
                words.append(f" {bullet} ", style="dim")
            words.append(clip(word, 120), style="bold black on khaki1")
        if clause.more:
            words.append(f" {wording.and_more(clause.more)}", style="dim")
        grid.add_row(Text(clip(clause.text, 120)), words or Text("held", style="dim"))
    return Group(Text("Why it rang", style="dim"), Padding(grid, (0, 0, 0, 2)))


def _quote(alert: Alert, bar: str) -> list[RenderableType]:
    quote = wording.key_quote(alert)
    if quote is None:
        return []
    said = Text("“" + clip(harmless(quote.text), 600) + "”", style="italic")
    said.append("\n" + (clip(harmless(quote.speaker), 100) or "speaker unknown"), style="bold not italic")
    said.append(f", {wording.carried(quote)}", style="not italic dim")
    return [Text(), _Barred(said, bar)]


class _Barred:
    """A passage with a bar down its left side, however many lines it takes."""

    def __init__(self, text: Text, bar: str):
        self._text, self._bar = text, bar

    def __rich_console__(self, console: Console, options: object) -> Iterator[RenderableType]:
        room = max(10, getattr(options, "max_width", console.width) - 2)
        for line in self._text.wrap(console, room):
            yield Text.assemble((self._bar, "gold3"), " ", line)


def _coverage(alert: Alert) -> Iterator[RenderableType]:
    groups = wording.groups(alert.coverage, ON_A_TERMINAL)
    outlets = [wording.outlet(coverage) for group in groups for coverage in group.shown]
    # One width for all groups, so that titles and dates stand in line from group to group.
    width = min(max(map(cell_len, outlets), default=0), OUTLET)
    for group in groups:
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(width=width, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        table.add_column(width=DATE, justify="right", no_wrap=True)
        for coverage in group.shown:
            table.add_row(_outlet(coverage), _title(coverage), _published(coverage))
        if group.more:
            table.add_row("", Text(wording.and_more(group.more), style="dim"), "")
        yield Text()
        yield Text(clip(wording.heading(group, alert), 100), style=RELATION[group.relation])
        yield Padding(table, (0, 0, 0, 2))


def _outlet(coverage: Coverage) -> Text:
    return Text(clip(wording.outlet(coverage), 60), style="" if coverage.outlet else "dim italic")


def _title(coverage: Coverage) -> RenderableType:
    """The title, linked where the terminal can, and the address below it on one line, cut short where it must."""
    link = address(coverage.url)
    title = Text(clip(wording.title(coverage), 160), style=Style(link=link))
    if not coverage.url:
        return title
    shown = Text(harmless(link or coverage.url)[:300], style=Style(dim=True, link=link), no_wrap=True)
    shown.overflow = "ellipsis"
    return Group(title, shown)


def _published(coverage: Coverage) -> Text:
    said = coverage.published.strftime("%Y-%m-%d") if coverage.published else wording.NO_DATE
    return Text(said, style="dim")


def _subjects(alert: Alert, bullet: str) -> Iterator[RenderableType]:
    rows = [
        (name, f" {bullet} ".join(filter(None, map(harmless, values))))
        for name, values in (("topics", alert.topics), ("entities", alert.entities))
    ]
    if any(said for _, said in rows):
        yield Text()
    for name, said in rows:
        if said:
            yield Text.assemble((f"{name}  ", "dim"), clip(said, 400))


# The picture fetches no font from anywhere: it takes what monospaced one the reader has.
_PICTURE = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def alert_svg(alert: Alert, title: str) -> str:
    """The alert as a terminal shows it, as an SVG picture; the same alert gives the same bytes.

    Args:
        alert: what rings.
        title: what stands in the picture's window bar.
    """
    console = Console(
        file=io.StringIO(), record=True, width=100, force_terminal=True, color_system="truecolor"
    )
    console.print(panel(alert))
    return console.export_svg(title=harmless(title), unique_id="tocsin", code_format=_PICTURE)
