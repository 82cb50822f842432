"""Names by their form: people and organisations that no list knows, from titles, verbs of speech and endings.

A first, careful version: it names what the form makes sure, and leaves the rest. A trained model takes over
behind the same function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.article import Article, Label, Mention
from transforms.entities import named_again

# A word of a name: capital first, then letters; "al-", "O'", "Mc" and hyphens inside; initials such as "J."
# The length is bounded, so that a text without blanks costs no more than its length.
_WORD = r"(?:(?:[A-Z][\w’'-]{0,40}[^\W\d_])|(?:[A-Z]\.))"
_NAME = rf"{_WORD}(?:[ ](?:(?:de|da|do|dos|del|della|der|den|van|von|bin|ibn|al|el|la|le)[ ]){{0,2}}{_WORD}){{1,3}}"
_TITLES = (
    "President|Vice President|Prime Minister|Deputy Prime Minister|Foreign Minister|"
    "Defen[cs]e Minister|Finance Minister|Interior Minister|Minister|"
    "Minister of [A-Z][a-z]+(?: [A-Z][a-z]+)*|Secretary of [A-Z][a-z]+|Secretary of State|"
    "Defense Secretary|Treasury Secretary|Press Secretary|Foreign Secretary|Home Secretary|Secretary|"
    "Attorney General|Chancellor|Senator|Sen\\.|Representative|Rep\\.|Congressman|Congresswoman|"
    "Governor|Gov\\.|Mayor|Ambassador|Judge|Justice|General|Gen\\.|Admiral|Colonel|Col\\.|Captain|"
    "Capt\\.|Lieutenant|Lt\\.|Sergeant|Sgt\\.|Officer|Detective|King|Queen|Prince|Princess|Pope|"
    "Archbishop|Bishop|Rabbi|Imam|Sheikh|Professor|Prof\\.|Dr\\.|Doctor|Mr\\.|Mrs\\.|Ms\\.|Mr|Mrs|Ms|"
    "Sir|Lord|Lady|Leader|Party Secretary|Speaker|Chairman|Chairwoman|Director|Commissioner|"
    "Spokesman|Spokeswoman|spokesman|spokeswoman|spokesperson|journalist|reporter|correspondent|"
    "Journalist|Reporter|Correspondent|analyst|lawyer|attorney|professor|leader|president|candidate|"
    "director|senator|governor|mayor|minister|secretary|ambassador|chairman"
)
_TITLED = re.compile(rf"\b(?:{_TITLES}) (?P<name>{_NAME})")
_SPEECH = (
    "said|says|told|added|wrote|tweeted|argued|warned|noted|explained|replied|responded|insisted|claimed"
)
_SPOKE = re.compile(rf"(?<![\w’'-])(?P<name>{_NAME}) (?:{_SPEECH})\b")
# Whom somebody "told" is no speaker.
_SPOKEN = re.compile(rf"[,”\"’'] (?:{_SPEECH.replace('told|', '')}) (?P<name>{_NAME})\b")
_STAFF = re.compile(
    rf"\b[A-Z][\w.]*[’']s (?P<name>{_WORD} {_WORD})(?= (?:in|contributed|reported|reports|said|says|told)\b|,)"
)
_AGED = re.compile(rf"(?<![\w’'-])(?P<name>{_NAME}), \d\d,")
_BODY_ENDING = (
    "Party|Ministry|Department|Committee|Agency|University|Commission|Council|Court|Bank|Institute|Association|"
    "Union|Police|Army|Senate|Congress|Parliament|Foundation|Inc\\.?|Corp\\.?|Ltd\\.?|LLC|Group|Bureau|Authority|"
    "Federation|College|Hospital|Office|Administration|Organi[sz]ation|Centre|Center|Service|Guard|Forces|Company"
)
_BODY = re.compile(
    rf"\b{_WORD}(?: (?:of |for |and |the )?{_WORD}){{0,4}} (?:{_BODY_ENDING})(?![\w])(?: of [A-Z]\w+)?"
)
_BODY_OF = re.compile(
    r"\b(?:Ministry|Department|University|Bank|Bureau|Council|Court|House|Institute|Federation|Academy|Commission)"
    r" (?:of|for) (?:the )?[A-Z]\w+(?:(?: and)? [A-Z]\w+){0,3}"
)
# Words with a capital only because they open a sentence, and others that begin or end no person's name.
_NO_BODY = frozenset(
    [
        "The",
        "A",
        "An",
        "In",
        "On",
        "At",
        "But",
        "And",
        "Or",
        "If",
        "When",
        "While",
        "After",
        "Before",
        "As",
        "By",
        "For",
        "From",
        "With",
        "Without",
        "It",
        "He",
        "She",
        "They",
        "We",
        "I",
        "You",
        "His",
        "Her",
        "Their",
        "Our",
        "Its",
        "This",
        "That",
        "These",
        "Those",
        "There",
        "Here",
        "What",
        "Who",
        "Why",
        "How",
        "Where",
        "Some",
        "Many",
        "Most",
        "All",
        "No",
        "Not",
        "Yes",
        "Also",
        "Meanwhile",
        "However",
        "Then",
        "Now",
        "Since",
        "Earlier",
        "Later",
        "Although",
        "Because",
    ]
)
_NO_PERSON = _NO_BODY | frozenset(
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Former",
        "Senior",
        "Deputy",
        "Acting",
        "Chief",
        "State",
        "White",
        "House",
        "Street",
        "Avenue",
        "News",
        "Times",
        "Post",
        "Party",
        "Ministry",
        "University",
        "Court",
        "Committee",
        "Minister",
        "President",
        "Secretary",
        "Democrats",
        "Republicans",
        "American",
        "Chinese",
        "Russian",
    ]
)


_ENDS_A_BODY = frozenset(_BODY_ENDING.replace("\\.?", "").replace("[sz]", "s").split("|")) | frozenset(
    ["Academy", "Affairs", "Club", "Faculty", "Management", "Museum", "Organization", "School", "Society"]
)
_OFFICE = frozenset(title for title in _TITLES.split("|") if title.isalpha() and title[0].isupper()) | {"PM"}
_DAYS = frozenset(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])


def find_names(article: Article, *, bodies: bool = True) -> Iterator[Mention]:
    """People and organisations by form, with every later place of a person's surname; none has an id.

    Args:
        article: where they stand.
        bodies: organisations too. A model knows better than their endings do what is one, and where it begins.
    """
    surnames: dict[str, None] = {}
    for field in ("title", "text"):
        text = article.of(field)
        for pattern in (_TITLED, _SPOKE, _SPOKEN, _STAFF, _AGED):
            for match in pattern.finditer(text):
                start, end = _person(text, *_trimmed(text, *match.span("name"), _NO_PERSON))
                if end > start and " " in text[start:end]:
                    surnames[text[start:end].rsplit(" ", 1)[1]] = None
                    yield _mention(article, field, start, end, "PERSON")
        for pattern in (_BODY, _BODY_OF) if bodies else ():
            for match in pattern.finditer(text):
                start, end = _trimmed(text, *match.span(), _NO_BODY)
                if " " in text[start:end]:
                    yield _mention(article, field, start, end, "ORG")
    yield from named_again(article, surnames)


def _person(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without an office before the name and a day behind it; nothing of it where a body's word is in it."""
    words = text[start:end].split(" ")
    while words and words[-1] in _DAYS:
        end -= len(words.pop()) + 1
    if not _ENDS_A_BODY.isdisjoint(words):
        return start, start
    for place in range(len(words) - 3, -1, -1):  # a first name and another stay
        if words[place] in _OFFICE:
            return start + len(" ".join(words[: place + 1])) + 1, end
    return start, end


def _trimmed(text: str, start: int, end: int, foreign: frozenset[str]) -> tuple[int, int]:
    """The span up to a possessive, without the words at its beginning that are no part of a name."""
    surface = text[start:end]
    for possessive in ("’s", "'s"):
        cut = surface.find(possessive + " ")
        if cut > 0:
            return start, start + cut
        surface = surface.removesuffix(possessive)
    words = surface.split(" ")
    while words and words[0] in foreign:
        start += len(words[0]) + 1
        words = words[1:]
    return start, start + len(" ".join(words))


def _mention(article: Article, field: str, start: int, end: int, label: Label) -> Mention:
    place: dict[str, object] = {"start": start, "end": end, "field": field, "label": label}
    return Mention.model_validate(
        {**place, "text": article.of("title" if field == "title" else "text")[start:end]}
    )
