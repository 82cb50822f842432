"""Secrets do not stand in files: what looks like one, and how it is kept out of every message.

A configuration names the environment variable that holds a secret (``token_env: SLACK_BOT_TOKEN``), or refers to the
secret (``token_secret: file:/run/secrets/slack``); the value is read where it is used. What is found in a file is
refused, and never repeated.
"""

from __future__ import annotations

import re

from pipeline.secrets import FORMS, VARIABLE, SecretRef

HIDDEN = "(hidden)"

SHAPES = re.compile(
    r"""
      xox[a-z]-[\w-]{6,}                                    # Slack tokens
    | xapp-[\w-]{6,}                                        # Slack app tokens
    | https?://hooks\.slack\.com/\S+                        # a Slack webhook: its address is the secret
    | \bgh[pousr]_\w{20,} | \bgithub_pat_\w{20,} | \bglpat-[\w-]{16,}
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                         # AWS
    | \bAIza[\w-]{30,}                                      # Google
    | \bsk-[\w-]{20,}
    | (?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*                  # a signed web token
    | \bBearer\s+[\w.~+/-]{12,}=*
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----[\s\S]*
    """,
    re.VERBOSE,
)
USERINFO = re.compile(r"(?<=://)[^\s/@]+(?=@)")
"""A name, and maybe a password, before the host of a URL."""
IN_QUERY = re.compile(
    r"(?<=[?&])(?:password|passwd|token|access_token|secret|api_?key)=[^&\s]+", re.IGNORECASE
)
NAMED = re.compile(
    r"(?:.*[_-])?(?:token|secret|password|passwd|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization|webhook(?:[_-]url)?)",
    re.IGNORECASE,
)
REFERS = re.compile(r".*_secret|store_password", re.IGNORECASE)
"""Keys whose value is a reference to a secret."""


def redact(text: str) -> str:
    """The text without anything that looks like a secret."""
    return IN_QUERY.sub(HIDDEN, USERINFO.sub(HIDDEN, SHAPES.sub(HIDDEN, text)))


def literal_secret(key: str | int, value: str) -> str | None:
    """Why this value must not stand in a file, and what to write instead; None where nothing is wrong.

    Args:
        key: the key it stands under, or its place in a list.
        value: what stands there. It is never repeated in the answer.
    """
    if not value:
        return None
    if isinstance(key, str) and NAMED.fullmatch(key):
        return _in_a_secrets_place(key, value)
    if isinstance(key, str) and key.endswith("_env"):
        if SHAPES.search(value) or not VARIABLE.fullmatch(value):
            return (
                "must be the name of an environment variable, in capitals,"
                f" as {key}: {example(key[:-4])}; never the secret itself"
            )
        return None
    if SHAPES.search(value):
        return "looks like a secret, which does not belong in a file: put it in the environment and name the variable"
    if key == "store":
        before, at, _ = value.partition("://")[2].rpartition("@")
        if (at and ":" in before) or IN_QUERY.search(value):
            return (
                "a password does not belong in a file: leave it out, and say where it lies as store_password:"
                " env:STORE_PASSWORD; or name the variable that holds the whole URL, as store_env: TOCSIN_STORE"
            )
    elif value.startswith(("http://", "https://")) and (USERINFO.search(value) or IN_QUERY.search(value)):
        return "a password or key stands in this URL: a secret does not belong in a file"
    return None


def _in_a_secrets_place(key: str, value: str) -> str | None:
    if _refers(value):
        return None
    if REFERS.fullmatch(key):
        return f"must be a reference to a secret: {FORMS}; never the secret itself"
    return (
        "a secret does not belong in a file: put it in the environment and name the variable,"
        f" as {key}_env: {example(key)}"
    )


def _refers(value: str) -> bool:
    try:
        SecretRef.parse(value)
    except ValueError:
        return False
    return not SHAPES.search(value)


def example(key: str) -> str:
    """A fitting name of a variable for this key."""
    known = {"token": "SLACK_BOT_TOKEN", "store": "TOCSIN_STORE"}
    return known.get(key, re.sub(r"\W+", "_", key).upper())
