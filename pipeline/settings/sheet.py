"""YAML with places: what a configuration file says, and the line of every key and item in it.

This is the only door through which YAML comes in. It reads plain data and nothing else: no tags, no merge
keys, no cycles; nesting, nodes and what aliases unfold to are bounded, so no file can take the process down.
Words mean what people read: only ``true`` and ``false`` are truth values (``NO`` is Norway), dates stay text,
keys are always text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.settings.secrets import redact
from transforms.errors import Fault, Faults

BYTES = 8 * 1024 * 1024
"""The largest configuration file that is read."""
NODES = 500_000
"""The most values in one file."""
UNFOLDED = 100_000
"""The most values that aliases may stand for, taken together."""
DEPTH = 64
"""The deepest nesting."""

TWICE = 1000
"""The most keys that are told to stand twice."""
LONGEST_KEY = 80
"""What an error shows of a key."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
FRACTION = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?|[-+]?[0-9]+[eE][-+]?[0-9]{1,3}"
)
WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip

TEXT = "tag:yaml.org,2002:str"
TAGGED = "a tag (! or !!) stands here: write the plain value, in quotes where it begins with !"
UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAB = re.compile(r" *\t")

WRITTEN_KEY = re.compile(r"[\s-]*([A-Za-z_][\w-]*)\s*:(?:\s|$)")

KeyPath = tuple[str | int, ...]


class Block(dict[str, Any]):
    """A mapping, with the line it starts on and the line of each key (from 1)."""

    line: int
    lines: dict[str, int]

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line, self.lines = line, {}


class Listing(list[Any]):
    """A list, with the line it starts on and the line of each item (from 1)."""

    line: int
    lines: list[int]

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line, self.lines = line, []


def spell(path: Iterable[str | int]) -> str:
    """A key path as people write it: ``when.all[0].topic``."""
    said = ""
    for part in path:
        if isinstance(part, int):
            said += f"[{part}]"
            continue
        name = part if len(part) <= LONGEST_KEY else f"{part[:LONGEST_KEY]}…"
        said += ("." if said else "") + (name if name.isprintable() else repr(name))
    return redact(said)


def find(document: Any, path: KeyPath) -> tuple[KeyPath, int, Any]:
    """Follow a key path as far as the document goes.

    Parts that stand nowhere in the file (pydantic names the branch of a union) are passed over, but the last
    of them is kept in the path: it is the key that is missing.

    Returns:
        The path in the file, the line it stands on, and the value there (None where it is missing).
    """
    place: list[str | int] = []
    line, value = getattr(document, "line", 1), document
    for index, part in enumerate(path):
        if (isinstance(value, Block) and part in value) or (
            isinstance(value, Listing) and isinstance(part, int) and 0 <= part < len(value)
        ):
            line, value = value.lines[part], value[part]  # type: ignore[index]
            place.append(part)
        elif index == len(path) - 1 and isinstance(value, Block) and isinstance(part, str):
            place.append(part)
            value = None
    return tuple(place), line, value


@dataclass(slots=True)
class Open:
    """A mapping or list that is being read."""

    holder: Block | Listing
    anchor: str | None
    key: str | None = None
    key_line: int = 0
    size: int = 1

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.holder, Block)

    @property
    def part(self) -> str | int | None:
        """The key or item that is being read."""
        return len(self.holder) if isinstance(self.holder, Listing) else self.key


class Builder:
    """Puts the events of the parser together, without recursion, and keeps count."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Any] = []
        self.faults: list[Fault] = []
        self.open: list[Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.nodes = self.unfolded = 0

    def fault(self, message: str, line: int, text: str = "") -> Fault:
        """A fault at the key path of what is being read; ``text`` may show a key that the parser did not come to."""
        parts = [part for step in self.open if (part := step.part) is not None]
        ahead = WRITTEN_KEY.match(text)
        if ahead and ahead[1] not in parts and (not self.open or self.open[-1].wants_key):
            parts.append(ahead[1])
        return Fault(redact(message), path=self.path, line=line, key=spell(parts) or None)

    def stop(self, message: str, line: int) -> Faults:
        """All faults so far, and the one after which nothing can be read."""
        return Faults([*self.faults, self.fault(message, line)])

    def take(self, event: Any) -> None:
        """Take the next event of the parser.

        Raises:
            Faults: nothing after this can be read.
        """
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.MappingStartEvent:
            self.begin(event, Block(event.start_mark.line + 1))
        elif kind is yaml.SequenceStartEvent:
            self.begin(event, Listing(event.start_mark.line + 1))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.end()
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.anchors = {}

    def scalar(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.tag is not None and event.tag != TEXT:
            raise self.stop(TAGGED, line)
        plain = not event.style and event.tag is None
        if self.open and self.open[-1].wants_key:
            self.key(event.value, line, plain=plain)
            return
        value = resolve(event.value) if plain else event.value
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self.place(value, line, 1)

    def key(self, key: str, line: int, *, plain: bool) -> None:
        if plain and key == "<<":
            raise self.stop("merge keys (<<) are not read here: write the keys out", line)
        if not key:
            raise self.stop("a key is missing before the colon", line)
        step = self.open[-1]
        step.key, step.key_line = key, line
        first = step.holder.lines.get(key) if isinstance(step.holder, Block) else None
        if first is not None:
            if len(self.faults) >= TWICE:
                raise self.stop("too many keys stand twice: mend these first", line)
            self.faults.append(self.fault(f"stands twice, first in line {first}: keep one of them", line))

    def begin(self, event: Any, holder: Block | Listing) -> None:
        if event.tag is not None:
            raise self.stop(TAGGED, holder.line)
        if self.open and self.open[-1].wants_key:
            raise self.stop(
                "a key must be a word, not a list or a mapping: a value in {braces} needs quotes", holder.line
            )
        if len(self.open) >= DEPTH:
            raise self.stop(f"nests deeper than {DEPTH} levels: write it flatter", holder.line)
        self.open.append(Open(holder, event.anchor))

    def end(self) -> None:
        step = self.open.pop()
        if step.anchor is not None:
            self.anchors[step.anchor] = (step.holder, step.size)
        self.place(step.holder, step.holder.line, step.size)

    def alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if self.open and self.open[-1].wants_key:
            raise self.stop("a key must be a word, not an alias (*)", line)
        if event.anchor not in self.anchors:
            inside = any(step.anchor == event.anchor for step in self.open)
            why = "stands inside what it names" if inside else f"has no anchor &{event.anchor} before it"
            raise self.stop(f"the alias *{event.anchor} {why}", line)
        value, size = self.anchors[event.anchor]
        self.unfolded += size
        if self.unfolded > UNFOLDED:
            raise self.stop(f"aliases (*) stand for more than {UNFOLDED:,} values: write them out", line)
        self.place(value, line, size)

    def place(self, value: Any, line: int, size: int) -> None:
        self.nodes += 1
        if self.nodes > NODES:
            raise self.stop(f"more than {NODES:,} values in one file: divide it", line)
        if not self.open:
            self.documents.append(value)
            return
        step = self.open[-1]
        step.size += size
        if isinstance(step.holder, Listing):
            step.holder.append(value)
            step.holder.lines.append(line)
        elif step.key is not None:
            if step.key not in step.holder:
                step.holder[step.key] = value
                # People look for the key; what it holds may begin a line below.
                step.holder.lines[step.key] = step.key_line
            step.key = None


def read_sheet(body: bytes, path: str) -> list[Any]:
    """The documents of one YAML file; mappings are ``Block``, lists ``Listing``, a lone value is itself.

    Args:
        body: the file, in UTF-8.
        path: how the file is named in errors.

    Raises:
        Faults: with the line and, where one is open, the key of every fault.
    """
    if len(body) > BYTES:
        raise Faults([Fault(f"larger than {BYTES // 2**20} MiB: divide the file", path=path)])
    text = _decode(body, path)
    builder = Builder(path)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        line, message = _explain(error, text)
        written = text.splitlines()[line - 1 : line]
        raise Faults([*builder.faults, builder.fault(message, line, "".join(written))]) from None
    except yaml.YAMLError:
        raise builder.stop(
            "is no YAML", getattr(builder.open[-1].holder, "line", 1) if builder.open else 1
        ) from None
    if builder.faults:
        raise Faults(builder.faults)
    if all(document is None for document in builder.documents):
        raise Faults([Fault("is empty: nothing is written in it", path=path, line=1)])
    return builder.documents


def _decode(body: bytes, path: str) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Faults([Fault("is UTF-16: save it as UTF-8", path=path, line=1)])
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        wrong = f"the byte 0x{body[error.start]:02x} is no UTF-8: save the file as UTF-8"
        raise Faults([Fault(wrong, path=path, line=line)]) from None
    strange = UNPRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        wrong = f"the character U+{ord(strange[0]):04X} cannot stand in YAML: remove it"
        raise Faults([Fault(wrong, path=path, line=line)])
    return text


HINTS = {
    "found a tab character": "a tab stands where spaces must: indent with spaces",
    "found character that cannot start": "no value can begin with this character: put the value in quotes",
    "mapping values are not allowed": (
        "a second colon stands in this line, or the indentation is wrong: put a value with a colon in quotes"
    ),
    "did not find expected key": (
        "does not fit the lines above: check the indentation, and quotes and brackets that are not closed"
    ),
    "did not find expected '-'": (
        "does not fit the list above: every item begins with a dash in the same column"
    ),
    "block sequence entries are not allowed": "a dash cannot stand here: begin the list on its own line",
    "found unexpected end of stream": "a quotation mark opens here and never closes",
    "did not find expected ',' or ']'": "a bracket [ opens here and does not close, or a comma is missing",
    "did not find expected ',' or '}'": "a brace { opens here and does not close, or a comma is missing",
    "could not find expected ':'": "a colon is missing after this key",
    "found unknown escape character": "a backslash in double quotes means something: use single quotes",
}
"""What the parser says, by how it begins, and what it means to a person."""


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    lines = text.splitlines() or [""]
    mark = error.problem_mark or error.context_mark
    number = min(mark.line + 1, len(lines)) if mark else 1
    problem = error.problem or error.context or "is no YAML"
    said = next(
        (hint for start, hint in HINTS.items() if problem.startswith(start)), f"is no YAML: {problem}"
    )
    opens = "opens here" in said and error.context_mark is not None
    if opens and error.context_mark is not None:
        number = min(error.context_mark.line + 1, len(lines))
    elif TAB.match(lines[number - 1]):
        said = "a tab stands where spaces must: indent with spaces"
    return number, said


def resolve(text: str) -> Any:
    """What a plain word means: nothing, a truth value, a number, or the text itself."""
    if text in WORDS:
        return WORDS[text]
    first = text[0]
    if first.isdigit() or first in "+-.":
        if WHOLE.fullmatch(text):
            return int(text)
        if FRACTION.fullmatch(text):
            return float(text)
    return text
