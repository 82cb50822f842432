"""The models that flow: Document, Article, Reading, Match, Alert, and the parts they are made of.

Everything imports this file and it imports nothing of the house. Offsets are counted in characters,
``[start, end)``, into the cleaned field that is stored. Times are aware UTC datetimes.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

FieldName = Literal["title", "text"]
Label = Literal["PERSON", "ORG", "GPE", "LOC", "NORP", "EVENT", "LAW"]
CreditKind = Literal["wire", "source", "contributor", "cites"]
Relation = Literal["original", "independent", "cites", "copy", "rewrite"]
Severity = Literal["low", "normal", "high"]
AlertKind = Literal["new", "update", "escalation", "correction"]
Notice = Literal[
    "independent-confirmation",
    "escalation",
    "correction",
    "retraction",
    "changed-quote",
    "merge",
    "still-growing",
]
"""Why a reply is told in an alert's thread: what is worth more than an edit."""

Media = Literal["text", "html", "feed", "article-json"]


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone: say which, as in 2024-04-27T08:32:00+05:30")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_utc)]
"""An aware datetime, held in UTC."""


class Model(BaseModel):
    """What all models share: immutable, unknown fields ignored so that older readers live with newer writers."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Tick(Model):
    """A beat of the graph: one for a bounded run, one every few seconds where it runs for ever.

    Attributes:
        at: when it was given.
        first: the first of this run: what earlier runs left in hand is taken up at once.
        tidy: the store is to forget what is old.
    """

    at: Moment
    first: bool = False
    tidy: bool = False


class Position(Model):
    """The place of a message in a queue: it stands for ``[start, end)`` of one part.

    ``end`` is the message's own offset and one. Offsets before it that hold no message (compacted away, emptied, marks
    of transactions) are its own too, so that the positions of a part follow each other without gaps.
    """

    queue: str
    part: str
    start: int
    end: int


class Document(Model):
    """Bytes as a source gave them, before anyone has looked inside.

    Attributes:
        origin: where it came from, for a person: ``seeds/000.txt``, ``news.jsonl:17``, ``https://…/rss``.
        media: what the source takes it for; ``article-json`` is one line of JSON Lines.
        body: the whole input.
        fetched: when this copy was read.
        order: its place among the inputs of this run; entries of a feed are ordered within it.
        feed: id of the feed it was polled from, or None.
        outlet: the outlet that the configuration gives to this feed, or None.
        content_type: as the server said, or None.
        location: the URL it was finally read from, or None.
        backfill_before: entries published before this are back catalogue, or None.
        feed_state: what its feed is to remember once the articles are in hand, as the feed's own JSON, or None.
        position: where it stood in its queue: remembered once the articles are in hand, or None.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_bytes="base64", val_json_bytes="base64")

    origin: str
    media: Media
    body: bytes
    fetched: Moment
    order: int = 0
    feed: str | None = None
    outlet: str | None = None
    content_type: str | None = None
    location: str | None = None
    backfill_before: Moment | None = None
    feed_state: str | None = None
    position: Position | None = None


class Article(Model):
    """One published text. What is not known is None, never a guess.

    Attributes:
        id: deterministic (see ``identify``); empty until the article has been cleaned.
        published: what the outlet says; may lie.
        fetched: when this copy was read.
        first_seen: when the store first had it; None before.
        guid: the feed's own identity of the entry, within that feed.
        order: (document, entry) place in this run, for a replay's clock.
        backfill: back catalogue of a feed: stored and linked, never news.
        version: 1, and one more for every material change of the text.
        origin: where the input stood, for a person.
        extra: keys of the input that Tocsin does not know.
    """

    id: str = ""
    url: str | None = None
    outlet: str | None = None
    title: str | None = None
    text: str
    published: Moment | None = None
    fetched: Moment | None = None
    first_seen: Moment | None = None
    lang: str | None = None
    feed: str | None = None
    guid: str | None = None
    order: tuple[int, int] = (0, 0)
    backfill: bool = False
    version: int = 1
    origin: str = ""
    extra: dict[str, Any] = Field(default_factory=dict)

    def of(self, field: FieldName) -> str:
        """The text of one field; an unknown title is empty."""
        return (self.title or "") if field == "title" else self.text


class Span(Model):
    """A place in an article: ``[start, end)`` in one field."""

    start: int
    end: int
    field: FieldName = "text"


class Mention(Span):
    """One place where the text names an entity; ``id`` is None where it is not decided which."""

    text: str
    label: Label
    id: str | None = None


class Topic(Model):
    """A subject found in an article, with a score in [0, 1] and its evidence.

    ``about`` is False where the score stays below the topic's threshold: it is touched, not what the article is about.
    ``opinion`` is the chance, in [0, 1], that the second opinion gives it, where that lowered or raised the score.
    """

    id: str
    score: float
    about: bool = True
    evidence: tuple[Span, ...] = ()
    opinion: float | None = None


class Speaker(Model):
    """Who a quote is attributed to: the words in the text, and the entity where it is known."""

    text: str
    start: int
    end: int
    field: FieldName = "text"
    id: str | None = None
    name: str | None = None


class Cue(Model):
    """The verb that attributes a quote: said, told, added."""

    text: str
    start: int
    end: int
    field: FieldName = "text"


class Quote(Span):
    """A span of quoted speech, without its quotation marks."""

    speaker: Speaker | None = None
    cue: Cue | None = None


class Credit(Span):
    """What the article says about where it got it; ``id`` is the outlet's entity where it is known."""

    outlet: str
    kind: CreditKind
    id: str | None = None


class Reading(Model):
    """All that was read from one article.

    ``sentences`` are spans, title first; ``aside`` are passages in another language than the article's: they stay
    in the text and are never evidence. ``spoken`` are interviews in outlets that the article does not credit, since it
    says whose text it took.
    """

    article: Article
    sentences: tuple[Span, ...] = ()
    entities: tuple[Mention, ...] = ()
    topics: tuple[Topic, ...] = ()
    quotes: tuple[Quote, ...] = ()
    credits: tuple[Credit, ...] = ()
    spoken: tuple[Credit, ...] = ()
    aside: tuple[Span, ...] = ()


class Held(Span):
    """A clause of a watch that held, and the words that made it hold, in which article."""

    clause: str
    text: str
    article: str = ""


class Match(Model):
    """A watch that an article triggered.

    ``of`` counts the watches that this article triggered in all, so that the store knows when the last of them is
    decided.
    """

    watch: str
    reading: Reading
    why: tuple[Held, ...]
    of: int = 1


class Stopped(Model):
    """An article that went no further, at which step and for which typed reason."""

    article: str
    version: int = 1
    step: str
    reason: str


class DeadLetter(Model):
    """Input that cannot be processed, kept whole.

    Attributes:
        step: where it failed.
        reason: typed, names a counter.
        message: one line for a person.
        document: the input itself, or None where it is kept only by ``origin`` (see ``message``).
        article: the article that was in hand and is given up, or None where it never came so far.
        version: its version.
        position: the place in its queue, where the input came from one and is not kept.
    """

    step: str
    reason: str
    message: str
    origin: str
    document: Document | None = None
    at: Moment | None = None
    article: str | None = None
    version: int = 1
    position: Position | None = None


class Coverage(Model):
    """An article's place in a story, at the border: ``of`` is the article it copies, cites or rewrites."""

    article: str
    title: str | None
    outlet: str | None
    url: str | None
    published: Moment | None
    relation: Relation
    of: str | None = None


class SharedQuote(Model):
    """The same words in several articles, and the articles that changed them."""

    text: str
    speaker: str | None
    in_: tuple[str, ...] = Field(alias="in", serialization_alias="in", default=())
    altered_in: tuple[str, ...] = ()

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)


class Also(Model):
    """Another watch that rings for the same story in the same channel, and is told in the same message."""

    watch: str
    severity: Severity
    why: tuple[Held, ...] = ()


class Alert(Model):
    """The one message a story has in one channel, as it stands. The shape is the border contract.

    ``story`` is the story's id in the store; ``also`` are the other watches that this message speaks for.
    """

    id: str
    watch: str
    severity: Severity
    channel: str
    kind: AlertKind
    reason: str
    headline: str
    why: tuple[Held, ...]
    topics: tuple[str, ...]
    entities: tuple[str, ...]
    coverage: tuple[Coverage, ...]
    outlets: int
    independent: int
    quotes: tuple[SharedQuote, ...]
    at: Moment
    story: str | None = None
    also: tuple[Also, ...] = ()


class Reply(Model):
    """What is told in the thread of an alert's message: one line for a person, and its typed reason."""

    reason: Notice
    text: str


class Digest(Model):
    """Alerts of one channel that were held, told in one message.

    Attributes:
        id: deterministic: sink, channel and the first delivery it stands for.
        title: what it is called, as "Overnight" or "Hourly digest".
        since: when the first of the alerts was decided.
        at: when it was put together.
        alerts: as they stand, the loudest first.
        more: how many further alerts there is no room for.
    """

    id: str
    channel: str
    title: str
    since: Moment
    at: Moment
    alerts: tuple[Alert, ...] = Field(min_length=1)
    more: int = 0


class Receipt(Model):
    """What a sink answered: enough to edit the message later."""

    channel: str | None = None
    message: str | None = None
    permalink: str | None = None


class Delivery(Model):
    """One send or edit of one alert to one sink: the outbox row as a sink sees it.

    Attributes:
        id: deterministic: alert, sink and sequence.
        sequence: 1 for the first message of this alert in this sink, then counting.
        previous: the receipt of the message to edit, or None where none was sent yet.
        attempts: how often it was tried before.
        attempted: when an attempt began of which nobody knows whether it was heard, or None.
        reply: what to tell in the thread of ``previous``, in place of an edit; ``alert`` is as it stood then.
        digest: the digest to post, in place of an alert; ``alert`` is the first in it.
    """

    id: str
    sink: str
    channel: str
    sequence: int
    alert: Alert
    previous: Receipt | None = None
    attempts: int = 0
    attempted: Moment | None = None
    reply: Reply | None = None
    digest: Digest | None = None


def fingerprint(*parts: str) -> str:
    """32 hexadecimal digits (16 bytes) that stand for these strings, in this order."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
