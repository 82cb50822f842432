"""Whatever bytes a file holds: settings and rules, or faults that name the file; never another error."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from pipeline.settings import check
from pipeline.settings.sheet import read_sheet
from transforms.errors import Fault, Faults

KEYS = some.sampled_from(
    ["store", "watches", "topics", "entities", "feeds", "sinks", "link", "limits", "retention", "stories", "contact",
     "window", "kind", "id", "url", "title", "when", "all", "any", "not", "topic", "entity", "channel", "signals",
     "meet", "name", "label", ""]
)  # fmt: skip
WORDS = some.sampled_from(
    ["slack", "console", "72h", "sqlite:///a.db", "a", "packaged", ".", "/", "country/CN", "\x00"]
)
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | WORDS,
    lambda inner: (
        some.lists(inner, max_size=4) | some.dictionaries(KEYS | some.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)
SNIPPETS = some.lists(
    some.sampled_from(["a: ", "- ", "\n", "  ", "\t", "[", "]", "{", "}", "&x ", "*x", "!t ", "'", '"', "|", ">", "? ",
                       "---\n", "...\n", "%YAML 1.1\n", "<<: ", "#", "é", "\x85", "\u2028", "\ufeff", "store: ", "x"])
).map("".join)  # fmt: skip


def read(body: bytes) -> None:
    documents, faults = None, []
    try:
        documents = read_sheet(body, "f.yaml")
    except Faults as wrong:
        faults = wrong.faults
    assert documents or faults
    assert all(fault.path == "f.yaml" and "\n" not in str(fault) for fault in faults)


@given(
    some.binary() | SNIPPETS.map(str.encode) | some.text().map(lambda text: text.encode("utf-8", "replace"))
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    read(body)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_json_is_read_as_it_is(value: Any) -> None:
    read(json.dumps(value).encode())


def checked_in_place(body: bytes, *, settings_too: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, watches = Path(folder) / "s.yaml", Path(folder) / "w.yaml"
        watches.write_bytes(body)
        path.write_bytes(
            body if settings_too else b"watches: w.yaml\ntopics: w.yaml\nentities: w.yaml\nfeeds: w.yaml\n"
        )
        for fault in check(path, {}).faults:
            assert isinstance(fault, Fault)
            assert "\n" not in str(fault)
            assert fault.path is not None


@given(some.dictionaries(KEYS, VALUES, max_size=6))
@settings(max_examples=100, deadline=None)
def test_any_settings_are_checked_without_another_error(value: dict[str, Any]) -> None:
    # The rules are not the point here, and "/" would be walked.
    rules = dict.fromkeys(("watches", "topics", "entities"), "w.yaml")
    checked_in_place(json.dumps(value | rules).encode(), settings_too=True)


@given(VALUES | some.lists(some.dictionaries(KEYS, VALUES, max_size=6), max_size=3))
@settings(max_examples=150, deadline=None)
def test_any_rules_and_feeds_are_checked_without_another_error(value: Any) -> None:
    checked_in_place(json.dumps(value).encode(), settings_too=False)
