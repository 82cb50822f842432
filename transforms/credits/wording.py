"""The wording of credits: how a text says where its news comes from.

Every pattern is bounded, so that the cost of one place is bounded too.
"""

from __future__ import annotations

import re

_VERBS = (
    r"(?:reported|reports|revealed|reveals|wrote|writes|quoted|quotes|learned|cited|cites|disclosed|discloses"
    r"|broke\s+the\s+(?:news|story)|obtained|understands)"
)
_MILD = r"(?:said|says|noted|notes|stated|observed|found)"
_ADVERBS = (
    r"(?:\s+(?:has|have|had|also|first|later|previously|earlier|exclusively|recently|separately|initially|originally"
    r"|subsequently|since|on\s+\w+day|(?:on\s+)?\w+day|last\s+\w+|this\s+\w+)){0,3}"
)
_BUSINESS = (
    r"(?!\s+(?:\w+\s+){0,4}(?:profits?|loss(?:es)?|earnings|revenues?|results|subscribers|circulation|sales"
    r"|dividend)\b)"
)

REPORTED = re.compile(rf"{_ADVERBS}\s+{_VERBS}\b{_BUSINESS}")
"""Behind a name: what makes it the reporter of the news."""
SAID = re.compile(
    rf"{_ADVERBS}\s+{_MILD}\b(?!\s+(?:(?:on\s+)?\w+day\s+)?(?:that\s+)?(?:it|its|they|their|the\s+(?:network|paper|newspaper"
    r"|company|channel|agency|broadcaster)|in\s+a\s+statement|he|she|goodbye|sorry|no)\b)(?!\s+(?:a|an|the|its)\s)",
)
"""Behind a name: milder verbs, unless the outlet speaks of itself."""
REPORT = re.compile(
    r"(?:[’']s?)?\s+(?:(?:news|exclusive|investigative|earlier|own|recent|initial|original|lengthy)\s+){0,2}"
    r"(?:report|reports|reporting|scoop|investigation|exposé|account|article|story|analysis)\b"
    r"(?!\s+(?:for|to)\s+(?:work|duty|jail)\b)",
)
"""Behind a name: CNN reporting, The Guardian's investigation."""
PERSON_REPORTED = re.compile(
    r"[’']s?\s+(?:[\w.-]+\s+){0,3}?[^\W\d_a-z][\w.’'-]+\s+[^\W\d_a-z][\w.’'-]+\s+"
    rf"(?:(?:has|have|had|first|also|later|previously)\s+){{0,2}}(?:{_VERBS}|{_MILD})\b",
)
"""Behind a name: CNN's Jane Doe reported."""

_TO_OUTLET = (
    r"(?:(?:told|tells|telling)(?:\s+reporters?\s+(?:from|at|for))?"
    r"|(?:said|says|confirmed|confirms|admitted|explained|revealed|disclosed|spoke|speaking|speaks|statement|comments?"
    r"|remarks?|e-?mail(?:ed)?|leaked)(?:\s+(?:\w+\s+){0,2})?\s*\bto"
    r"|according\s+to(?:\s+(?:an?|the|multiple|several|recent|exclusive|new|earlier|numerous)){0,3}"
    r"(?:\s+(?:\w+\s+){0,2}(?:reports?|reporting|article|story|investigation|analysis|account|tally|review|data"
    r"|interview)\s+(?:published\s+|broadcast\s+|aired\s+)?(?:from|by|in|on|at|with))?"
    r"|(?:report(?:s|ed|ing)?|story|stories|article|investigation|scoop|exposé|revelations?|piece|account|published"
    r"|obtained|reviewed|seen|quoted|cited|broken|broadcast|aired|carried|uncovered|revealed|confirmed|compiled|verified"
    r"|analy[sz]ed|viewed|leaked)(?:\s+(?:on\s+)?\w+day|\s+first|\s+earlier|\s+exclusively)?\s+(?:by|in|from|on)"
    r"|(?:first|originally|initially|exclusively|as|was|were|been)\s+reported\s+(?:by|in|on)"
    r"|citing(?:\s+(?:an?|the)\s+(?:\w+\s+)?(?:report|story|article)\s+(?:by|in|from))?"
    r"|quoting|per|news\s+(?:agency|agencies|outlet|outlets|site|website|channel|broadcaster|network|magazine|organi[sz]ation))"
)
TO = re.compile(
    rf"\b{_TO_OUTLET}\s+(?:the\s+|The\s+|(?:state|local|public|news|broadcaster|newspaper|agency)\s+){{0,3}}$",
    re.IGNORECASE,
)
"""Before a name: told CNN, according to The New York Times, first reported by."""
INTERVIEW = re.compile(
    r"(?:\binterview(?:s|ed)?|\bappear(?:s|ed|ing|ance)|\bsp(?:oke|eaking)|\bsat\s+down|\bconversation|\btalk(?:ed|ing)"
    r"|\bsaid|\bsays|\bop-ed|\bwrote|\bwriting|\bdeclared|\bcomments|\bremarks|\bquestions?)"
    r"(?:[^.!?\n“”\"]{0,45}\s)?(?:with|on|to|in|by|from|at|for)\s+(?:the\s+|The\s+)?$",
    re.IGNORECASE,
)
"""Before a name: in an interview with CNN. Weak: it names where someone spoke, not whose report this is."""
JOINED = re.compile(
    r"(?:\s*,\s*|\s*,?\s+(?:and|or|as\s+well\s+as|&)\s+|\s*/\s*)(?:the\s+|The\s+|to\s+|by\s+)?"
)
"""Between two names that share their credit."""
SUBJECT = re.compile(
    r"\b(?:sued?|suing|accused?|criticiz\w+|criticis\w+|attack\w*|slamm\w+|blam\w+|fir\w+|hir\w+|buy\w*|bought)\s+(?:the\s+|The\s+)?$"
)
"""Before a name: the outlet is what the news is about."""

NAME = r"(?:[Tt]he\s)?[^\W\d_a-z][\w&.’'-]{0,30}(?:\s(?:(?:of|de|the|al|and|&)\s){0,2}[^\W\d_a-z][\w&.’'-]{0,30}){0,5}"
"""A name of up to a dozen words, for outlets that the gazetteer does not know."""
_MEDIA = (
    r"(?:Times|Post|News|Herald|Tribune|Journal|Gazette|Guardian|Daily|Agency|TV|Television|Radio|Channel|Press"
    r"|Chronicle|Observer|Telegraph|Weekly|Magazine|Network|Broadcasting|Dispatch|Examiner|Inquirer|Sentinel|Standard"
    r"|Courier|Mirror|Express|Star|Globe|Bulletin|Independent|Review|Zeitung|Newspaper|Online|Today|Register|Mail)"
)
MEDIA = re.compile(rf"\b{_MEDIA}\b")
NO_CREDIT = re.compile(
    r"(?:[’']s?)?[\s/]+(?:\w+[\s/]+){0,2}(?:poll|polls|survey|moderator|host|anchor|debate|town\s+hall|contributor|analyst"
    r"|correspondent|reporter|readers|viewers|editorial\s+board)\b",
)
"""Behind a name: what makes it a poll's or a programme's name, or someone's employer."""
UNKNOWN_TO = re.compile(
    rf"\b(?:told|tells|telling|[Aa]ccording\s+to|reported\s+by|citing|quoting)\s+(?P<name>(?:[Tt]he\s+)?"
    rf"(?:[^\W\d_a-z][\w&.’'-]{{0,30}}\s){{1,3}}{_MEDIA})\b(?![’']s?\s+[a-z])",
)
UNKNOWN_REPORTED = re.compile(
    rf"(?<![\w’'])(?P<name>(?:[^\W\d_a-z][\w&.’'-]{{0,30}}\s){{1,4}}{_MEDIA})(?:\s+(?:has|had|first|also|later)){{0,2}}\s+"
    rf"(?:reported|reports|revealed)\b{_BUSINESS}",
)

DATELINE = re.compile(
    r"(?P<place>[^()\n]{0,70}?)[(\[]\s*(?P<name>[^()\[\]\n]{2,40}?)\s*[)\]]\s*[-–—―‒:]+\s*\S",
)
"""LONDON (Reuters) —; Dec 29 (Reuters) -; New York, Nov 19 (UPI) —; [ANI]."""
OPENING = re.compile(r"[(\[](?P<name>[^()\[\]\n]{2,40})[)\]](?:\s|$)")
"""(AP) at the very start."""
REPORTING = re.compile(
    r"\(\s*(?:additional\s+|writing\s+and\s+|editing\s+and\s+)?(?:reporting|writing|editing)\s+(?:and\s+\w+\s+)?by\s",
    re.IGNORECASE,
)
REPORTING_LINE = re.compile(
    r"(?:additional\s+)?reporting\s+(?:and\s+\w+\s+)?by\s.{2,300}[;.]\s*(?:writing|editing)\s+", re.IGNORECASE
)
"""Reuters' tagline, with and without its brackets."""
COPYRIGHT = re.compile(
    r"(?:©|\(c\)|&copy;|\bcopyright\b)(?:\s*(?:©|\(c\)))?\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?[\s,]*(?:by\s+)?"
    r"(?P<name>[^\n]{2,80})",
    re.IGNORECASE,
)
SIGNED = re.compile(
    r"(?:[-–—―/|(\[]|--|\bby)\s*(?:with\s+)?(?P<name>[^()\[\]\n–—]{2,45}?)\s*[)\]]?[.]?\s*$", re.IGNORECASE
)
"""At the end of a text or its last lines: — AFP; /AFP; (ANI)."""
STANDING = (
    (
        "Associated Press",
        re.compile(r"\bYour daily look at late-breaking news, upcoming events and the stories that will be"),
    ),
    ("Reuters", re.compile(r"\bOur Standards: The Thomson Reuters Trust Principles")),
)
"""Standing lines that an agency prints with its own text, to the agency."""
THIS_ARTICLE = re.compile(
    r"\bthis\s+(?P<name>[^\W\d_a-z][\w .’'-]{1,30}?)\s+(?:article|report|story|dispatch)\b"
)
BYLINE = re.compile(
    r"(?:by\s+)?[^\n]{2,80}?(?:,|\||\bof\b|\bfor\b|-|–|—|\n)\s*(?P<name>[^,|\n]{2,40})", re.IGNORECASE
)

SOURCE = re.compile(
    r"[(\[]?\s*(?:(?:news\s+)?sources?\s*[:：]|(?:original\s+)?source\s*[-–—:]|via\s*:?|courtesy(?:\s+of)?\s*:?|h/t\s*:?|hat\s+tip\s*:?"
    r"|(?:read\s+(?:the\s+)?(?:more|full\s+(?:story|article)|original(?:\s+(?:story|article))?)\s+(?:at|on|in|from)\s*:?)"
    r"|(?:(?:this\s+(?:article|story|post|piece|report)\s+)?(?:(?:was|is|has\s+been|has)\s+)?(?:(?:originally|first)\s+"
    r"(?:appeared|published|posted|ran)|(?:re-?published|reprinted|reproduced|adapted|syndicated|taken))\s+"
    r"(?:(?:with\s+permission\s+)?(?:by|in|on|at|from))\s*:?))\s*(?P<name>[^\n]{2,90})",
    re.IGNORECASE,
)
SOURCE_IN_BRACKETS = re.compile(
    r"[(\[]\s*(?:source|via)s?\s*:\s*(?P<name>[^()\[\]\n]{2,60})[)\]][.\s]*$", re.IGNORECASE
)
ORIGINALLY = re.compile(
    r"\b(?:this|the)\s+(?:article|story|post|piece|report|column|essay)\s+(?:(?:was|is|has\s+been|has)\s+)?(?:(?:originally"
    r"|first)\s+(?:appeared|published|posted|ran)|(?:re-?published|reprinted|reproduced|syndicated))\s+"
    r"(?:with\s+permission\s+)?(?:by|in|on|at|from)\s+(?P<name>[^\n.]{2,60})",
    re.IGNORECASE,
)
PICTURES = re.compile(
    r"\b(?:getty|shutterstock|flickr|wikimedia|unsplash|pixabay|alamy|istock|creative\s+commons|photos?|images?|pictures?|video"
    r"|twitter|facebook|youtube|instagram|screenshot|file)\b",
    re.IGNORECASE,
)

CONTRIBUTED = re.compile(
    r"(?P<names>[^\n.;:()]{2,200}?)\s+(?:also\s+)?(?:contributed|assisted\s+(?:with|in))(?:\s+(?:additional|some|to\s+the|from\s+[\w\s]{2,30}))?"
    r"\s*(?:reporting|research|(?:to\s+)?(?:this|the)\s+(?:report|story|article)|\bto\s+reporting)\b",
)
WITH_INPUTS = re.compile(
    r"\b(?:with\s+(?:[\w-]+\s+){0,2}?(?:contributions?|inputs?|files?|reporting|reports?|material|assistance|information|help|copy)"
    r"(?:\s+(?:from|by|of))"
    r"|(?:inputs|additional\s+reporting|additional\s+material|additional\s+information)\s*(?:from|by|:))\s+(?P<names>[^\n()\[\]]{2,160})",
    re.IGNORECASE,
)
