"""Naming: marks that quote nobody, as those around a title, a nickname, a term, or a word held at arm's length.

Decided by what stands in the marks, beside them, and whether the sentence has a verb of speech. Every look is at a
bounded stretch of text.
"""

from __future__ import annotations

import re

from transforms.quotes.marks import FIRST_PERSON
from transforms.quotes.sentence import MARKS, Said
from transforms.quotes.words import DETERMINERS

_LOOK = 80
"""Characters on either side, and the longest title."""
_SHORT = 5
"""Words that a name or a term has at most."""
_WORK = (
    r"book|memoir|autobiography|biography|novel|film|movie|documentary|series|show|program|programme|podcast|episode"
    r"|magazine|newsletter|drama|comedy|sitcom|ad|spot|hits?|song|anthem|ballad|album|poem|play|track|single|musical|newspaper"
    r"|blog|op-ed|commentary"
)
_BEFORE_TITLE = re.compile(
    rf"(?:[’']s|\bon|\btitled|\bentitled|\b(?:{_WORK})(?:\s+(?:titled|entitled|called|named|including))?,?"
    r"|\b(?:co-)?(?:author|editor|writer|director|host|hosts|creator|revival|reboot|remake|chapter|screening|version"
    r"|stars?|roles?|production|cast|tune|performance|episode|edition|broadcast|airing|taping|segment|rendition)\s+(?:of|in|to|on)(?:\s+the)?"
    r"|\binterview\s+(?:with|on|to)|\bsp(?:eaking|oke)\s+to|\btold)\s*$",
    re.IGNORECASE,
)
_OF_A_WORK = re.compile(
    r",?\s*(?:(?:stars?|host|co-host|reboot|sequel|actor|actress|creator|anchor|author|singer|fame|episode|pageant|finale)\b"
    rf"|(?:an?|the|his|her)\s+(?:[\w-]+\s+){{0,3}}?(?:{_WORK})\b|by\s+(?:the\s+)?[A-Z])"
)
_BY_WHOM = re.compile(r"\s*by\s+(?:the\s+)?[A-Z]")
_DETERMINED = re.compile(
    r"(?:\b(?:an?|the|this|that|these|those|their|his|her|its|our|so-called|some|any|no|own)|[’']s?)\s*$",
    re.IGNORECASE,
)
_NOUN_BEHIND = re.compile(
    r"\s*(?:movement|levels?|crowd|list|t?-?shirts?|hats?|signs?|buttons?|wing|candidates?|supporters?|voters?|headlines?"
    r"|effect|issue|narrative|campaign|primary|primaries|policy|plan|program|phrase|category|tax|label|lane)\b"
)
_UTTERED = re.compile(
    r"\b(?:slogans?|cry|cries|chants?|calls|shouts?|signs?|banners?|read|reads|reading|saying|mouthing|words?|phrase)"
    r"(?:\s+of)?[,:]?\s*$",
    re.IGNORECASE,
)
"""Before a mark: what tells that words were said or shown, though no verb attributes them."""
_SO_CALLED = re.compile(r"\bso[- ]called\s*$", re.IGNORECASE)
_PRESSED = re.compile(r"\b(?:click|press|tap|select|type|enter|choose)(?:\s+on)?\s*$", re.IGNORECASE)
"""Before a mark: what follows is written on a button."""
_CALLED = re.compile(
    r"\b(?:(?:writing|posting|performing|recording)\s+as|code-?named"
    r"|(?:accounts?|groups?|organi[sz]ations?|compan(?:y|ies)|websites?|sites?|apps?|firms?|bands?|initiatives?|programs?"
    r"|hashtags?|channels?|outlets?|pages?)\s+(?:called|named))\s*$"
)
_DOES = re.compile(
    r"\s*(?:(?:is|was|are|were|has|had|will|would|does|did|means?|meant|refers?|follows?|tells|opens|opened|stars|starred"
    r"|began|begins|became|ran|won|includes?|included)\b)"
)
"""Behind a mark: the words in it are the subject of this verb."""
_SPOKEN = re.compile(
    r"\b(?:said|says?|told|tells|wrote|writes|call(?:ed|s)|add(?:ed|s)|described|statement|[Aa]ccording)\b"
)
_UTTERS = re.compile(
    r"\b(?:charg(?:ed|es|ing)|intimat\w+|vent(?:ed|s|ing)|cry(?:ing)?|cries|cried|calls?\s+(?:for|on|to)|broadside|accus\w+|claim\w*"
    r"|argu\w+|warn\w*|insist\w*|known\s+as|label\w*|jok(?:e[ds]?|ing)|slogans?|rul(?:ed|ing)|testif\w+|critici\w+|champion\w*"
    r"|promis\w+|vow\w*|pledg\w+|tweet\w*|urg(?:ed|es|ing)|denounc\w+|dismiss\w*|self-(?:styled|described))\b",
    re.IGNORECASE,
)
"""Words of a sentence in which a word or two between marks may be what someone says."""
_PARAGRAPH = 600
"""Characters on either side in which someone may speak."""
_NAME_BEFORE = re.compile(r"(?<![.!?]\s)(?:^|\s)[A-Z][\w.’'-]*$")


def names_instead(text: str, one: Said) -> bool:
    """Whether the marks of a span, its cue decided, name a work, a person or a term instead of quoting someone."""
    words = text[one.start : min(one.end, one.start + _LOOK)].split()
    line = text.rfind("\n", max(0, one.start - _LOOK), one.start) + 1
    before = text[max(line, one.start - _LOOK) : one.start].rstrip(MARKS)
    behind = text[one.end : one.end + _LOOK].lstrip(MARKS)
    if one.cue is None and before and _BY_WHOM.match(behind):
        return True
    if one.end - one.start >= _LOOK or _UTTERED.search(before):
        return False
    if one.cue is None and _PRESSED.search(before):
        return True
    if words[0][:1].isupper() or words[0][:1].isdigit():
        return _is_title(text, one, words, before, behind)
    return one.cue is None and _is_term(text, one, words, before, behind)


def _is_title(text: str, one: Said, words: list[str], before: str, behind: str) -> bool:
    """``his book, “Gifted Hands,”``; ``“The Wire” star``; ``George “Buddy” Lee``: capitals throughout."""
    if _CALLED.search(before) and len(words) <= _SHORT:
        return True
    if not all(word[:1].isupper() or word[:1].isdigit() or len(word.strip(".,")) <= 3 for word in words):  # noqa: PLR2004
        return False
    ends = text[one.end - 1] in ".!?"
    alone = one.cue is None and len(words) <= 2 and not ends  # noqa: PLR2004 - a name, alone
    if alone and all(word[:1].isupper() for word in words) and not FIRST_PERSON.match(words[0]):
        return True
    starts = not before or before[-1] in ".!?"
    if starts and not ends and one.cue is None and _DOES.match(behind):
        return True
    if not before and not _OF_A_WORK.match(behind):
        return False
    if sum(word[:1].isupper() or word[:1].isdigit() for word in words) * 2 < len(words):
        return False
    if (
        len(words) == 1
        and _NAME_BEFORE.search(before)
        and behind.lstrip(",")[:1].isupper()
        and text[one.end - 1] not in ",.!?"
    ):
        return True
    return (
        _BEFORE_TITLE.search(before) is not None
        or _OF_A_WORK.match(behind) is not None
        or (one.cue is None and before != "" and before[-1] not in '.!?:,”"')
    )


def _is_term(text: str, one: Said, words: list[str], before: str, behind: str) -> bool:
    """``the “establishment” candidate``, ``a “launch team”``: a word or two that no verb of speech introduces."""
    if text[one.end - 1] in ".!?":
        return False
    if _NOUN_BEHIND.match(behind) and len(words) <= 6:  # noqa: PLR2004 - more is a sentence
        return True
    if len(words) <= _SHORT and _SO_CALLED.search(before):
        return True
    determined = _DETERMINED.search(before) is not None
    if determined or len(words) > 2:  # noqa: PLR2004 - a term is a word or two
        return determined and len(words) == 1
    if words[0].lower() in DETERMINERS:
        return False
    if _UTTERS.search(text, max(0, one.start - 2 * _LOOK), one.start):
        return False
    # Nobody speaks in this paragraph, so the marks hold the word at arm's length.
    start = text.rfind("\n", max(0, one.start - _PARAGRAPH), one.start) + 1 or max(0, one.start - _PARAGRAPH)
    end = text.find("\n", one.end, one.end + _PARAGRAPH)
    return _SPOKEN.search(text, start, end if end >= 0 else min(len(text), one.end + _PARAGRAPH)) is None
