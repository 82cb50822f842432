"""Letters that were decoded wrongly, made whole: the kind of damage that can be undone exactly.

UTF-8 read as Windows-1252 or Latin-1 (``donâ€™t``, ``PekÃ­n``), once or several times over; Windows-1252
read as Latin-1; HTML character references that were escaped again. What lost its bytes is for ``lossy.py``.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import partial

_LEADS = 0xC0
_BYTE = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}
_BYTE |= {chr(byte): byte for byte in range(0x80, 0x100)}
_TRAIL = "".join(character for character, byte in _BYTE.items() if byte < _LEADS)
"""Every character that a continuation byte of UTF-8 may have turned into."""

_SEQUENCE = re.compile(f"[\xc2-\xdf][{_TRAIL}]|[\xe0-\xef][{_TRAIL}]{{2}}|[\xf0-\xf4][{_TRAIL}]{{3}}")
_SUSPICION = re.compile(f"[\xc2-\xf4][{_TRAIL}]")
"""One pass that nearly all good text gets through; the exact and slower ``_SEQUENCE`` looks at the rest."""

_TYPOGRAPHY = frozenset("‘’“”–—…•«»·\xa0")
"""Trail characters that good text often has straight after a letter: they prove nothing."""

_LAYERS = 8
"""Rounds of repair: nothing real was encoded more often, and a text made to need more costs no more."""

_BARE_QUOTE = re.compile("â€(?![^\\W_])")
_LOST_SPACE = re.compile(r"(?<=[a-z.,;:!?)\"'’”])Â(?=\s|$)")
_LEFT_OVER = re.compile("â[\x80-\x9f€]+")
_C1 = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile(
    r"&(?:(?:amp|#38|#x26);)*(?:(?P<amp>amp|#38|#x26)|(?P<name>[a-z]{2,8}[0-9]{0,2}|#[0-9]{1,7}|#x[0-9a-f]{1,6}));",
    re.IGNORECASE,
)


def unescape(text: str) -> str:
    """HTML character references as characters, also those that were escaped again (``&amp;rsquo;``)."""
    for _ in range(_LAYERS):
        if "&" not in text or ";" not in text:
            break
        plain = _REFERENCE.sub(
            lambda found: "&" if found["amp"] else html.unescape(f"&{found['name']};"), text
        )
        if plain == text:
            break
        text = plain
    return text


def repair(text: str) -> str:
    """The text with every wrongly decoded sequence put right that decodes to something plausible.

    A sequence is touched only where its characters, as bytes, are valid UTF-8 *and* good text would not
    hold them by chance: ``MANHÃ”`` and ``cliché”—`` stay. Text without damage is returned as it is.
    """
    for _ in range(_LAYERS):
        if _SUSPICION.search(text) is None:
            break
        letters = sum(_needs_company(match[0]) for match in _SEQUENCE.finditer(text))
        repaired = _SEQUENCE.sub(partial(_decoded, company=letters), text)
        if repaired == text:
            break
        text = repaired
    if "Â" in text:
        text = _LOST_SPACE.sub("", text)
    if "â" in text:
        text = _LEFT_OVER.sub("â", _BARE_QUOTE.sub("”", text))
    return text


def name_controls(text: str) -> str:
    """Windows-1252 that was read as Latin-1: its quotation marks and dashes became control characters."""
    return _C1.sub(lambda match: match[0].encode("latin-1").decode("cp1252", "ignore"), text)


def _needs_company(run: str) -> bool:
    """Whether this sequence stands for a letter of a script whose mojibake never comes alone."""
    return run[0] not in "ÂÃâðï" and not _TYPOGRAPHY.issuperset(run[1:])


def _decoded(match: re.Match[str], company: int) -> str:
    run = match[0]
    try:
        character = bytes(_BYTE[each] for each in run).decode("utf-8")
    except UnicodeDecodeError:
        return run
    lead, trail = run[0], run[1:]
    if lead == "Â":
        return run if character < "\xa0" and trail in _TYPOGRAPHY else character
    if lead == "Ã":
        return run if trail in _TYPOGRAPHY and _ends_capitals(match) else character
    if _TYPOGRAPHY.issuperset(trail):
        return run
    if lead in "âðï":
        return character
    return character if company > 1 and unicodedata.category(character)[0] == "L" else run


def _ends_capitals(match: re.Match[str]) -> bool:
    """Whether ``Ã`` and what follows can be the end of a word in capitals and a mark, as in ``MANHÃ”``."""
    text = match.string
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return before.isupper() and not after.isalpha()
