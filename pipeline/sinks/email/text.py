"""The e-mail sink, the plain body: short lines for whoever reads mail as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.hostile import address, clip, harmless
from transforms.article import Alert, Coverage, Delivery, Digest

COVERAGE: Final = 60
"""Articles that one mail names; the others are counted."""


def text(delivery: Delivery, names: Mapping[str, str]) -> str:
    """The alert, the reply before its alert, or the digest, in lines."""
    return "".join(f"{line}\n" for line in _lines(delivery, names))


def _lines(delivery: Delivery, names: Mapping[str, str]) -> Iterator[str]:
    if delivery.digest is not None:
        yield from _digest(delivery.digest)
        return
    if delivery.reply is not None:
        yield f"{clip(harmless(delivery.reply.text), 1000)}"
        yield ""
    yield from _alert(delivery.alert, names)


def _alert(alert: Alert, names: Mapping[str, str]) -> Iterator[str]:
    yield clip(wording.headline(alert), 500)
    yield told(alert)
    yield ""
    yield "Why it rang"
    for clause in wording.clauses(alert):
        words = ", ".join(f'"{clip(word, 200)}"' for word in clause.words) or "held"
        more = f" {wording.and_more(clause.more)}" if clause.more else ""
        yield f"  {clip(clause.text, 300)}: {words}{more}"
    for other in alert.also:
        yield f"  also for {clip(harmless(other.watch), 80)} ({other.severity})"
    if (quote := wording.key_quote(alert)) is not None:
        yield ""
        yield f'"{clip(harmless(quote.text), 1000)}"'
        yield f"{clip(harmless(quote.speaker) or 'speaker unknown', 200)}, {wording.carried(quote)}"
    yield ""
    yield wording.counts(alert)
    for group in wording.groups(alert.coverage, COVERAGE):
        yield ""
        yield clip(wording.heading(group, alert), 200)
        for coverage in group.shown:
            yield from _article(coverage)
        if group.more:
            yield f"  {wording.and_more(group.more)}"
    yield ""
    for subject, called in wording.subjects(alert, names).items():
        yield f"{subject}: {clip(', '.join(called), 1000)}"
    yield f"Alert {harmless(alert.id)}, {wording.moment(alert.at)}"


def _article(coverage: Coverage) -> Iterator[str]:
    when = coverage.published.strftime("%Y-%m-%d") if coverage.published else wording.NO_DATE
    yield f"  {clip(wording.outlet(coverage), 100)}: {clip(wording.title(coverage), 300)} ({when})"
    if (link := address(coverage.url)) is not None:
        yield f"    {link}"


def _digest(digest: Digest) -> Iterator[str]:
    yield clip(harmless(digest.title) or "Digest", 300)
    yield period(digest)
    for alert in digest.alerts:
        yield ""
        yield f"[{alert.severity}] {clip(wording.headline(alert), 500)}"
        yield f"  {told(alert)}"
        yield f"  {wording.counts(alert)}"
        if (link := first_link(alert)) is not None:
            yield f"  {link}"
    if digest.more:
        yield ""
        yield wording.and_more(digest.more)


def told(alert: Alert) -> str:
    """Watch, channel and reason in one line."""
    parts = [clip(harmless(alert.watch), 80), clip(wording.channel(alert.channel), 80), alert.kind]
    return " · ".join([*parts, *filter(None, [clip(harmless(alert.reason), 500)])])


def period(digest: Digest) -> str:
    """From when to when a digest tells, and where."""
    since, at = wording.moment(digest.since), wording.moment(digest.at)
    return f"{clip(wording.channel(digest.channel), 80)} · {since} to {at}"


def first_link(alert: Alert) -> str | None:
    """The first article of an alert that a reader may be sent to."""
    return next(filter(None, (address(coverage.url) for coverage in alert.coverage)), None)
