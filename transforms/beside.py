"""What stands beside a name tells of what kind it is: roles, ages and relations, kinds of body, kinds of place.

A small network guesses the kind of a name that it never met by its letters; a reader looks at the words next to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from transforms.article import Article, Label, Mention

_LOOK: Final = 48  # characters to the left and to the right that are looked at

# Words before a name, or between commas behind it.
_KIN = (
    "husband wife son daughter brother sister cousin nephew niece father mother uncle aunt grandson "
    "granddaughter widow widower partner fiance fiancee stepson stepdaughter twin"
)
_WORK = (
    "activist actor actress administrator adviser advisor ambassador analyst archaeologist architect artist "
    "astronaut astronomer athlete attorney author banker baritone barrister billionaire biographer biologist "
    "botanist boxer broker builder businessman businesswoman cameraman candidate captain caretaker cellist "
    "chair chairman chairperson chairwoman chancellor chef chemist choreographer cleric climber clinician "
    "coach colonel columnist comedian commander commissioner composer conductor congressman "
    "congresswoman coroner correspondent councillor councilman councilwoman criminologist curator cyclist "
    "dancer dealer dean defender demographer deputy designer detective developer dictator diplomat director "
    "dissident doctor dramatist driver drummer ecologist economist editor educator electrician engineer "
    "entrepreneur envoy epidemiologist essayist executive farmer filmmaker financier firefighter fisherman "
    "footballer founder fugitive gardener geographer geologist geophysicist goalkeeper governor "
    "grocer guitarist gunman headmaster headteacher historian hydrologist illustrator imam "
    "industrialist investigator journalist judge lawmaker lawyer leader lecturer legislator librarian "
    "lieutenant lyricist magistrate magnate manager mathematician mayor mechanic meteorologist midfielder "
    "midwife militant millionaire miner minister missionary mogul monk mountaineer musician negotiator "
    "neurologist novelist nun nurse oceanographer officer ombudsman organiser organist organizer "
    "paediatrician painter paramedic parliamentarian pastor pathologist pediatrician pensioner percussionist "
    "performer pharmacist philanthropist philosopher photographer photojournalist physician physicist pianist "
    "pilot playwright plumber poet politician preacher premier president priest producer professor programmer "
    "prosecutor psychiatrist psychologist publicist rapper referee refugee reporter representative researcher "
    "resident restaurateur retiree runner sailor saxophonist scholar scientist sculptor secretary "
    "seismologist senator sergeant shepherd sheriff shopkeeper singer skipper sniper sociologist soldier "
    "solicitor songwriter soprano spokesman spokesperson spokeswoman sprinter statistician striker student "
    "superintendent surgeon surveyor survivor swimmer tailor teacher teenager tenor theologian trader trainee "
    "treasurer trumpeter tycoon umpire undersecretary vendor veterinarian vicar villager "
    "vintner violinist virologist warden warlord winemaker winger wrestler writer zoologist"
)
# Kinds of body of which the next words are the name: "the steelmaker X", "his bloc, X".
_BODIES = (
    "party bloc newspaper daily weekly tabloid broadcaster airline carrier carmaker automaker steelmaker "
    "chipmaker drugmaker planemaker shipbuilder insurer lender retailer brewer conglomerate startup start-up "
    "utility consultancy watchdog think-tank publisher consortium brokerage militia agency ministry regulator"
)
# Words at whose end a name is a body's, or a place's, whatever it begins with.
_BODY_ENDS = (
    "Academy Airlines Airways Association Authority Bank Capital Commission Committee Corporation Council "
    "Court Diocese Federation Foundation Group Holdings Hospital Infirmary Institute Kantonalbank League Ltd "
    "Ministry Museum Party PLC Police School Trust University Ventures"
)
_PLACE_ENDS = (
    "Airport Bay Bridge Cathedral Highway Island Islands Lake Mosque Motorway Palace River Square Stadium "
    "Station"
)
# "the village of X"
_PLACES = "village villages town towns city suburb hamlet district province region governorate prefecture county port"
# Small words within names of people.
_PARTICLES = "á bin bint binti ibn kyzy ogly oglu qizi ter uulu von"
_HONOURED = "Monsignor Msgr Father Fr Sister Sr Brother Daw Ratu Revd Reverend Rev Ustaz Hajj Hajji Sheikha"
_PREPOSITIONS = "in at of from on near to with for by outside inside against"

_PEOPLE: Final = frozenset(_WORK.split())
_RELATIONS: Final = frozenset(_KIN.split())
_BODY: Final = frozenset(_BODIES.split())
_PLACE: Final = frozenset(_PLACES.split())
_ENDS: Final[dict[str, Label]] = {
    **dict.fromkeys(_BODY_ENDS.split(), "ORG"),
    **dict.fromkeys(_PLACE_ENDS.split(), "LOC"),
}
_NO_BODY: Final = re.compile(r"(?:West|Left|Right|South|East|Outer) Bank$")
_FIRST_HALF: Final = re.compile(r"\b[^\W\d_a-z][^\W\d_]{1,20}-$")
_MORE: Final = re.compile(rf" (?:{'|'.join(_PARTICLES.split())}) (?=[^\W\d_a-z])[^\W\d_]+")
_IS: Final = re.compile(
    rf", (?:who(?:se|m)?\b|the first (?:wo)?man\b|(?:an?|the) (?:[\w’'-]+ ){{0,3}}(?:{'|'.join(sorted(_PEOPLE))})\b)"
)
_HONORIFIC: Final = re.compile(r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame)\.? (?=[^\W\d_])")
_PREFIX: Final = re.compile(rf"(?:{'|'.join(_HONOURED.split())})\.? (?=[^\W\d_])")
_AGE: Final = re.compile(r", (?:aged )?1?\d\d(?=[,.;)]| and )|,? \((?:aged )?\d\d\)")
_SPEAKS: Final = re.compile(
    r",? (?:said|says|added|told|wrote|argued|recalled|testified|pleaded|shouted|insisted|tweeted)\b"
)
_SPOKEN: Final = re.compile(r"[,”\"’'] (?:said|says|added|wrote|recalled) $")
_COMPASS: Final = re.compile(
    r"(?:(?:(?:north|south)(?:[ -]?(?:east|west))?|east|west)(?:ern)?|central|rural|downtown|mainland|coastal) "
    r"(?=[^\W\d_])"
)
_STORM: Final = re.compile(r"\b(?:Hurricane|Typhoon|Cyclone|Storm) $")
_SAINT: Final = re.compile(r"(?:St\.?|Saint|Queen|King|Our Lady) ")
_OF_SAINT: Final = re.compile(
    r"['’]s? (?:Cathedral|Church|Basilica|Abbey|Chapel|Square|Park|Gate|Bridge|Street|Hospital|College|School|Island|"
    r"Bay)\b"
)
_WITHIN: Final = frozenset(_PREPOSITIONS.split())


def by_neighbours(article: Article, guessed: Iterable[Mention]) -> Iterator[Mention]:
    """Each guess within the bounds and of the kind that the words beside it make sure; a storm's name is left out."""
    told: list[Mention] = []
    for mention in guessed:
        text = article.of(mention.field)
        if _is_no_name(text, mention):
            continue
        start, end, label = _bounds(text, mention)
        label = _label(text, start, end, label)
        if label == "PERSON" and _STORM.search(text[max(0, start - _LOOK) : start]):
            continue
        told.append(
            mention.model_copy(update={"start": start, "end": end, "label": label, "text": text[start:end]})
        )
    surnames = {
        mention.text.rpartition(" ")[2]
        for mention in told
        if mention.label == "PERSON" and " " in mention.text
    }
    for mention in told:
        # Who was named in full is meant where the surname stands alone.
        again = mention.label != "PERSON" and mention.text in surnames
        yield mention.model_copy(update={"label": "PERSON"}) if again else mention


def _is_no_name(text: str, mention: Mention) -> bool:
    """True for plain words in lower case, as "frank", where the article has capitals; an "@handle" is a name."""
    plain = mention.text.islower() and mention.text.replace(" ", "").isalpha()
    return (
        plain
        and not text.islower()
        and text[max(0, mention.start - 1) : mention.start] not in {"@", "#", "_"}
    )


def _bounds(text: str, mention: Mention) -> tuple[int, int, Label]:
    """The name without what is said of it: a title, a part of a country, a trade at the head of a sentence."""
    start, end, label = mention.start, mention.end, mention.label
    surface = text[start:end]
    if _SAINT.match(surface) and (more := _OF_SAINT.match(text, end)):
        return start, more.end(), "LOC"
    if label == "PERSON":
        # A tokenizer parts "Keisha-Ann" at its hyphen.
        if half := _FIRST_HALF.search(text[max(0, start - _LOOK) : start]):
            start -= len(half[0])
        if more := _MORE.match(text, end):
            end = more.end()
        if cut := _PREFIX.match(surface):
            start += cut.end()
        elif surface.count(" ") > 1 and surface.partition(" ")[0].casefold() in _PEOPLE:
            start += surface.index(" ") + 1
    elif cut := _HONORIFIC.match(surface):
        start, label = start + cut.end(), "PERSON"
    elif label in {"LOC", "GPE"} and (cut := _COMPASS.match(surface)):
        start += cut.end()
    return start, end, label


def _label(text: str, start: int, end: int, label: Label) -> Label:
    """The kind that the words before the name, the name's last word or the words behind it say, else the guess."""
    surface = text[start:end]
    before = text[max(0, start - _LOOK) : start].rpartition("\n")[2]
    words = before.split() if before.endswith(" ") else []
    last, last_but_one = (words[-1:] or [""])[0], (words[-2:-1] or [""])[0]
    role = last.removesuffix(",")
    if role in _BODY:
        return "ORG"
    if last == "of" and last_but_one in _PLACE:
        return "LOC"
    if " " in surface and (kind := _ENDS.get(surface.rpartition(" ")[2])) and not _NO_BODY.search(surface):
        return kind
    if label == "PERSON":
        return "LOC" if last in {"near", "outside"} and " " not in surface else label
    if label == "ORG" and (surface.isupper() or any(map(str.isdigit, surface))):
        return label
    person = (
        role in _RELATIONS
        or role in _PEOPLE
        or role.rpartition("-")[2] in _PEOPLE
        or _AGE.match(text, end)
        or (label != "ORG" and last not in _WITHIN and _behaves(text, end, before, " " in surface))
    )
    return "PERSON" if person else label


def _behaves(text: str, end: int, before: str, full: bool) -> bool:
    """True where a name stands as only a person's does: "…, who", "…, a trader", and, of a full name, "… said"."""
    if _IS.match(text, end):
        return True
    return full and bool(_SPEAKS.match(text, end) or _SPOKEN.search(before))
