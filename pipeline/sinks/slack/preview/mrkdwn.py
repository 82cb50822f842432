"""Slack's mrkdwn as HTML, by Slack's own rules: what it links, names, formats, and what it leaves as it is.

Whatever the text holds, the HTML holds no tag and no address but those that these rules make.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final
from urllib.parse import urlsplit

_CONTROL: Final = re.compile(r"<([^<>\n]*)>")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_CODE: Final = re.compile(r"`([^`\n]+)`")
_FENCE: Final = re.compile(r"```(.+?)```", re.DOTALL)
# A mark opens after what is no letter or digit, before what is no space; it closes the other way round, on its line.
_MARKED: Final = re.compile(r"(?<![A-Za-z0-9])([*_~])(?=\S)([^\n]+?)(?<=\S)\1(?![A-Za-z0-9])")
_TAGS: Final = {"*": "b", "_": "i", "~": "s"}
_EMOJI: Final = re.compile(r":([a-z0-9_+'-]+):")
_BARE: Final = re.compile(r"https?://[^\s<>\ue000-\uf8ff]+")
_QUOTED: Final = re.compile(r"(?:>|&gt;) ?")
# What is done already is kept aside behind a character that no text from Slack has.
_ASIDE: Final = re.compile("\ue000([0-9]+)\ue001")
_PRIVATE: Final = re.compile("[\ue000\ue001]")


def unescaped(text: str) -> str:
    """Text in which Slack's three entities are characters again."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def html(text: str, *, verbatim: bool = True) -> str:
    """What a text object of type mrkdwn says, as HTML.

    Args:
        text: as it stands in a text object.
        verbatim: False where Slack also links bare addresses.
    """
    return _Reading(verbatim=verbatim).whole(_PRIVATE.sub("\ufffd", text))


class _Reading:
    """One text on its way: pieces that are done wait aside, so that nothing is read twice."""

    def __init__(self, *, verbatim: bool):
        self._verbatim = verbatim
        self._done: list[str] = []

    def whole(self, text: str) -> str:
        text = _CONTROL.sub(lambda found: self._aside(_control(found[1])), text)
        text = _FENCE.sub(lambda found: self._aside(f"<pre>{_plain(found[1].strip())}</pre>"), text)
        text = _CODE.sub(lambda found: self._aside(f"<code>{_plain(found[1])}</code>"), text)
        if not self._verbatim:
            text = _BARE.sub(lambda found: self._aside(_link(unescaped(found[0]), unescaped(found[0]))), text)
        return self._back(self._lines(text.split("\n")))

    def _lines(self, lines: list[str]) -> str:
        """Lines that begin with an angle bracket are a quotation, together."""
        made, quoted = list[str](), list[str]()
        for line in lines:
            mark = _QUOTED.match(line)
            if mark is not None:
                quoted.append(self._marks(line[mark.end() :]))
                continue
            if quoted:
                made.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
                quoted = []
            made.append(self._marks(line) + "<br>")
        if quoted:
            made.append(f"<blockquote>{'<br>'.join(quoted)}</blockquote>")
        return "".join(made).removesuffix("<br>")

    def _marks(self, text: str) -> str:
        """Bold, italic, struck out, one within another; emoji; everything else as text."""
        made, place = list[str](), 0
        for found in _MARKED.finditer(text):
            tag = _TAGS[found[1]]
            made += (_words(text[place : found.start()]), f"<{tag}>{self._marks(found[2])}</{tag}>")
            place = found.end()
        return "".join((*made, _words(text[place:])))

    def _aside(self, done: str) -> str:
        self._done.append(self._back(done))  # a link may stand within code
        return f"\ue000{len(self._done) - 1}\ue001"

    def _back(self, text: str) -> str:
        return _ASIDE.sub(lambda found: self._done[int(found[1])], text)


def _words(text: str) -> str:
    """Text between the marks: spaces stay as wide as they were."""
    made, place = list[str](), 0
    for found in _EMOJI.finditer(text):
        name = escape(found[1])
        made += (_plain(text[place : found.start()]), f'<span class="emoji" title="{name}">:{name}:</span>')
        place = found.end()
    return "".join((*made, _plain(text[place:]))).replace("  ", "&nbsp; ")


def _plain(text: str) -> str:
    return escape(unescaped(text))


def _control(said: str) -> str:
    """What stands between angle brackets: a person, a channel, a call to all, a date, or a link."""
    target, bar, label = said.partition("|")
    target, label = unescaped(target), unescaped(label)
    if target[:1] in {"@", "#"}:
        return f'<span class="mention">{escape(target[0] + (label or target[1:]))}</span>'
    if target[:1] == "!":
        name = label or target[1:].partition("^")[0]
        if target.startswith("!date^"):
            return escape(label)
        return f'<span class="mention">{escape("@" + name.removeprefix("@"))}</span>'
    return _link(target, label if bar and label else target)


def _link(url: str, label: str) -> str:
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        scheme = ""
    if scheme not in {"http", "https", "mailto"}:
        return escape(label)
    return f'<a href="{escape(url)}" rel="noreferrer noopener nofollow">{escape(label)}</a>'
