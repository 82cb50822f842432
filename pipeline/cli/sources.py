"""The sources that the settings name: feeds and queues, for one round or for ever, as one source of the graph."""

from __future__ import annotations

import importlib
from typing import Any

import apache_beam as beam

from pipeline.house import House
from pipeline.settings import Settings
from pipeline.sources.fetch import Patience
from pipeline.sources.polling import FetchRound, Round
from pipeline.sources.together import Together
from transforms.errors import Fault


def named(settings: Settings) -> str:
    """What is read, for a person."""
    feeds, queues = len(settings.feeds), ", ".join(queue.id for queue in settings.queues)
    said = [f"feeds: {feeds}"] if feeds else []
    return "; ".join(said + ([f"queues: {queues}"] if queues else []))


def of(settings: Settings, needs: House, *, bounded: bool, only_due: bool = True) -> Together:
    """Everything that the settings read.

    Args:
        settings: they name at least one feed or queue.
        needs: the house.
        bounded: one round, up to the end of every queue as it stands; else for ever.
        only_due: False asks every feed, also those that are not due.

    Raises:
        Fault: a queue needs a package that is not installed.
    """
    polled: dict[str, beam.PTransform] = {}
    read: dict[str, beam.PTransform] = {}
    if settings.feeds:
        round_ = Round(
            contact=settings.contact,
            allow_hosts=frozenset(settings.allow_hosts),
            patience=Patience(limit=settings.limits.feed, total=settings.limits.fetch.total_seconds()),
            only_due=only_due,
        )
        polled["feeds"] = FetchRound(settings.feeds, round_, needs.store, needs.clock)
    kafka = [queue for queue in settings.queues if queue.kind == "kafka"]
    if kafka:
        read["kafka"] = _client("kafka", "KafkaQueue")(kafka, needs.store, bounded=bounded, clock=needs.clock)
    pubsub = [queue for queue in settings.queues if queue.kind == "pubsub"]
    if pubsub:
        read["pubsub"] = _client("pubsub", "PubSubQueue")(pubsub, needs.clock)
    return Together(polled, read)


def _client(module: str, name: str) -> Any:
    # Loaded when a queue is named: the clients are extras.
    try:
        return getattr(importlib.import_module(f"pipeline.sources.queue.{module}"), name)
    except ModuleNotFoundError as error:
        extra = "kafka" if module == "kafka" else "dataflow"
        raise Fault(
            f"a {module} queue needs the package {error.name}: pip install 'tocsin[{extra}]'", key="queues"
        ) from None
