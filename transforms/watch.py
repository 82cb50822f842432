"""The rule: what a newsroom watches for, who is told, and how loudly; and the rules taken together.

A watch is data. ``transforms/match.py`` holds it against a reading, ``transforms/screen.py`` asks whether
it could match at all, ``pipeline/settings`` reads it from YAML and says where it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from transforms.article import Severity
from transforms.entity import Entity
from transforms.policy import Desk
from transforms.topics import SecondOpinion, TopicRule

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Clause(BaseModel):
    """One condition of a watch: exactly one of its kinds.

    Attributes:
        all: every one of these must hold.
        any: at least one of these must hold.
        not_: this must not hold (``not`` in YAML).
        topic: id of a topic, found with at least ``score``.
        entity: id of an entity that the text names.
        phrase: these words, in this order, whatever the case.
        outlet: the outlet's name or id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    all: tuple[Clause, ...] | None = Field(default=None, min_length=1)
    any: tuple[Clause, ...] | None = Field(default=None, min_length=1)
    not_: Clause | None = Field(default=None, alias="not")
    topic: str | None = None
    score: float | None = Field(default=None, gt=0, le=1)
    entity: str | None = None
    phrase: str | None = Field(default=None, min_length=2, max_length=200)
    outlet: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            said = ", ".join(kind.rstrip("_") for kind in kinds) or "none"
            raise ValueError(
                f"a clause is exactly one of all, any, not, topic, entity, phrase, outlet; here: {said}"
            )
        if self.score is not None and self.topic is None:
            raise ValueError("score belongs to a topic clause")
        return self

    @property
    def kind(self) -> str:
        """Which of the kinds this clause is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    def __str__(self) -> str:
        if self.all is not None:
            return "all(" + ", ".join(map(str, self.all)) + ")"
        if self.any is not None:
            return "any(" + ", ".join(map(str, self.any)) + ")"
        if self.not_ is not None:
            return f"not({self.not_})"
        score = f" ≥ {self.score:g}" if self.score is not None else ""
        return f"{self.kind} {getattr(self, self.kind)}{score}"

    def walk(self, key: str = "when") -> Iterator[tuple[str, Clause]]:
        """This clause and all below it, each with its key path in the file."""
        yield key, self
        for kind in ("all", "any"):
            for index, clause in enumerate(getattr(self, kind) or ()):
                yield from clause.walk(f"{key}.{kind}[{index}]")
        if self.not_ is not None:
            yield from self.not_.walk(f"{key}.not")


KINDS = ("all", "any", "not_", "topic", "entity", "phrase", "outlet")


class Watch(BaseModel):
    """A user's rule.

    Attributes:
        id: lower-case words with dashes; names the watch everywhere.
        title: for people.
        when: what must hold.
        channel: the channel that is told.
        severity: how loudly.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str = Field(min_length=1, max_length=150)
    when: Clause
    channel: str = Field(min_length=1, max_length=80)
    severity: Severity = "normal"
    note: str | None = None

    @field_validator("id")
    @classmethod
    def _spelled(cls, value: str) -> str:
        if not ID.fullmatch(value):
            raise ValueError(
                f"{value!r} is no id: lower-case letters, digits and single dashes, as in port-strikes"
            )
        return value


@dataclass(frozen=True)
class Rules:
    """All that a worker must know: watches, topics, entities, each by id; the desk's policies; an opinion on topics."""

    watches: Mapping[str, Watch] = field(default_factory=dict)
    topics: Mapping[str, TopicRule] = field(default_factory=dict)
    entities: Mapping[str, Entity] = field(default_factory=dict)
    desk: Desk = field(default_factory=Desk)
    opinion: SecondOpinion | None = None

    @property
    def names(self) -> dict[str, str]:
        """What the entities are called, by id."""
        return {entity.id: entity.name for entity in self.entities.values()}


def unknown_names(watch: Watch, rules: Rules) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What the watch names and the rules do not have: (key path, what is wrong, the ids that would do)."""
    for key, clause in watch.when.walk():
        if clause.topic is not None and clause.topic not in rules.topics:
            yield f"{key}.topic", f"no topic {clause.topic!r}", tuple(rules.topics)
        if clause.entity is not None and clause.entity not in rules.entities:
            yield f"{key}.entity", f"no entity {clause.entity!r}", tuple(rules.entities)
        if (
            clause.outlet is not None
            and clause.outlet.startswith("outlet/")
            and clause.outlet not in rules.entities
        ):
            yield f"{key}.outlet", f"no outlet {clause.outlet!r}", tuple(rules.entities)
