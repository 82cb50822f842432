"""What people ask the store: standing alerts, a story and its coverage, what became of an article, counts."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from pydantic import Field
from sqlalchemy import Connection, case, func, select

from pipeline.store import coverage as book
from pipeline.store.claims import pack
from pipeline.store.schema import alerts as alert_rows
from pipeline.store.schema import (
    articles,
    coverage,
    dead_letters,
    decisions,
    deliveries,
    feeds,
    readings,
    stories,
)
from transforms.article import Alert, Coverage, Model, Moment, Reading


class DeliveryState(Model):
    """How far one delivery of an alert is; ``held`` says why it waits or is withheld, ``by`` whose doing it is."""

    id: str
    sink: str
    sequence: int
    kind: Literal["message", "reply", "digest"] = "message"
    state: Literal["waiting", "sent", "dead", "withheld", "digested"]
    held: str | None = None
    by: str | None = None
    attempts: int
    due_at: Moment
    sent_at: Moment | None = None
    error: str | None = None


class Standing(Model):
    """An alert as it stands, and who heard it."""

    alert: Alert
    story: str
    deliveries: tuple[DeliveryState, ...] = ()


class KnownVersion(Model):
    """One version of an article; ``settled`` is ``step:reason``, None while it is pending."""

    version: int
    first_seen: Moment
    settled: str | None = None


class KnownArticle(Model):
    """What the store knows of an article. ``reading`` is that of its newest version that matched."""

    id: str
    versions: tuple[KnownVersion, ...]
    reading: Reading | None = None
    decisions: tuple[book.Decided, ...] = ()


class StoryView(Model):
    """A story of one watch with its coverage."""

    id: str
    watch: str
    first: str
    coverage: tuple[Coverage, ...] = ()


class Summary(Model):
    """Counts. ``settled`` counts articles' versions by ``step:reason``; ``deliveries`` by ``sink:state``."""

    articles: int
    pending: int
    settled: dict[str, int] = Field(default_factory=dict)
    stories: int
    alerts: int
    deliveries: dict[str, int] = Field(default_factory=dict)
    dead_letters: int
    feeds: int


class Status(Model):
    """How the store is.

    Attributes:
        name: its URL as it may be shown.
        schema_version: the version of its tables.
        bytes: how large it is.
        summary: how much of everything there is.
        oldest_pending: when the oldest article that is not settled was first seen; None where there is none.
        waiting: messages that wait to be sent.
        oldest_waiting: when the oldest of them was made.
    """

    name: str
    schema_version: str
    bytes: int
    summary: Summary
    oldest_pending: Moment | None = None
    waiting: int = 0
    oldest_waiting: Moment | None = None


def status(tx: Connection, name: str, version: str, size: int) -> Status:
    """How the store is."""
    waiting = deliveries.c.state == "waiting"
    return Status(
        name=name,
        schema_version=version,
        bytes=size,
        summary=summary(tx),
        oldest_pending=tx.scalar(select(func.min(articles.c.first_seen)).where(articles.c.settled.is_(None))),
        waiting=tx.scalar(select(func.count()).select_from(deliveries).where(waiting)) or 0,
        oldest_waiting=tx.scalar(select(func.min(deliveries.c.made)).where(waiting)),
    )


def alerts(tx: Connection) -> list[Standing]:
    """All alerts, oldest first."""
    heard: dict[str, list[DeliveryState]] = defaultdict(list)
    rows = tx.execute(
        select(
            deliveries.c.alert,
            deliveries.c.delivery.label("id"),
            *(deliveries.c[name] for name in DeliveryState.model_fields if name != "id"),
        ).order_by(deliveries.c.sink, deliveries.c.sequence)
    )
    for row in rows.mappings():
        heard[row["alert"]].append(DeliveryState.model_validate(dict(row)))
    kept = tx.execute(select(alert_rows).order_by(alert_rows.c.opened, alert_rows.c.alert))
    return [
        Standing(
            alert=Alert.model_validate_json(row.body), story=row.story, deliveries=tuple(heard[row.alert])
        )
        for row in kept
    ]


def article(tx: Connection, identity: str) -> KnownArticle | None:
    """What became of an article, or None."""
    versions = tx.execute(
        select(articles.c.version, articles.c.first_seen, articles.c.settled)
        .where(articles.c.article == pack(identity))
        .order_by(articles.c.version)
    ).mappings()
    known = tuple(KnownVersion.model_validate(dict(row)) for row in versions)
    if not known:
        return None
    body = tx.scalar(
        select(readings.c.reading)
        .where(readings.c.article == identity)
        .order_by(readings.c.version.desc())
        .limit(1)
    )
    reading = Reading.model_validate_json(body) if body is not None else None
    if reading is not None:
        reading = reading.model_copy(update={"article": book.complete(tx, reading.article)})
    taken = tx.execute(
        select(*(decisions.c[name] for name in book.Decided.model_fields))
        .where(decisions.c.article == identity)
        .order_by(decisions.c.watch, decisions.c.version)
    ).mappings()
    return KnownArticle(
        id=identity,
        versions=known,
        reading=reading,
        decisions=tuple(book.Decided.model_validate(dict(row)) for row in taken),
    )


def story_of(tx: Connection, identity: str) -> list[StoryView]:
    """The stories that hold this article, by watch."""
    rows = tx.execute(
        select(stories.c.story, stories.c.watch, stories.c.first)
        .join(coverage, coverage.c.story == stories.c.story)
        .where(coverage.c.article == identity)
        .order_by(stories.c.watch)
    ).all()
    return [
        StoryView(
            id=row.story,
            watch=row.watch,
            first=row.first,
            coverage=tuple(_shown(piece) for piece in book.pieces(tx, row.story).values()),
        )
        for row in rows
    ]


def _shown(piece: book.Piece) -> Coverage:
    member = piece.member
    return Coverage(
        article=member.article,
        title=member.title,
        outlet=member.outlet,
        url=member.url,
        published=member.published,
        relation=piece.relation or "original",
        of=piece.of,
    )


class HeldBack(Model):
    """Messages of one sink that are held for one reason; ``until`` is when the first leaves, None: never."""

    sink: str
    reason: str
    many: int
    until: Moment | None = None


def undelivered(tx: Connection) -> dict[str, int]:
    """Messages that wait although nothing holds them, by sink."""
    waits = deliveries.c.state == "waiting", deliveries.c.held.is_(None)
    rows = tx.execute(
        select(deliveries.c.sink, func.count().label("many"))
        .where(*waits)
        .group_by(deliveries.c.sink)
        .order_by(deliveries.c.sink)
    )
    return {row.sink: row.many for row in rows}


def held(tx: Connection) -> list[HeldBack]:
    """What the desk's policy, or a person, holds back, by sink and reason."""
    waits = deliveries.c.state == "waiting"
    asked = (
        select(
            deliveries.c.sink,
            deliveries.c.held.label("reason"),
            func.count().label("many"),
            func.min(case((waits, deliveries.c.due_at))).label("until"),
        )
        .where(deliveries.c.held.is_not(None), deliveries.c.state.in_(("waiting", "withheld")))
        .group_by(deliveries.c.sink, deliveries.c.held)
        .order_by(deliveries.c.sink, deliveries.c.held)
    )
    return [HeldBack.model_validate(dict(row)) for row in tx.execute(asked).mappings()]


def summary(tx: Connection) -> Summary:
    """Counts of everything."""

    def count(table: object) -> int:
        return tx.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]

    settled = {
        row.settled: row.many
        for row in tx.execute(
            select(articles.c.settled, func.count().label("many")).group_by(articles.c.settled)
        )
    }
    sent = tx.execute(
        select(deliveries.c.sink, deliveries.c.state, func.count().label("many")).group_by(
            deliveries.c.sink, deliveries.c.state
        )
    )
    return Summary(
        articles=tx.scalar(select(func.count(articles.c.article.distinct()))) or 0,
        pending=settled.pop(None, 0),
        settled=settled,
        stories=count(stories),
        alerts=count(alert_rows),
        deliveries={f"{row.sink}:{row.state}": row.many for row in sent},
        dead_letters=count(dead_letters),
        feeds=count(feeds),
    )
