"""Secrets do not stand in files: they are refused at their place, and never repeated in any message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import check
from pipeline.settings.secrets import redact

Write = Callable[[str, str | bytes], Path]

SECRET = "hunter2-correct-horse"  # noqa: S105 - it stands for one
SLACK = "xoxb-2847563-9182736-hunter2"


def told(path: Path) -> str:
    own = [str(fault) for fault in check(path, {}).faults if str(fault).startswith(f"{path.parent}/")]
    return "\n".join(own).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"sinks:\n  - kind: slack\n    token: {SECRET}\n", "s.yaml:3: sinks[0].token: a secret does not belong"),
        (f"sinks:\n  - kind: slack\n    token_env: {SLACK}\n", "s.yaml:3: sinks[0].token_env: must be the name of"),
        (f"sinks:\n  - kind: slack\n    token_env: {SECRET}\n", "s.yaml:3: sinks[0].token_env: must be the name of"),
        (f"sinks:\n  - {SLACK}\n", "s.yaml:2: sinks[0]: looks like a secret"),
        (f"slack_token: {SECRET}\n", "s.yaml:1: slack_token: a secret does not belong in a file"),
        (f"password: [{SECRET}]\n", "s.yaml:1: password: a secret does not belong in a file"),
        ("password: 12345678\n", "s.yaml:1: password: a secret does not belong in a file"),
        (f"{SLACK}: 1\n", "s.yaml:1: (hidden): no such key here"),
        (f"store: postgresql://desk:{SECRET}@db/news\n", "s.yaml:1: store: a password does not belong in a file"),
        (f"store: postgresql://db/news?password={SECRET}\n", "s.yaml:1: store: a password does not belong in a file"),
        (f"store: {SLACK}\n", "s.yaml:1: store: looks like a secret"),
        (f"store_env: {SECRET}\n", "s.yaml:1: store_env: must be the name of an environment variable"),
        (f"contact: {SLACK}\n", "s.yaml:1: contact: looks like a secret"),
        (f"feeds: [{{id: a, url: 'https://desk:{SECRET}@example.org/'}}]\n", "s.yaml:1: feeds[0].url: a password"),
        (f"feeds: [{{id: '{SLACK}', url: 'https://example.org/'}}]\n", "s.yaml:1: feeds[0].id: looks like a secret"),
        (f"watches: ['{SLACK}']\n", "s.yaml:1: watches[0]: looks like a secret"),
        (f"a: &x {SLACK}\na: *x\n", "s.yaml:2: a: stands twice"),
        (f"a: *{SLACK}\n", "s.yaml:1: a: the alias *(hidden)"),
        ("contact: https://hooks.slack.com/services/T0/B0/hunter2\n", "s.yaml:1: contact: looks like a secret"),
    ],
)  # fmt: skip
def test_a_secret_is_refused_at_its_place_and_not_repeated(write: Write, text: str, place: str) -> None:
    said = told(write("s.yaml", text))
    assert said.startswith(place)
    assert "hunter2" not in said
    assert "12345678" not in said


def test_of_a_key_with_a_secret_nothing_else_is_told(write: Write) -> None:
    path = write("s.yaml", f"sinks:\n  - kind: slack\n    token: {SECRET}\n    token_env: {SLACK}\n")
    assert [line.split(": ")[1] for line in told(path).splitlines()] == [
        "sinks[0].token",
        "sinks[0].token_env",
    ]


def test_secrets_in_feeds_files_and_watches_are_refused_too(write: Write, newsroom: Path) -> None:
    write("feeds.yaml", f"- id: a\n  url: https://example.org\n  api_key: {SECRET}\n")
    write(
        "watches/bad.yaml",
        f"id: bad\ntitle: {SLACK}\nwhen: {{phrase: strike}}\nchannel: '#a'\ntoken: {SECRET}\n",
    )
    newsroom.write_text(newsroom.read_text() + "feeds: feeds.yaml\n")
    lines = told(newsroom).splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["feeds.yaml:3", "[0].api_key"],
        ["watches/bad.yaml:2", "title"],
        ["watches/bad.yaml:5", "token"],
    ]
    assert "hunter2" not in "".join(lines)


def test_settings_show_only_the_names_of_variables(write: Write) -> None:
    checked = check(write("s.yaml", "sinks: [{kind: slack, token_env: DESK_TOKEN}]\n"), {"DESK_TOKEN": SLACK})
    assert "DESK_TOKEN" in repr(checked)
    assert "hunter2" not in repr(checked)


@pytest.mark.parametrize(
    "text",
    [
        "We have seen, generally speaking, evidence",
        "secret-police",
        "https://example.org/token/rss.xml",
        "Bearer of bad news",
        "a@example.org: b@example.org",
        "sqlite:////var/lib/tocsin.db",
    ],
)
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text
