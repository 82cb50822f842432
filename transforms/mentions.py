"""The names of one article, from all who found some, made one list: who wins, and who is meant again.

The gazetteer knows ids; the forms of names (`names.py`) and the model (`ner.py`) know names that no list has.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from transforms.article import Article, FieldName, Mention
from transforms.beside import by_neighbours
from transforms.entities import longest, named_again
from transforms.lexicon import Lexicon, fold

_FIELDS: tuple[FieldName, ...] = ("title", "text")
_ACRONYM = re.compile(r"\s?\((?:the )?(?P<short>[A-Z][A-Z&.-]{1,8}s?)\)")
_OFFICES = (
    r"(?:(?:former|acting|deputy|vice|foreign|prime|interior|defen[cs]e|finance|party|press|attorney|lieutenant|major)"
    r" )*(?:secretary(?: of state)?|minister|president(?:-elect)?|chancellor|senator|sen|representative|rep|"
    r"congress(?:man|woman)|governor|gov|mayor|ambassador|judge|justice|general|gen|admiral|adm|colonel|col|captain|capt|"
    r"lt|sergeant|sgt|king|queen|prince|princess|pope|archbishop|bishop|cardinal|rabbi|imam|sheikh|ayatollah|professor|"
    r"prof|dr|doctor|mr|mrs|ms|miss|sir|lord|lady|dame|leader|premier|speaker|chair(?:man|woman)|director|commissioner|"
    r"spokes(?:man|woman|person)|envoy)\.?"
)
_TITLE = re.compile(rf"(?:{_OFFICES} )+(?=[^\W\d_])", re.IGNORECASE)
_OFFICE = re.compile(rf"{_OFFICES}(?: {_OFFICES})*$", re.IGNORECASE)
_SECOND_HALF = re.compile(
    r"-(?!(?:led|era|backed|style|appointed|like|elect|linked|designate|run)\b)[^\W\d_]{2,20}\b"
)
_KIND = re.compile(
    r" (?:newspaper|news agency|agency|magazine|website|television|officials|militants|soldiers|rebels)$"
)
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST = 200  # characters of a name; a model may take a paragraph of a hostile text for one
_AGAIN = 500  # different names that are looked for again in one article: bounds what a hostile text costs


def together(
    article: Article, known: Sequence[Mention], by_form: Iterable[Mention], by_model: Iterable[Mention]
) -> tuple[Mention, ...]:
    """One list without overlaps, in reading order.

    Args:
        article: where they stand.
        known: the gazetteer's.
        by_form: of ``find_names``.
        by_model: of a statistical model.
    """
    known = [_bare(mention) for mention in known]
    sure = [mention for mention in known if mention.id]
    guessed = [trimmed for mention in by_model if (trimmed := _trimmed(article, mention)) is not None]
    guessed = list(_without_rivals(by_neighbours(article, _unknown(guessed, known)), sure))
    formed = [trimmed for mention in by_form if (trimmed := _trimmed(article, mention)) is not None]
    guessed = list(_beside_forms(guessed, formed))
    short = list(acronyms(article, [*known, *guessed]))
    guessed = [*_without_rivals(guessed, short), *short]
    named = longest([*known, *guessed])
    return longest([*named, *_again(article, named, [*known, *guessed])])


def _bare(mention: Mention) -> Mention:
    """A listed name without what is no part of it: the title of ``Pope Leo XIV``, the kind of ``Dawn newspaper``."""
    text, start = mention.text, mention.start
    if mention.label == "PERSON" and (titles := _TITLE.match(text)):
        text, start = text[titles.end() :], start + titles.end()
    elif mention.label == "ORG":
        text = _KIND.sub("", text)
    return mention.model_copy(update={"text": text, "start": start, "end": start + len(text)})


def _trimmed(article: Article, mention: Mention) -> Mention | None:
    """The name from its own first letter to its last; None for what is no name whatever a model says."""
    text, start = mention.text, mention.start
    if len(text) > _LONGEST:
        return None
    if mention.label == "PERSON":
        titles = _TITLE.match(text)
        cut = titles.end() if titles else 0
        # A tokenizer parts "Ji-hoon" at its hyphen, and a model may take the first half.
        hyphened = _SECOND_HALF.match(article.of(mention.field), mention.end)
        text, start = text[cut:] + (hyphened[0] if hyphened else ""), start + cut
    elif mention.label == "ORG":
        text = _KIND.sub("", text)
    text = _POSSESSIVE.sub("", text)
    if not any(map(str.isalpha, text)) or "\n" in text or (mention.label == "PERSON" and _OFFICE.match(text)):
        return None
    return mention.model_copy(update={"text": text, "start": start, "end": start + len(text)})


def _unknown(guessed: Iterable[Mention], known: Iterable[Mention]) -> Iterator[Mention]:
    """Those that are no list's name: what a list knows is decided there."""
    listed = {(mention.field, mention.start, mention.end) for mention in known}
    return (mention for mention in guessed if (mention.field, mention.start, mention.end) not in listed)


def _without_rivals(guessed: Iterable[Mention], sure: Iterable[Mention]) -> Iterator[Mention]:
    """What the model says, but where it contradicts an id: it may know the longer name, not another end of it."""
    ends: dict[str, dict[int, Mention]] = {field: {} for field in _FIELDS}
    for mention in sure:
        ends[mention.field].update(dict.fromkeys(range(mention.start, mention.end), mention))
    for mention in guessed:
        rivals = {
            rival
            for place in {mention.start, mention.end - 1, *range(mention.start, mention.end, 2)}
            if (rival := ends[mention.field].get(place))
        }
        if all(_yields(rival, mention) for rival in rivals):
            yield mention


def _beside_forms(guessed: Sequence[Mention], by_form: Iterable[Mention]) -> Iterator[Mention]:
    """The model's names, and those by form where the model has none.

    A model knows better where a name ends; but who stands after a title is a person, whatever a model makes of both.
    """
    at = {
        (mention.field, place): mention for mention in guessed for place in range(mention.start, mention.end)
    }
    overruled: set[Mention] = set()
    for mention in by_form:
        over = {
            guess for place in range(mention.start, mention.end) if (guess := at.get((mention.field, place)))
        }
        if mention.label == "PERSON" and " " in mention.text and len(over) == 1:
            guess = next(iter(over))
            if guess.label != "PERSON" and guess.start < mention.start and guess.end == mention.end:
                overruled.add(guess)
                over = set()
        if not over:
            yield mention
    yield from (guess for guess in guessed if guess not in overruled)


def _yields(sure: Mention, guess: Mention) -> bool:
    """True where the known name is but a part of the longer one: of ``China`` in ``China Daily``."""
    if sure.start < guess.start or sure.end > guess.end or len(sure.text) == len(guess.text):
        return False
    if " " not in guess.text:
        return False  # "Biden-Xi" and "US-led" are no names beside those in them
    # Words before a person's full name make no other person, and no organisation; "Hunter Biden" is not Biden.
    return not (sure.label == "PERSON" and " " in sure.text and sure.end == guess.end)


def acronyms(article: Article, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """The short name in brackets after an organisation, and wherever else it stands: ``… Forces (SDF)``."""
    meant: dict[str, str | None] = {}
    for mention in mentions:
        if mention.label != "ORG" or " " not in mention.text:
            continue
        text = article.of(mention.field)
        match = _ACRONYM.match(text, mention.end)
        if match and match["short"][0].casefold() in {word[:1].casefold() for word in mention.text.split()}:
            meant.setdefault(match["short"], mention.id)
    if not meant:
        return
    for field in _FIELDS:
        text = article.of(field)
        for place in re.finditer(r"(?<![\w.])[A-Z][A-Z&.-]{1,8}s?(?!\w)", text):
            if place[0] in meant:
                yield _mention(field, text, place.start(), place.end(), "ORG", meant[place[0]])


def _again(article: Article, named: Sequence[Mention], told: Sequence[Mention]) -> Iterator[Mention]:
    """Names that were found in one place, in all others: whole ones as they are, people by their surname."""
    surnames: dict[str, set[str | None]] = defaultdict(set)
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    ids: dict[str, str | None] = {}
    for mention in told:
        if mention.label in {"PERSON", "ORG", "LOC"} and " " in mention.text:
            labels[mention.text][mention.label] += 1
            ids[mention.text] = mention.id
        if mention.label == "PERSON" and " " in mention.text and not mention.text.isupper():
            surnames[mention.text.rsplit(" ", 1)[1]].add(mention.id)
    taken = {(mention.field, mention.start) for mention in named}
    # A surname that two people of the article share, or that is somebody else's id, is nobody's for sure.
    bare = {name: next(iter(who)) for name, who in surnames.items() if len(who) == 1 and len(name) > 2}  # noqa: PLR2004
    for mention in named_again(article, dict(list(bare.items())[:_AGAIN])):
        if (mention.field, mention.start) not in taken:
            yield mention
    whole = {name: count.most_common(1)[0][0] for name, count in list(labels.items())[:_AGAIN]}
    if not whole:
        return
    lexicon = Lexicon((name, name) for name in whole)
    for field in _FIELDS:
        text = article.of(field)
        for hit in lexicon.find(fold(text)):
            if text[hit.start : hit.end] == hit.value:
                yield _mention(field, text, hit.start, hit.end, whole[hit.value], ids[hit.value])


def _mention(field: str, text: str, start: int, end: int, label: str, identity: str | None) -> Mention:
    return Mention.model_validate(
        {"start": start, "end": end, "field": field, "text": text[start:end], "label": label, "id": identity}
    )
