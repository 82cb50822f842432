"""From a settings file to ``Settings``: every fault in it and in the feeds files it names, found at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.bundled import bundled
from pipeline.secrets import SecretRef
from pipeline.settings.faults import fault_at, faults_of, secret_faults, without_secrets
from pipeline.settings.feeds import read_feeds
from pipeline.settings.files import beside, read_config
from pipeline.settings.model import PACKAGED, Settings, packaged
from pipeline.settings.sheet import Block, KeyPath, Listing, find, read_sheet, spell
from pipeline.sinks.spec import JsonlSpec, SlackSpec
from pipeline.sources.queue.spec import KafkaSpec, QueueSpec
from transforms.errors import Fault, Faults

RULES = ("watches", "topics", "entities")


@dataclass
class Draft:
    """Settings as far as they could be read, and what was wrong with them."""

    settings: Settings
    faults: list[Fault] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """The keys that could not be read: the settings have their default in their place."""
    absent: list[Fault] = field(default_factory=list)
    """Feeds that are files and are not there: a fault for whoever polls."""


def default_config() -> Path:
    """The settings file where none is named: ``configs/local.yaml`` here, else the packaged one."""
    here = Path("configs/local.yaml")
    return here if here.is_file() else bundled("configs/local.yaml")


def load_settings(path: Path | str | None = None) -> Settings:
    """The settings of this file, with every path in them resolved.

    Args:
        path: a YAML file, also on a file system that Beam knows (``gs://…``); None: ``default_config()``.

    Raises:
        Faults: every fault, each with file, line and key.
    """
    draft = read_draft(path)
    if draft.faults:
        raise Faults(draft.faults)
    return draft.settings


def read_draft(path: Path | str | None) -> Draft:
    """The settings as far as they can be read, with every fault.

    Raises:
        Faults: the file is not there, or it is no YAML mapping.
    """
    file = "" if path is None else str(path)
    try:
        file = file or str(default_config())
        documents = read_sheet(read_config(file), file)
    except Fault as fault:
        raise Faults([fault]) from None
    document = documents[0]
    if len(documents) > 1:
        raise Faults(
            [Fault("has several documents (---): settings are one", path=file, line=_line(documents[1]))]
        )
    if not isinstance(document, Block):
        raise Faults([Fault("must be a mapping (key: value)", path=file, line=_line(document))])
    secrets = list(secret_faults(document, file))
    found, raw, broken = _top(document, file)
    draft = Draft(Settings(), broken=broken | {str(place[0]) for place, _ in secrets})
    feeds, feed_faults, absent = read_feeds(document, file)
    if feed_faults:
        draft.broken.add("feeds")
    good = {key: value for key, value in raw.items() if key not in draft.broken}
    settings = _resolved(Settings.model_validate({**good, "feeds": feeds}), file)
    draft.settings = _placed(settings, document, file)
    draft.settings._origin = file  # noqa: SLF001 - made here
    draft.settings._lines = dict(_lines(document))  # noqa: SLF001
    own = without_secrets(found, secrets) + [fault for fault in feed_faults if fault.path == file]
    draft.faults = sorted(own, key=lambda fault: fault.line or 0)
    draft.faults += [fault for fault in feed_faults if fault.path != file]
    draft.absent = absent
    return draft


def _top(document: Block, file: str) -> tuple[list[tuple[KeyPath, Fault]], dict[str, Any], set[str]]:
    """What is wrong in the file itself, what it says, without the feeds, and which of its keys are faulty."""
    raw: dict[str, Any] = {
        key: value for key, value in document.items() if key != "feeds" and value is not None
    }
    found: list[tuple[KeyPath, Fault]] = [
        ((key,), fault_at(document, file, (key,), "holds nothing: write a value, or remove the key"))
        for key, value in document.items()
        if value is None and key in Settings.model_fields
    ]
    raw |= {
        key: None for key, value in document.items() if value is None and key not in Settings.model_fields
    }
    sinks = raw.get("sinks")
    if isinstance(sinks, (str, Listing)):
        # One word may stand for a sink that needs no more to be said.
        listed = [sinks] if isinstance(sinks, str) else sinks
        raw["sinks"] = [{"kind": item} if isinstance(item, str) else item for item in listed]
    if isinstance(raw.get("runner"), str):
        raw["runner"] = {"kind": raw["runner"]}
    broken: set[str] = set()
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        broken = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
        found += faults_of(error, Settings, document, file)
    else:
        found += _namesakes(settings, document, file)
    if "store" in raw and "store_env" in raw:
        wrong = fault_at(document, file, ("store_env",), "store is written too: keep one of them")
        # In place of what the model says of both together, which has no key.
        found = [*(pair for pair in found if pair[0]), (("store_env",), wrong)]
    return found, raw, broken | {str(place[0]) for place, _ in found if place}


def _namesakes(settings: Settings, document: Block, file: str) -> Iterator[tuple[KeyPath, Fault]]:
    """Sinks and queues that are called as one before them."""
    names: set[str] = set()
    for index, sink in enumerate(settings.sinks):
        if sink.name in names:
            wrong = f"two sinks are called {sink.name!r}: give one of them another name"
            yield ("sinks", index), fault_at(document, file, ("sinks", index), wrong)
        names.add(sink.name)
    for index, queue in enumerate(settings.queues):
        if queue.id in (other.id for other in settings.queues[:index]):
            wrong = f"two queues are called {queue.id!r}: give one of them another id"
            yield ("queues", index), fault_at(document, file, ("queues", index, "id"), wrong)


def _resolved(settings: Settings, file: str) -> Settings:
    """Every path as it stands from where the command runs."""
    update: dict[str, Any] = {
        kind: tuple(
            packaged(kind) if name == PACKAGED else beside(file, name) for name in getattr(settings, kind)
        )
        for kind in RULES
    }
    update["sinks"] = tuple(
        sink.model_copy(update={"path": beside(file, sink.path)}) if isinstance(sink, JsonlSpec) else sink
        for sink in settings.sinks
    )
    runner = settings.runner
    for key in ("location", "job_server_jar"):
        written = getattr(runner, key, None)
        if written is not None:
            runner = runner.model_copy(update={key: beside(file, written)})
    update["runner"] = runner
    if "/" in settings.model:  # else it is the name of a package
        update["model"] = beside(file, settings.model)
    update["queues"] = tuple(_with_ca(queue, file) for queue in settings.queues)
    return settings.model_copy(update=update)


def _placed(settings: Settings, document: Block, file: str) -> Settings:
    """Every reference to a secret knowing where it stands: it may be read far from the file."""

    def at(ref: SecretRef | None, *key: str | int) -> SecretRef | None:
        return None if ref is None else ref.at(file, find(document, key)[1], spell(key))

    sinks = tuple(
        sink
        if sink.SECRET_KEYS is None
        else sink.model_copy(
            update={
                sink.SECRET_KEYS[1]: at(
                    getattr(sink, sink.SECRET_KEYS[1]), "sinks", number, sink.SECRET_KEYS[1]
                )
            }
        )
        for number, sink in enumerate(settings.sinks)
    )
    sinks = tuple(
        sink.model_copy(
            update={"app_token_secret": at(sink.app_token_secret, "sinks", number, "app_token_secret")}
        )
        if isinstance(sink, SlackSpec) and sink.app_token_secret is not None
        else sink
        for number, sink in enumerate(sinks)
    )
    queues = tuple(
        queue.model_copy(
            update={
                "security": queue.security.model_copy(
                    update={"password": at(queue.security.password, "queues", number, "security", "password")}
                )
            }
        )
        if isinstance(queue, KafkaSpec) and queue.security.password is not None
        else queue
        for number, queue in enumerate(settings.queues)
    )
    keys = ("store_secret", "store_password")
    return settings.model_copy(
        update={"sinks": sinks, "queues": queues} | {key: at(getattr(settings, key), key) for key in keys}
    )


def _with_ca(queue: QueueSpec, file: str) -> QueueSpec:
    if not isinstance(queue, KafkaSpec) or queue.security.ca is None:
        return queue
    security = queue.security.model_copy(update={"ca": beside(file, queue.security.ca)})
    return queue.model_copy(update={"security": security})


def _lines(document: Block) -> Iterator[tuple[str, int]]:
    """The lines that are asked for after loading: those of the keys, and of each file or folder of rules."""
    for key, line in document.lines.items():
        yield spell((key,)), line
        value = document[key]
        if key in RULES and isinstance(value, Listing):
            yield from ((spell((key, index)), place) for index, place in enumerate(value.lines))


def _line(document: Any) -> int:
    return getattr(document, "line", 1)
