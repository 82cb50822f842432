"""The desk's policy: when it is told, how loudly, and what may keep quiet; with the vocabulary of Alertmanager.

Data as a settings file states it: one policy for all channels, and for a channel what differs there. The rooms in
``transforms/desk`` say what is said, when, and what is withheld.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer, model_validator

from transforms.article import Alert, Severity
from transforms.lengths import Length

SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high")
"""From the quietest to the loudest."""

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def rank(severity: Severity) -> int:
    """How loud: 0 is the quietest."""
    return SEVERITIES.index(severity)


def _zone(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{value!r} is no time zone: write Europe/Berlin, America/New_York or UTC") from None


def _minutes(value: Any) -> Any:
    """Minutes since midnight from ``07:30``; YAML 1.1 reads an unquoted 07:30 as a number of base 60."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    said = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if said is None:
        raise ValueError('must be a time of day, as "07:30"')
    return 60 * int(said[1]) + int(said[2])


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
TimeOfDay = Annotated[int, BeforeValidator(_minutes), Field(ge=0, lt=24 * 60)]
"""Minutes since midnight, written ``"07:30"``."""


class Part(BaseModel):
    """What the parts of a policy share: immutable, no unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True
    )


class Escalation(Part):
    """How a story becomes louder: by confirmations, by outlets, or by outlets within a time of its first report.

    Attributes:
        independent: so many independent reports.
        outlets: so many outlets.
        within: the outlets came within so long of each other: the speed of spread.
        to: how loud it is then, at least.
    """

    independent: int | None = Field(default=None, ge=1)
    outlets: int | None = Field(default=None, ge=1)
    within: Annotated[Length, Field(gt=timedelta(0))] | None = None
    to: Severity = "high"

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.independent is None and self.outlets is None:
            raise ValueError("says nothing of when: write independent: 2, or outlets: 10")
        if self.within is not None and self.outlets is None:
            raise ValueError("within belongs to outlets: write outlets: 10 beside it")
        return self


class Quiet(Part):
    """Hours in which a channel is left alone; what rang meanwhile is told in the morning, as one digest.

    Attributes:
        from_: when they begin, in ``zone``.
        to: when they end.
        zone: the time zone of both.
        except_: alerts that are as loud as this, or louder, ring all the same; None: none does.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay
    zone: Zone = ZoneInfo("UTC")
    except_: Severity | None = Field(default="high", alias="except")

    @model_validator(mode="after")
    def _last(self) -> Self:
        if self.from_ == self.to:
            raise ValueError("from and to are the same: quiet hours have a length")
        return self

    @field_serializer("zone")
    def _spelled(self, zone: ZoneInfo) -> str:
        return zone.key


class Digests(Part):
    """New stories of a channel come together, not one by one.

    Attributes:
        every: ``hour``, at its full hour; or ``day``.
        at: when a daily digest comes, in ``zone``.
        zone: the time zone.
        except_: alerts that are as loud as this, or louder, do not wait for it; None: all wait.
    """

    model_config = ConfigDict(populate_by_name=True)

    every: Literal["hour", "day"]
    at: TimeOfDay = 7 * 60
    zone: Zone = ZoneInfo("UTC")
    except_: Severity | None = Field(default="high", alias="except")

    @field_serializer("zone")
    def _spelled(self, zone: ZoneInfo) -> str:
        return zone.key


class Policy(Part):
    """How a channel is told.

    Attributes:
        wait: how long a story gathers its first coverage before it rings.
        update_every: how long after a message, or an edit, the next edit comes at the earliest.
        repeat: a story that still grows so long after it was last heard is told again in its thread; None: never.
        escalate: what makes a story louder.
        quiet: hours in which the channel is left alone.
        digest: new stories come together.
        group: several watches that ring for one story in this channel are one message.
        inhibit: a story is not told here while a louder watch rings for it anywhere.
        sinks: who is told, by name; None: every sink.
    """

    wait: Annotated[Length, Field(le=timedelta(days=1))] = timedelta(0)
    update_every: Annotated[Length, Field(le=timedelta(days=1))] = timedelta(0)
    repeat: Annotated[Length, Field(ge=timedelta(minutes=1))] | None = None
    escalate: tuple[Escalation, ...] = ()
    quiet: Quiet | None = None
    digest: Digests | None = None
    group: bool = True
    inhibit: bool = False
    sinks: tuple[str, ...] | None = None

    def with_(self, other: Policy) -> Policy:
        """This policy, with what the other one states in its place."""
        return self.model_copy(update={name: getattr(other, name) for name in other.model_fields_set})


class Route(Part):
    """Alerts that are told in a further channel.

    Attributes:
        channel: which.
        watches: of these watches; None: of all.
        severity: as loud as this, or louder.
    """

    channel: str = Field(min_length=1, max_length=80)
    watches: tuple[str, ...] | None = None
    severity: Severity = "low"

    def takes(self, watch: str, severity: Severity) -> bool:
        """Whether alerts of this watch and loudness go there."""
        return rank(severity) >= rank(self.severity) and (self.watches is None or watch in self.watches)


@dataclass(frozen=True)
class Desk:
    """The policies of all channels, and the further channels that alerts are told in."""

    policy: Policy = field(default_factory=Policy)
    channels: Mapping[str, Policy] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()

    def of(self, channel: str) -> Policy:
        """The policy of a channel."""
        own = self.channels.get(channel)
        return self.policy if own is None else self.policy.with_(own)

    @property
    def inhibits(self) -> bool:
        """Whether any channel may be muted by a louder watch."""
        return self.policy.inhibit or any(self.of(name).inhibit for name in self.channels)

    def further(self, watch: str, severity: Severity, channel: str) -> tuple[str, ...]:
        """The channels beside its own that an alert of this loudness is told in."""
        found = (route.channel for route in self.routes if route.takes(watch, severity))
        return tuple(dict.fromkeys(name for name in found if name != channel))


def severity_of(alert: Alert, policy: Policy) -> Severity:
    """How loud the alert is, by its watch and by how far the story has spread."""
    reached = [step.to for step in policy.escalate if _reached(step, alert)]
    return max((alert.severity, *reached), key=rank)


def _reached(step: Escalation, alert: Alert) -> bool:
    if step.independent is not None and alert.independent < step.independent:
        return False
    if step.outlets is None:
        return True
    if step.within is None:
        return alert.outlets >= step.outlets
    firsts: dict[str, Any] = {}
    for piece in alert.coverage:
        if piece.outlet and piece.published:
            name = piece.outlet.casefold()
            firsts[name] = min(firsts.get(name, piece.published), piece.published)
    times = sorted(firsts.values())
    # So many outlets next to each other in time, wherever in the story.
    return any(
        last - first <= step.within for first, last in zip(times, times[step.outlets - 1 :], strict=False)
    )
