"""A digest: alerts that were held, in one message, two short lines each, the loudest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.slack.blocks.text import BELLS, Block, context, fits, header, link, literal, packed
from transforms.article import Alert, Digest, Severity

RANKS: Final[dict[Severity, int]] = {"high": 0, "normal": 1, "low": 2}
FITS: Final = ((60, 1500), (40, 1500), (30, 1000), (20, 500), (14, 300))
"""How many alerts to show and how long an address may be: the first that fits; the last always does."""


def digest_fallback(digest: Digest) -> str:
    """One line for notifications and screen readers: what it is called, how many alerts, the loudest of them."""
    loudest = _loudest_first(digest)[0]
    title = literal(digest.title, 200) or "Digest"
    return (
        # No colon after the title: with one inside, it could close the name of an emoji.
        f"{title} · {wording.plural(_size(digest), 'alert')} since {wording.moment(digest.since)} · "
        f"{loudest.severity}: {literal(wording.headline(loudest), 500)}"
    )


def digest_blocks(digest: Digest) -> list[Block]:
    """The digest as Block Kit, within every limit of Slack's; what there is no room for is counted."""
    for most, longest in FITS:
        made = [
            header(digest.title or "Digest"),
            context(f"{wording.plural(_size(digest), 'alert')} since {wording.moment(digest.since)}"),
            {"type": "divider"},
            *packed(_lines(digest, most, longest)),
            context(f"{wording.moment(digest.at)}  ·  digest {literal(digest.id, 40)}"),
        ]
        if fits(made):
            break
    return made


def _lines(digest: Digest, most: int, longest: int) -> Iterator[str]:
    for alert in _loudest_first(digest)[:most]:
        url = alert.coverage[0].url if alert.coverage else None
        headline = link(url, literal(wording.headline(alert), 150), longest)
        # One text with a break in it: a section never parts the two lines of an alert.
        yield (
            f"{BELLS[alert.severity]} *{alert.severity.upper()}*  {headline}\n"
            f"        {wording.counts(alert)} · {literal(alert.watch, 60)}"
        )
    if left := _size(digest) - min(most, len(digest.alerts)):
        yield wording.and_more(left)


def _loudest_first(digest: Digest) -> list[Alert]:
    return sorted(digest.alerts, key=lambda alert: RANKS[alert.severity])


def _size(digest: Digest) -> int:
    return len(digest.alerts) + max(0, digest.more)
