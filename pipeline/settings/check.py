"""What ``tocsin check`` tells: all that a run would read, every fault, and what is good to know besides.

Reads files and the environment's names; opens no store and asks no network.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.settings.load import Draft, read_draft
from pipeline.settings.model import NO_MODEL, PACKAGED, Settings
from pipeline.settings.rules import read_rules
from pipeline.settings.runner import refusal
from pipeline.sinks.hostile import clip
from pipeline.sinks.spec import EmailSpec, SlackSpec
from transforms.errors import Fault, Faults
from transforms.watch import Clause, Rules


@dataclass(frozen=True)
class Checked:
    """What a settings file and all that it names amount to.

    Attributes:
        faults: what must be mended before anything runs, in the order of the files.
        notes: what a person should know: one line each.
        settings: as far as they could be read; None where the file itself could not.
        rules: as far as they could be read.
    """

    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    settings: Settings | None
    rules: Rules

    @property
    def summary(self) -> str:
        """One line: how much of everything there is."""
        counted = {
            ("watch", "watches"): len(self.rules.watches),
            ("topic", "topics"): len(self.rules.topics),
            ("entity", "entities"): len(self.rules.entities),
            ("feed", "feeds"): len(self.settings.feeds) if self.settings else 0,
            ("queue", "queues"): len(self.settings.queues) if self.settings else 0,
            ("sink", "sinks"): len(self.settings.sinks) if self.settings else 0,
            ("fault", "faults"): len(self.faults),
        }
        return ", ".join(
            f"{number} {one if number == 1 else many}" for (one, many), number in counted.items()
        )


def check(path: Path | str | None, environ: Mapping[str, str]) -> Checked:
    """Read everything a run would read.

    Args:
        path: the settings file; None: ``default_config()``.
        environ: where secrets would be looked up; only whether they are set is asked.
    """
    try:
        draft = read_draft(path)
    except Faults as unread:
        return Checked(tuple(unread.faults), (), None, Rules())
    rules, faults_of_rules = read_rules(draft)
    faults = (*draft.faults, *draft.absent, *_fault_of_runner(draft.settings, environ))
    faults += (*_fault_of_model(draft.settings), *faults_of_rules)
    return Checked(faults, tuple(_notes(draft, rules, environ)), draft.settings, rules)


def load(path: Path | str | None = None, *, polls: bool = False) -> tuple[Settings, Rules]:
    """Settings and rules together, as a command needs them before it starts.

    Args:
        path: the settings file; None: ``default_config()``.
        polls: whether the command reads the feeds: then those that are files must be there.

    Raises:
        Faults: every fault in any of the files, each with file, line and key.
    """
    draft = read_draft(path)
    rules, faults = read_rules(draft)
    absent = [*(draft.absent if polls else ()), *_fault_of_model(draft.settings)]
    if draft.faults or absent or faults:
        raise Faults([*draft.faults, *absent, *faults])
    return draft.settings, rules


def must_say_something(clause: Clause) -> bool:
    """Whether this holds only of texts with a topic, entity or phrase in them; else every article is read for it."""
    if clause.all is not None:
        return any(map(must_say_something, clause.all))
    if clause.any is not None:
        return all(map(must_say_something, clause.any))
    return clause.kind in {"topic", "entity", "phrase"}


def _fault_of_runner(settings: Settings, environ: Mapping[str, str]) -> Iterator[Fault]:
    ref = settings.store_ref()
    url = None if ref is None else ref.url or ref.kind(environ)  # a note says where it cannot be read
    why = refusal(settings.runner.kind, url) if url else None
    if why:
        yield Fault(why, path=settings.origin, line=settings.line_of("runner"), key="runner")


def absent_model(model: str) -> str | None:
    """What is wrong with the name of a spaCy model; None where it is packaged, or stands installed on this machine."""
    if model in (PACKAGED, NO_MODEL) or (Path(model) / "meta.json").is_file():
        return None
    try:
        importlib.metadata.distribution(model)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return (
            f"{clip(model, 200)!r} is no spaCy model of this installation: install its package beside Tocsin, name the"
            f" folder that holds its meta.json, or write {PACKAGED}"
        )
    return None


def _fault_of_model(settings: Settings) -> Iterator[Fault]:
    wrong = absent_model(settings.model)
    if wrong:
        yield Fault(wrong, path=settings.origin, line=settings.line_of("model"), key="model")


def _notes(draft: Draft, rules: Rules, environ: Mapping[str, str]) -> Iterator[str]:
    for watch in rules.watches.values():
        if not must_say_something(watch.when):
            yield (
                f"watch {watch.id} reads every article: it names no topic, entity or phrase that must stand in"
                " the text; on a large stream that is slow"
            )
    yield from _notes_on_secrets(draft.settings, environ)
    yield from _notes_on_mail(draft.settings, rules)
    if not (draft.settings.feeds or draft.settings.queues) and not draft.broken & {"feeds", "queues"}:
        yield "no feed and no queue is named: `tocsin run` has nothing to read"
    yield from _notes_on_feeds(draft.settings)


def _notes_on_secrets(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    # Notes, no faults: a secret may well lie where the workers are, and not where this is asked.
    for sink in settings.sinks:
        ref, keys = sink.secret_ref, sink.SECRET_KEYS
        if ref is None or keys is None:
            continue
        unset = ref.scheme == "env" and not environ.get(ref.name, "").strip()
        if unset and isinstance(sink, SlackSpec):
            yield f"sink {sink.name}: {ref.name} is not set here; its alerts are shown on the console"
        elif (why := ref.why_not_here(environ, sink.HELD)) is not None:
            key = keys[0] if getattr(sink, keys[1]) is None else keys[1]
            yield f"sink {sink.name}: {key}: {why}; where that is so, nothing runs"
    for key in ("store_env", "store_secret", "store_password"):
        if getattr(settings, key) is None:
            continue
        store = settings.store_ref()
        if store is not None and (why := store.why_not_here(environ)) is not None:
            yield f"{key}: {why}"


def _notes_on_mail(settings: Settings, rules: Rules) -> Iterator[str]:
    told = {watch.channel: watch.id for watch in rules.watches.values()}
    for sink in settings.sinks:
        if not isinstance(sink, EmailSpec) or sink.to:
            continue
        for channel, watch in told.items():
            if sink.receivers(channel) == ():
                yield (
                    f"sink {sink.name}: nobody gets what watch {watch} tells {channel}: write it under channels,"
                    " or write to for all others"
                )


def _notes_on_feeds(settings: Settings) -> Iterator[str]:
    if settings.contact is None and any(feed.polled for feed in settings.feeds):
        yield "contact is not written: publishers whose feeds are polled cannot reach you"
    urls: dict[str, str] = {}
    for feed in settings.feeds:
        other = urls.setdefault(feed.url, feed.id)
        if other != feed.id:
            yield f"feeds {other} and {feed.id} have the same url: its articles are read twice"
