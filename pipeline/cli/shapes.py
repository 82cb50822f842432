"""The shapes at the border of the command line: one line in, one line out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from transforms.article import Credit, Cue, Mention, Moment, Quote, Reading, Relation, Span, Speaker, Topic


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)


class ArticleIn(_Line):
    """One article that comes in; keys that are not known are kept under ``extra``."""

    model_config = ConfigDict(frozen=True, extra="allow")

    text: str
    id: str | None = None
    url: str | None = None
    outlet: str | None = None
    title: str | None = None
    published: Moment | None = None
    lang: str | None = None
    feed: str | None = None


class EntityOut(_Line):
    """A mention, at the border."""

    text: str
    label: str
    start: int
    end: int
    field: str
    id: str | None


class TopicOut(_Line):
    """A topic, at the border."""

    id: str
    score: float
    about: bool
    evidence: tuple[Span, ...]


class SpeakerOut(_Line):
    """A speaker, at the border."""

    text: str
    start: int
    end: int
    field: str
    id: str | None
    name: str | None


class QuoteOut(_Line):
    """A quote, at the border."""

    text: str
    start: int
    end: int
    field: str
    speaker: SpeakerOut | None
    cue: Cue | None


class CreditOut(_Line):
    """A credit, at the border."""

    outlet: str
    kind: str
    start: int
    end: int
    field: str
    id: str | None


class Enriched(_Line):
    """What ``tocsin enrich`` says of an article."""

    id: str
    title: str | None
    text: str
    published: Moment | None
    outlet: str | None
    url: str | None
    lang: str | None
    entities: tuple[EntityOut, ...]
    topics: tuple[TopicOut, ...]
    quotes: tuple[QuoteOut, ...]
    credits: tuple[CreditOut, ...]
    extra: dict[str, Any] = Field(default_factory=dict)


class Linked(_Line):
    """What ``tocsin link`` says of an article; ``of`` is the article it copies, cites or rewrites."""

    id: str
    story: str
    relation: Relation
    of: str | None


def enriched(reading: Reading) -> Enriched:
    """A reading as a line."""
    article = reading.article
    return Enriched(
        id=article.id,
        title=article.title,
        text=article.text,
        published=article.published,
        outlet=article.outlet,
        url=article.url,
        lang=article.lang,
        entities=tuple(_entity(mention) for mention in reading.entities),
        topics=tuple(_topic(topic) for topic in reading.topics),
        quotes=tuple(_quote(quote, reading) for quote in reading.quotes),
        credits=tuple(_credit(credit) for credit in reading.credits),
        extra=article.extra,
    )


def _entity(mention: Mention) -> EntityOut:
    return EntityOut.model_validate(mention.model_dump())


def _topic(topic: Topic) -> TopicOut:
    return TopicOut(id=topic.id, score=round(topic.score, 4), about=topic.about, evidence=topic.evidence)


def _quote(quote: Quote, reading: Reading) -> QuoteOut:
    text = reading.article.of(quote.field)[quote.start : quote.end]
    return QuoteOut(
        text=text,
        start=quote.start,
        end=quote.end,
        field=quote.field,
        speaker=_speaker(quote.speaker) if quote.speaker else None,
        cue=quote.cue,
    )


def _speaker(speaker: Speaker) -> SpeakerOut:
    return SpeakerOut.model_validate(speaker.model_dump())


def _credit(credit: Credit) -> CreditOut:
    return CreditOut.model_validate(credit.model_dump())
