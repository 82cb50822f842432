"""What `tocsin check --online` asks before a deployment: Slack, the feeds, the store. Nothing is kept or sent.

* ``slack`` asks about tokens, scopes and channels.
* ``feeds`` asks each feed once, as a round would.
* ``store`` looks which schema the store has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.online.feeds import feeds_online
from pipeline.online.finding import Finding, Kind
from pipeline.online.slack import slack_online
from pipeline.online.store import store_online
from pipeline.settings.model import Settings
from transforms.watch import Rules

__all__ = ["Finding", "Kind", "online"]


def online(settings: Settings, rules: Rules, environ: Mapping[str, str]) -> Iterator[Finding]:
    """What Slack, the feeds and the store say to these settings, one finding after the other as they answer.

    Args:
        settings: without a fault.
        rules: the same.
        environ: where secrets are looked up.
    """
    yield from slack_online(settings, rules, environ)
    yield from feeds_online(settings)
    yield from store_online(settings, environ)
