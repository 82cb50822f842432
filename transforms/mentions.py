"""The names of one article, from all who found some, made one list: who wins, and who is meant again.

The gazetteer knows ids; the forms of names (`names.py`) and the model (`ner.py`) know names that no list has.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from transforms.article import Article, Mention
from transforms.entities import longest, named_again
from transforms.lexicon import Lexicon, fold

_FIELDS = ("title", "text")
_ACRONYM = re.compile(r"\s?\((?:the )?(?P<short>[A-Z][A-Z&.-]{1,8}s?)\)")
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
    guessed = [mention for mention in by_model if _may_stand(mention)]
    guessed = list(_without_rivals(guessed, [mention for mention in known if mention.id]))
    guessed += acronyms(article, [*known, *guessed])
    named = longest([*known, *by_form, *guessed])
    return longest([*named, *_again(article, named, [*known, *guessed])])


def _may_stand(mention: Mention) -> bool:
    """False for what is no name whatever a model says: without a letter, or across lines."""
    return any(map(str.isalpha, mention.text)) and "\n" not in mention.text


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


def _yields(sure: Mention, guess: Mention) -> bool:
    """True where the known name is but a part of the longer one: of ``China`` in ``China Daily``."""
    if sure.start < guess.start or sure.end > guess.end or len(sure.text) == len(guess.text):
        return False
    same = sure.label == guess.label
    # A title before a known person's full name makes no other person; "Hunter Biden" is another than Biden.
    return not (same and guess.label == "PERSON" and " " in sure.text)


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
