"""What stands over an article: the page's name, the outlet, the headline, once or twice.

All of it is taken from the text into the fields it belongs to, and only where the text is plain about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.clean.furniture import is_closed, is_headline

LONGEST_TITLE = 500
_ZONE = 4
_OUTLET_WORDS = 5
_OUTLET_LENGTH = 40
_MASTHEAD_LENGTH = 80
_MASTHEAD_WORDS = 8
_BODY = 120
_PUNCTUATION = 16
_HEADLINE_SENTENCES = 3
_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?([A-Za-z0-9][A-Za-z0-9-]+)\.[a-z]{2,6}(?:\.[a-z]{2})?/?", re.IGNORECASE
)
_BYLINE = re.compile(
    r"(?:(?i:written|story|reported|posted|edited|photo|image)\s)?[Bb][Yy]:?\s[A-Z][^ ]*(?:\s[^ ]+){1,7}"
    r"|(?i:photo|image|file):.*"
)
_SEPARATOR = re.compile(r"\s(?:[|–—·•»]|-)\s")
_SENTENCE_END = re.compile(r"([.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[^\W_])|[。！？]")
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Cmdr|Adm|Maj|Rev|Hon|St|Mt|Ft|No|vs|v|Inc|Ltd|Corp|Co|Jr|Sr"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass"
    r"|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Vt|Va|Wash|Wis|Wyo|al|approx|cf|e\.g|i\.e)|\b[A-Z]|[A-Z]\.[A-Z])$"
)


@dataclass(frozen=True)
class Opened:
    """The article below its header: title, outlet and body lines; None where the text does not say."""

    title: str | None
    outlet: str | None
    lines: list[str]


def open_header(lines: list[str], title: str | None, outlet: str | None, *, hint: str | None) -> Opened:
    """Takes the header off an article's lines.

    Args:
        lines: the paragraphs, furniture already gone.
        title: the title that was given, or None.
        outlet: the outlet that was given, or None.
        hint: the outlet that the furniture named, or None: a line that is only this name belongs to the page.
    """
    lines, masthead = _without_masthead(lines)
    outlet = outlet or hint or masthead
    lines = _without_outlet(lines, outlet)
    given = title is not None
    if title is None and lines:
        place = _headline_at(lines)
        title = lines[place] if place is not None else _serving_sentence(lines)
    if title is not None:
        outlet = outlet or _between_titles(lines, title)
        title, outlet = _without_suffix(title, outlet, lines)
        lines = _without_outlet(_without_title(lines, title), outlet)
    if title is not None and len(title) > LONGEST_TITLE:
        if given and lines and key(title) != key(lines[0]):
            lines = [title, *lines]
        title = cut(title)
    return Opened(title, outlet, lines)


def key(line: str) -> str:
    """What two printings of one headline have in common: its letters and digits."""
    return "".join(filter(str.isalnum, line)).casefold()


def is_same(line: str, title: str, wanted: str) -> bool:
    """Whether a line prints this title (whose key is ``wanted``), give or take punctuation."""
    return abs(len(line) - len(title)) < _PUNCTUATION and key(line) == wanted


def cut(title: str) -> str:
    """At most ``LONGEST_TITLE`` characters, ended at a word where there is one to end at."""
    head = title[: LONGEST_TITLE + 1]
    at = head.rfind(" ")
    return (head[:at] if at > LONGEST_TITLE // 2 else head[:LONGEST_TITLE]).rstrip(" ,;:-–—")


def first_sentence(paragraph: str) -> str:
    """The first sentence; abbreviations and initials do not end one."""
    for found in _SENTENCE_END.finditer(paragraph[: LONGEST_TITLE * 2]):
        if (
            found[1] == "."
            and _ABBREVIATED.search(paragraph[max(0, found.start() - 8) : found.start()]) is not None
        ):
            continue
        return paragraph[: found.end()].rstrip()
    return cut(paragraph) if len(paragraph) > LONGEST_TITLE else paragraph


def _without_masthead(lines: list[str]) -> tuple[list[str], str | None]:
    """The lines without those near the top that are a page's name and its address: ``Voz media US Voz.us``."""
    outlet: str | None = None
    kept: list[str] = []
    for place, line in enumerate(lines):
        if len(kept) == _ZONE:
            return kept + lines[place:], outlet
        name = _masthead(line)
        if name is None:
            kept.append(line)
        outlet = outlet or name
    return (kept, outlet) if kept else (lines, None)


def _masthead(line: str) -> str | None:
    """The name that begins a short line and whose letters are also the label of a domain in it, or None."""
    if len(line) > _MASTHEAD_LENGTH or "." not in line or line[-1] == ".":
        return None
    words = line.split(" ")
    if len(words) > _MASTHEAD_WORDS:
        return None
    labels = {
        found[1].lower().replace("-", "")
        for word in words
        if (found := _DOMAIN.fullmatch(word.strip("|•·-()"))) is not None
    }
    if not labels:
        return None
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).strip(" |•·-–—:")
        if key(name) in labels:
            return name
    return None


def _headline_at(lines: list[str]) -> int | None:
    """Where the headline stands: a headline-like line near the top with running text below it, or None."""
    if (
        len(lines) > 1
        and len(lines[1]) > _BODY >= len(lines[0])
        and 1 < _sentences(lines[0]) <= _HEADLINE_SENTENCES
    ):
        return 0
    for place, line in enumerate(lines[:_ZONE]):
        if is_closed(line) and not is_headline(line):
            return None
        if not is_headline(line) or _BYLINE.fullmatch(line) is not None:
            continue
        below = lines[place + 1 : place + 7]
        return place if any(is_closed(each) or len(each) > _BODY for each in below) else None
    return None


def _sentences(line: str) -> int:
    """How many sentences a short line holds; a headline may be two of them."""
    count = 0
    while line:
        line = line[len(first_sentence(line)) :].lstrip()
        count += 1
    return count


def _between_titles(lines: list[str], title: str) -> str | None:
    """The name of a page that prints its headline twice, its own name between, and that name again at the end."""
    wanted = key(title)
    zone = lines[:_ZONE]
    again = [place for place, line in enumerate(zone) if is_same(line, title, wanted)]
    if len(again) < 2:  # noqa: PLR2004 - twice
        return None
    last = lines[-1]
    for line in zone[: again[-1] + 1]:
        if line == last and key(line) != wanted and _is_name(line) and len(lines) > _ZONE:
            return line
    return None


def _is_name(line: str) -> bool:
    return (
        len(line) <= _OUTLET_LENGTH
        and line.count(" ") < _OUTLET_WORDS
        and line[0].isupper()
        and not is_closed(line)
        and _BYLINE.fullmatch(line) is None
    )


def _without_suffix(title: str, outlet: str | None, lines: list[str]) -> tuple[str, str | None]:
    """``Headline | Outlet`` as headline and outlet, where the outlet is known or the headline stands alone below."""
    separators = list(_SEPARATOR.finditer(title))
    if not separators:
        return title, outlet
    head, tail = title[: separators[-1].start()].rstrip(), title[separators[-1].end() :].strip()
    if outlet is not None:
        return (head, outlet) if key(tail) == key(outlet) and head else (title, outlet)
    if _is_name(tail) and is_headline(head) and any(is_same(line, head, key(head)) for line in lines[:_ZONE]):
        return head, tail
    return title, outlet


def _without_title(lines: list[str], title: str) -> list[str]:
    """The lines without the title, wherever it stands alone; one full sentence may be the text's own and stays."""
    if is_closed(title) and not is_headline(title) and first_sentence(title) == title:
        return lines
    wanted = key(title)
    if not wanted:
        return lines
    end = len(lines) if is_headline(title) else _top(lines, title)
    rest = [line for place, line in enumerate(lines) if not (place < end and is_same(line, title, wanted))]
    return rest or lines


def _is_running(line: str) -> bool:
    return len(line) > _BODY or (is_closed(line) and not is_headline(line))


def _top(lines: list[str], title: str = "") -> int:
    """How many lines stand above the first running text that is not the title."""
    wanted = key(title)
    for place, line in enumerate(lines[:_ZONE]):
        if _is_running(line) and not is_same(line, title, wanted):
            return place
    return min(_ZONE, len(lines))


def _serving_sentence(lines: list[str]) -> str:
    """The first sentence of the first running text near the top, where nothing there is a headline."""
    return first_sentence(next((line for line in lines[:_ZONE] if _is_running(line)), lines[0]))


def _without_outlet(lines: list[str], outlet: str | None) -> list[str]:
    """The lines without the page's own name where it stands alone, at the top or at the end."""
    if outlet is None:
        return lines
    wanted = key(outlet)
    top, last = _top(lines), len(lines) - 2
    rest = [
        line
        for place, line in enumerate(lines)
        if not ((place < top or place >= last) and len(line) <= _MASTHEAD_LENGTH and key(line) == wanted)
    ]
    return rest or lines
