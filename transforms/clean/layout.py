"""The one normal form of a text: NFC, no control or invisible characters, a paragraph to a line.

Files end lines where they like; feeds send ``<p>``. So every line with words is a paragraph, except in
text that was wrapped to a width, whose lines are joined again.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

from transforms.clean.lossy import restore
from transforms.clean.mojibake import name_controls, repair, unescape

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_JOINER = re.compile("[\u200c\u200d]+")
_SPELLED_WITH_JOINERS = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)
_ROUNDS = 4
_WRAPPED_WIDTH = 130
_WRAPPED_LINES = 5
_PLAIN = bytes([*b"\n", *range(0x20, 0x7F)])
_TYPOGRAPHY = "‘’“”–—…•€£°"
"""What most English news has beyond ASCII: nothing here is invisible, composed, or the trace of a wrong decoding."""

_ENDS = frozenset(".!?:;…。！？\"'”’»)")


def legible(text: str) -> str:
    """The text as its author typed it: references and wrong decoding undone, nothing invisible, NFC.

    Lines stay lines. Never raises; a lone surrogate is dropped. A second call changes nothing.
    """
    text = unescape(text)
    if text.isascii():
        return text if _is_printable(text) else _INVISIBLE.sub("", text)
    for _ in range(_ROUNDS):
        better = _legible(text)
        if better == text:
            break
        text = better
    return text


def _legible(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    text = repair(composed)
    if not _is_printable(text):
        text = _JOINER.sub(_joiner, _INVISIBLE.sub("", name_controls(text)))
    if "â" in text or "\ufffd" in text:
        text = restore("\n".join(text.splitlines()))
    return text if text == composed else unicodedata.normalize("NFC", text)


def is_everyday(text: str) -> bool:
    """Whether a text is printable ASCII, line ends and usual typography alone: then it is legible as it stands.

    Asked first, because most articles are, and it costs a quarter of looking for each kind of damage.
    """
    beyond = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    return not beyond.decode("utf-8", "surrogatepass").strip(_TYPOGRAPHY)


def _is_printable(text: str) -> bool:
    """Whether a text holds letters, marks, signs, blanks and line ends alone: the quickest test for a clean one."""
    return text.replace("\n", " ").isprintable()


def _joiner(found: re.Match[str]) -> str:
    """Scripts that spell with joiners keep one; elsewhere they are dirt."""
    beside = found.string[max(0, found.start() - 1) : found.start()]
    return found[0][0] if _SPELLED_WITH_JOINERS.match(beside) is not None else ""


def paragraphs(text: str, *, everyday: bool = False) -> list[str]:
    """The paragraphs of a legible text, each on one line, blanks single, none empty.

    Args:
        text: as ``legible`` gives it.
        everyday: it is known to be ``is_everyday``; else every character is looked at.
    """
    lines = text.split("\n")
    tidy = all(line == line.strip(" ") for line in lines) and "  " not in text
    if not (tidy and (everyday or _is_printable(text))):
        lines = [" ".join(line.split()) for line in text.splitlines()]
    if _is_wrapped(lines):
        lines = _unwrapped(lines)
    return [line for line in lines if line]


def one_line(text: str) -> str:
    """A title: one line, blanks single."""
    return " ".join(text.split())


def _is_wrapped(lines: list[str]) -> bool:
    """Whether lines break in mid-sentence again and again, at a width that no paragraph exceeds."""
    if len(lines) <= _WRAPPED_LINES or max(map(len, lines)) > _WRAPPED_WIDTH:
        return False
    meeting = sum(bool(above) and bool(below) for above, below in pairwise(lines))
    running = sum(
        bool(above) and below[:1].islower() and above[-1] not in _ENDS for above, below in pairwise(lines)
    )
    return running >= _WRAPPED_LINES - 2 and running * 4 >= meeting


def _unwrapped(lines: list[str]) -> list[str]:
    """Blocks between blank lines as one line each; without blank lines, a short line that ends a sentence ends one."""
    blocks = "" in lines[1:-1]
    width = max(map(len, lines))
    joined: list[str] = []
    block: list[str] = []
    for line in lines:
        if line:
            block.append(line)
        ends = not line if blocks else bool(line) and line[-1] in _ENDS and len(line) * 4 < width * 3
        if ends and block:
            joined.append(" ".join(block))
            block = []
    return [*joined, " ".join(block)]
