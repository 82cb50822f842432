"""What a press of a button does: a silence, a verdict, or an answer to who asked for coverage or reasons.

Slack's listener hears the press; here it reaches the store. Doing it twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pipeline.sinks.slack.blocks import coverage_blocks, why_blocks
from pipeline.sinks.slack.blocks.text import literal
from pipeline.sinks.slack.pressed import COVERAGE, MUTE_STORY, MUTE_WATCH, RIGHT, WHY, Answer, Pressed
from pipeline.store import Store
from pipeline.store.silences import Verdict
from transforms.article import Alert, fingerprint
from transforms.desk import Silence

A_PRESS = timedelta(hours=24)
"""How long a button mutes."""


class Buttons:
    """Does what people press, in one store.

    Args:
        store: the memory.
        clock: gives the time.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]):
        self._store, self._clock = store, clock

    def act(self, press: Pressed) -> Answer:
        """Do it; what the person who pressed is told.

        Raises:
            StoreError: the store failed; nothing was kept.
        """
        found = [heard.alert for heard in self._store.heard(press.alert) if heard.alert.id == press.alert]
        if not found:
            return Answer("This alert is not known any more: the store has forgotten it.")
        alert = found[0]
        if press.action == COVERAGE:
            return Answer("All coverage", tuple(coverage_blocks(alert)))
        if press.action == WHY:
            return Answer("Why it rang", tuple(why_blocks(alert)))
        if press.action in {MUTE_STORY, MUTE_WATCH}:
            return self._mute(press, alert)
        return self._judge(press, alert)

    def _mute(self, press: Pressed, alert: Alert) -> Answer:
        story = press.action == MUTE_STORY
        named = {"story": alert.story or alert.id} if story else {"watch": alert.watch}
        until = press.at + A_PRESS
        silence = Silence(
            id=fingerprint("silence", press.team, press.channel, press.message, press.action, f"{press.at}"),
            owner=press.name or press.user,
            reason=f"pressed in Slack at “{alert.headline[:80]}”",
            made=min(press.at, self._clock()),
            until=until,
            **named,
        )
        self._store.silence(silence)
        what = "This story" if story else f"The watch {literal(alert.watch, 100)}"
        return Answer(
            f"{what} is mute until {until:%Y-%m-%d %H:%M} UTC. To end it: `tocsin silence end {silence.id[:8]}`"
        )

    def _judge(self, press: Pressed, alert: Alert) -> Answer:
        said = Verdict(
            alert=alert.id,
            who=f"{press.team}/{press.user}",
            name=press.name or None,
            verdict="right" if press.action == RIGHT else "wrong",
            at=press.at,
        )
        self._store.judge(said)
        return Answer(f"Kept: this alert is {said.verdict}. It counts when rules are tried on old news.")
