"""A topic as data: what must meet for an article to be about it, and what an article needs for that at the least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from transforms.language import Tongue

Within = Literal["sentence", "paragraph", "article"]
Group = tuple[str, ...]


class Signal(BaseModel):
    """Groups of words that must meet: one word or phrase of every group, within a sentence, paragraph or article.

    Attributes:
        meet: the groups; each a list of phrases. A trailing ``*`` stands for any ending (``interfer*``).
        within: how near they must meet.
        weight: how much one meeting says, in (0, 1].
        unless: phrases that rule the meeting out where they stand in the same span.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meet: tuple[Group, ...] = Field(min_length=1)
    within: Within = "sentence"
    weight: float = Field(default=0.5, gt=0, le=1)
    unless: Group = ()


class Spoken(BaseModel):
    """What speaks for a topic in one language other than English.

    Attributes:
        signals: as the topic's own, with words of that language; the topic's threshold holds for them, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    signals: tuple[Signal, ...] = Field(min_length=1)


class TopicRule(BaseModel):
    """One topic (``configs/topics/*.yaml``).

    Attributes:
        id: lower-case words with dashes.
        name: for people.
        definition: when an article is about it, in a sentence.
        iptc: the IPTC Media Topic code that fits best, as ``medtop:20000575``, or None.
        signals: what speaks for it in English; scores of meetings are joined as independent chances.
        languages: what speaks for it in other languages, by their code (``es``): an article in one of them is held
            against that language's signals and no others.
        threshold: the score from which a watch's clause holds, unless the clause says its own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    name: str
    definition: str
    iptc: str | None = Field(default=None, pattern=r"^medtop:\d{8}$")
    signals: tuple[Signal, ...] = Field(min_length=1)
    threshold: float = Field(default=0.5, gt=0, le=1)
    languages: Mapping[Tongue, Spoken] = Field(default_factory=dict)

    def all_signals(self) -> tuple[Signal, ...]:
        """Those of every language."""
        return (*self.signals, *(signal for spoken in self.languages.values() for signal in spoken.signals))


def in_language(topics: Iterable[TopicRule], language: str | None) -> dict[str, TopicRule]:
    """The topics that have signals in a language other than English, by id, with those signals as their own."""
    spoken = ((rule, rule.languages.get(language or "")) for rule in topics)
    return {
        rule.id: rule.model_copy(update={"signals": given.signals})
        for rule, given in spoken
        if given is not None
    }


def needed(rule: TopicRule) -> tuple[tuple[Group, ...], ...]:
    """What an article must contain for the topic to score at all: a necessary condition, for the screen.

    Returns:
        Alternatives, one a signal of any language; each is a list of groups, and every group must have at least one
        of its phrases somewhere in the title or the text.
    """
    return tuple(dict.fromkeys(signal.meet for signal in rule.all_signals()))
