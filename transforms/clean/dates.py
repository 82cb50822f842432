"""When the text itself says that it was published: a labelled date with a time and a zone.

A date without a time, a time without a zone and a zone that nobody knows are not certain, and what is
not certain stays unknown.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_ZONES = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180,
    "msk": 180, "sast": 120, "wat": 60, "eat": 180, "trt": 180, "gst": 240, "pkt": 300, "ist": 330, "npt": 345,
    "ict": 420, "wib": 420, "sgt": 480, "hkt": 480, "myt": 480, "pht": 480, "awst": 480, "jst": 540, "kst": 540,
    "acst": 570, "aest": 600, "aedt": 660, "acdt": 630, "nzst": 720, "nzdt": 780, "brt": -180, "art": -180,
    "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip
"""Minutes east of Greenwich. An abbreviation that several countries use stands for the one whose press writes it
most in English: IST is India, CST and EST are North America, BST is Britain."""

_AMERICAN = {"et": -300, "ct": -360, "mt": -420, "pt": -480}
"""Zones named without saying whether it is summer: minutes east of Greenwich in winter."""

_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,6})?)?\s?(?P<half>[ap]\.?m\b\.?)?"
    r"|(?P<hour_only>\d{1,2})\s?(?P<half_only>[ap]\.?m\b\.?)"
)
_ZONE = (
    r"\(?(?:(?:GMT|UTC)?\s?(?P<sign>[+−-])(?P<zone_hour>\d{1,2}):?(?P<zone_minute>[0-5]\d)?|(?P<zone>[A-Z]{1,4}))\)?"
    r"(?![A-Za-z0-9])"
)
_DAY = (
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s)?(?:"
    r"(?P<iso>\d{4}-\d\d-\d\d)"
    r"|(?P<month>[a-z]{3,9})\.?\s(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s(?P<year>\d{4})"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)?[\s-](?P<month2>[a-z]{3,9})\.?,?[\s-](?P<year2>\d{4}))"
)
_LINK = r"(?:\s?[,|•·–—-]\s?|\sat\s|T|\s)?"
_DAY_FIRST = re.compile(rf"{_DAY}(?:{_LINK}(?:{_CLOCK})(?:\s?{_ZONE})?)?", re.IGNORECASE)
_CLOCK_FIRST = re.compile(rf"(?:{_CLOCK})\s?(?:{_ZONE})?,?\s(?:on\s)?{_DAY}", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?P<kind>(?:first\s)?published|posted|pub(?:lication)?\sdate|publish(?:ed)?\sdate|date\spublished"
    r"|(?:last\s)?(?:updated|modified)|update)(?:\s(?:on|at))?\s?:?\s(?=[\d(]|[a-z]{3,9}\.?,?\s\d|[a-z]{3,9}\s[a-z]{3}[a-z]*\s\d)",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"ubl|osted|odif|pdate|UBL|OSTED|ODIF|PDATE")
_LONGEST = 200
_LETTERS = re.compile(r"[^\W_]")
_CRAWLED = re.compile(
    r"date:?\s\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s?(?:Z|[+-]\d\d:?\d\d)?)?(?=\s|$)",
    re.IGNORECASE,
)


def stated(line: str) -> tuple[datetime | None, datetime | None, str]:
    """(published, updated, rest) of one line: what it labels so, in UTC, and the line without it.

    The rest is empty where nothing but dates stood there; a line without a labelled date comes back as it is.
    """
    if len(line) > _LONGEST or _LABELLED.search(line) is None:
        return None, None, line
    published: datetime | None = None
    updated: datetime | None = None
    rest: list[str] = []
    done = 0
    for label in _LABEL.finditer(line):
        found = _DAY_FIRST.match(line, label.end()) or _CLOCK_FIRST.match(line, label.end())
        if found is None or _calendar(found) is None:
            continue
        moment = _moment(found)
        if (
            "updated" in label["kind"].lower()
            or "modified" in label["kind"].lower()
            or label["kind"].lower() == "update"
        ):
            updated = updated or moment
        else:
            published = published or moment
        rest.append(line[done : label.start()])
        done = found.end()
    if not done:
        return None, None, line
    remains = "".join([*rest, line[done:]])
    if _LETTERS.search(remains) is None:
        return published, updated, ""
    return published, updated, line


def without_crawl_dates(lines: list[str]) -> list[str]:
    """The lines without a crawler's ``date 2024-04-27`` before them: nobody published that."""
    if not any(line.startswith(("date", "Date", "DATE")) for line in lines):
        return lines
    rest = (
        line[found.end() :].lstrip() if (found := _CRAWLED.match(line)) is not None else line
        for line in lines
    )
    return [line for line in rest if line]


def _calendar(found: re.Match[str]) -> date | None:
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        month = _MONTHS.get((found["month"] or found["month2"]).lower())
        return (
            date(int(found["year"] or found["year2"]), month, int(found["day"] or found["day2"]))
            if month
            else None
        )
    except ValueError:
        return None


def _moment(found: re.Match[str]) -> datetime | None:
    """The moment in UTC, or None where the time or its zone is missing or makes no sense."""
    day = _calendar(found)
    hour = found["hour"] or found["hour_only"]
    if day is None or hour is None:
        return None
    half = (found["half"] or found["half_only"] or "").lower()[:1]
    hours = int(hour) % 12 + 12 * (half == "p") if half else int(hour)
    try:
        local = datetime(  # noqa: DTZ001 - its zone is asked for next
            day.year, day.month, day.day, hours, int(found["minute"] or 0), int(found["second"] or 0)
        )
        minutes = _minutes_east(found, local)
        if minutes is None:
            return None
        return local.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _minutes_east(found: re.Match[str], local: datetime) -> int | None:
    if found["sign"]:
        minutes = int(found["zone_hour"]) * 60 + int(found["zone_minute"] or 0)
        return minutes if found["sign"] == "+" else -minutes
    zone = (found["zone"] or "").lower()
    if zone in _AMERICAN:
        return _AMERICAN[zone] + 60 * _american_summer(local)
    return _ZONES.get(zone)


def _american_summer(local: datetime) -> bool:
    """Second Sunday in March to first Sunday in November, 2 o'clock, as the law has it since 2007."""
    starts = _sunday(local.year, 3, 8)
    ends = _sunday(local.year, 11, 1)
    return starts <= local < ends


def _sunday(year: int, month: int, earliest: int) -> datetime:
    first = datetime(year, month, earliest, 2)  # noqa: DTZ001 - local time
    return first + timedelta(days=(6 - first.weekday()) % 7)
