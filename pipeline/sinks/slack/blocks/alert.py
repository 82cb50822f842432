"""The one message of a story: what happened, why it rang, who said what, who covers it, since when.

How much of each part is shown is a Budget; the first of ``BUDGETS`` with which the message fits is taken, and the last
one fits whatever the alert holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.slack.blocks.coverage import coverage_sections
from pipeline.sinks.slack.blocks.text import (
    BELLS,
    Block,
    button,
    context,
    fits,
    header,
    literal,
    packed,
    section,
)
from transforms.article import Alert, Also, Held

NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})

BUTTONS: Final = (
    ("Mute story 24 h", "tocsin:mute-story"),
    ("Mute watch 24 h", "tocsin:mute-watch"),
    ("Right", "tocsin:right"),
    ("Wrong", "tocsin:wrong"),
    ("All coverage", "tocsin:coverage"),
    ("Why", "tocsin:why"),
)
"""What is written on each button, and the action that it asks for."""


@dataclass(frozen=True)
class Budget:
    """How much of each part a message shows.

    Attributes:
        lines: articles with a line of their own.
        outlets: articles in the folded lines.
        folds: folded lines.
        address: units that one address may take.
        clauses: clauses of a watch.
        words: words of a clause.
        watches: other watches that ring too.
        steps: points of the timeline.
        words_of: units for topics or for one kind of entity.
    """

    lines: int
    outlets: int
    folds: int
    address: int
    clauses: int
    words: int
    watches: int
    steps: int
    words_of: int


BUDGETS: Final = (
    Budget(40, 60, 12, 1500, 6, 5, 5, 8, 400),
    Budget(25, 40, 10, 1500, 6, 5, 4, 6, 400),
    Budget(15, 30, 8, 1000, 6, 5, 3, 5, 300),
    Budget(10, 15, 6, 500, 5, 4, 3, 5, 200),
    Budget(5, 8, 3, 200, 4, 3, 2, 3, 100),
)


def fallback(alert: Alert) -> str:
    """One line for notifications and screen readers, well under Slack's 4,000 characters."""
    kind = "" if alert.kind == "new" else f" {alert.kind}"
    return f"{alert.severity}{kind}: {literal(wording.headline(alert), 500)} · {wording.counts(alert)}"


def blocks(alert: Alert, *, names: Mapping[str, str] = NO_NAMES, buttons: bool = False) -> list[Block]:
    """The alert as Block Kit: at most 50 blocks, 12,000 units of text, and no field over its limit.

    Args:
        alert: as it stands.
        names: names of entities by their ids; where one is missing the id is put into words.
        buttons: whether somebody listens to buttons; without them a line says which command does the same.
    """
    for budget in BUDGETS:
        made = [*_parts(alert, budget, names), *_below(alert, buttons=buttons)]
        if fits(made):
            break
    return made


def _parts(alert: Alert, budget: Budget, names: Mapping[str, str]) -> Iterator[Block]:
    yield header(wording.headline(alert))
    facts = (
        f"{BELLS[alert.severity]} *{alert.severity.upper()}*",
        literal(alert.watch, 100),
        alert.kind,
        literal(alert.reason, 300),
    )
    yield context("  ·  ".join(filter(None, facts)))
    yield from packed(_why(alert, budget))
    if (quote := wording.key_quote(alert)) is not None:
        speaker = literal(quote.speaker, 100) or "speaker unknown"
        said = literal(quote.text, 1000)
        yield section(f"&gt; “{said}”\n&gt; — *{speaker}*, {wording.carried(quote)}")
    yield {"type": "divider"}
    yield section(f"*{wording.counts(alert)}*")
    yield from coverage_sections(alert, budget)
    if steps := list(_timeline(alert, budget.steps)):
        yield section("\n".join(("*Timeline*", *steps)))
    about = [
        f"*{kind}*  {literal(', '.join(said), budget.words_of)}"
        for kind, said in wording.subjects(alert, names).items()
    ]
    if about:
        yield context("\n".join(about))


def _why(alert: Alert, budget: Budget) -> Iterator[str]:
    if alert.why:
        yield "*Why it rang*"
        yield from clause_lines(alert.why, budget.clauses, budget.words)
    for also in alert.also[: budget.watches]:
        yield _also(also)
        yield from clause_lines(also.why, max(2, budget.clauses // 2), budget.words)
    if len(alert.also) > budget.watches:
        yield f"{wording.and_more(len(alert.also) - budget.watches)} watches"


def _also(also: Also) -> str:
    return f"*also rings: {literal(also.watch, 100)}* ({also.severity})"


def clause_lines(why: Sequence[Held], most: int, words: int) -> Iterator[str]:
    """A line for each clause that held, with the words that made it hold."""
    clauses = wording.clauses_of(why, words)
    for clause in clauses[:most]:
        shown = [f"*{literal(word, 50)}*" for word in clause.words]
        more = [wording.and_more(clause.more)] if clause.more else []
        # No colon after the clause: with one inside, it could close the name of an emoji.
        yield f"• {literal(clause.text, 120)} — {', '.join(shown + more) or 'held'}"
    if len(clauses) > most:
        yield wording.and_more(len(clauses) - most)


def _timeline(alert: Alert, most: int) -> Iterator[str]:
    steps = wording.timeline(alert)
    # The first and the last tell the most: what is left out is left out between them.
    shown = steps if len(steps) <= most else [*steps[: most - 1], steps[-1]]
    for place, step in enumerate(shown):
        if place == len(shown) - 1 and len(steps) > len(shown):
            yield f"{wording.and_more(len(steps) - len(shown))} independent confirmations"
        when = wording.moment(step.coverage.published)
        yield f"• {when}  {step.what} · {literal(wording.outlet(step.coverage), 60)}"


def _below(alert: Alert, *, buttons: bool) -> Iterator[Block]:
    known = literal(alert.id, 40)
    yield context(f"{wording.moment(alert.at)}  ·  alert {known}")
    if buttons:
        value = alert.id
        yield {"type": "actions", "elements": [button(label, action, value) for label, action in BUTTONS]}
        return
    muted = f"--story {literal(alert.story, 80)}" if alert.story else f"--watch {literal(alert.watch, 100)}"
    yield context(
        f"mute it: `tocsin silence add {muted} --for 24h`  ·  who heard it: `tocsin deliveries show {known}`"
    )
