"""What linking knows of an article: its words, its runs of words, and whom it names as its sources."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from operator import neg

from pydantic import Field

from transforms.article import Credit, Model, Moment, Reading
from transforms.words import rarity, words_of

SHINGLE = 5  # words in a row that are taken for the same text
SAMPLE = 4  # one shingle in so many is kept: by value, so that the same are kept everywhere
TERMS = 120  # terms kept of an article
LEAD = 150  # words that tell the news; what comes later is background and counts half
KEYS = 15  # heaviest terms by which stories are looked up: one in common makes a story a candidate


class Member(Model):
    """What linking needs to know of an article in a story; kept beside its coverage.

    Attributes:
        at: the record's clock: when this article was news.
        terms: its words with their weights, of length 1 as a vector.
        shingles: sampled hashes of its runs of ``SHINGLE`` words.
        sources: outlets (normalised names) that it says it got its news from, best first, with the kind.
        spoken: outlets in whose interviews its people spoke, where it took its text from yet another outlet.
        quotes: (text, speaker).
    """

    article: str
    version: int = 1
    outlet: str | None = None
    title: str | None = None
    url: str | None = None
    published: Moment | None = None
    at: Moment
    order: tuple[int, int] = (0, 0)
    backfill: bool = False
    lang: str | None = None
    terms: dict[str, float] = Field(default_factory=dict)
    shingles: tuple[int, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    spoken: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str | None], ...] = ()
    topics: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


@lru_cache(maxsize=4096)  # a story's outlets are compared again with every article that joins it
def outlet_key(name: str) -> str:
    """An outlet's name as it is compared: ``The Hill`` and ``the hill`` are one outlet."""
    words = [word for word in words_of(name) if word != "the"]
    return "-".join(words) or name.casefold().strip()


def member_of(reading: Reading, at: datetime) -> Member:
    """The member that this reading makes.

    Args:
        reading: the article as read.
        at: the record's clock for it.
    """
    article = reading.article
    names = {mention.id: mention.text for mention in reading.entities if mention.id}
    seen = Counter(mention.id for mention in reading.entities if mention.id)
    return Member(
        article=article.id,
        version=article.version,
        outlet=article.outlet,
        title=article.title,
        url=article.url,
        published=article.published,
        at=at,
        order=article.order,
        backfill=article.backfill,
        lang=article.lang,
        terms=terms_of(article.title or "", article.text, names.values()),
        shingles=tuple(sorted(shingles_of(_own_words(reading)))),
        sources=tuple(_sources(reading.credits, article.outlet)),
        spoken=tuple(dict.fromkeys(outlet_key(credit.outlet) for credit in reading.spoken)),
        quotes=tuple(
            (
                article.of(quote.field)[quote.start : quote.end],
                quote.speaker and (quote.speaker.name or quote.speaker.text),
            )
            for quote in reading.quotes
        ),
        topics=tuple(
            topic.id
            for topic in sorted(reading.topics, key=lambda topic: (-topic.score, topic.id))
            if topic.about
        ),
        entities=tuple(
            identity for identity, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:20]
        ),
    )


def _own_words(reading: Reading) -> str:
    """The text without its quotes: two reporters at one press conference print the same words, and copy nothing."""
    text, end, own = reading.article.text, 0, []
    for quote in sorted((quote for quote in reading.quotes if quote.field == "text"), key=lambda q: q.start):
        own.append(text[end : quote.start])
        end = max(end, quote.end)
    return "\n".join([*own, text[end:]])


def _sources(said: Sequence[Credit], outlet: str | None) -> Iterator[tuple[str, str]]:
    own = outlet_key(outlet) if outlet else None
    ranks = {"wire": 0, "source": 1, "cites": 2}
    named: set[str] = set()
    for credit in sorted((credit for credit in said if credit.kind in ranks), key=lambda c: ranks[c.kind]):
        key = outlet_key(credit.outlet)
        if key != own and key not in named:
            named.add(key)
            yield key, credit.kind


def terms_of(title: str, text: str, names: Iterable[str] = ()) -> dict[str, float]:
    """The article's words, rare ones and names weighing more, as a vector of length 1."""
    words = words_of(text)
    # News tells the story first: what stands late is background, often of other stories. Counted in halves.
    halves = Counter(words)
    halves.update(words[:LEAD])
    halves.update(words_of(title) * 6)
    named = {word for name in names for word in words_of(name)}
    weights = [
        ((1 + math.log1p(count / 2)) * says * (1.3 if word in named else 1.0), word)
        for word, count in halves.items()
        if len(word) > 1 and (says := rarity(word))
    ]
    best = sorted((-weight, word) for weight, word in weights)[:TERMS]
    length = math.sqrt(sum(weight * weight for weight, _ in best)) or 1.0
    return {word: round(-weight / length, 4) for weight, word in best}


def shingles_of(text: str) -> set[int]:
    """Hashes of the runs of ``SHINGLE`` words, sampled by value (near-duplicate detection after Broder, 1997)."""
    words = words_of(text)
    runs = map(" ".join, zip(*(words[start:] for start in range(SHINGLE)), strict=False))
    return {code for code in map(zlib.crc32, map(str.encode, runs)) if code % SAMPLE == 0}


def keys_of(member: Member) -> tuple[str, ...]:
    """The member's heaviest terms."""
    terms = member.terms
    return tuple(term for _, term in sorted(zip(map(neg, terms.values()), terms, strict=True))[:KEYS])
