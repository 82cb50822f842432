"""What a button answers to the one who pressed it: all coverage, and why it rang, each as far as a message holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.slack.blocks.coverage import coverage_sections
from pipeline.sinks.slack.blocks.text import Block, fits, literal, packed, section
from transforms.article import Alert, Held


@dataclass(frozen=True)
class _Room:
    lines: int
    outlets: int
    folds: int
    address: int


_ROOMS: Final = tuple(
    _Room(lines, lines, folds, longest)
    for lines, folds, longest in (
        (200, 40, 1500),
        (100, 30, 1500),
        (60, 20, 500),
        (40, 12, 300),
        (20, 8, 200),
        (10, 5, 200),
    )
)
_WHYS: Final = ((20, 20, 20), (12, 12, 8), (8, 8, 4), (6, 4, 2))
"""How many clauses, words of each, and other watches to tell: the first that fits; the last always does."""

_CLAUSE: Final = 120
_WORD: Final = 60


def coverage_blocks(alert: Alert) -> list[Block]:
    """All coverage of the alert's story, as much as one message holds; the rest is counted."""
    first = f"*{literal(wording.headline(alert), 300)}*\n{wording.counts(alert)}"
    for room in _ROOMS:
        made = [section(first), *coverage_sections(alert, room)]
        if fits(made):
            break
    return made


def why_blocks(alert: Alert) -> list[Block]:
    """Every clause that held, its words and the outlets they stand in, for the watch and those that ring with it."""
    first = f"*{literal(wording.headline(alert), 300)}*\n{literal(alert.reason, 300)}".rstrip()
    outlets = wording.sources(alert)
    also = [(each, _where(each.why, outlets)) for each in alert.also[: _WHYS[0][2]]]
    where = _where(alert.why, outlets)
    for clauses, words, watches in _WHYS:
        lines = [first, f"*{literal(alert.watch, 100)}* ({alert.severity})"]
        lines += _clauses(alert.why, clauses, words, where)
        for each, there in also[:watches]:
            lines.append(f"*also rings: {literal(each.watch, 100)}* ({each.severity})")
            lines += _clauses(each.why, clauses, words, there)
        if len(alert.also) > watches:
            lines.append(f"{wording.and_more(len(alert.also) - watches)} watches")
        made = list(packed(lines))
        if fits(made):
            break
    return made


def _clauses(why: Sequence[Held], most: int, words: int, where: dict[str, str]) -> Iterator[str]:
    clauses = wording.clauses_of(why, words)
    for clause in clauses[:most]:
        shown = [f"*{literal(word, _WORD)}*" for word in clause.words]
        more = [wording.and_more(clause.more)] if clause.more else []
        outlets = literal(where[clause.text], 120)
        yield f"• {literal(clause.text, _CLAUSE)} — {', '.join(shown + more) or 'held'}" + (
            f" · in {outlets}" if outlets else ""
        )
    if not clauses:
        yield "no clause was kept with this alert"
    if len(clauses) > most:
        yield f"{wording.and_more(len(clauses) - most)} clauses"


def _where(why: Sequence[Held], outlets: dict[str, str]) -> dict[str, str]:
    """The outlets in whose articles each clause held."""
    found: dict[str, dict[str, None]] = {}
    for held in why:
        found.setdefault(wording.brief(held.clause), {})[outlets.get(held.article, "")] = None
    return {clause: ", ".join(filter(None, names)) for clause, names in found.items()}
