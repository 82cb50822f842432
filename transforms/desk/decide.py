"""Alert policy: what the desk should hear, and why, given the alert so far.

Decides and touches nothing: the clock is an argument, every decision has a typed reason, also the one to
say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from transforms import stories
from transforms.article import Alert, AlertKind, Coverage, Held, Model, fingerprint
from transforms.stories import Member, Place
from transforms.watch import Watch

Reason = Literal[
    "first-coverage",
    "more-coverage",
    "independent-report",
    "changed-article",
    "backfill",
    "nothing-new",
]
QUOTES_SHOWN = 5
NAMES_SHOWN = 12


class Decision(Model):
    """What the desk hears. ``alert`` is None where nothing is said; the reason is given either way."""

    reason: Reason
    alert: Alert | None = None


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
) -> Decision:
    """What the desk should hear of a story as it stands.

    Args:
        watch: the rule that rang.
        first: id of the story's first article: it names the alert.
        members: all articles of the story.
        why: article id to the clauses that held in it.
        before: the alert as it stood, or None where the desk heard nothing yet.
        now: the record's clock.
    """
    if before is None and all(member.backfill for member in members):
        return Decision(reason="backfill")
    alert = compose(watch, first, members, why, now)
    if before is None:
        return Decision(reason="first-coverage", alert=alert)
    reason = _what_changed(before, alert)
    if reason == "nothing-new":
        return Decision(reason=reason)
    return Decision(reason=reason, alert=alert.model_copy(update=_told(reason, before, alert)))


def _told(reason: Reason, before: Alert, alert: Alert) -> dict[str, AlertKind | str]:
    known = {piece.article for piece in before.coverage}
    new = [piece.outlet or "an unknown outlet" for piece in alert.coverage if piece.article not in known]
    told: dict[str, AlertKind | str] = {"kind": "update"}
    if reason == "independent-report":
        told["reason"] = f"an independent report: {alert.independent} now"
    elif reason == "more-coverage":
        told["reason"] = f"more coverage: {', '.join(dict.fromkeys(new))}"
    else:
        told["reason"] = "an article was changed by its outlet"
    return told


def _what_changed(before: Alert, after: Alert) -> Reason:
    if {piece.article for piece in after.coverage} - {piece.article for piece in before.coverage}:
        return "independent-report" if after.independent > before.independent else "more-coverage"
    same = ("coverage", "quotes", "headline", "why", "independent")
    if any(getattr(before, part) != getattr(after, part) for part in same):
        return "changed-article"
    return "nothing-new"


def compose(
    watch: Watch, first: str, members: Sequence[Member], why: Mapping[str, tuple[Held, ...]], now: datetime
) -> Alert:
    """The alert for a story as it stands, of kind ``new``.

    The headline and the reasons are those of the coverage's origin, the quotes those that several share.
    """
    by_id = {member.article: member for member in members}
    places = stories.relate(members)
    lead = next((place.article for place in places if why.get(place.article)), first)
    topics = Counter(topic for member in members for topic in member.topics)
    entities = Counter(entity for member in members for entity in member.entities)
    return Alert(
        id=alert_id(watch.id, watch.channel, first),
        watch=watch.id,
        severity=watch.severity,
        channel=watch.channel,
        kind="new",
        reason="first coverage",
        headline=by_id[lead].title or "(no title)",
        why=tuple(held.model_copy(update={"article": lead}) for held in why.get(lead, ())),
        topics=_most(topics),
        entities=_most(entities),
        coverage=tuple(_piece(by_id[place.article], place) for place in places),
        outlets=stories.outlets(members),
        independent=stories.independent(places),
        quotes=stories.shared_quotes(members)[:QUOTES_SHOWN],
        at=now,
    )


def _most(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(
        name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:NAMES_SHOWN]
    )


def _piece(member: Member, place: Place) -> Coverage:
    return Coverage(
        article=member.article,
        title=member.title,
        outlet=member.outlet,
        url=member.url,
        published=member.published,
        relation=place.relation,
        of=place.of,
    )
