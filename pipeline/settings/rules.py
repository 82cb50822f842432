"""Watches, topics and entities from their files: what a worker must know to read and match.

A worker is given ``rules_loader(settings)`` and calls it in ``setup``: the files are read once a process, and
again when one of them changed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar, cast

from pydantic import ValidationError

from pipeline.second_opinion import second_opinion
from pipeline.settings.faults import fault_at, faults_of, meant, secret_faults, without_secrets
from pipeline.settings.files import Stamp, read_config, stamp, yaml_files
from pipeline.settings.load import RULES, Draft, default_config, read_draft
from pipeline.settings.model import Settings, absolute
from pipeline.settings.sheet import Block, KeyPath, Listing, find, read_sheet
from transforms.entity import Entity
from transforms.errors import Fault, Faults
from transforms.topics import Signal, TopicRule
from transforms.watch import Rules, Watch, unknown_names

Rule = TypeVar("Rule", bound=Watch | TopicRule | Entity)

SUGGESTED = 50
"""After so many faults no id is suggested any more: looking through all of them takes its time."""

STEP = re.compile(r"[^.\[\]]+")


@dataclass
class Shelf(Generic[Rule]):
    """The rules of one kind: by id, where each stands, and the ids that are written but faulty."""

    kind: str
    model: type[Rule]
    rules: dict[str, Rule] = field(default_factory=dict)
    places: dict[str, tuple[Any, str, KeyPath]] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    whole: bool = True
    """False where a file could not be read at all: what it holds is not known."""

    def entries(self) -> Iterator[tuple[Any, str, KeyPath, Any]]:
        """Every rule, after the document, the file and the key path that it stands at."""
        for name, rule in self.rules.items():
            yield (*self.places[name], rule)

    def where(self, rule: str) -> str:
        """File and line of a rule."""
        document, path, place = self.places[rule]
        return f"{path}:{find(document, (*place, 'id'))[1]}"


def load_rules(settings: Settings) -> Rules:
    """The rules that these settings name.

    Raises:
        Faults: every fault, each with file, line and key.
    """
    rules, faults = read_rules(Draft(settings))
    if faults:
        raise Faults(faults)
    return rules


def rules_for(config: str, watches: tuple[str, ...] = ()) -> Rules:
    """The rules of a settings file, read once a process for as long as no file of them changes.

    Args:
        config: the settings file.
        watches: files and folders of watches in place of those that it names.

    Raises:
        Faults: every fault, each with file, line and key.
    """
    draft = read_draft(config)
    if draft.faults:
        raise Faults(draft.faults)
    settings = draft.settings.with_watches(*watches) if watches else draft.settings
    # One at a time: several steps of a worker start together and ask for the same rules.
    with _LOADING:
        return _rules_of(config, watches, _stamps(settings))


def rules_loader(settings: Settings) -> Callable[[], Rules]:
    """What a worker calls for its rules: picklable, and right in any working folder of this machine."""
    config = absolute(settings.origin or str(default_config()))
    return partial(rules_for, config, tuple(map(absolute, settings.watches)))


def read_rules(draft: Draft) -> tuple[Rules, list[Fault]]:
    """The rules as far as they can be read, and every fault.

    Args:
        draft: settings; the keys in ``broken`` are known to be faulty, and what hangs on them is not told again.
    """
    settings, faults = draft.settings, list[Fault]()
    topics = _shelf("topics", TopicRule, settings, faults)
    entities = _shelf("entities", Entity, settings, faults)
    watches = _shelf("watches", Watch, settings, faults)
    if not watches.rules and not watches.faulty and watches.whole:
        faults.append(Fault("no watch is written in these files", **_place(settings, "watches")))
    faults += [
        fault_at(document, path, steps, wrong, place)
        for shelf, wordless in (
            (topics, _wordless_signals),
            (entities, _wordless_names),
            (watches, _wordless_phrases),
        )
        for document, path, place, rule in shelf.entries()
        for steps, wrong in wordless(rule)
    ]
    rules = Rules(
        watches=watches.rules,
        topics=topics.rules,
        entities=entities.rules,
        desk=settings.desk,
        opinion=second_opinion() if settings.second_opinion else None,
    )
    known: Mapping[str, Shelf[Any]] = {"topic": topics, "entity": entities, "outlet": entities}
    unsure = {kind for kind, shelf in known.items() if shelf.kind in draft.broken or not shelf.whole}
    for document, path, place, watch in watches.entries():
        for key, wrong, ids in unknown_names(watch, rules):
            steps = _steps(key)
            kind = str(steps[-1])
            name = _name_at(watch, steps)
            if kind in unsure or name in known[kind].faulty:
                continue
            near = ""
            if len(faults) < SUGGESTED:
                near = (_entity_named(name, rules) if kind != "topic" else "") or meant(name, ids)
            faults.append(fault_at(document, path, steps, f"{wrong}{near}", place))
    faults += _of_the_desk(draft, watches)
    return rules, faults


def _of_the_desk(draft: Draft, watches: Shelf[Watch]) -> Iterator[Fault]:
    """Channels, sinks and watches that a policy names and nothing else does."""
    settings = draft.settings
    names = tuple(spec.name for spec in settings.sinks)
    told = {"policy": settings.policy} | {
        f"channels.{name}": each for name, each in settings.channels.items()
    }
    for key, policy in told.items():
        for name in policy.sinks or ():
            if name not in names and "sinks" not in draft.broken:
                yield Fault(
                    f"no sink is called {name!r}{meant(name, names)}",
                    **_place(settings, key.partition(".")[0]),
                )
    routes = tuple(route.channel for route in settings.routes)
    rings = tuple(dict.fromkeys([*(watch.channel for watch in watches.rules.values()), *routes]))
    if watches.whole and not watches.faulty:
        for channel in settings.channels:
            if channel not in rings:
                wrong = f"no watch and no route rings in {channel!r}{meant(channel, rings)}"
                yield Fault(wrong, **_place(settings, "channels"))
        for route in settings.routes:
            for watch in route.watches or ():
                if watch not in watches.rules:
                    wrong = f"no watch {watch!r}{meant(watch, tuple(watches.rules))}"
                    yield Fault(wrong, **_place(settings, "routes"))


def _shelf(kind: str, model: type[Rule], settings: Settings, faults: list[Fault]) -> Shelf[Rule]:
    shelf = Shelf(kind, model)
    seen: set[str] = set()
    for index, name in enumerate(getattr(settings, kind)):
        try:
            paths = yaml_files(name)
        except Fault as fault:
            faults.append(Fault(str(fault), **_place(settings, f"{kind}[{index}]", kind)))
            shelf.whole = False
            continue
        for path in paths:
            if absolute(path) not in seen:
                seen.add(absolute(path))
                _read_file(shelf, path, faults)
    return shelf


def _read_file(shelf: Shelf[Rule], path: str, faults: list[Fault]) -> None:
    try:
        documents = read_sheet(read_config(path), path)
    except (Fault, Faults) as wrong:
        faults += wrong.faults if isinstance(wrong, Faults) else [wrong]
        shelf.whole = False
        return
    for document in documents:
        for place, item in _items(document):
            if isinstance(item, Block):
                _read_rule(shelf, document, path, place, faults)
            else:
                wanted = {"watches": "a watch", "topics": "a topic", "entities": "an entity"}[shelf.kind]
                said = f"must be {wanted} (a mapping with id and more), or a list of them"
                faults.append(fault_at(document, path, place, said))


def _items(document: Any) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(document, Listing):
        yield from (((index,), item) for index, item in enumerate(document))
    elif document is not None:
        yield (), document


def _read_rule(shelf: Shelf[Rule], document: Any, path: str, place: KeyPath, faults: list[Fault]) -> None:
    item = document[place[0]] if place else document
    secrets = list(secret_faults(document, path, place))
    found: list[tuple[KeyPath, Fault]] = []
    rule: Rule | None = None
    try:
        rule = cast("Rule", shelf.model.model_validate(item))
    except ValidationError as error:
        found = list(faults_of(error, shelf.model, document, path, place))
    if rule is None or secrets:
        faults += without_secrets(found, secrets)
        shelf.faulty.add(str(item.get("id")))
        return
    if rule.id in shelf.rules:
        wrong = f"{rule.id!r} stands in {shelf.where(rule.id)} already: give one of them another id"
        faults.append(fault_at(document, path, ("id",), wrong, place))
        return
    shelf.rules[rule.id] = rule
    shelf.places[rule.id] = document, path, place


def _place(settings: Settings, *keys: str) -> dict[str, Any]:
    """File, line and key of the first of these keys that the settings file has."""
    for key in keys:
        line = settings.line_of(key)
        if line is not None:
            return {"path": settings.origin, "line": line, "key": key}
    return {}


NO_WORD = "has no letter or digit to look for"


def _wordless_signals(topic: TopicRule) -> Iterator[tuple[KeyPath, str]]:
    """Groups of words that nothing can meet: key path, and what is wrong."""
    places: list[tuple[KeyPath, tuple[Signal, ...]]] = [(("signals",), topic.signals)]
    places += [
        (("languages", language, "signals"), spoken.signals) for language, spoken in topic.languages.items()
    ]
    for steps, signals in places:
        for number, signal in enumerate(signals):
            for place, group in enumerate(signal.meet):
                if not group:
                    yield (*steps, number, "meet", place), "must not be empty"
                for index, phrase in enumerate(group):
                    if not any(map(str.isalnum, phrase)):
                        yield (*steps, number, "meet", place, index), NO_WORD


def _wordless_names(entity: Entity) -> Iterator[tuple[KeyPath, str]]:
    """Names in other languages that no text can have: key path, and what is wrong."""
    for language, names in entity.languages.items():
        for index, name in enumerate(names):
            if not any(map(str.isalnum, name)):
                yield ("languages", language, index), NO_WORD


def _wordless_phrases(watch: Watch) -> Iterator[tuple[KeyPath, str]]:
    """Phrases that no text can have: key path, and what is wrong."""
    for key, clause in watch.when.walk():
        if clause.phrase is not None and not any(map(str.isalnum, clause.phrase)):
            yield (*_steps(key), "phrase"), NO_WORD


def _steps(key: str) -> KeyPath:
    """The key path that ``Clause.walk`` spells."""
    return tuple(int(step) if step.isdigit() else step for step in STEP.findall(key))


def _name_at(watch: Watch, steps: KeyPath) -> str:
    value: Any = watch
    for step in steps:
        value = value[step] if isinstance(step, int) else getattr(value, "not_" if step == "not" else step)
    return str(value)


def _entity_named(name: str, rules: Rules) -> str:
    """``; did you mean 'country/CN'?`` where someone wrote the name in place of the id."""
    said = name.rpartition("/")[2].replace("-", " ").casefold()
    for entity in rules.entities.values():
        given = (name for names in entity.languages.values() for name in names)
        if said in {word.casefold() for word in (entity.name, *entity.aliases, *given)}:
            return f"; did you mean {entity.id!r}?"
    return ""


def _stamps(settings: Settings) -> tuple[Stamp, ...]:
    """How every file of the rules stands now; what cannot be listed is told of by the loader."""
    found: list[Stamp] = []
    for kind in RULES:
        for name in getattr(settings, kind):
            try:
                found += map(stamp, yaml_files(name))
            except Fault:
                found.append((name, 0.0, -1))
    return tuple(found)


_LOADING = threading.Lock()


@lru_cache(maxsize=4)
def _rules_of(config: str, watches: tuple[str, ...], stamps: tuple[Stamp, ...]) -> Rules:  # noqa: ARG001 - the key
    draft = read_draft(config)
    settings = draft.settings.with_watches(*watches) if watches else draft.settings
    rules, faults = read_rules(Draft(settings, broken=draft.broken))
    if draft.faults or faults:
        raise Faults([*draft.faults, *faults])
    return rules
