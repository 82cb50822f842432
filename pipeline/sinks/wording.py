"""How an alert is put into words, whichever sink shows it: counts, clauses, the key quote, coverage in groups.

Pure functions over an Alert. What they return still needs the escaping of the surface it is shown on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pipeline.sinks.hostile import harmless
from transforms.article import Alert, Coverage, Relation, SharedQuote

RELATIONS: tuple[Relation, ...] = get_args(Relation)
NO_OUTLET = "outlet unknown"
NO_TITLE = "untitled"
NO_DATE = "no date"


@dataclass(frozen=True)
class Clause:
    """A clause that held, the different words that made it hold, and how many more of them there are."""

    text: str
    words: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True)
class Group:
    """Coverage of one relation: what is shown of it and how many articles more there are."""

    relation: Relation
    shown: tuple[Coverage, ...]
    more: int = 0

    @property
    def size(self) -> int:
        """How many articles have this relation, shown or not."""
        return len(self.shown) + self.more


def plural(number: int, noun: str) -> str:
    """``1 outlet``, ``4 outlets``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def and_more(number: int) -> str:
    """``and 14 more``."""
    return f"and {number:,} more"


def counts(alert: Alert) -> str:
    """``5 articles · 4 outlets · 1 independent report``."""
    return " · ".join(
        (
            plural(len(alert.coverage), "article"),
            plural(alert.outlets, "outlet"),
            plural(alert.independent, "independent report"),
        )
    )


def clauses(alert: Alert, most: int = 6) -> list[Clause]:
    """The clauses that held, each once, with at most so many of its different words, the first of them first."""
    words: dict[str, dict[str, str]] = {}
    for held in alert.why:
        said = harmless(held.text)
        words.setdefault(harmless(held.clause), {}).setdefault(said.casefold(), said)
    return [
        Clause(clause, tuple(filter(None, found.values()))[:most], max(0, len(found) - most))
        for clause, found in words.items()
    ]


def key_quote(alert: Alert) -> SharedQuote | None:
    """The quote that the most articles carry; the first of them where several do."""
    return max(alert.quotes, key=lambda quote: len(quote.in_), default=None)


def carried(quote: SharedQuote) -> str:
    """``in 4 articles, altered in 1``."""
    altered = f", altered in {len(quote.altered_in)}" if quote.altered_in else ""
    return f"in {plural(len(quote.in_), 'article')}{altered}"


def groups(coverage: Sequence[Coverage], most: int) -> list[Group]:
    """Coverage by relation, at most ``most`` articles in all; no relation is crowded out by another.

    Every relation first gets an equal share, then what is left goes to the relations in their order.
    """
    by_relation = {relation: [c for c in coverage if c.relation == relation] for relation in RELATIONS}
    present = [relation for relation in RELATIONS if by_relation[relation]]
    share = max(1, most // max(1, len(present)))
    room = {relation: min(share, len(by_relation[relation])) for relation in present}
    left = max(0, most - sum(room.values()))
    for relation in present:
        extra = min(left, len(by_relation[relation]) - room[relation])
        room[relation] += extra
        left -= extra
    return [
        Group(
            relation,
            tuple(by_relation[relation][: room[relation]]),
            len(by_relation[relation]) - room[relation],
        )
        for relation in present
    ]


def traced(coverage: Coverage, alert: Alert) -> str:
    """The outlet of the article that this one copies, cites or rewrites; empty where it is not known."""
    of = next((other for other in alert.coverage if other.article == coverage.of), None)
    return harmless(of.outlet) if of is not None and coverage.of else ""


def heading(group: Group, alert: Alert) -> str:
    """``cites CNN (2)``, ``copy of CNN``; the outlet only where all of the group go back to the same one."""
    outlets = {traced(coverage, alert) for coverage in group.shown}
    source = outlets.pop() if len(outlets) == 1 else ""
    joined = f"{group.relation} {source}" if group.relation == "cites" else f"{group.relation} of {source}"
    size = f" ({group.size:,})" if group.size > 1 else ""
    return (joined if source else group.relation) + size


def title(coverage: Coverage) -> str:
    """The article's title, or ``untitled``."""
    return harmless(coverage.title) or NO_TITLE


def outlet(coverage: Coverage) -> str:
    """The article's outlet, or ``outlet unknown``."""
    return harmless(coverage.outlet) or NO_OUTLET


def headline(alert: Alert) -> str:
    """What the alert is about, in one line."""
    return harmless(alert.headline) or NO_TITLE


def channel(name: str) -> str:
    """``#desk`` for a channel's name; an id such as ``C0123ABCD`` stays as it is."""
    name = harmless(name)
    is_id = len(name) > 8 and name[0] in "CDG" and name.isalnum() and name.upper() == name  # noqa: PLR2004 - as Slack's ids
    return name if name.startswith("#") or is_id else f"#{name}"


def moment(at: datetime | None) -> str:
    """``2024-04-27 03:02 UTC``, or ``no date``."""
    return at.strftime("%Y-%m-%d %H:%M UTC") if at is not None else NO_DATE
