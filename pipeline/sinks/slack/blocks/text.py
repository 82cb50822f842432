"""Text for Slack: made harmless, escaped, counted as Slack counts, and put into the blocks that hold it.

Text from articles is shown as it is: it names nobody, links nowhere and formats nothing. Only an article's own
address becomes a link, and only where ``address`` finds it one that a reader may be sent to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from pipeline.sinks import wording
from pipeline.sinks.hostile import address, clip, harmless
from transforms.article import Severity

Block = dict[str, Any]

BLOCKS: Final = 50
HEADER: Final = 150
SECTION: Final = 3000
BUTTON: Final = 75
VALUE: Final = 2000
ALL_TEXT: Final = 12_000
"""All text of all blocks: Slack states no limit, and refuses messages from about 13,200 on."""

BELLS: Final[dict[Severity, str]] = {"high": "🔴", "normal": "🟠", "low": "⚪"}
"""A severity at a glance; the word stands beside it for who cannot see the colour."""

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


def width(text: str) -> int:
    """What a text counts in Slack."""
    return sum(map(units, text))


def escape(text: str) -> str:
    """Text for mrkdwn that arrives as text: ``&``, ``<``, ``>`` as entities, what would format as a lookalike."""
    if text.startswith(">"):  # at the start of a line it would be a quotation
        text = f"\u203a{text[1:]}"
    text = _FORMATS.sub(lambda found: _LOOKALIKES[found[0]], text)
    for character, entity in _ENTITIES.items():  # the ampersand is the first
        text = text.replace(character, entity)
    return text


def literal(text: str | None, limit: int) -> str:
    """Text from anywhere, escaped and cut at a word to ``limit`` units, escapes included."""
    return escape(clip(harmless(text), limit, escaped_units))


def link(url: str | None, label: str, longest: int) -> str:
    """A label that leads to an address; the label alone where there is none that a reader may be sent to.

    Args:
        url: from an article.
        label: escaped already, not empty.
        longest: how many units the address may take; a longer one is left out.
    """
    found = address(url)
    if found is None:
        return label
    found = found.replace("&", "&amp;")  # address has percent-encoded what would end the link
    return f"<{found}|{label}>" if len(found) <= longest else label


def header(text: str) -> Block:
    """The first line; plain text, in which nothing has a meaning."""
    said = clip(harmless(text), HEADER, units) or wording.NO_TITLE
    return {"type": "header", "text": {"type": "plain_text", "text": said, "emoji": False}}


def section(text: str) -> Block:
    """A paragraph of mrkdwn, of at most 3,000 units."""
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    """A small grey line."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def mrkdwn(text: str) -> dict[str, Any]:
    """Text in which only our own marks mean something."""
    # Verbatim: Slack looks for no addresses, channel names or mentions of its own accord.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def button(label: str, action: str, value: str) -> dict[str, Any]:
    """A button, known by its action."""
    text = {"type": "plain_text", "text": clip(label, BUTTON, units), "emoji": False}
    return {"type": "button", "action_id": action, "text": text, "value": value[:VALUE]}


def packed(lines: Iterable[str]) -> Iterator[Block]:
    """Lines in as few sections as they fit in; each line is below a section's limit."""
    text, taken = "", 0
    for line in lines:
        size = width(line)
        if text and taken + 1 + size > SECTION:
            yield section(text)
            text, taken = line, size
        elif text:
            text, taken = f"{text}\n{line}", taken + 1 + size
        else:
            text, taken = line, size
    if text:
        yield section(text)


def text_units(block: Block) -> int:
    """How much text a block holds, the labels of buttons included."""
    texts = [block["text"]] if "text" in block else block.get("elements", ())
    return sum(width(_said(text)) for text in texts)


def _said(text: dict[str, Any]) -> str:
    inner = text["text"]
    return str(inner["text"] if isinstance(inner, dict) else inner)


def fits(made: Sequence[Block]) -> bool:
    """Whether Slack takes so many blocks with so much text."""
    return len(made) <= BLOCKS and sum(map(text_units, made)) <= ALL_TEXT
