"""YAML with places: plain data, the line of every key, and one clear line for every way to write it wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.settings import sheet
from pipeline.settings.sheet import find, read_sheet, spell
from transforms.errors import Faults


def read(text: str | bytes) -> Any:
    (document,) = read_sheet(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    return document


def refusal(text: str | bytes) -> str:
    with pytest.raises(Faults) as caught:
        read_sheet(text if isinstance(text, bytes) else text.encode(), "f.yaml")
    return str(caught.value)


def test_every_key_and_item_has_its_line() -> None:
    document = read("a: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    assert find(document, ("b",)) == (("b",), 2, {"c": ["x", {"d": 2, "e": 3}]})
    assert find(document, ("b", "c", 1, "e")) == (("b", "c", 1, "e"), 6, 3)


def test_a_key_that_is_missing_is_placed_at_the_mapping_that_lacks_it() -> None:
    document = read("list:\n  - a: 1\n  - b: 2\n")
    assert find(document, ("list", 1, "id")) == (("list", 1, "id"), 3, None)


def test_parts_that_stand_nowhere_in_the_file_are_passed_over() -> None:
    document = read("sinks:\n  - kind: slack\n    token_env: X\n")
    assert find(document, ("sinks", 0, "slack", "token_env")) == (("sinks", 0, "token_env"), 3, "X")


def test_a_key_path_is_spelled_as_people_write_it() -> None:
    assert spell(("when", "all", 0, "topic")) == "when.all[0].topic"
    assert spell((2, "id")) == "[2].id"
    assert spell(("a\nb",)) == "'a\\nb'"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("~", None), ("null", None),
        ("2024-04-27", "2024-04-27"), ("12:30", "12:30"), ("0755", 755), ("1_000", "1_000"), ("12", 12), ("-3", -3),
        ("0.5", 0.5), (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), ("'12'", "12"), ('"true"', "true"), ("!!str 12", "12"),
        ("9" * 5000, "9" * 5000), ("|\n  two\n  lines", "two\nlines"), (".", "."), ("1.2.3", "1.2.3"), ("", None),
    ],
)  # fmt: skip
def test_words_mean_what_people_read(text: str, value: object) -> None:
    found = read(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_always_text() -> None:
    assert read("1: a\ntrue: b\nnull: c\n") == {"1": "a", "true": "b", "null": "c"}


def test_a_file_may_hold_several_documents() -> None:
    assert read_sheet(b"a: 1\n---\n- b\n", "f.yaml") == [{"a": 1}, ["b"]]


def test_an_alias_stands_for_what_its_anchor_names() -> None:
    assert read("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: stands twice, first in line 1"),
        ("x:\n  - b: 1\n    b: 2\n", "f.yaml:3: x[0].b: stands twice, first in line 2"),
        ("a:\n\tb: 1\n", "f.yaml:2: a: a tab stands where spaces must"),
        ("a:\n  b: 1\n\tc: 2\n", "f.yaml:3: a.b: a tab stands"),
        ("\ta: 1\n", "f.yaml:1: a: a tab stands"),
        ("a:\n  - x\n - y\n", "f.yaml:3: does not fit the lines above"),
        ("a:\n  - x: 1\n   y: 2\n", "f.yaml:3: a[1]: does not fit the list above"),
        ("a: b: c\n", "f.yaml:1: a: a second colon"),
        ("one: 1\na: 'x\nb: 2\n", "f.yaml:2: a: a quotation mark opens here"),
        ("one: 1\na: [1, 2\nb: 3\n", "f.yaml:2: a[2]: a bracket [ opens here"),
        ("a: {b: 1\nc: 2\n", "f.yaml:1: a: a brace { opens here"),
        ("a: {b: 1, c: [d\n", "f.yaml:1: a.c"),
        ("a: @x\n", "f.yaml:1: a: no value can begin with this character"),
        ("a: - b\n", "f.yaml:1: a: a dash cannot stand here"),
        ('a: "\\q"\n', "f.yaml:1: a: a backslash"),
        ("a: !python/object:os.system x\n", "f.yaml:1: a: a tag"),
        ("a: !!python/object/apply:os.system [ls]\n", "f.yaml:1: a: a tag"),
        ("a: !!binary aGk=\n", "f.yaml:1: a: a tag"),
        ("b: &x {c: 1}\na:\n  <<: *x\n", "f.yaml:3: a: merge keys (<<) are not read here"),
        ("? [a, b]\n: 1\n", "f.yaml:1: a key must be a word"),
        ("a: {{x}}\n", "f.yaml:1: a: a key must be a word"),
        ("a:\n  b: c: d\n", "f.yaml:2: a.b: a second colon"),
        ("when:\n  all:\n    - topic: x\n   - entity: y\n", "f.yaml:4: when.entity: does not fit"),
        (": 1\n", "f.yaml:1: does not fit"),
        ("'': 1\n", "f.yaml:1: a key is missing before the colon"),
        ("a: &x [*x]\n", "f.yaml:1: a[0]: the alias *x stands inside what it names"),
        ("a: *gone\n", "f.yaml:1: a: the alias *gone has no anchor &gone before it"),
        ("a: &x 1\n---\nb: *x\n", "f.yaml:3: b: the alias *x has no anchor"),
        ("&x a: 1\n*x : 2\n", "f.yaml:2: a key must be a word, not an alias"),
        ("%YAML 3.0\n---\na: 1\n", "f.yaml:1: is no YAML: found incompatible YAML document"),
        ("", "f.yaml:1: is empty"),
        ("# nothing but a comment\n", "f.yaml:1: is empty"),
        ("---\n---\n", "f.yaml:1: is empty"),
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2: the byte 0xe9 is no UTF-8"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: is UTF-16: save it as UTF-8"),
        (b"a: 1\nb: x\x00y\n", "f.yaml:2: the character U+0000 cannot stand in YAML"),
        (b"a: \x1b[31m\n", "f.yaml:1: the character U+001B"),
        (b"\x89PNG\r\n\x1a\n", "f.yaml:1: the byte 0x89"),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_said_with_file_line_and_key(text: str | bytes, said: str) -> None:
    message = refusal(text)
    assert message.startswith(said)
    assert "\n" not in message


def test_all_duplicates_are_told_at_once_and_the_error_that_ends_the_file_after_them() -> None:
    lines = refusal("a: 1\na: 2\nb: 1\nb: 2\nc: [\n").splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "4", "5"]


def test_nesting_is_bounded() -> None:
    assert "nests deeper than 64 levels" in refusal("[" * 100_000)
    assert "nests deeper than 64 levels" in refusal("".join(f"{' ' * n}a:\n" for n in range(200)))
    assert "nests deeper than 64 levels" in refusal("- " * 5000)


def test_an_alias_bomb_is_refused_before_it_unfolds() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases (*) stand for more than 100,000 values" in refusal("\n".join(rows))


def test_a_file_with_too_many_values_or_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(b"#" * (sheet.BYTES + 1)) == "f.yaml: larger than 8 MiB: divide the file"
    monkeypatch.setattr(sheet, "NODES", 100)
    assert "f.yaml:101: [100]: more than 100 values in one file" in refusal("- a\n" * 101)


def test_a_secret_in_the_place_of_a_key_is_not_repeated() -> None:
    assert "hunter" not in refusal("xoxb-1234567-hunter: 1\nxoxb-1234567-hunter: 2\n")
