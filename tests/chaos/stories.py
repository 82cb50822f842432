"""The stories of a chaos run: which there are, how each grows, and how they come into the outbox."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from pipeline.store import Store
from pipeline.store.outbox import Outbox, Told
from pipeline.store.schema import deliveries
from transforms.article import Alert, Coverage, Held, Reply, fingerprint

SINK = "slack"
EDITED, TWICE, REPLIED = 1 / 3, 1 / 2, 1 / 5
"""Of all stories those that grow, of these those that grow twice, and of all those with a reply after the edit."""

BIG = 500
"""Stories written in one transaction."""


@dataclass(frozen=True)
class Story:
    """A story: its number, its channel, how many states it has, and whether the second is worth a reply."""

    number: int
    channel: str
    states: int
    replied: bool

    @property
    def id(self) -> str:
        """Of its alert."""
        return fingerprint("chaos", str(self.number))

    def headline(self, state: int) -> str:
        """What only this state of it says."""
        return f"Story {self.number:05d} in its state {state}"

    def reply(self) -> str:
        """What its reply says."""
        return f"Story {self.number:05d} is confirmed"

    def alert(self, state: int) -> Alert:
        """It as it stands in this state, from 1 on."""
        return Alert(
            id=self.id,
            watch=f"watch-{self.number % 50}",
            severity="high",
            channel=self.channel,
            kind="new" if state == 1 else "update",
            reason="first report" if state == 1 else f"{state} outlets report",
            headline=self.headline(state),
            why=(Held(clause="phrase forged orders", text="forged orders", start=40, end=53, article="a1"),),
            topics=("grid-security",),
            entities=("country/CN",),
            coverage=tuple(self._piece(number) for number in range(1, 2 * state + 1)),
            outlets=2 * state,
            independent=state,
            quotes=(),
            at=datetime(2026, 5, 4, 12, state, tzinfo=UTC),
            story=f"s{self.number}",
        )

    def _piece(self, number: int) -> Coverage:
        return Coverage(
            article=f"a{number}",
            title=f"Forged orders found in control rooms, the operator says ({self.number}-{number})",
            outlet=f"Outlet {number}",
            url=f"https://outlet{number}.example.org/{self.number}",
            published=datetime(2026, 5, 4, 11, number, tzinfo=UTC),
            relation="independent" if number % 2 else "copy",
            of=None if number % 2 else f"a{number - 1}",
        )


def stories(many: int, channels: int, seed: int) -> list[Story]:
    """So many stories over so many channels; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - drawn for tests
    made = []
    for number in range(many):
        replied, grows = chance.random() < REPLIED, chance.random() < EDITED
        states = 2 + (chance.random() < TWICE) if grows else 2 if replied else 1
        made.append(Story(number, f"#desk-{number % channels:03d}", states, replied))
    return made


class Newsroom:
    """What puts the stories into the outbox: all first states at once, the later ones as the earlier are heard.

    Args:
        store: the memory.
        told: the stories.
    """

    def __init__(self, store: Store, told: Sequence[Story]):
        self._store = store
        self._stories = {story.id: story for story in told}
        self._state = dict.fromkeys(self._stories, 0)

    def open(self) -> None:
        """Put in the first states, in big transactions."""
        self._put(list(self._stories.values()))

    def more(self, many: int) -> None:
        """Put in so many stories beyond those that there are, one in every channel that has the first ones."""
        first, known = list(self._stories.values())[:many], len(self._stories)
        added = [Story(known + each.number, each.channel, 1, replied=False) for each in first]
        self._stories |= {story.id: story for story in added}
        self._state |= dict.fromkeys((story.id for story in added), 0)
        self._put(added)

    def grow(self) -> int:
        """Put in the next state of every story of which the desk heard the last; how many states are still to come.

        A story whose message was refused for good grows no more.
        """
        waiting = {known for known, story in self._stories.items() if 0 < self._state[known] < story.states}
        if not waiting:
            return 0
        with self._store.transaction(write=False) as tx:
            rows = tx.execute(select(deliveries.c.alert, deliveries.c.state, deliveries.c.sequence)).all()
        open_ = {row.alert for row in rows if row.state == "waiting"}
        dead = {row.alert for row in rows if row.state == "dead" and row.sequence == 1}
        for known in dead & waiting:
            self._stories[known] = self._ended(self._stories[known])
        heard = [self._stories[known] for known in sorted(waiting - open_ - dead)]
        self._put(heard)
        return sum(story.states - self._state[known] for known, story in self._stories.items())

    @property
    def ended(self) -> list[Story]:
        """The stories, with as many states as they came to."""
        return list(self._stories.values())

    def _ended(self, story: Story) -> Story:
        return Story(story.number, story.channel, self._state[story.id], replied=False)

    def _put(self, told: Sequence[Story]) -> None:
        for start in range(0, len(told), BIG):
            with self._store.transaction(durable=True) as tx:
                outbox = Outbox(tx)
                outbox.expect(story.alert(1).id for story in told[start : start + BIG])
                for story in told[start : start + BIG]:
                    state = self._state[story.id] + 1
                    replies = (
                        (Reply(reason="independent-confirmation", text=story.reply()),)
                        if story.replied and state == 2
                        else ()
                    )
                    outbox.enqueue(Told(story.alert(state), replies), (SINK,), datetime.now(UTC))
                outbox.write(self._store.insert, Alert.model_dump_json)
            for story in told[start : start + BIG]:
                self._state[story.id] += 1
