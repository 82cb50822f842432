"""People in an article: the name behind a surname, a pronoun or a role.

Built once for each field, in time linear in its length; every question after that is a look-up.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.article import FieldName, Mention, Speaker
from transforms.quotes.marks import Paragraph, boundaries
from transforms.quotes.words import FIRST_NAMES, OPENERS, PRONOUNS, WEEKDAYS

_RUN = re.compile(
    r"(?<![\w’'])[^\W\d_a-z](?:[\w’'-]*\w|\.)?(?:\s(?:(?:de|del|della|der|den|di|da|dos|du|la|le|el|al|bin|ibn|ben|van|von"
    r"|ter|ten)\s){0,2}[^\W\d_a-z](?:[\w’'-]*\w|(?=\W))\.?){0,6}",
)
_ROLE = (
    "president|premier|minister|secretary|chancellor|senator|governor|mayor|spokesman|spokeswoman|spokesperson|director"
    "|chief|chairman|chairwoman|chair|ambassador|general|leader|candidate|nominee|professor|analyst|attorney|lawyer"
    "|judge|officer|executive|congressman|congresswoman|representative|lawmaker|king|queen|prince|princess|pope"
    "|commissioner|coach|strategist|adviser|advisor|aide|manager|founder|owner|author|editor|reporter|journalist"
    "|expert|researcher|official|mogul|businessman|businesswoman|billionaire|diplomat|envoy|speaker|sheriff|activist"
    "|economist|scientist|historian|lieutenant|commander|colonel|captain|bishop|archbishop|cardinal|rabbi|imam|actor"
    "|actress|singer|comedian|host|anchor|veteran|legislator|democrat|republican|conservative|socialist"
)
_ROLE_WORD = re.compile(rf"\b(?:{_ROLE})\b", re.IGNORECASE)
_TITLE = re.compile(
    rf"(?:(?:the|former|ex-?|vice|deputy|prime|foreign|defen[cs]e|interior|finance|acting|first|lady|us|u\.s\.|united"
    rf"|states|secretary\sof\s(?:state|defense|energy|the\streasury)|attorney\sgeneral|house|senate|white|party|campaign"
    rf"|mr|mrs|ms|mx|dr|gen|sen|rep|gov|lt|col|sgt|rev|prof|capt|maj|adm|amb|hon|sir|lord|lady|dame|madam|madame|saint"
    rf"|del|state|{_ROLE})\.?\s+)+",
    re.IGNORECASE,
)
_MALE = re.compile(
    r"\b(?:Mr\.?|Sir|Lord|King|Prince|Congressman|Chairman|Spokesman|spokesman|businessman)\s+$"
)
_FEMALE = re.compile(
    r"\b(?:Mrs\.?|Ms\.?|Miss|Lady|Dame|Queen|Princess|Congresswoman|Chairwoman|Spokeswoman|spokeswoman)\s+$",
)
_APPOSED = re.compile(
    r",\s+(?P<name>[^\W\d_a-z][\w’'-]*(?:\s[^\W\d_a-z][\w’'-]*){1,3})(?=[,.]|$)", re.MULTILINE
)
_SUFFIX = re.compile(r",?\s+(?:Jr|Sr|II|III|IV)\.?$")
_NO_SUBJECT = re.compile(r"\b(?:[Hh]e|[Ss]he|[Tt]hey|I|[Ww]e)\b")
_GOVERNED = re.compile(
    r"\b(?:of|for|from|at|with|to|by|on|about|into|over|under|against|between|near|and)\s+$", re.IGNORECASE
)


_FEW = 30
"""Names among which a pronoun may look for the only one of its gender: a bound on the work of one pronoun."""


@dataclass
class Person:
    """Someone the article names: the fullest form it gives, and the entity where it is known."""

    name: str
    id: str | None = None
    female: bool | None = None


def _bare(text: str) -> str:
    """A name without titles, possessive and suffix."""
    text = re.sub(r"[’']s?$", "", " ".join(text.split()))
    title = _TITLE.match(text)
    rest = text[title.end() :] if title else text
    return _SUFFIX.sub("", rest or text)


def _surname(name: str) -> str:
    return name.rsplit(" ", 1)[-1].casefold()


def _one_name(one: str, other: str) -> bool:
    """Whether two forms with one surname can be the same name: all words of the shorter stand in the longer."""
    first, second = set(one.casefold().split()), set(other.casefold().split())
    return first <= second or second <= first


def _subject_place(text: str, sentence: int, start: int) -> bool:
    """Whether a name at ``start`` can be the subject of the sentence that begins at ``sentence``."""
    if start - sentence > 250:  # noqa: PLR2004 - a subject stands near the beginning
        return False
    return (
        _NO_SUBJECT.search(text, sentence, start) is None and _GOVERNED.search(text, sentence, start) is None
    )


class People:
    """Who is named where in one article; the title's names are known to the text and the other way round.

    Args:
        texts: the fields of the article.
        mentions: entity mentions with offsets; PERSON mentions may be missing.
        names: entity id to full name.
        fields: the paragraphs of each field, with their quoted spans: what is quoted is no subject.
    """

    def __init__(
        self,
        texts: Mapping[FieldName, str],
        mentions: Sequence[Mention],
        names: Mapping[str, str],
        fields: Mapping[FieldName, Sequence[Paragraph]],
    ):
        self._texts = texts
        self._names = names
        self._known: dict[str, Person] = {}
        self._full: dict[str, Person] = {}
        self._mentions: dict[FieldName, list[Mention]] = {"title": [], "text": []}
        self._roles: dict[str, list[tuple[int, Person]]] = {}
        self._subjects: dict[FieldName, list[tuple[int, int, Person]]] = {"title": [], "text": []}
        for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
            if mention.end <= len(texts[mention.field]):
                self._mentions[mention.field].append(mention)
                if mention.label == "PERSON":
                    self._learn(mention.text, mention.id)
        self._not_people = {
            _bare(mention.text).casefold() for mention in mentions if mention.label != "PERSON"
        }
        for field in ("text", "title"):
            self._survey(field, texts[field], fields[field])

    def _learn(self, text: str, entity: str | None) -> Person:
        name = _bare(text)
        person = self._find(name)
        if person is None:
            # A bare surname that was known before, or another form of the same name, gets this fuller one.
            known = self._known.get(_surname(name))
            same = (
                known is not None
                and (entity is None or known.id in {None, entity})
                and _one_name(known.name, name)
            )
            person = known if known is not None and same else Person(name)
            self._known.setdefault(_surname(name), person)
        self._full[name.casefold()] = person
        if entity is not None and person.id is None:
            person.id = entity
            person.name = self._names.get(entity, person.name)
        if person.id is None and len(name) > len(person.name):
            person.name = name
        if person.female is None and " " in name:
            person.female = FIRST_NAMES.get(name.split(" ", 1)[0].casefold())
        return person

    def _find(self, name: str) -> Person | None:
        """Who has this name: the same full one, else for a bare surname the first who has it."""
        return self._full.get(name.casefold()) or (None if " " in name else self._known.get(_surname(name)))

    def _survey(self, field: FieldName, text: str, found: Sequence[Paragraph]) -> None:
        """Walk the field once: full names, genders, roles, and the first person of each sentence."""
        places = [
            (mention.start, mention.end) for mention in self._mentions[field] if mention.label == "PERSON"
        ]
        taken = [start for start, _ in places]
        for match in _RUN.finditer(text):
            trimmed = self._person_like(match)
            if trimmed is None:
                continue
            index = bisect_left(taken, match.start())
            if index < len(taken) and taken[index] < match.end():
                continue
            places.append(trimmed)
        quoted = sorted(span for paragraph in found for span in paragraph.spans)
        starts = [
            at
            for paragraph in found
            for at in (paragraph.start, *boundaries(text, paragraph.start, paragraph.end))
        ]
        sentence = -1
        # A person is a sentence's subject where no pronoun stands before and no preposition governs the name.
        for start, end in sorted(places):
            person = self._learn(text[start:end], None)
            self._notice(text, start, end, person)
            here = bisect_right(starts, start)
            inside = bisect_right(quoted, (start, len(text))) - 1
            said = inside >= 0 and start < quoted[inside][1]
            if here != sentence and not said and _subject_place(text, starts[here - 1] if here else 0, start):
                self._subjects[field].append((start, end, person))
                sentence = here
        for row in self._roles.values():
            row.sort(key=lambda entry: entry[0])

    def _person_like(self, match: re.Match[str]) -> tuple[int, int] | None:
        """The part of a capitalised run that looks like a person: a known surname, or two to four words."""
        words = match.group()
        start = match.start()
        while (first := re.match(r"\S+\s+", words)) and first.group().strip(".,") in OPENERS | WEEKDAYS:
            start += first.end()
            words = words[first.end() :]
        title = _TITLE.match(words)
        titled = title is not None and title.end() < len(words)
        if title is not None and titled:
            start += title.end()
            words = words[title.end() :]
        words = re.sub(r"[’']s?$", "", words)
        bare = _bare(words)
        if (
            not bare
            or _ROLE_WORD.fullmatch(bare)
            or bare in OPENERS
            or bare in WEEKDAYS
            or bare.casefold() in self._not_people
        ):
            return None
        known = _surname(bare) in self._known
        if known or titled or (FIRST_NAMES.get(bare.split(" ", 1)[0].casefold()) is not None and " " in bare):
            return start, start + len(words)
        return None

    def _notice(self, text: str, start: int, end: int, person: Person) -> None:
        """What stands around a name: a title that tells he or she, a role before it or in apposition."""
        before = text[max(0, start - 70) : start]
        if person.female is None:
            person.female = True if _FEMALE.search(before) else False if _MALE.search(before) else None
        tail = re.split(r"[,.;:“”\"\n]", before)[-1]
        after = text[end : end + 90]
        aside = re.match(r"(?:\s*\([^)]{1,30}\))?,\s+((?:an?|the|one|his|her|who)\b[^,.;:\n]{2,80})", after)
        for words in (tail, aside.group(1) if aside else ""):
            for role in _ROLE_WORD.finditer(words):
                self._roles.setdefault(role.group().casefold(), []).append((start, person))

    def note(self, speaker: Speaker) -> None:
        """A speaker was found here: pronouns after it may mean them."""
        person = self._find(speaker.name) if speaker.name is not None else None
        if person is None:
            return
        row = self._subjects[speaker.field]
        index = bisect_left(row, speaker.start, key=lambda entry: entry[0])
        if index >= len(row) or row[index][0] != speaker.start:
            row.insert(index, (speaker.start, speaker.end, person))

    def subject(self, field: FieldName, after: int, before: int) -> tuple[int, int] | None:
        """Where the last person stands who begins a sentence in ``[after, before)``."""
        row = self._subjects[field]
        index = bisect_left(row, before, key=lambda entry: entry[0]) - 1
        return row[index][:2] if index >= 0 and row[index][0] >= after else None

    def speaker(self, field: FieldName, start: int, end: int) -> Speaker:
        """Who these words mean."""
        text = self._texts[field][start:end]
        low = text.casefold()
        person: Person | None = None
        if low in PRONOUNS:
            person = self._pronoun(field, low, start)
        else:
            mention = self._mention(field, start, end)
            if mention is not None:
                start, end, text = mention.start, mention.end, self._texts[field][mention.start : mention.end]
                if mention.label != "PERSON":
                    name = self._names.get(mention.id) if mention.id else None
                    return Speaker(
                        text=text, start=start, end=end, field=field, id=mention.id, name=name or text
                    )
                person = self._find(_bare(mention.text))
                if person is not None and mention.id is not None and person.id != mention.id:
                    person = Person(self._names.get(mention.id, _bare(mention.text)), mention.id)
            else:
                person = self._unknown(text, start) or self._apposed(field, end)
        return Speaker(
            text=text, start=start, end=end, field=field,
            id=person.id if person else None, name=person.name if person else None,
        )  # fmt: skip

    def _mention(self, field: FieldName, start: int, end: int) -> Mention | None:
        """The mention that is the head of these words: a person, else what covers their end."""
        row = self._mentions[field]
        index = bisect_left(row, start, key=lambda mention: mention.start)
        best: Mention | None = None
        for mention in row[max(0, index - 1) : index + 8]:
            if mention.start >= end:
                break
            if mention.end <= start or mention.start < start:
                continue
            owner = re.match(
                r"[’']s?\s", self._texts[field][mention.end : mention.end + 3]
            ) or mention.text.endswith(
                ("'s", "’s"),
            )
            if mention.end > end or (owner and mention.end + 2 < end):
                continue
            if mention.label == "PERSON" or (
                best is None and mention.end >= end - 1 and mention.start <= start + 4
            ):
                best = mention
        return best

    def _pronoun(self, field: FieldName, low: str, at: int) -> Person | None:
        if low not in {"he", "she", "who", "himself", "herself"}:
            return None
        row = self._subjects[field]
        index = bisect_left(row, at, key=lambda entry: entry[0]) - 1
        wanted = {"he": False, "himself": False, "she": True, "herself": True}.get(low)
        for _, _, person in reversed(row[max(0, index - 11) : index + 1]):
            if wanted is None or person.female is None or person.female == wanted:
                if wanted is not None and low != "who":
                    person.female = wanted
                return person
        if wanted is None or len(self._full) > _FEW:
            return None
        fitting = {id(each): each for each in self._full.values() if each.female == wanted}
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _apposed(self, field: FieldName, end: int) -> Person | None:
        """The name between commas behind a role: ``the minister, Luc Martel``."""
        aside = _APPOSED.match(self._texts[field], end)
        if aside is None:
            return None
        bare = _bare(aside["name"])
        return self._find(bare) or (self._learn(bare, None) if " " in bare else None)

    def _unknown(self, text: str, at: int) -> Person | None:
        """Words that no mention covers: a surname known from elsewhere, a role, or a new name."""
        capitals = [match for match in _RUN.finditer(text) if match.group() not in OPENERS | WEEKDAYS]
        if capitals:
            run = capitals[-1].group()
            bare = _bare(run)
            known = self._find(bare)
            if known is not None and not re.match(r"[’']s?\s", text[capitals[-1].end() :]):
                return known
        role = list(_ROLE_WORD.finditer(text))
        if (role and not capitals) or (role and text[:4].casefold() == "the "):
            row = self._roles.get(role[0].group().casefold(), [])
            index = bisect_left(row, at, key=lambda entry: entry[0]) - 1
            if index >= 0 or row:
                return row[max(index, 0)][1]
        if capitals and text[0].isupper() and " " in _bare(capitals[-1].group()):
            return Person(_bare(capitals[-1].group()))
        return None
