"""From what pydantic refuses to what a person can mend: file, line, key, what is wrong and what to write.

No message repeats a value that may be a secret; where a key holds one, that is the only fault told of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pipeline.settings.secrets import literal_secret, redact
from pipeline.settings.sheet import Block, KeyPath, Listing, find, spell
from transforms.errors import Fault

MOST = 1000  # faults told of one thing that is read
LONGEST = 600  # characters of a message: what stands in a file may be of any length


def meant(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'severity'?`` where one of the known words is near, else nothing."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold()[:200], folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""


def fault_at(document: Any, path: str, key: KeyPath, message: str, within: KeyPath = ()) -> Fault:
    """A fault at a key path of a document.

    Args:
        document: what ``read_sheet`` gave.
        path: the file, as named in errors.
        key: the key path, from ``within``.
        message: what is wrong and what to do.
        within: where in the document the thing stands that ``key`` belongs to.
    """
    place, line, _ = find(document, within + key)
    said = "".join(letter if letter.isprintable() else " " for letter in redact(message))
    return Fault(
        said if len(said) <= LONGEST else f"{said[:LONGEST]}…", path=path, line=line, key=spell(place) or None
    )


def secret_faults(document: Any, path: str, within: KeyPath = ()) -> Iterator[tuple[KeyPath, Fault]]:
    """Every literal secret in a document, or in what stands ``within`` it, with its key path."""
    # Iterative, and each holder once: aliases may stand for the same list many times.
    seen: set[int] = set()
    todo: list[tuple[KeyPath, Any]] = [(within, find(document, within)[2])]
    while todo:
        place, holder = todo.pop()
        if not isinstance(holder, (Block, Listing)) or id(holder) in seen:
            continue
        seen.add(id(holder))
        for key, value in holder.items() if isinstance(holder, Block) else enumerate(holder):
            if value is None:
                continue
            nested = isinstance(value, (Block, Listing))
            why = literal_secret(key, "…" if nested else str(value))
            if why is not None:
                yield (*place, key), fault_at(document, path, (*place, key), why)
            elif nested:
                todo.append(((*place, key), value))


def faults_of(
    error: ValidationError, model: type[BaseModel], document: Any, path: str, within: KeyPath = ()
) -> Iterator[tuple[KeyPath, Fault]]:
    """Every fault that pydantic found, at its place in the file, with its key path.

    Args:
        error: what pydantic raised.
        model: the model that was to be read.
        document: what ``read_sheet`` gave.
        path: the file, as named in errors.
        within: where in the document the thing stands that was validated.
    """
    told: set[tuple[KeyPath, str]] = set()
    for detail in error.errors(include_url=False):
        if _follows(detail, find(document, within + detail["loc"])[2]):
            continue
        loc = detail["loc"]
        if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
            loc = (*loc, str(detail.get("ctx", {}).get("discriminator", "")).strip("'"))
        if detail["type"] == "value_error" and loc and find(document, within + loc)[2] is None:
            # Said of a whole branch of a union: the last part is the word that chose it, and no key.
            loc = loc[:-1]
        place, _, value = find(document, within + loc)
        if len(told) >= MOST:
            yield (
                (),
                Fault(
                    "more faults follow: mend these first", path=path, line=find(document, within + loc)[1]
                ),
            )
            return
        message = _message(detail, model, value)
        if (place, message) not in told:
            told.add((place, message))
            yield place, fault_at(document, path, loc, message, within)


def without_secrets(
    found: Iterable[tuple[KeyPath, Fault]], secrets: Iterable[tuple[KeyPath, Fault]]
) -> list[Fault]:
    """The faults in the order of their lines; of a key that holds a secret, only that it does."""
    hidden = dict(secrets)
    kept = [
        fault
        for place, fault in found
        if not any(place[:length] in hidden for length in range(len(place) + 1))
    ]
    return sorted([*kept, *hidden.values()], key=lambda fault: fault.line or 0)


def _follows(detail: ErrorDetails, value: Any) -> bool:
    """Whether this error only follows from others: a list is too short once its faulty items are left out."""
    short = detail["type"] == "too_short" and isinstance(value, list)
    return detail["type"] == "default_factory_not_called" or (
        short and len(value) >= detail.get("ctx", {}).get("min_length", 0)
    )


def _message(detail: ErrorDetails, model: type[BaseModel], value: Any) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    last = detail["loc"][-1] if detail["loc"] else ""
    if kind == "extra_forbidden":
        keys = sorted(_keys_at(model, detail["loc"][:-1]))
        return f"no such key here{meant(str(last), keys)} (known: {', '.join(keys)})"
    if kind in {"missing", "union_tag_not_found"}:
        return "is missing: write this key"
    if kind in EXPECTED:
        return f"must be {EXPECTED[kind]}, not {_kind_of(value)}"
    if kind == "string_type":
        quoted = "; put it in quotes" if isinstance(value, (int, float)) else ""
        return f"must be text, not {_kind_of(value)}{quoted}"
    if kind in {"literal_error", "union_tag_invalid"}:
        known = str(context.get("expected") or context.get("expected_tags"))
        words = [word.strip("' ") for word in known.replace(" or ", ",").split(",")]
        return f"must be {' or '.join(words)}{meant(value, words) if isinstance(value, str) else ''}"
    if kind == "string_pattern_mismatch":
        if last == "id":
            return "must be lower-case letters, digits and single dashes, as in port-strikes"
        return f"does not have the form {context.get('pattern')}"
    if kind in {"too_short", "string_too_short"} and not value:
        return "must not be empty"
    if kind == "value_error":
        return str(context.get("error", detail["msg"]))
    said = detail["msg"][0].lower() + detail["msg"][1:]
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{said}; here {value}" if number else said


EXPECTED = {
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "list_type": "a list",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"


def _keys_at(model: type[BaseModel], path: KeyPath) -> set[str]:
    """The keys that may stand at this path of the model, as they are spelled in YAML."""
    models = {model}
    for part in path:
        if isinstance(part, int):
            continue
        below = {
            inner
            for each in models
            for name, field in each.model_fields.items()
            if part in {name, field.alias}
            for inner in _models_in(field.annotation)
        }
        tagged = {each for each in models if part in _tags(each)}
        models = below or tagged or models
    return {field.alias or name for each in models for name, field in each.model_fields.items()}


def _models_in(annotation: Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for inner in get_args(annotation) for model in _models_in(inner)}


def _tags(model: type[BaseModel]) -> set[Any]:
    """The words by which a branch of a tagged union is chosen: those of its one-word ``kind``."""
    kind = model.model_fields.get("kind")
    return set(get_args(kind.annotation)) if kind else set()
