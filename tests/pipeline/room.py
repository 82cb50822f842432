"""A newsroom on a virtual clock: articles come in, the desk decides, and a listener writes down what it hears."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pipeline.courier import deliver_due
from pipeline.newsdesk import decide_match
from pipeline.newsdesk.telling import Outcome
from pipeline.store import Store
from pipeline.store.outbox import Pace
from transforms.article import Delivery, Match, Receipt
from transforms.desk import Desk, Policy, Route
from transforms.watch import Rules, Watch

Make = Callable[..., Match]


class Listener:
    """A sink that writes down what it hears."""

    def __init__(self, name: str = "desk", pace: Pace | None = None):
        self.name, self.pace = name, pace
        self.heard: list[Delivery] = []

    def send(self, delivery: Delivery) -> Receipt:
        self.heard.append(delivery)
        return Receipt(channel=delivery.channel, message=str(len(self.heard)))

    def find(self, delivery: Delivery) -> Receipt | None:
        del delivery
        return None

    def close(self) -> None:
        """Nothing is held."""

    @property
    def said(self) -> list[str]:
        """What was heard, in a word each."""
        return [_word(each) for each in self.heard]


def _word(delivery: Delivery) -> str:
    if delivery.digest is not None:
        return f"digest of {len(delivery.digest.alerts)}"
    if delivery.reply is not None:
        return f"reply {delivery.reply.reason}"
    return delivery.alert.kind if delivery.previous is None else f"edit {delivery.alert.kind}"


class Room:
    """A newsroom on a virtual clock."""

    def __init__(self, store: Store, watch: Watch, match: Make, now: datetime):
        self.store, self.watch, self.match, self.now = store, watch, match, now
        self.rules = Rules(watches={watch.id: watch})
        self.desk = Listener()

    def clock(self) -> datetime:
        return self.now

    def policy(
        self, routes: tuple[Route, ...] = (), channels: dict[str, Any] | None = None, **said: Any
    ) -> None:
        """The policy from now on."""
        desk = Desk(
            Policy.model_validate(said),
            {name: Policy.model_validate(each) for name, each in (channels or {}).items()},
            routes,
        )
        self.rules = Rules(watches=self.rules.watches, desk=desk)

    def also(self, name: str, **changes: Any) -> Watch:
        """A further watch."""
        other = self.watch.model_copy(update={"id": name} | changes)
        self.rules = Rules(watches={**self.rules.watches, name: other}, desk=self.rules.desk)
        return other

    def comes(self, name: str, outlet: str, cites: str | None = None, watch: Watch | None = None) -> Outcome:
        """An article comes in, and what is due is said; one that cites nobody tells it in its own words."""
        watch = watch or self.watch
        made = self.match(name, outlet, cites=cites or "").model_copy(update={"watch": watch.id})
        if cites is None:
            article = made.reading.article
            words = random.Random(outlet).sample(article.text.split(), len(article.text.split()))  # noqa: S311 - not a secret
            own = article.model_copy(update={"text": " ".join(words)})
            made = made.model_copy(update={"reading": made.reading.model_copy(update={"article": own})})
        outcome = decide_match(self.store, made, watch, ("desk",), self.now, rules=self.rules)
        self.deliver()
        return outcome

    def wait(self, wait: timedelta) -> None:
        self.now += wait
        self.deliver()

    def deliver(self) -> None:
        deliver_due(self.store, {"desk": self.desk}, self.clock)

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every row, in their order."""
        return [(each.state, each.held) for each in reversed(self.store.messages())]
