"""Webhook and e-mail in a settings file: what may be said, every way to say it wrongly, and where secrets lie."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.overrides import with_secrets
from pipeline.secrets import SecretRef
from pipeline.settings import check, load_settings
from pipeline.sinks.spec import EmailSpec, WebhookSpec
from transforms.errors import Faults

Write = Callable[[str, str | bytes], Path]
HOOK = "kind: webhook, url: 'https://x.example/', secret_env: A"
MAIL = "kind: email, host: mail.x.example, from: t@x.example, to: [d@x.example]"


def only(spec: Any, kind: type[Any]) -> Any:
    assert isinstance(spec, kind)
    return spec


def test_what_is_not_written_has_a_default(write: Write) -> None:
    settings = load_settings(write("s.yaml", f"sinks: [{{{HOOK}}}, {{{MAIL}}}]\n"))
    hook, mail = only(settings.sinks[0], WebhookSpec), only(settings.sinks[1], EmailSpec)
    assert (hook.name, hook.allow_http, hook.secret_ref) == ("webhook", False, SecretRef("env", "A"))
    assert (mail.name, mail.security, mail.port, mail.secret_ref) == ("email", "starttls", None, None)
    assert (mail.sender, mail.receivers("#any")) == ("t@x.example", ("d@x.example",))
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own bytes


def test_a_secret_knows_where_the_settings_name_it(write: Write) -> None:
    path = write(
        "s.yaml",
        """
        sinks:
          - kind: webhook
            url: https://x.example/
            secret: file:/run/secrets/hook
          - kind: email
            host: mail.x.example
            from: t@x.example
            to: [d@x.example]
            user: tocsin
            password_secret: file:/run/secrets/mail
        """,
    )
    hook, mail = load_settings(path).sinks
    for sink, line, key in ((hook, 5, "sinks[0].secret"), (mail, 11, "sinks[1].password_secret")):
        assert sink.secret_ref is not None
        place = sink.secret_ref.place
        assert (place.path, place.key) == (str(path), key)
        assert place.line in {line - 1, line}
    notes = check(path, {}).notes
    assert any(
        "sink webhook: secret: file:/run/secrets/hook: there is no such file" in note for note in notes
    )
    assert any("sink email: password_secret: file:/run/secrets/mail: there is" in note for note in notes)


def test_a_variable_that_is_not_set_is_noted(write: Write) -> None:
    path = write("s.yaml", f"sinks: [{{{HOOK}}}, {{{MAIL}, user: u, password_env: B}}]\n")
    notes = "\n".join(check(path, {}).notes)
    assert "sink webhook: secret_env: the environment variable A is not set" in notes
    assert "sink email: password_env: the environment variable B is not set" in notes
    assert "is not set" not in "\n".join(check(path, {"A": "x", "B": "y"}).notes)


def test_a_channel_that_nobody_hears_by_mail_is_noted(write: Write) -> None:
    watch = "id: w\ntitle: W\nchannel: '#here'\nwhen: {phrase: a b}\nseverity: normal\n"
    write("watches/w.yaml", watch)
    said = "kind: email, host: m.x.example, from: t@x.example, channels: {'%s': [d@x.example]}"
    lost = check(write("a.yaml", f"watches: watches\nsinks: [{{{said % '#there'}}}]\n"), {})
    heard = check(write("b.yaml", f"watches: watches\nsinks: [{{{said % 'here'}}}]\n"), {})
    assert any("sink email: nobody gets what watch w tells #here" in note for note in lost.notes)
    assert not any("nobody gets" in note for note in heard.notes)


def test_the_command_line_may_say_where_the_secrets_lie(write: Write) -> None:
    settings = load_settings(write("s.yaml", f"sinks: [{{{HOOK}}}, {{{MAIL}, user: u, password_env: B}}]\n"))
    changed = with_secrets(settings, ["A=file:/run/a", "B=file:/run/b"])
    assert [str(sink.secret_ref) for sink in changed.sinks] == ["file:/run/a", "file:/run/b"]


@pytest.mark.parametrize(
    ("sink", "said"),
    [
        ("kind: webhook, secret_env: A", ".url: is missing"),
        (
            "kind: webhook, url: 'https://x.example/'",
            ": secret_env is missing: name the environment variable",
        ),
        (
            "kind: webhook, url: 'http://x.example/', secret_env: A",
            ".url: must be https: alerts would go in the",
        ),
        ("kind: webhook, url: 'ftp://x.example/', secret_env: A", ".url: must be https"),
        ("kind: webhook, url: 'x.example', secret_env: A", ".url: must be an address such as https://"),
        ("kind: webhook, url: 'https://x.example:port/', secret_env: A", ".url: must be an address such as"),
        (f"{HOOK}, secret: 'env:B'", ": secret_env and secret are both written: keep one of them"),
        (
            "kind: webhook, url: 'https://x.example/', secret: desk",
            ".secret: a secret does not belong in a file",
        ),
        (
            "kind: webhook, url: 'https://x.example/', secret_env: desk",
            ".secret_env: must be the name of an envir",
        ),
        (f"{HOOK}, secrt: A", ".secrt: no such key here; did you mean 'secret'?"),
        ("kind: email, from: t@x.example, to: [d@x.example]", ".host: is missing"),
        ("kind: email, host: m.x, to: [d@x.example]", ".from: is missing"),
        ("kind: email, host: m.x, from: t@x.example", ": to is missing: write who gets the mail"),
        (
            "kind: email, host: 'smtp://m.x', from: t@x.e, to: [d@x.e]",
            ".host: must be the name or the address of a",
        ),
        ("kind: email, host: m.x, from: desk, to: [d@x.e]", ".from: must be an e-mail address alone"),
        ("kind: email, host: m.x, from: t@x.e, to: d@x.e", ".to: must be a list, not text"),
        (
            "kind: email, host: m.x, from: t@x.e, to: [d@x.e, 'D <e@x.e>']",
            ".to[1]: must be an e-mail address alone",
        ),
        (
            'kind: email, host: m.x, from: t@x.e, to: ["d@x.e\\r\\nBcc: e@x.e"]',
            ".to[0]: must be an e-mail address",
        ),
        ("kind: email, host: m.x, from: t@x.e, channels: {a: []}", ".channels.a: must not be empty"),
        (
            "kind: email, host: m.x, from: t@x.e, channels: {a: [b]}",
            ".channels.a[0]: must be an e-mail address",
        ),
        (f"{MAIL}, security: none", ".host: is another machine, where security may not be none"),
        (f"{MAIL}, security: ssl", ".security: must be starttls or tls or none"),
        (f"{MAIL}, port: 0", ".port: input should be greater than or equal to 1"),
        (
            f"{MAIL}, user: u",
            ": password_env is missing: name the environment variable that holds the password",
        ),
        (f"{MAIL}, password_env: A", ": user is missing: a password belongs to one"),
        (f"{MAIL}, user: u, password: hunter2", ".password: a secret does not belong in a file"),
        (f"{MAIL}, user: u, password_secret: hunter2", ".password_secret: must be a reference to a secret"),
        (
            f"{MAIL}, user: u, password_env: A, password_secret: 'env:A'",
            ": password_env and password_secret are b",
        ),
        (f"{MAIL}, users: u", ".users: no such key here; did you mean 'user'?"),
    ],
)
def test_a_fault_names_its_key_and_what_to_write(write: Write, sink: str, said: str) -> None:
    with pytest.raises(Faults) as caught:
        load_settings(write("s.yaml", f"sinks:\n  - {{{sink}}}\n"))
    told = [str(fault).partition("s.yaml:")[2] for fault in caught.value.faults]
    assert any(line.startswith(f"2: sinks[0]{said}") for line in told), told
    assert "hunter2" not in str(told)


@pytest.mark.parametrize(
    "sink",
    [
        "kind: webhook, url: 'http://127.0.0.1:8080/hook'",
        "kind: webhook, url: 'http://[::1]:8080/hook'",
        "kind: webhook, url: 'http://hooks.internal/', allow_http: true, secret_env: A",
        "kind: email, host: localhost, security: none, from: t@x.example, to: [d@x.example]",
        "kind: email, host: '::1', security: none, from: t@x.example, channels: {'#a': [d@x.example]}",
    ],
)
def test_on_this_machine_or_with_leave_less_is_asked(write: Write, sink: str) -> None:
    assert len(load_settings(write("s.yaml", f"sinks: [{{{sink}}}]\n")).sinks) == 1
