"""How an alert looks in Slack: Block Kit from an Alert, within Slack's limits whatever the alert holds.

Pure functions. Text from articles is shown as it is: it names nobody, links nowhere and formats nothing. Only an
article's own address becomes a link, and only where ``address`` finds it one that a reader may be sent to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pipeline.sinks import wording
from pipeline.sinks.hostile import address, clip, harmless
from transforms.article import Alert, Coverage

Block = dict[str, Any]

BLOCKS: Final = 50
HEADER: Final = 150
SECTION: Final = 3000
ALL_TEXT: Final = 12_000
"""All text of all blocks: Slack states no limit, and refuses messages from about 13,200 on."""

CLAUSES: Final = 6
WORDS: Final = 5
FITS: Final = ((40, 1500), (25, 1500), (15, 1500), (10, 1000), (5, 400))
"""How many articles to show and how long an address may be: the first that fits; the last always does."""

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack has no escape for these: characters that look the same stand in for them, where they would format.
_LOOKALIKES: Final = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb", ":": "\u2236"}
# Between two letters or digits, as in a_name, these mark nothing; a backtick does anywhere.
_FORMATS: Final = re.compile(r"(?<![A-Za-z0-9])[*_~]|[*_~](?![A-Za-z0-9])|`|:(?=\S*:)")
_BEYOND: Final = "\uffff"


def units(character: str) -> int:
    """What a character counts in Slack: UTF-16 units, the safe reading of "characters"."""
    return 2 if character > _BEYOND else 1


def escaped_units(character: str) -> int:
    """What a character counts once it is escaped."""
    return len(_ENTITIES.get(character, "")) or units(character)


def escape(text: str) -> str:
    """Text for mrkdwn that arrives as text: ``&``, ``<``, ``>`` as entities, what would format as a lookalike."""
    text = _FORMATS.sub(lambda found: _LOOKALIKES[found[0]], text)
    for character, entity in _ENTITIES.items():  # the ampersand is the first
        text = text.replace(character, entity)
    return text


def literal(text: str | None, limit: int) -> str:
    """Text from anywhere, escaped and cut at a word to ``limit`` units, escapes included."""
    return escape(clip(harmless(text), limit, escaped_units))


def fallback(alert: Alert) -> str:
    """One line for notifications and screen readers, well under Slack's 4,000 characters."""
    kind = "" if alert.kind == "new" else f" {alert.kind}"
    return f"{alert.severity}{kind}: {literal(wording.headline(alert), 500)} · {wording.counts(alert)}"


def blocks(alert: Alert) -> list[Block]:
    """The alert as Block Kit: at most 50 blocks, 12,000 units of text, and no field over its limit."""
    for most, longest in FITS:
        made = [*_above(alert), *_coverage(alert, most, longest), *_below(alert)]
        if len(made) <= BLOCKS and sum(map(text_units, made)) <= ALL_TEXT:
            break
    return made


def text_units(block: Block) -> int:
    """How much text a block holds, in UTF-16 units."""
    texts = [block["text"]] if "text" in block else block.get("elements", ())
    return sum(sum(map(units, text["text"])) for text in texts)


def _above(alert: Alert) -> Iterator[Block]:
    headline = clip(wording.headline(alert), HEADER, units)
    yield {"type": "header", "text": {"type": "plain_text", "text": headline, "emoji": False}}
    facts = [f"*{alert.severity.upper()}*", literal(alert.watch, 100), alert.kind, literal(alert.reason, 300)]
    yield _context(" · ".join(filter(None, facts)))
    if alert.why:
        yield _section("\n".join(("*Why it rang*", *_clauses(alert))))
    if (quote := wording.key_quote(alert)) is not None:
        speaker = literal(quote.speaker, 100) or "speaker unknown"
        said = literal(quote.text, 1000)
        yield _section(f"“{said}”\n— *{speaker}*, {wording.carried(quote)}")


def _clauses(alert: Alert) -> Iterator[str]:
    clauses = wording.clauses(alert, WORDS)
    for clause in clauses[:CLAUSES]:
        words = [f"*{literal(word, 50)}*" for word in clause.words]
        more = [wording.and_more(clause.more)] if clause.more else []
        # No colon after the clause: with one inside, it could close the name of an emoji.
        yield f"• {literal(clause.text, 120)} — {', '.join(words + more) or 'held'}"
    if len(clauses) > CLAUSES:
        yield wording.and_more(len(clauses) - CLAUSES)


def _coverage(alert: Alert, most: int, longest: int) -> Iterator[Block]:
    yield {"type": "divider"}
    yield _section(f"*{wording.counts(alert)}*")
    for group in wording.groups(alert.coverage, most):
        heading = wording.heading(group, alert)
        mixed = len({wording.traced(coverage, alert) for coverage in group.shown}) > 1
        lines = [f"*{literal(heading, 200)}*"]
        for coverage in group.shown:
            source = literal(wording.traced(coverage, alert), 60) if mixed else ""
            lines.append(_line(coverage, longest) + (f" · of {source}" if source else ""))
        if group.more:
            lines.append(wording.and_more(group.more))
        yield from map(_section, _packed(lines))


def _line(coverage: Coverage, longest: int) -> str:
    title = literal(wording.title(coverage), 150)
    link = _link(coverage.url, longest)
    facts = (literal(wording.outlet(coverage), 60), wording.moment(coverage.published))
    return " · ".join((f"• <{link}|{title}>" if link else f"• {title}", *facts))


def _link(url: str | None, longest: int) -> str | None:
    """The address as it stands in ``<url|label>``; None where there is none, or none that fits."""
    link = address(url)
    if link is None:
        return None
    link = link.replace("&", "&amp;")  # address has percent-encoded what would end the link
    return link if len(link) <= longest else None


def _packed(lines: Sequence[str]) -> Iterator[str]:
    """Lines joined into as few texts as fit in a section each."""
    text = ""
    for line in lines:
        joined = f"{text}\n{line}" if text else line
        if sum(map(units, joined)) > SECTION:
            yield text
            joined = line
        text = joined
    yield text


def _below(alert: Alert) -> Iterator[Block]:
    for subject, values in (("topics", alert.topics), ("entities", alert.entities)):
        if said := literal(", ".join(filter(None, map(harmless, values))), 600):
            yield _context(f"{subject}: {said}")
    yield _context(f"{wording.moment(alert.at)} · alert {literal(alert.id, 40)}")


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_mrkdwn(text)]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # Verbatim: Slack looks for no addresses, channel names or mentions of its own accord.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
