"""What the desk hears of a story as it stands: its alert, and what is worth a reply in its thread.

Every decision has a typed reason, also the one to say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from transforms import stories
from transforms.article import (
    Alert,
    AlertKind,
    Also,
    Held,
    Model,
    Notice,
    Reply,
    SharedQuote,
    fingerprint,
)
from transforms.policy import Policy, rank, severity_of
from transforms.stories import Member
from transforms.watch import Watch

Reason = Literal[
    "first-coverage",
    "more-coverage",
    "independent-report",
    "changed-article",
    "escalation",
    "correction",
    "retraction",
    "changed-quote",
    "merge",
    "backfill",
    "nothing-new",
]
QUOTES_SHOWN = 5
NAMES_SHOWN = 12
QUOTES_NAMED = 2
EVENTS: tuple[Notice, ...] = ("retraction", "correction", "changed-quote", "merge")
"""What others find out and the desk passes on, the gravest first."""


class Event(Model):
    """Something that happened to a story and that no count shows: a correction, a retraction, a merge.

    Attributes:
        reason: what it is.
        text: one line for a person.
    """

    reason: Literal["correction", "retraction", "changed-quote", "merge"]
    text: str


@dataclass(frozen=True)
class Case:
    """Where a story is told, and what else is known of it.

    Attributes:
        policy: of the channel.
        channel: where it is told; None: in the watch's own.
        story: the story's id.
        also: other watches that the message speaks for.
        events: what happened to the story beside coverage.
    """

    policy: Policy = field(default_factory=Policy)
    channel: str | None = None
    story: str | None = None
    also: tuple[Also, ...] = ()
    events: tuple[Event, ...] = ()


class Decision(Model):
    """What the desk hears. ``alert`` is None where nothing is said; the reason is given either way.

    ``replies`` are told in the alert's thread where its message was heard before.
    """

    reason: Reason
    alert: Alert | None = None
    replies: tuple[Reply, ...] = ()


def alert_id(watch: str, channel: str, first: str) -> str:
    """The alert's id: the watch, the channel and the story's first article."""
    return fingerprint("alert", watch, channel, first)


def decide(
    watch: Watch,
    first: str,
    members: Sequence[Member],
    why: Mapping[str, tuple[Held, ...]],
    before: Alert | None,
    now: datetime,
    case: Case | None = None,
) -> Decision:
    """What the desk should hear of a story as it stands.

    Args:
        watch: the rule that rang.
        first: id of the story's first article: it names the alert.
        members: all articles of the story.
        why: article id to the clauses that held in it.
        before: the alert as it stood, or None where the desk heard nothing yet.
        now: the record's clock.
        case: where it is told; None: in the watch's channel, at once.
    """
    case = case or Case()
    if before is None and all(member.backfill for member in members):
        return Decision(reason="backfill")
    alert = compose(watch, first, members, why, now, case)
    alert = alert.model_copy(update={"severity": severity_of(alert, case.policy)})
    if before is None:
        return Decision(reason="first-coverage", alert=alert)
    # A story does not become quieter again: the room was told that it is loud.
    alert = alert.model_copy(update={"severity": max(alert.severity, before.severity, key=rank)})
    happened = sorted(case.events, key=lambda event: EVENTS.index(event.reason))
    replies = tuple(_replies(before, alert, happened))
    reason = _what_changed(before, alert, happened)
    if reason == "nothing-new":
        return Decision(reason=reason)
    told = alert.model_copy(update=_told(reason, replies, before, alert))
    return Decision(reason=reason, alert=told, replies=replies)


def _replies(before: Alert, after: Alert, events: Iterable[Event]) -> Iterable[Reply]:
    yield from (Reply(reason=event.reason, text=event.text) for event in events)
    if rank(after.severity) > rank(before.severity):
        far = f"{after.outlets} outlets, {_reports(after.independent)}"
        yield Reply(reason="escalation", text=f"{before.severity} → {after.severity}: {far}")
    if after.independent > before.independent and (who := _confirmed_by(before, after)):
        text = f"{who} {'reports' if ',' not in who else 'report'} it independently: {_reports(after.independent)} now"
        yield Reply(reason="independent-confirmation", text=text)
    for article, quotes in _changed_quotes(before, after).items():
        said = ", ".join(f"“{_short(quote.text)}”" for quote in quotes[:QUOTES_NAMED])
        more = f" and {len(quotes) - QUOTES_NAMED} more" if len(quotes) > QUOTES_NAMED else ""
        what = "the quote" if len(quotes) == 1 else f"{len(quotes)} quotes:"
        yield Reply(reason="changed-quote", text=f"{_called(article, after)} changed {what} {said}{more}")


def _reports(number: int) -> str:
    return f"{number} independent report{'s' * (number != 1)}"


def _confirmed_by(before: Alert, after: Alert) -> str:
    """The outlets whose own reports are new."""
    known = {piece.article for piece in before.coverage if piece.relation in {"original", "independent"}}
    new = [
        piece.outlet or "an unknown outlet"
        for piece in after.coverage
        if piece.relation in {"original", "independent"} and piece.article not in known
    ]
    return ", ".join(dict.fromkeys(new)) or "another outlet"


def _changed_quotes(before: Alert, after: Alert) -> dict[str, list[SharedQuote]]:
    """Articles that are new and print quotes that were known changed, each with these quotes."""
    known = {quote.text: set(quote.altered_in) for quote in before.quotes}
    covered = {piece.article for piece in before.coverage}
    found: dict[str, list[SharedQuote]] = {}
    for quote in after.quotes:
        if quote.text in known:
            for each in quote.altered_in:
                if each not in known[quote.text] and each not in covered:
                    found.setdefault(each, []).append(quote)
    return found


def _called(article: str, alert: Alert) -> str:
    """How people know an article: by its outlet, else by its title."""
    found = next((piece for piece in alert.coverage if piece.article == article), None)
    if found is not None and found.outlet:
        return found.outlet
    return f"“{_short(found.title)}”" if found is not None and found.title else "an unknown outlet"


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " …"


def _told(
    reason: Reason, replies: Sequence[Reply], before: Alert, alert: Alert
) -> dict[str, AlertKind | str]:
    known = {piece.article for piece in before.coverage}
    new = [piece.outlet or "an unknown outlet" for piece in alert.coverage if piece.article not in known]
    kind: AlertKind = "update"
    if reason in {"correction", "retraction", "changed-quote"}:
        kind = "correction"
    elif reason == "escalation":
        kind = "escalation"
    if reason == "independent-report":
        said = f"an independent report: {alert.independent} now"
    elif reason == "more-coverage":
        said = f"more coverage: {', '.join(dict.fromkeys(new))}"
    elif reason == "changed-article":
        said = "an article was changed by its outlet"
    else:
        said = replies[0].text
    return {"kind": kind, "reason": said}


def _what_changed(before: Alert, after: Alert, events: Sequence[Event]) -> Reason:
    if events:
        return events[0].reason
    if rank(after.severity) > rank(before.severity):
        return "escalation"
    if {piece.article for piece in after.coverage} - {piece.article for piece in before.coverage}:
        return "independent-report" if after.independent > before.independent else "more-coverage"
    same = ("coverage", "quotes", "headline", "why", "independent", "also")
    if any(getattr(before, part) != getattr(after, part) for part in same):
        return "changed-article"
    return "nothing-new"


def inhibited(alert: Alert, others: Iterable[Alert]) -> Alert | None:
    """The louder alert of another watch that mutes this one on the same story; None where it may ring.

    Args:
        alert: what would ring.
        others: alerts that stand, of stories that share an article with this one.
    """
    louder = (
        other
        for other in others
        if other.watch != alert.watch and rank(other.severity) > rank(alert.severity)
    )
    return max(louder, key=lambda other: (rank(other.severity), other.id), default=None)


def compose(
    watch: Watch,
    first: str,
    members: Sequence[Member],
    why: Mapping[str, tuple[Held, ...]],
    now: datetime,
    case: Case,
) -> Alert:
    """The alert for a story as it stands, of kind ``new``.

    The headline and the reasons are those of the coverage's origin, the quotes those that several share.
    """
    channel = case.channel or watch.channel
    by_id = {member.article: member for member in members}
    places = stories.relate(members)
    lead = next((place.article for place in places if why.get(place.article)), first)
    topics = Counter(topic for member in members for topic in member.topics)
    entities = Counter(entity for member in members for entity in member.entities)
    return Alert(
        id=alert_id(watch.id, channel, first),
        watch=watch.id,
        severity=watch.severity,
        channel=channel,
        kind="new",
        reason="first coverage",
        headline=by_id[lead].title or "(no title)",
        why=tuple(held.model_copy(update={"article": lead}) for held in why.get(lead, ())),
        topics=_most(topics),
        entities=_most(entities),
        coverage=stories.coverage_of(members, places),
        outlets=stories.outlets(members),
        independent=stories.independent(places),
        quotes=stories.shared_quotes(members)[:QUOTES_SHOWN],
        at=now,
        story=case.story,
        also=case.also,
    )


def _most(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(
        name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:NAMES_SHOWN]
    )
