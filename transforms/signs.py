"""Signs: what the form around a name says of it, whatever the name: a title, a given name, "in", a date, a verb.

``transforms/namesakes.py`` weighs them. Only a few words on either side are looked at, so that the cost does not
depend on the text.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from transforms.lexicon import fold
from transforms.quotes.words import FIRST_NAMES, OPENERS, WEEKDAYS
from transforms.words import rarity

_SHORT = 3  # letters: a preposition is small in a headline too
AROUND = 64  # characters on either side in which the signs stand


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TITLES = _words("""
    mr mrs ms miss dr rep sen gov president vice minister premier secretary speaker congressman congresswoman
    judge justice lord sir lady dame senator chancellor mayor governor coach prince princess king queen general
    president-elect ex-president leader chairman chairwoman ambassador professor prof representative director
    brother sister son daughter husband wife father mother uncle aunt cousin boyfriend girlfriend fiancé fiance
    friend neighbour neighbor colleague classmate grandson granddaughter nephew niece
""")
_MEN, _WOMEN = _words("mr sir lord"), _words("mrs ms miss lady dame")
_NOT_GIVEN = (
    _words("""
        north south east west northern southern eastern western central upper lower greater new old former inside
        democrat democrats republican republicans team inc state downtown midtown rural modern soviet crown anti pro
        critics supporters allies voters candidate incumbent rival sports breaking live update updated watch opinion
        analysis exclusive editorial tory labour conservative ally aide via visiting leaving entering across near
        why like unlike amid calling meet dear today tonight world saint only beyond not officials prosecutors
    """)
    | {word.lower() for word in OPENERS}
    | {word.lower() for word in WEEKDAYS}
)
_NOT_SURNAME = _words("""
    gov sen rep governor senator secretary president prime minister attorney general supreme court house senate
    republicans democrats republican democratic legislature lawmakers voters state national university police county
    department capitol congress tech ministry parliament government foreign mayor judge coach inc corp era
    administration campaign republic congressman congresswoman district
""")
_GIVEN = frozenset(map(fold, FIRST_NAMES))
_SELDOM = rarity("") - 1.0  # the rarest words of the table of common words, and all that it does not have

_BEFORE = re.compile(r"(?P<word>[^\s“”\"()\[\]]+)[ \xa0]$")
_AFTER = re.compile(r"[ \xa0](?P<word>[A-Z][\w’'-]*[^\W_])")
_IN = re.compile(
    r"(?:^|[\s(“\"])(?P<faith>(?:\w+ )?)(?:in|across|throughout|near|outside|inside|around|into|within|towards?|"
    r"visit|visits|visited|visiting|leave|left|leaving|north of|south of|east of|west of|streets of|city of|"
    r"out of|north|south|east|west|northern|southern|eastern|western|central|flight to|flew to|fly to|flown to|"
    r"flying to|trip to|visit to|tour of|travel to|travell?ed to|moved to|returned to|return to|refugees in|"
    r"border with)[ \xa0]$",
    re.IGNORECASE,
)
_FAITH = re.compile(
    r"(?:confidence|faith|trust|belief|interest|interested|disappointed|shares|stake|invest\w*) $",
    re.IGNORECASE,
)
_DATED_BEFORE = re.compile(
    r"(?:\b(?:in|last|next|this|early|late|mid|until|till|since|through|during|every|a|an|the|his|her|its|their|our|"
    r"end of|beginning of|start of|week of|days of)|\d)(?: late| early|,)?[ \xa0-]$",
    re.IGNORECASE,
)
_DATED_AFTER = re.compile(r",?[ \xa0]\d")
_MONTHS = _words("march april may june august")
_ACTS = re.compile(
    r"[ \xa0](?:(?:also|has|had|later|then|never|once) )?(?:said|says|told|tells|announced|unveiled|reported|reports|"
    r"agreed|plans|planned|declined|sued|launched|posted|hired|fired|refused|warned|insisted|claimed|claims|revealed|"
    r"wrote|writes|survived|resigned|vowed|promised|argued|admitted|denied|apologi[sz]ed|accused|asked|called|"
    r"published|quoted|withdrew|recalled|acquired|bought|rejected|urged|testified|tweeted|conceded|ruled out)\b"
)
_THE_PLAIN = re.compile(
    r"(?:[.,;:)?!’']|$|[ \xa0](?:by|in|to|from|has|have|had|is|was|were|are|will|would|could|and|or|but|as|at|on|for|"
    r"with|after|since|during|before|under|fell|rose|into|that|which|who|where|over)\b)"
)
_TOWN = re.compile(r"\b[A-Z][\w’'.-]+,[ \xa0]$")

# What stands before or after a name and says what kind of thing it is: (kind of id, pattern, weight).
_KINDS_BEFORE = tuple(
    (kind, re.compile(rf"(?:^|\W)(?:{pattern})[ \xa0]$", re.IGNORECASE), weight)
    for kind, pattern, weight in (
        (
            "region/us",
            r"(?:u\.?s\.? |southern |battleground |swing |home |western |northwestern )?state of",
            3.0,
        ),
        (
            "region/us",
            (
                r"governor of|gov\. of|(?:senators?|congressman|congresswoman|republicans?|democrats?|lawmakers?|"
                r"representatives?) (?:from|of)|(?:voters|election workers?|election officials?|electors|ballots|"
                r"primary|runoff) (?:from|in|of)"
            ),
            2.0,
        ),
        ("region/us", r"county,|flip(?:ped)?|carried|(?:won|lost)", 1.5),
        (
            "country",
            (
                r"(?:the )?(?:president|prime minister|king|queen|foreign minister|government|junta|parliament|leader|"
                r"people|republic|nation|army|capital|ruler|dictator) of|ambassador to|embassy in|country of|"
                r"(?:troops|coup|civil war|elections|sanctions|peacekeepers) (?:in|on|to|from)"
            ),
            1.5,
        ),
        (
            "city",
            r"(?:mayor|city|town|borough|streets|people|bishop|university|suburb|outskirts) of|mp for",
            2.0,
        ),
        (
            "outlet",
            (
                r"(?:told|according to|interview with|interviewed by|reported (?:by|in)|reporter (?:for|at|from)|"
                r"reporters (?:for|at|from|of)|published (?:in|by)|article in|wrote in|writing in|column(?:ist)? (?:in|"
                r"for|at|of)|editor (?:of|at)|story in|obtained by|leaked to|subscription to|front page of|newspaper|"
                r"subscriptions to|lawyer for|spokes\w+ for|owner of|publisher of|headline in|report in|quoted by) the"
            ),
            2.0,
        ),
        (
            "organisation",
            r"(?:fined?|sued?|shares (?:in|of)|carmaker|automaker|tech giant|rivals?|retailer)",
            1.5,
        ),
        (
            "organisation",
            r"(?:boss|founder|chief executive|ceo|maker|employees?|workers|executives?) (?:of|at|from)",
            1.5,
        ),
    )
)
_KINDS_AFTER = tuple(
    (kind, re.compile(rf"(?:’s|'s)?[ \xa0-](?:{pattern})\b"), weight)
    for kind, pattern, weight in (
        (
            "region/us",
            (
                r"(?:gov(?:ernor)?\b|Gov\b|Governor|[Ll]egislature|[Ss]ecretary of state|Secretary of State|"
                r"(?:U\.S\. )?Senate|[Aa]ttorney [Gg]eneral|[Ll]t\. Gov|[Ll]ieutenant [Gg]overnor|[Ss]tatehouse|"
                r"electors|election (?:workers?|officials?|law)|congress(?:man|woman)|\w+ [Cc]ongressional [Dd]istrict)"
            ),
            4.0,
        ),
        (
            "region/us",
            r"(?:(?:state )?lawmakers?|voters?|Republicans?|Democrats?|(?:\w+ )?primary|runoffs?|ballots?)",
            1.5,
        ),
        (
            "country",
            (
                r"(?:prime minister|president|foreign minister|foreign ministry|parliament|ambassador|central bank|"
                r"junta|military|army|government|independence|ruling party|election commission|interior minist\w+|"
                r"accession|defen[cs]e minist\w+|envoy|troops|border|king|capital|bid to join|ruling)"
            ),
            1.5,
        ),
        (
            "organisation",
            (
                r"(?:\w+ )?(?:plants?|factor(?:y|ies)|warehouses?|dealers?|dealerships?|executives?|shares|stock|"
                r"employees|chief executive|CEO|customers|products?|headquarters|stores?|drivers|boss|devices?|"
                r"founder|workers|site|facility|fulfil?lment|trucks?|pickups?|models?|engineers?|investors|users)"
            ),
            2.0,
        ),
        (
            "outlet",
            (
                r"(?:reporters?|columnists?|editorials?|headlines?|newspaper|correspondents?|journalists?|editors?|"
                r"reports?|reported|published|splash(?:ed)?|front page|story|article|investigation|website|quoted|"
                r"wrote|poll|claimed|said|says|declined|called|has reported|first reported|editorial board|named|"
                r"printed|revealed|ran)"
            ),
            1.5,
        ),
        (
            "city",
            r"(?:mayor|city council|suburbs?|neighbou?rhoods?|airport|residents|streets|hospital|suburban)",
            1.5,
        ),
    )
)


@dataclass(frozen=True)
class Signs:
    """What the form around one name says.

    Attributes:
        title: a title or a relation stands before it: a person.
        woman: the title is a woman's, or a man's (False), or tells nothing (None).
        given: it is the last word of a longer name: "Denise ..."; after a given name that is known surely so.
        first: it is the first word of a longer name: "... Peterson".
        joined: a hyphen and another name follow: two people or countries,
            but one paper ("Sun-Times").
        inside: it is a place: "in ...".
        dated: it is a month.
        in_region: a town stands before it, after a comma: what is named is the region.
        acts: a verb follows of what people and bodies do.
        midsentence: the capital is the name's own, not the sentence's.
        the: an article stands before it, and nothing that the name could belong to behind it: no company.
        kinds: how much speaks for each kind of thing.
    """

    title: bool
    woman: bool | None
    given: Literal["surely", "perhaps"] | None
    first: bool
    joined: bool
    inside: bool
    dated: bool
    in_region: bool
    acts: bool
    midsentence: bool
    the: bool
    kinds: dict[str, float] = field(default_factory=dict)


@functools.lru_cache(maxsize=4096)
def read_signs(
    before: str,
    name: str,
    after: str,
    wanted: frozenset[str],
    *,
    headline: bool,
    preceded: bool,
    followed: bool,
) -> Signs:
    """The signs around a name.

    Args:
        before: the AROUND characters before it, or as many as there are.
        name: the name itself, folded.
        after: the same behind it.
        wanted: the kinds of things that it may be.
        headline: most words have a capital, so that a capital says nothing.
        preceded: a known name stands directly before it.
        followed: a known name stands directly behind it.
    """
    word = _BEFORE.search(before)
    previous = word["word"] if word else ""
    bare = fold(previous).rstrip(".")
    title = bare in _TITLES
    there = _IN.search(before)
    kinds: dict[str, float] = {}
    for kind, weight in _kinds(before, after, wanted):
        kinds[kind] = max(kinds.get(kind, 0.0), weight)
    return Signs(
        title=title,
        woman=True if bare in _WOMEN else False if bare in _MEN else None,
        given=None if title or preceded else _given(previous, bare, headline=headline),
        first=not headline and not followed and _is_compound(after),
        joined=after[:1] == "-" and after[1:2].isupper(),
        inside=bool(there and not _FAITH.search(there["faith"])),
        dated=name in _MONTHS and bool(_DATED_BEFORE.search(before) or _DATED_AFTER.match(after)),
        in_region=bool(_TOWN.search(before)),
        acts=bool(_ACTS.match(after)),
        midsentence=not headline and bool(previous) and (previous[-1].islower() or previous[-1] == ","),
        the=bare == "the" and bool(_THE_PLAIN.match(after)),
        kinds=kinds,
    )


def is_headline(text: str) -> bool:
    """Whether most words have a capital, so that a capital says nothing."""
    words = [word for word in text[:400].split() if word[:1].isalpha() and len(word) > _SHORT]
    return bool(words) and sum(word[0].isupper() for word in words) > 0.7 * len(words)


def _kinds(before: str, after: str, wanted: frozenset[str]) -> Iterator[tuple[str, float]]:
    for kind, pattern, weight in _KINDS_BEFORE:
        if kind in wanted and pattern.search(before):
            yield kind, weight
    for kind, pattern, weight in _KINDS_AFTER:
        if kind in wanted and pattern.match(after):
            yield kind, weight


def _given(previous: str, bare: str, *, headline: bool) -> Literal["surely", "perhaps"] | None:
    if not previous[:1].isupper() or (previous[-1:] in ",;:.!?" and len(previous) > len("J.")):
        return None
    if bare in _GIVEN or len(bare) == 1:
        return "surely"
    possessive = previous.endswith(("’s", "'s", "s’", "s'"))
    seldom = rarity(bare) >= _SELDOM and bare not in _NOT_GIVEN and previous[1:].islower()
    return "perhaps" if seldom and not headline and not possessive else None


def _is_compound(after: str) -> bool:
    """Whether the name goes on: "Jordan Peterson", "the Post Office"."""
    following = _AFTER.match(after)
    if not following:
        return False
    word = fold(following["word"])
    return word not in _NOT_SURNAME and word not in _NOT_GIVEN
