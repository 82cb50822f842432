"""What a page puts around its articles: advertisements, invitations, lists of other stories.

Rules look at whole lines and never at parts of a paragraph; a line that says where a text comes from
(``Source:``, ``contributed reporting``, ``©``) is no furniture, it is a credit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LONGEST = 400
_SOCIAL = (
    r"(?:instagram|facebook|you\s?tube|twitter|koo|whats\s?app|telegram|linked\s?in|tik\s?tok|threads|x|snapchat"
    r"|pinterest|social media|flipboard|google news|apple news|bluesky|mastodon)\b"
)
_NAME = r"(?P<{}>[A-Z0-9][\w&'’.-]*(?:\s(?:of|the|and|for|&|[A-Z0-9][\w&'’.-]*)){{0,5}}?)"

_LONE = re.compile(
    r"""(?:[-–—•*>|]\s?)?(?:
      (?:advertise?ment|sponsored(?:\scontent)?|paid\scontent|ad)(?:\s(?:advertisement|thanks\sfor\swatching!?\svisit\swebsite))*
     |(?:story|article)\scontinue[sd]\s(?:below|after)
       (?:\s(?:the\s)?(?:this\s)?(?:advertisement|ad|video|newsletter\ssign-?up))?
     |scroll\s(?:down\s)?to\scontinue(?:\s(?:reading|with\scontent))?|continue\sreading(?:\s(?:the\smain\sstory|below))?
     |skip\s(?:to\s(?:main\s)?content|advertisement|ad|past\s.{1,40})|(?:skip\s)?newsletter\spromotion
     |no\s(?:related\s)?(?:stories|articles|posts|results)\sfound|loading(?:\scomments)?
     |(?:click|tap)\sto\s(?:share|print|email|expand|enlarge|play|subscribe)\b.{0,80}
     |share\s(?:this|on|via)\b.{0,60}|share\s(?:tweet|save|email|copy\slink)\b.{0,40}|copy\slink|print\sthis\b.{0,30}
     |(?:toggle\scaption|hide\scaption(?:\s\d+\sof\s\d+)?|enlarge\sthis\simage|slideshow\s\(\d+\simages\))
     |(?:post|leave|view|read|show|see)\s(?:all\s|a\s|\d+\s)*comments?(?:\s\(\d+\))?|comments?\s\(\d+\)|join\sthe\s(?:conversation|discussion)
     |sign\s(?:in|up)(?:\snow)?|log\s?in|subscribe(?:\s(?:now|today|here))?|manage\snewsletters|back\sto\stop|<!--?|<!–|//-->|//–>
     |this\sarticle\sis\smore\sthan\s\d+\syears?\sold
    )\s?[.:!…»›→]*""",
    re.IGNORECASE | re.VERBOSE,
)
"""Lines that are furniture by themselves."""

_LISTS = re.compile(
    r"""(?:[-–—•*>|]\s?)?(?:
      also\sread|read\s(?:also|more|next|this)|(?:also|must)[\s-](?:read|see|watch)|related(?:\s(?:stories|story|articles?|content
     |topics|coverage|news|links?|posts?|reading|video|videos))?|(?:more|other)\s(?:stories|headlines|from\s.{1,40}|on\sthis(?:\sstory|\stopic)?)
     |most\s(?:read|popular|viewed|shared)(?:\s(?:stories|articles|news))?|trending(?:\s(?:now|stories|news))?|popular\s(?:stories|posts)
     |recommended(?:\s(?:for\syou|stories|articles|reading))?|you\s(?:may|might)\s(?:also\s)?(?:like|be\sinterested\sin)
     |don['’]t\smiss|up\snext|see\salso|editor['’]?s['’]?\s(?:picks|choice)|top\sstories|latest\s(?:news|stories|headlines)
     |read\smore\s(?:from|on|about|at|in)\s.{1,40}|watch|more
    )\s?(?P<colon>:)?[.»›→]*""",
    re.IGNORECASE | re.VERBOSE,
)
"""Labels over a list of other stories; ``watch`` and ``more`` only with their colon."""

_BARE_WITH_COLON = frozenset(("watch", "more"))

_POINTER = re.compile(
    r"""(?:[-–—•*>|(\[]\s?)?(?:
      (?:also\sread|read\s(?:also|more|next)|related|must[\s-]read|see\salso|more\sfrom\s[^:]{1,40}|don['’]t\smiss|up\snext
     |related\s(?:story|article|video)|recommended)\s?(?::|\||–|—|\s-\s|\s»|\s→)\s?\S.{0,250}
     |(?:MORE|More|WATCH|Watch|READ|Read)\s?:\s?\S.{0,200}[^.\s"”]
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_POINTER_CASED = re.compile(r"(?:more|watch|read)\s?:", re.IGNORECASE)

_INVITATION = re.compile(
    rf"""(?:[-–—•*>|(\[]\s?)?(?:(?:please|to\s(?:read|get|see|receive)\smore[^.]{{0,60}},?)\s)?(?:
      (?:click|tap)\s(?:here|on\sthe\slink|below)\b.{{0,200}}
     |sign\sup\s(?:here\s|now\s|today\s|below\s)?(?:for|to)\s.{{0,160}}\b(?:newsletters?|emails?|e-mails?|inbox|alerts?|briefing|updates)\b.{{0,200}}
     |sign\sup\shere\b.{{0,200}}|sign\sup\sfor\s(?:daily|our|the|free)\b.{{0,120}}newsletters?\b.{{0,60}}
     |subscribe\s(?:to|for|today\sto|now\sto|and)\s.{{0,160}}\b(?:newsletters?|podcast|channel|inbox|alerts?|edition|print|digital|unlimited|itunes|feed|offers?)\b.{{0,120}}
     |subscribe\s(?:to|for)\s(?:our|us|the|free|unlimited)\b.{{0,120}}
     |get\s.{{0,120}}\b(?:delivered\sto\syour|in\syour\s(?:inbox|e-?mail)|to\syour\s(?:inbox|phone))\b.{{0,160}}
     |(?:follow|like|find|join|connect\swith|add|watch|listen\sto)\s(?:us|our\s.{{1,60}}|me|him|her|them|[@\w.'’&\s-]{{1,60}}?)\s(?:on|at|via)\s(?:the\s|our\s|their\s)?{_SOCIAL}.{{0,160}}
     |(?:follow|like)\sus(?:\s(?:here|now))?|stay\s(?:connected|tuned|up\sto\sdate|updated|informed)\s(?:to|with|on|by)\s.{{1,300}}
     |listen\sto\sour\spodcasts?\b.{{0,120}}|download\s(?:the|our)\s.{{0,60}}\bapps?\b.{{0,120}}
     |for\s(?:the\s|all\s(?:the\s)?)?(?:latest|more)\s[^.]{{0,140}}\b(?:news|headlines|updates|stories)\b[^.]{{0,80}}\b(?:head|go|tune\sin|log\son|visit|follow|stay\swith|download|subscribe|keep\sreading|check)\b.{{0,120}}
     |catch\sall\sthe\s.{{1,160}}|by\s(?:signing\sup|subscribing|clicking|entering)\b.{{0,120}}\b(?:you\sagree|you\sconsent)\b.{{0,160}}
     |(?:we|this\s(?:site|website))\suses?\scookies\b.{{0,200}}|you\scan\sunsubscribe\b.{{0,120}}|all\srights\sreserved
     |(?:please\s)?(?:enable|turn\son)\sjavascript\b.{{0,120}}|your\sbrowser\s(?:does\snot|doesn['’]t)\ssupport\b.{{0,120}}
     |watch\sthe\slatest\svideo\sat\s\S+|send\s(?:your\s)?(?:news\s)?tips\sto\s\S+
     |(?:got|have)\s(?:a\s)?(?:news\s)?tips?\?\s.{{1,160}}|support\s(?:real|local|independent|our)\sjournalism\b.{{0,200}}
     |the\spost\s(?-i:[^a-z]).{{0,250}}\s(?:first\sappeared|appeared\sfirst)\son\s(?-i:[A-Z0-9]).{{1,80}}
    )[.!…»›→)\]]*""",
    re.IGNORECASE | re.VERBOSE,
)

_FIRST_LETTERS = frozenset("abcdefghijlmnopqrstuvwyABCDEFGHIJLMNOPQRSTUVWY<-–—•*>|([/")
_FIRST_WORDS = re.compile(
    r"(?:[-–—•*>|(\[/<!]\s?)*(?:ad\b|advert|sponsored|paid|story|article|scroll|continue|skip|news|no\b|loading|click|tap|share"
    r"|copy|print|toggle|hide|enlarge|slideshow|post|leave|view|read|show|see|comments?\b|join|sign|log|subscribe|manage|back"
    r"|this|also|must|related|more|other|most|trending|popular|recommended|you|don|up\b|editor|top\b|latest|watch|please|to\b"
    r"|get\b|follow|like|find|connect|add\b|listen|stay|download|for\b|catch|by\b|we\b|all\b|enable|turn|send|got\b|have"
    r"|support|the\spost\b|//|!|–)",
    re.IGNORECASE,
)

_FROM_FURNITURE = (
    re.compile(
        rf"(?i:Stay (?:connected|tuned|updated) (?:to|with)) (?!(?i:us|our)\b){_NAME.format('a')} "
        rf"(?i:on|via) (?i:{_SOCIAL})"
    ),
    re.compile(
        r"For (?:the )?latest (?:.{0,140}\b)?news\b.{0,140}\b"
        r"(?:head (?:over )?to|go to|tune in to|stay with|log on to) "
        rf"{_NAME.format('b')}\.?$"
    ),
    re.compile(rf"The post .{{1,250}} (?:first appeared|appeared first) on {_NAME.format('c')}\.?$"),
)
_OWN_STAFF = re.compile(
    rf"(?:[-–—•*(]\s?)?(?:The )?{_NAME.format('own')}(?:['’]s|(?<=s)['’]) (?P<people>[A-Z][^'’]{{2,150}}?) "
    r"contributed (?:reporting|to this (?:report|story|article))(?: from [A-Z][\w .,]{1,40})?[.)]*"
)
_POSSESSIVE = re.compile("['’]s? ")
_PERSON = re.compile(r"[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){1,3}")
_TERMINAL = re.compile(r"[.。!?！？…:;][\"'”’»)\]]*$")
_FULL_STOP = re.compile(r"[.。:;…][\"'”’»)\]]*$")
_ENDS_ABBREVIATED = re.compile(r"\b(?:[A-Z]\.){2,}[\"'”’)]*$|\b(?:Jr|Sr|Inc|Co|Corp|Ltd|St)\.$")
_CREDIT = re.compile(
    r"[-–—(©]|(?:source|contribut|reporting|copyright|with inputs|edited by|photo|image)|.*(?:©|copyright|contribut)",
    re.IGNORECASE,
)
_HEADLINE = 200
_SUBHEAD_WORDS = 4
_TAIL = 24
_BODY = 100
_FEWEST_WORDS = 3
_LIST_LENGTH = 6


@dataclass(frozen=True)
class Swept:
    """The lines that are the article, and the outlet that the furniture names (or None)."""

    lines: list[str]
    outlet: str | None


def is_closed(line: str) -> bool:
    """Whether the line ends as a sentence of running text ends; a headline's ``U.S.`` and ``Jr.`` do not count."""
    tail = line[-_TAIL:]
    return _TERMINAL.search(tail) is not None and _ENDS_ABBREVIATED.search(tail) is None


def is_headline(line: str) -> bool:
    """Whether the line could be a headline: some words, short, and no full stop."""
    if len(line) > _HEADLINE or not any(map(str.isalpha, line)):
        return False
    tail = line[-_TAIL:]
    if _FULL_STOP.search(tail) is not None and _ENDS_ABBREVIATED.search(tail) is None:
        return False
    return line.count(" ") + 1 >= _FEWEST_WORDS or (not line.isascii() and len(line) > 2 * _FEWEST_WORDS)


def sweep(lines: list[str]) -> Swept:
    """Takes the furniture out of an article's lines, and reads off it which outlet the page belongs to."""
    kept: list[str] = []
    outlet: str | None = None
    listed = 0
    for place, line in enumerate(lines):
        kind = _kind(line)
        if kind == "list":
            listed = _LIST_LENGTH
        elif kind == "furniture":
            outlet = outlet or _named(line)
        elif listed and _is_listed(line, lines[place + 1 : place + 2], first=listed == _LIST_LENGTH):
            listed -= 1
        else:
            listed = 0
            kept.append(line)
    return Swept(kept, outlet)


def _is_listed(line: str, below: list[str], *, first: bool) -> bool:
    """Whether a line below a label belongs to its list: another story's headline, not a credit or the next subhead."""
    if not is_headline(line) or _CREDIT.match(line) is not None:
        return False
    body_next = bool(below) and len(below[0]) > _BODY and is_closed(below[0])
    return first or not body_next or line.count(" ") >= _SUBHEAD_WORDS


def _kind(line: str) -> str:
    if len(line) > _LONGEST or line[0] not in _FIRST_LETTERS or _FIRST_WORDS.match(line) is None:
        return "article"
    label = _LISTS.fullmatch(line)
    if label is not None and (label["colon"] or line.strip(" :").lower() not in _BARE_WITH_COLON):
        return "list"
    if _LONE.fullmatch(line) is not None or _INVITATION.fullmatch(line) is not None:
        return "furniture"
    if _POINTER.fullmatch(line) is not None and not (
        _POINTER_CASED.match(line) is not None and is_closed(line)
    ):
        return "furniture"
    return "article"


def _named(line: str) -> str | None:
    for pattern in _FROM_FURNITURE:
        found = pattern.match(line)
        if found is not None:
            return next(name for name in found.groups() if name).strip(" .")
    return None


def own_staff(lines: list[str]) -> str | None:
    """The outlet whose own people are thanked at the end (``CNN's Jennifer Hansler contributed reporting.``).

    Where people of two outlets are thanked by name, neither is taken for the outlet.
    """
    for line in lines[-4:]:
        if "contributed" not in line or len(line) > _HEADLINE * 2:
            continue
        found = _OWN_STAFF.fullmatch(line)
        if found is None or _POSSESSIVE.search(found["own"]) is not None:
            continue
        if _PERSON.match(found["people"]) is not None:
            article = "The " if line.startswith("The ") and found["own"].count(" ") else ""
            return article + found["own"]
    return None
