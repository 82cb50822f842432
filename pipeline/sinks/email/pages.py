"""The e-mail sink, the HTML body: as a newsroom reads mail, with nothing in it that is fetched from anywhere.

Every text goes in through ``_said``, every address through ``address``; styles stand at their elements, since mail
programs throw away what stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Final

from pipeline.sinks import wording
from pipeline.sinks.email.text import COVERAGE, first_link, period, told
from pipeline.sinks.hostile import address, clip, harmless
from transforms.article import Alert, Coverage, Delivery, Digest, Severity

ALARM: Final[dict[Severity, str]] = {"high": "#b3261e", "normal": "#b25e00", "low": "#5f6368"}
FONT: Final = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
BODY: Final = f"margin:0;padding:16px;background:#fff;color:#1f1f1f;{FONT};font-size:15px;line-height:1.45"
TITLE: Final = "margin:0 0 4px;font-size:20px;line-height:1.3"
FAINT: Final = "color:#5f6368;font-size:13px"
HEADING: Final = "margin:16px 0 4px;font-size:13px;font-weight:600;color:#5f6368"
MARKED: Final = "background:#fff3bf;padding:0 2px"
LINK: Final = "color:#0b57d0"
QUOTE: Final = "margin:16px 0 0;padding:0 0 0 12px;border-left:3px solid #c9a227"


def html(delivery: Delivery, names: Mapping[str, str]) -> str:
    """The alert, the reply before its alert, or the digest, as a whole page."""
    if delivery.digest is not None:
        parts = list(_digest(delivery.digest))
    else:
        told_now = delivery.reply
        reply = [f'<p style="margin:0 0 16px">{_said(told_now.text, 1000)}</p>'] if told_now else []
        parts = [*reply, *_alert(delivery.alert, names)]
    page = "\n".join(parts)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body style="{BODY}">\n{page}\n</body></html>\n'


def _alert(alert: Alert, names: Mapping[str, str]) -> Iterator[str]:
    yield f'<h1 style="{TITLE}">{_badge(alert)} {_said(wording.headline(alert), 500)}</h1>'
    yield f'<div style="{FAINT}">{_said(told(alert), 1000)}</div>'
    yield f'<h2 style="{HEADING}">Why it rang</h2>'
    for clause in wording.clauses(alert):
        words = (
            ", ".join(f'<span style="{MARKED}">{_said(word, 200)}</span>' for word in clause.words) or "held"
        )
        more = f" {wording.and_more(clause.more)}" if clause.more else ""
        yield f"<div>{_said(clause.text, 300)}: {words}{more}</div>"
    for other in alert.also:
        yield f'<div style="{FAINT}">also for {_said(other.watch, 80)} ({other.severity})</div>'
    if (quote := wording.key_quote(alert)) is not None:
        speaker = _said(harmless(quote.speaker) or "speaker unknown", 200)
        yield f'<blockquote style="{QUOTE}"><i>“{_said(quote.text, 1000)}”</i>'
        yield f'<br><b>{speaker}</b><span style="{FAINT}">, {wording.carried(quote)}</span></blockquote>'
    yield f'<p style="margin:16px 0 0"><b>{wording.counts(alert)}</b></p>'
    for group in wording.groups(alert.coverage, COVERAGE):
        yield f'<h2 style="{HEADING}">{_said(_headed(wording.heading(group, alert)), 200)}</h2>'
        yield from map(_article, group.shown)
        if group.more:
            yield f'<div style="{FAINT}">{wording.and_more(group.more)}</div>'
    subjects = "".join(
        f"<div><b>{subject}</b> {_said(', '.join(called), 1000)}</div>"
        for subject, called in wording.subjects(alert, names).items()
    )
    yield f'<div style="margin:16px 0 0;{FAINT}">{subjects}</div>'
    yield f'<p style="{FAINT}">Alert {_said(alert.id, 64)}, {wording.moment(alert.at)}</p>'


def _headed(heading: str) -> str:
    return heading[:1].upper() + heading[1:]


def _article(coverage: Coverage) -> str:
    when = coverage.published.strftime("%Y-%m-%d") if coverage.published else wording.NO_DATE
    title = _linked(_said(wording.title(coverage), 300), address(coverage.url))
    outlet = _said(wording.outlet(coverage), 100)
    return f'<div style="margin:4px 0">{outlet}: {title} <span style="{FAINT}">{when}</span></div>'


def _digest(digest: Digest) -> Iterator[str]:
    yield f'<h1 style="{TITLE}">{_said(harmless(digest.title) or "Digest", 300)}</h1>'
    yield f'<div style="{FAINT}">{_said(period(digest), 300)}</div>'
    for alert in digest.alerts:
        headline = _linked(_said(wording.headline(alert), 500), first_link(alert))
        yield f'<div style="margin:16px 0 0">{_badge(alert)} <b>{headline}</b></div>'
        yield f'<div style="{FAINT}">{_said(told(alert), 1000)}<br>{wording.counts(alert)}</div>'
    if digest.more:
        yield f'<p style="{FAINT}">{wording.and_more(digest.more)}</p>'


def _badge(alert: Alert) -> str:
    style = (
        f"background:{ALARM[alert.severity]};color:#fff;padding:2px 6px;border-radius:3px;font-size:12px;"
        "font-weight:600;vertical-align:middle"
    )
    return f'<span style="{style}">{alert.severity.upper()}</span>'


def _linked(inner: str, link: str | None) -> str:
    if link is None:
        return inner
    return f'<a href="{escape(link)}" rel="noopener noreferrer" style="{LINK}">{inner}</a>'


def _said(words: str, most: int) -> str:
    """A text as text: clipped first, so that no escape is cut in half."""
    return escape(clip(harmless(words), most))
