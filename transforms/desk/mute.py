"""What is withheld although it rang: silences that a person set. Each has an owner, a reason and an end.

An alert that is withheld is not lost: it stands in the store with the reason, and the next coverage after the silence
rings as new.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from pydantic import model_validator

from transforms.article import Alert, Model, Moment
from transforms.stories import outlet_key
from transforms.words import words_of


class Silence(Model):
    """A mute. All that it names must hold for an alert to be muted.

    Attributes:
        id: names it.
        watch: id of a watch.
        entity: id of an entity that the story is about.
        story: id of a story, as the alert has it.
        outlet: name of an outlet; it mutes what only that outlet covers.
        text: words of the headline, in this order.
        owner: who set it.
        reason: why.
        made: when it begins.
        until: when it ends.
    """

    id: str
    watch: str | None = None
    entity: str | None = None
    story: str | None = None
    outlet: str | None = None
    text: str | None = None
    owner: str
    reason: str
    made: Moment
    until: Moment

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not any((self.watch, self.entity, self.story, self.outlet, self.text)):
            raise ValueError("a silence names a watch, an entity, a story, an outlet or text")
        if self.text is not None and not words_of(self.text):
            raise ValueError("the text of a silence has no word in it")
        return self

    def mutes(self, alert: Alert) -> bool:
        """Whether it names this alert; its times are not looked at."""
        watches = {alert.watch, *(other.watch for other in alert.also)}
        return all(
            (
                # A message that speaks for several watches is muted where the first of them is, and it alone rings.
                self.watch is None or watches == {self.watch},
                self.entity is None or self.entity in alert.entities,
                self.story is None or self.story in {alert.story, alert.id},
                self.outlet is None or _only(self.outlet, alert),
                self.text is None or _in(words_of(self.text), words_of(alert.headline)),
            )
        )


def silenced(alert: Alert, silences: Iterable[Silence], now: Moment) -> Silence | None:
    """The silence that mutes this alert now: of several the one that lasts longest; None where it may ring."""
    muting = (each for each in silences if each.made <= now < each.until and each.mutes(alert))
    return max(muting, key=lambda each: (each.until, each.id), default=None)


def _only(outlet: str, alert: Alert) -> bool:
    named = {outlet_key(piece.outlet) for piece in alert.coverage if piece.outlet}
    return named == {outlet_key(outlet)}


def _in(words: list[str], text: list[str]) -> bool:
    many = len(words)
    return any(text[start : start + many] == words for start in range(len(text) - many + 1))
