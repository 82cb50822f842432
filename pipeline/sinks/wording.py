"""How an alert is put into words, whichever sink shows it: counts, clauses, the key quote, coverage in groups.

Pure functions over an Alert. What they return still needs the escaping of the surface it is shown on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Final, get_args

from pipeline.sinks.hostile import harmless
from transforms.article import Alert, Coverage, Held, Notice, Relation, SharedQuote

RELATIONS: tuple[Relation, ...] = get_args(Relation)
NO_OUTLET = "outlet unknown"
NO_TITLE = "untitled"
NO_DATE = "no date"
FOLDED: Final[tuple[Relation, ...]] = ("copy", "rewrite")
"""Relations whose articles are told in one line together: they say what another article said."""

NOTICES: Final[dict[Notice, str]] = {
    "independent-confirmation": "Independent confirmation",
    "escalation": "Escalation",
    "correction": "Correction",
    "retraction": "Retraction",
    "changed-quote": "Changed quote",
    "merge": "Merged with another story",
    "still-growing": "Still growing",
}
"""What each kind of reply is called."""

_SUBJECTS: Final = {
    "person": "People",
    "country": "Places",
    "region": "Places",
    "state": "Places",
    "city": "Places",
    "outlet": "Outlets",
}
_LONGEST_CODE: Final = 3
_BRIEF: Final = 500


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


@dataclass(frozen=True)
class Fold:
    """Copies or rewrites of one outlet's text: what is shown of them, and how many articles more there are.

    Attributes:
        relation: ``copy`` or ``rewrite``.
        source: the outlet whose text it is; empty where that is not known.
        shown: articles, in the coverage's order.
        more: how many are not shown.
    """

    relation: Relation
    source: str
    shown: tuple[Coverage, ...]
    more: int = 0

    @property
    def size(self) -> int:
        """How many articles there are, shown or not."""
        return len(self.shown) + self.more


@dataclass(frozen=True)
class Step:
    """A point in a story's time: what came then, and by which article."""

    what: str
    coverage: Coverage


def plural(number: int, noun: str) -> str:
    """``1 outlet``, ``4 outlets``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


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


def brief(text: str) -> str:
    """As much of a clause or its words as any surface shows, harmless: nobody writes longer ones in good faith."""
    return harmless(text[:_BRIEF])


def clauses(alert: Alert, most: int = 6) -> list[Clause]:
    """The clauses that held, each once, with at most so many of its different words, the first of them first."""
    return clauses_of(alert.why, most)


def clauses_of(why: Sequence[Held], most: int) -> list[Clause]:
    """The same for the clauses of any watch."""
    words: dict[str, dict[str, str]] = {}
    for held in why:
        said = brief(held.text)
        words.setdefault(brief(held.clause), {}).setdefault(said.casefold(), said)
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


def sources(alert: Alert) -> dict[str, str]:
    """The outlet of every article by the article's id, as it came; empty where the article does not name one."""
    return {coverage.article: coverage.outlet or "" for coverage in alert.coverage}


def folds(alert: Alert, most: int) -> list[Fold]:
    """Copies and rewrites by the outlet whose text they carry, at most ``most`` articles shown in all.

    The largest of each relation come first, in turn. No source is crowded out by another: each gets an equal share
    first, as with ``groups``.
    """
    outlets, found = sources(alert), dict[tuple[Relation, str], list[Coverage]]()
    for coverage in alert.coverage:
        if coverage.relation in FOLDED:
            source = outlets.get(coverage.of, "") if coverage.of else ""
            found.setdefault((coverage.relation, source), []).append(coverage)
    largest = sorted(found, key=lambda key: -len(found[key]))
    in_turn = zip_longest(*([key for key in largest if key[0] == relation] for relation in FOLDED))
    order = [key for turn in in_turn for key in turn if key is not None]
    share = max(1, most // max(1, len(order)))
    left = max(0, most - sum(min(share, len(found[key])) for key in order))
    made = []
    for relation, source in order:
        pieces = found[relation, source]
        room = min(share, len(pieces))
        extra = min(left, len(pieces) - room)
        left -= extra
        room += extra
        made.append(Fold(relation, source, tuple(pieces[:room]), len(pieces) - room))
    return made


def folded(fold: Fold) -> str:
    """``11 copies of AP``, ``1 rewrite of CNN``, ``2 copies``."""
    many = "copies" if fold.relation == "copy" else "rewrites"
    said = f"{fold.size:,} {fold.relation if fold.size == 1 else many}"
    return f"{said} of {fold.source}" if fold.source else said


def timeline(alert: Alert) -> list[Step]:
    """The first report, each independent confirmation, the latest article; empty where no time tells anything.

    What has no date is told so, never guessed; "latest" is among those that have one.
    """
    dated = [coverage for coverage in alert.coverage if coverage.published is not None]
    if len(alert.coverage) < 2 or not dated:  # noqa: PLR2004 - one article has no course of time
        return []
    origin = next((c for c in alert.coverage if c.relation == "original"), None)
    first = origin or min(dated, key=_published)
    confirmed = [c for c in alert.coverage if c.relation == "independent" and c is not first]
    confirmed.sort(key=lambda c: (c.published is None, _published(c)))
    steps = [Step("first report", first), *(Step("confirmed independently", c) for c in confirmed)]
    latest = max(dated, key=_published)
    if all(latest is not step.coverage for step in steps):
        whole = len(dated) == len(alert.coverage)
        steps.append(Step("latest" if whole else "latest with a date", latest))
    return steps


def _published(coverage: Coverage) -> float:
    return coverage.published.timestamp() if coverage.published is not None else 0.0


def plain(known: str, names: Mapping[str, str]) -> str:
    """An id in plain words: its name where that is known, else ``person/joe-biden`` as ``Joe Biden``.

    Args:
        known: id of a topic or an entity.
        names: names by id.
    """
    known = harmless(known)
    if known in names:
        return harmless(names[known])
    kind, _, slug = known.rpartition("/")
    words = slug.replace("-", " ").strip()
    if not words:
        return known
    if not kind:
        return words
    return words.upper() if len(words) <= _LONGEST_CODE else words.title()


def subjects(alert: Alert, names: Mapping[str, str]) -> dict[str, list[str]]:
    """What the story is about in plain words, by kind: Topics, People, Places, Outlets, and Also for the rest."""
    found: dict[str, list[str]] = {"Topics": [plain(topic, names) for topic in alert.topics]}
    for kind in ("People", "Places", "Outlets", "Also"):
        found[kind] = []
    for entity in alert.entities:
        found[_SUBJECTS.get(entity.partition("/")[0], "Also")].append(plain(entity, names))
    return {kind: said for kind, words in found.items() if (said := list(filter(None, words)))}


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
