"""Credits: what an article says about where it got its news: wire, source, contributor, cites.

``outlets.py`` finds the names of known outlets, ``wording.py`` holds the phrases that make a name a credit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transforms.article import Article, Credit, CreditKind, FieldName
from transforms.credits import wording
from transforms.credits.outlets import Named, Outlets
from transforms.entity import Entity

__all__ = ["Credits", "Outlets", "find_credits", "read_credits"]

_NEAR = 90
"""Characters beside a name that may make it a credit."""
_HEAD, _TAIL = 6, 8
"""Lines at the beginning and at the end of a text in which datelines and taglines stand."""
_LONG_LINE = 300
_ACCORDING = re.compile(r"according|from|by|in|on", re.IGNORECASE)
_BARE_SOURCE = re.compile(
    r"[(\[]?\s*(?:news\s+|original\s+)?sources?\b|.*\b(?:originally|first|published|appeared|reprinted)\b",
    re.IGNORECASE,
)


class Credits(NamedTuple):
    """What an article credits, and where its people spoke although the text was taken from elsewhere.

    ``spoken`` holds the outlets of interviews that are no credit of this article, because it names whose text it
    took: the news comes from there in the end all the same.
    """

    credits: tuple[Credit, ...]
    spoken: tuple[Credit, ...] = ()


def find_credits(article: Article, outlets: Outlets) -> tuple[Credit, ...]:
    """The credits of ``read_credits`` alone."""
    return read_credits(article, outlets).credits


def read_credits(article: Article, outlets: Outlets) -> Credits:
    """Where the article says that its news comes from: one credit for each outlet and kind, at its first place.

    The span is the phrase that gives the credit, name included. ``outlet`` is the known outlet's name, or the name
    as written where it is not known (then ``id`` is None). The article's own outlet is never cited; a place where
    someone merely spoke (an interview) counts only where no source or wire is named. Linear in the length.

    Args:
        article: as it is stored; ``outlet`` and ``url`` tell which outlet is its own.
        outlets: the known outlets.
    """
    own = outlets.known(article.outlet) or outlets.at(article.url)
    text = article.text
    lines = list(_lines(text))
    named = list(outlets.find(text))
    stated = [
        *_wires(text, lines, outlets),
        *_sources(text, lines, outlets),
        *_contributors(text, outlets),
    ]
    taken = [(credit.start, credit.end) for credit in stated]
    strong, weak = _cited(text, "text", named, taken)
    headline = article.of("title")
    strong_title, weak_title = _cited(headline, "title", list(outlets.find(headline)), [])
    cites = [*strong_title, *strong]
    spoken = [credit for credit in (*weak_title, *weak) if not _own(credit, article, own)]
    if not any(credit.kind in {"wire", "source"} for credit in stated):
        cites, spoken = [*cites, *spoken], []
    given = {credit.id or credit.outlet for credit in stated if credit.kind in {"wire", "source"}}
    cites = [
        credit for credit in cites
        if not _own(credit, article, own) and (credit.id or credit.outlet) not in given
    ]  # fmt: skip
    known = {credit.id or credit.outlet for credit in (*stated, *cites)}
    spoken = [credit for credit in spoken if (credit.id or credit.outlet) not in known]
    return Credits(_first_of_each([*stated, *cites]), _first_of_each(spoken))


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The lines that are not blank."""
    at = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            yield at, at + len(line)
        at += len(line) + 1


def _own(credit: Credit, article: Article, own: Entity | None) -> bool:
    if own is not None and credit.id == own.id:
        return True
    return bool(article.outlet) and credit.outlet.casefold() == str(article.outlet).casefold()


def _first_of_each(found: list[Credit]) -> tuple[Credit, ...]:
    first: dict[tuple[str, str], Credit] = {}
    for credit in sorted(found, key=lambda credit: (credit.field == "text", credit.start, credit.end)):
        first.setdefault((credit.id or credit.outlet.casefold(), credit.kind), credit)
    return tuple(first.values())


def _credit(kind: CreditKind, name: str | Entity, start: int, end: int, field: FieldName = "text") -> Credit:
    if isinstance(name, Entity):
        return Credit(start=start, end=end, field=field, outlet=name.name, kind=kind, id=name.id)
    return Credit(start=start, end=end, field=field, outlet=name, kind=kind)


def _agency(name: str, outlets: Outlets) -> Entity | None:
    known = outlets.known(name.strip(" .,;:()[]"))
    return known if known is not None and known.agency else None


def _wires(text: str, lines: Sequence[tuple[int, int]], outlets: Outlets) -> Iterator[Credit]:
    """Datelines and opening marks at the head of the text, taglines, signatures and copyright at its end."""
    for place, (start, end) in enumerate(lines[:_HEAD]):
        yield from _dateline(text, start, min(end, start + 160), outlets)
        if end - start <= _LONG_LINE and place < 4:  # noqa: PLR2004 - bylines stand above the text
            yield from _byline(text, start, end, outlets)
    for start, end in lines[-_TAIL:]:
        yield from _tagline(text, start, end, outlets)
    for start, end in lines[-2:]:
        yield from _signature(text, start, end, outlets)
    for agency_name, line in wording.STANDING:
        if (stands := line.search(text)) is not None:
            yield _credit("wire", outlets.known(agency_name) or agency_name, *stands.span())
    for match in wording.THIS_ARTICLE.finditer(text):
        agency = _agency(match["name"], outlets)
        if agency is not None:
            yield _credit("wire", agency, *match.span())


def _dateline(text: str, start: int, end: int, outlets: Outlets) -> Iterator[Credit]:
    match = wording.DATELINE.match(text, start, end)
    if match is not None:
        known = outlets.known(match["name"])
        if known is not None:
            yield _credit("wire", known, match.start("name") - 1, match.end("name") + 1)
        elif match["name"].isupper() and match["name"].isalpha() and _is_place(match["place"]):
            yield _credit("wire", match["name"], match.start("name") - 1, match.end("name") + 1)
        return
    opening = wording.OPENING.match(text, start, end)
    if opening is not None and (agency := _agency(opening["name"], outlets)) is not None:
        yield _credit("wire", agency, opening.start(), opening.end("name") + 1)
        return
    bare = re.match(
        r"(?P<place>[^()\n]{0,60}?)\b(?P<name>[A-Z][\w. -]{1,30}?)\s*(?:[-–—―]|--)\s+\S", text[start:end]
    )
    if (
        bare is not None
        and (agency := _agency(bare["name"], outlets)) is not None
        and _is_place(bare["place"])
    ):
        yield _credit("wire", agency, start + bare.start("name"), start + bare.end("name"))


def _is_place(text: str) -> bool:
    """Whether this may stand before the agency in a dateline: a place, a date, nothing else."""
    words = re.findall(r"[^\W\d_]+", text)
    return len(words) <= 8 and all(word[:1].isupper() or len(word) <= 3 for word in words)  # noqa: PLR2004


def _byline(text: str, start: int, end: int, outlets: Outlets) -> Iterator[Credit]:
    """``By Jane Doe, Associated Press`` or the agency alone on its line."""
    line = text[start:end].strip()
    if line.endswith(":"):
        return
    agency = _agency(re.sub(r"^(?:by|from)\s+", "", line, flags=re.IGNORECASE), outlets)
    if agency is None and re.match(r"by\s", line, re.IGNORECASE):
        parts = re.split(r",|\||\s+[-–—]\s+|\bof\b|\bfor\b|\band\b", line)
        agency = next((known for part in parts[1:] if (known := _agency(part.strip(), outlets))), None)
    if agency is not None:
        yield _credit("wire", agency, start, end)


def _tagline(text: str, start: int, end: int, outlets: Outlets) -> Iterator[Credit]:
    window = max(start, end - 600)
    for reporting in wording.REPORTING.finditer(text, window, end):
        close = text.find(")", reporting.end(), end)
        stop = close + 1 if close >= 0 else end
        named = next((one.outlet for one in outlets.find(text[reporting.start() : stop])), None)
        yield _credit("wire", named or outlets.known("Reuters") or "Reuters", reporting.start(), stop)
    line = wording.REPORTING_LINE.match(text, start, end)
    if line is not None:
        yield _credit("wire", outlets.known("Reuters") or "Reuters", start, end)
    for mark in wording.COPYRIGHT.finditer(text, window, end):
        one = next((one for one in outlets.find(mark["name"])), None)
        if one is not None and one.outlet.agency:
            yield _credit("wire", one.outlet, mark.start(), mark.start("name") + one.end)


def _signature(text: str, start: int, end: int, outlets: Outlets) -> Iterator[Credit]:
    """``— AFP`` or ``(ANI)`` behind the last sentence; a person's name before a stroke credits a picture."""
    signed = wording.SIGNED.search(text, max(start, end - 60), end)
    if signed is None:
        return
    before = text[start : signed.start()].rstrip()
    if before and before[-1] not in '.!?”"’)':
        return
    if (agency := _agency(signed["name"], outlets)) is not None:
        yield _credit("wire", agency, signed.start(), signed.end())


def _sources(text: str, lines: Sequence[tuple[int, int]], outlets: Outlets) -> Iterator[Credit]:
    """``Source: India Today`` on a line of its own, ``(Source: …)``, and where a text first appeared."""
    for start, end in lines:
        if end - start <= _LONG_LINE:
            line = wording.SOURCE.match(text, start, end)
            if line is not None:
                yield from _line_names(text, line.start(), line.start("name"), line.end("name"), outlets)
                continue
        bracket = wording.SOURCE_IN_BRACKETS.search(text, max(start, end - 100), end)
        if bracket is not None:
            yield from _line_names(text, bracket.start(), bracket.start("name"), bracket.end("name"), outlets)
    for match in wording.ORIGINALLY.finditer(text):
        yield from _line_names(text, match.start(), match.start("name"), match.end("name"), outlets)


def _line_names(text: str, start: int, first: int, last: int, outlets: Outlets) -> Iterator[Credit]:
    """The names that a source line gives: those known, else the line's first name as it is written."""
    words = text[first:last]
    if wording.PICTURES.search(words) or wording.PICTURES.search(text[start:first]):
        return
    known = list(outlets.find(words))
    if known:
        for one in known:
            yield _credit("source", one.outlet, start, first + one.end)
        return
    bare = re.match(wording.NAME, words)
    stated = _BARE_SOURCE.match(text, start, first)
    if bare is not None and stated is not None and not re.match(r"\s*[a-z]", words[bare.end() :]):
        name = bare.group().rstrip(".,")
        if name:
            yield _credit("source", name, start, first + len(name))


def _contributors(text: str, outlets: Outlets) -> Iterator[Credit]:
    """``CNN’s Jane Doe contributed reporting``, ``(With inputs from PTI)``."""
    for match in re.finditer(r"\b(?:contributed|assisted)\b", text):
        floor = max(
            text.rfind("\n", 0, match.start()) + 1, match.start() - 220, _sentence(text, match.start())
        )
        said = wording.CONTRIBUTED.match(text, floor, min(len(text), match.end() + 80))
        if said is None:
            continue
        for one in outlets.find(said["names"]):
            yield _credit("contributor", one.outlet, floor + one.start, said.end())
        if not list(outlets.find(said["names"])):
            possessive = re.search(rf"(?P<name>{wording.NAME})[’']s?\s", said["names"])
            if possessive is not None:
                yield _credit("contributor", possessive["name"], floor + possessive.start(), said.end())
    for match in wording.WITH_INPUTS.finditer(text):
        known = list(outlets.find(match["names"]))
        for one in known:
            yield _credit("contributor", one.outlet, match.start(), match.start("names") + one.end)
        if known:
            continue
        name = re.match(wording.NAME, match["names"])
        # A bare name of two or three words is a colleague's, unless it looks like an outlet's.
        if name is not None and (wording.MEDIA.search(name.group()) or name.group().rstrip(".").isupper()):
            yield _credit(
                "contributor", name.group().rstrip(".,"), match.start(), match.start("names") + name.end()
            )


def _sentence(text: str, at: int) -> int:
    """Where the sentence or bracket around this offset begins, at most 220 characters before it."""
    floor = max(0, at - 220)
    begin = floor
    for match in re.finditer(r"[.!?]\s+(?=[^\W\d_a-z])|[(\[]", text[floor:at]):
        begin = floor + match.end()
    return begin


def _cited(
    text: str, field: FieldName, named: Sequence[Named], taken: Sequence[tuple[int, int]],
) -> tuple[list[Credit], list[Credit]]:  # fmt: skip
    """Outlets that are said to have reported: surely, and those that merely were spoken to."""
    strong: list[Credit] = []
    weak: list[Credit] = []
    covered = sorted(set(taken))
    passed = reach = 0
    previous: tuple[Named, Credit] | None = None
    pending: list[Named] = []
    for one in named:
        while passed < len(covered) and covered[passed][0] <= one.start:
            reach = max(reach, covered[passed][1])
            passed += 1
        if one.start < reach:
            continue
        if pending and not wording.JOINED.fullmatch(text, pending[-1].end, one.start):
            pending = []
        credit, sure = _judge(text, field, one)
        if (
            credit is None
            and previous is not None
            and wording.JOINED.fullmatch(text, previous[0].end, one.start)
        ):
            credit, sure = _credit("cites", one.outlet, one.start, one.end, field), previous[1] in strong[-1:]
        if credit is None:
            pending.append(one)
            continue
        (strong if sure else weak).append(credit)
        if sure and credit.end > one.end:
            strong.extend(_credit("cites", other.outlet, other.start, other.end, field) for other in pending)
        pending = []
        previous = one, credit
    strong.extend(_unknown(text, field, named))
    return strong, weak


def _judge(text: str, field: FieldName, one: Named) -> tuple[Credit | None, bool]:
    """Whether the words around a name make it a credit, and whether it is a sure one."""
    begin = max(text.rfind("\n", max(0, one.start - _NEAR), one.start) + 1, one.start - _NEAR, 0)
    before, stop = text[begin : one.start], min(len(text), one.end + _NEAR)
    said = wording.TO.search(before)
    if said is not None and not (
        _ACCORDING.match(said.group()) and wording.NO_CREDIT.match(text, one.end, stop)
    ):
        return _credit("cites", one.outlet, begin + said.start(), one.end, field), True
    if wording.SUBJECT.search(before):
        return None, False
    for pattern in (wording.REPORTED, wording.PERSON_REPORTED):
        if (said := pattern.match(text, one.end, stop)) is not None:
            return _credit("cites", one.outlet, one.start, said.end(), field), True
    if (said := wording.INTERVIEW.search(before)) is not None:
        return _credit("cites", one.outlet, begin + said.start(), one.end, field), False
    for pattern in (wording.REPORT, wording.SAID):
        if (said := pattern.match(text, one.end, stop)) is not None:
            return _credit("cites", one.outlet, one.start, said.end(), field), True
    return None, False


def _unknown(text: str, field: FieldName, named: Sequence[Named]) -> Iterator[Credit]:
    """Outlets that no gazetteer knows, by the look of their names."""
    places = {one.start for one in named} | {one.end for one in named}
    for pattern in (wording.UNKNOWN_TO, wording.UNKNOWN_REPORTED):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if not any(place in places for place in range(start, end + 1)):
                name = re.sub(r"^(?:[Tt]he|But|And|As|In)\s+", "", match["name"])
                yield _credit("cites", name, match.start(), match.end(), field)
