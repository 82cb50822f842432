"""Who covers a story, line by line: reports with a line of their own, copies and rewrites folded into one each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.sinks import wording
from pipeline.sinks.slack.blocks.text import Block, link, literal, packed, width
from transforms.article import Alert, Coverage

LINE = 2900
"""Units of one folded line, the first words and the closing count included: it stays within a section."""


class Room(Protocol):
    """How much of the coverage is shown; ``Budget`` of alert.py says what each means."""

    @property
    def lines(self) -> int: ...
    @property
    def outlets(self) -> int: ...
    @property
    def folds(self) -> int: ...
    @property
    def address(self) -> int: ...


def coverage_sections(alert: Alert, room: Room) -> Iterator[Block]:
    """All coverage as far as there is room: a section for each relation, one for all copies and rewrites."""
    for lines in _reports(alert, room):
        yield from packed(lines)
    yield from packed(_copies(alert, room))


def _reports(alert: Alert, room: Room) -> Iterator[list[str]]:
    outlets = wording.sources(alert)
    told = [coverage for coverage in alert.coverage if coverage.relation not in wording.FOLDED]
    for group in wording.groups(told, room.lines):
        cites = group.relation == "cites"
        sources = [outlets.get(coverage.of or "", "") if cites else "" for coverage in group.shown]
        mixed = len(set(sources)) > 1
        source = "" if mixed or not sources else sources[0]
        size = f" ({group.size:,})" if group.size > 1 else ""
        name = f"{group.relation} {source}" if source else group.relation
        lines = [f"*{literal(name[0].upper() + name[1:], 200)}{size}*"]
        for coverage, cited in zip(group.shown, sources, strict=True):
            of = literal(cited, 60) if mixed else ""
            lines.append(_line(coverage, room.address) + (f" · {group.relation} {of}" if of else ""))
        if group.more:
            lines.append(wording.and_more(group.more))
        yield lines


def _line(coverage: Coverage, longest: int) -> str:
    title = link(coverage.url, literal(wording.title(coverage), 150), longest)
    facts = (literal(wording.outlet(coverage), 60), wording.moment(coverage.published))
    return " · ".join((f"• {title}", *facts))


def _copies(alert: Alert, room: Room) -> Iterator[str]:
    """``11 copies of AP — Times, Post, Voice, and 8 more``: one line for all that carry one outlet's text."""
    folds = wording.folds(alert, room.outlets)
    for fold in sorted(folds[: room.folds], key=lambda fold: wording.FOLDED.index(fold.relation)):
        # A dash, not a colon: with one inside, it could close the name of an emoji.
        line = f"*{literal(wording.folded(fold), 200)}* — "
        shown = 0
        for coverage in fold.shown:
            outlet = literal(wording.outlet(coverage), 60)
            joined = f"{line}, " if shown else line
            longer = joined + link(coverage.url, outlet, room.address)
            if width(longer) > LINE:
                break
            line, shown = longer, shown + 1
        left = fold.size - shown
        more = wording.and_more(left)
        yield line + (f", {more}" if shown and left else more if left else "")
    if len(folds) > room.folds:
        left = sum(fold.size for fold in folds[room.folds :])
        yield f"{wording.and_more(left)} copies and rewrites"
