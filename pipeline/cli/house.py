"""The house as a command sets it up: settings, rules, store and sinks, made into what the graph needs.

The functions here are what workers call: picklable, holding names and paths, never a connection or a secret.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import get_args

from pipeline.cli.terminal import say
from pipeline.house import House, language_of
from pipeline.secrets import Scheme, SecretRef
from pipeline.settings import Settings, load_settings, rules_loader
from pipeline.sinks import JsonlSpec, Sink, SinkSpec, open_sinks
from pipeline.sinks.names import entity_names
from pipeline.store import Store
from pipeline.store.reference import StoreRef, open_store
from pipeline.store.retention import cut_offs
from transforms.errors import Fault, Faults
from transforms.watch import Rules

A_MOMENT = timedelta(seconds=22)
"""What can leave within this time is waited for where work has an end: a pace, an attempt that was cut off."""


def now() -> datetime:
    """The clock of a live house."""
    return datetime.now(UTC)


def sinks_of_worker(specs: Sequence[SinkSpec], load_rules: Callable[[], Rules]) -> Mapping[str, Sink]:
    """The sinks, opened where the worker runs; what is to be said of them was said at the start."""
    names = partial(names_of_entities, load_rules)
    return open_sinks(specs, os.environ, lambda _: None, names=names)


def names_of_entities(load_rules: Callable[[], Rules]) -> Mapping[str, str]:
    """What the newsroom's entities are called, by id."""
    try:
        return load_rules().names
    except Faults:
        # Rules that were broken since the start are told by who reads with them; a message is sent all the same.
        return entity_names()


def house_of(settings: Settings, store: StoreRef | str, specs: Sequence[SinkSpec]) -> House:
    """What the graph needs, from settings that were read without a fault.

    Args:
        settings: what the rules and the window are taken from.
        store: where the store is; a URL may stand for itself, as long as no password stands in it.
        specs: the sinks.

    Raises:
        Fault: two sinks have one name, a token cannot be one or be read, or a password stands in the store's URL.
    """
    ref = StoreRef(store) if isinstance(store, str) else store
    for sink in open_sinks(specs, os.environ, say).values():
        sink.close()
    return House(
        rules=rules_loader(settings),
        store=partial(open_store, ref),
        sinks=partial(sinks_of_worker, tuple(specs), rules_loader(settings)),
        sink_names=tuple(spec.name for spec in specs),
        clock=now,
        window=settings.link.window,
        grace=settings.limits.in_hand,
        language=partial(language_of, settings.model),
        cut_offs=partial(
            cut_offs,
            articles=settings.retention.articles,
            stories=settings.retention.stories,
            dead_letters=settings.retention.dead_letters,
            window=settings.link.window,
        ),
    )


def also_alerts(specs: Sequence[SinkSpec], alerts: Path | None) -> tuple[SinkSpec, ...]:
    """The sinks, and the file that ``--alerts`` names.

    Raises:
        Fault: it cannot be written.
    """
    if alerts is None:
        return tuple(specs)
    try:
        alerts.parent.mkdir(parents=True, exist_ok=True)
        alerts.open("ab").close()
    except OSError as error:
        raise Fault(f"cannot be written: {error.strerror}; name another file", path=str(alerts)) from None
    return (*specs, JsonlSpec(path=str(alerts.absolute()), name=f"--alerts {alerts}"))


def store_ref(given: str | None, settings: Settings | None) -> StoreRef | None:
    """Where the store is: as ``--store`` says, else as the settings say; None where neither does.

    Raises:
        Fault: a password stands on the command line.
    """
    if given is not None:
        if given.partition(":")[0] in get_args(Scheme):
            try:
                return StoreRef(secret=SecretRef.parse(given).at(None, None, "--store"))
            except ValueError as error:
                raise Fault(str(error), key="--store") from None
        return StoreRef(given)
    return None if settings is None else settings.store_ref()


def memory_of(given: str | None, config: Path | str | None) -> Store:
    """The store that ``--store`` names, else that of the settings, opened.

    Raises:
        Fault: neither names one.
        StoreError: it cannot be opened.
    """
    settings = None if given is not None else load_settings(config)
    ref = store_ref(given, settings)
    if ref is None:
        raise Fault("no store is named: write --store sqlite:///tocsin.db, or store: in the settings")
    return open_store(ref)


@contextmanager
def kept_or_forgotten(given: StoreRef | None) -> Iterator[StoreRef]:
    """The given store, else one that is forgotten at the end."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        yield StoreRef(f"sqlite:///{folder}/replay.db")


def without_screen(house: House) -> House:
    """The same house, reading every article."""
    return replace(house, screened=False)
