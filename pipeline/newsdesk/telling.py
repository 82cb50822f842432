"""One story that grew, told: which channels hear of it, in whose message, and what the outbox takes up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pipeline.delivery import Place
from pipeline.store import outbox
from pipeline.store.coverage import Piece
from pipeline.store.sitting import Kept, Sitting
from transforms import desk
from transforms.article import Alert, Also, Held
from transforms.policy import Policy
from transforms.watch import Rules, Watch

WINDOW = timedelta(hours=72)
"""How far apart in time articles of one story may be."""


@dataclass(frozen=True)
class Outcome:
    """What became of a match.

    Attributes:
        reason: typed: the desk's, or already-decided, or older-version.
        story: the story it belongs to, or None where nothing was done.
        alert: the alert as its own channel will hear it, or None where nothing new is said.
        sinks: who is told of it.
        rings: who is told where: sink, channel, and the alert's id.
    """

    reason: str
    story: str | None = None
    alert: Alert | None = None
    sinks: tuple[str, ...] = ()
    rings: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True)
class Newsroom:
    """Who decides what: the rules with the desk's policies, and who can be told.

    Attributes:
        rules: watches and policies.
        sinks: names of all sinks.
        window: how far apart in time articles of one story may be.
    """

    rules: Rules
    sinks: tuple[str, ...]
    window: timedelta = WINDOW

    def channels(self, watch: Watch) -> list[str]:
        """The channels in which this watch may ring."""
        return sorted({watch.channel, *(route.channel for route in self.rules.desk.routes)})

    def crowded(self, watch: Watch) -> list[str]:
        """The channels in which another watch may ring too: who decides there does so alone."""
        policies = self.rules.desk
        alone = len(self.rules.watches) < 2  # noqa: PLR2004 - none beside it
        return [] if alone else [name for name in self.channels(watch) if policies.of(name).group]


@dataclass(frozen=True)
class Telling:
    """One story that grew, told in every channel that is to hear of it."""

    sitting: Sitting
    newsroom: Newsroom
    watch: Watch
    story: str
    article: str

    def tell(self, kept: Kept | None, pieces: Mapping[str, Piece]) -> Outcome:
        """Decide for the watch's own channel, then for those that the alert's loudness adds."""
        decision = self.decide(self.watch.channel, kept, pieces)
        rings = self.ring(decision, self.watch.channel)
        severity = decision.alert.severity if decision.alert is not None else self.watch.severity
        for channel in self.newsroom.rules.desk.further(self.watch.id, severity, self.watch.channel):
            kept_there = self.sitting.kept(self.story, channel)
            rings += self.ring(self.decide(channel, kept_there, pieces), channel)
        alert = decision.alert
        sinks = tuple(sink for (sink, channel), _ in rings if channel == self.watch.channel)
        return Outcome(decision.reason, self.story, alert, sinks if alert else (), tuple(rings))

    def decide(self, channel: str, kept: Kept | None, pieces: Mapping[str, Piece]) -> desk.Decision:
        """What this channel hears: in the story's own message, or in that of a story that it shares articles with."""
        policy = self.newsroom.rules.desk.of(channel)
        crowd = policy.group and len(self.newsroom.rules.watches) > 1
        if crowd and (kept is None or kept.alert is None):
            lead = self.sitting.lead_of(self.story, self.article, channel)
            watch = self.newsroom.rules.watches.get(lead.watch) if lead is not None else None
            if lead is not None and watch is not None:
                self.sitting.follow(self.story, channel, lead)
                led = self.sitting.kept(lead.story, channel)
                return self.compose(watch, lead.story, channel, led, self.sitting.pieces(lead.story), pieces)
        return self.compose(self.watch, self.story, channel, kept, pieces, pieces)

    def compose(
        self,
        watch: Watch,
        story: str,
        channel: str,
        kept: Kept | None,
        pieces: Mapping[str, Piece],
        mine: Mapping[str, Piece],
    ) -> desk.Decision:
        """The message of one story, with the coverage and the reasons of those that it speaks for."""
        covered, also = pieces, dict[str, Also]()
        if story != self.story or (kept is not None and kept.alert is not None and kept.alert.also):
            for follower in self.sitting.followers(story, channel):
                theirs = mine if follower.story == self.story else self.sitting.pieces(follower.story)
                covered = {**theirs, **covered}
                rule = self.newsroom.rules.watches.get(follower.watch)
                if rule is not None:
                    also[rule.id] = Also(watch=rule.id, severity=rule.severity, why=_first_why(theirs))
        return desk.decide(
            watch,
            kept.first if kept is not None else self.article,
            self.sitting.gathering(story, "" if covered is pieces else channel, covered),
            {identity: piece.why for identity, piece in pieces.items()},
            kept.alert if kept is not None else None,
            self.sitting.now,
            desk.Case(
                policy=self.newsroom.rules.desk.of(channel),
                channel=channel,
                story=story,
                also=tuple(also[name] for name in sorted(also)),
            ),
        )

    def ring(self, decision: desk.Decision, channel: str) -> list[tuple[Place, str]]:
        """Put what the channel hears into the outbox; who is told."""
        alert = decision.alert
        if alert is None:
            return []
        policies = self.newsroom.rules.desk
        policy = policies.of(channel)
        sinks = self.newsroom.sinks
        if policy.sinks is not None:
            sinks = tuple(name for name in sinks if name in policy.sinks)
        louder = self._inhibition(alert, policy)
        told = outbox.Told(alert, decision.replies, ("inhibited", louder.id) if louder is not None else None)
        heard = self.sitting.outbox.enqueue(told, sinks, self.sitting.now, policy)
        self.sitting.save_alert(alert.story or self.story, heard)
        return [((sink, channel), heard.id) for sink in sinks]

    def _inhibition(self, alert: Alert, policy: Policy) -> Alert | None:
        """The louder alert that mutes this one; what this one is louder than is muted where its channel says so."""
        policies = self.newsroom.rules.desk
        if not policies.inhibits:
            return None
        others = self.sitting.others(alert.story or self.story, alert.watch, self.article)
        for other in others:
            if policies.of(other.channel).inhibit and desk.inhibited(other, [alert]):
                self.sitting.hush(other, alert.id)
        return desk.inhibited(alert, others) if policy.inhibit else None


def _first_why(pieces: Mapping[str, Piece]) -> tuple[Held, ...]:
    """Why a story is there: the clauses that held in the first of its articles by the record's clock."""
    first = min(
        pieces.values(), key=lambda piece: (piece.member.at, piece.member.order, piece.member.article)
    )
    return tuple(held.model_copy(update={"article": first.member.article}) for held in first.why)
