"""What can go wrong with one request to Slack, to be scripted for the next ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Trouble:
    """One request's bad luck.

    Attributes:
        carried_out: whether Slack does what it was asked all the same.
        status: of HTTP.
        said: the body instead of Slack's own; None leaves that as it is.
        headers: more of them.
        hangs_up: whether the line is reset instead of an answer.
        wait: seconds before anything is answered.
        method: the method that it befalls; None for whichever comes next.
    """

    carried_out: bool = False
    status: int = 200
    said: bytes | Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    wait: float = 0.0
    method: str | None = None


def limited(seconds: float | str = 30, *, method: str | None = None) -> Trouble:
    """HTTP 429, with the seconds to wait."""
    said = {"ok": False, "error": "ratelimited"}
    return Trouble(status=429, said=said, headers={"Retry-After": str(seconds)}, method=method)


def broken(status: int = 500, *, carried_out: bool = False, method: str | None = None) -> Trouble:
    """A server's error, as a page of HTML."""
    return Trouble(status=status, said=b"<html>Sorry!</html>", carried_out=carried_out, method=method)


def refused(error: str, *, method: str | None = None, **more: Any) -> Trouble:
    """``ok: false`` with this error."""
    return Trouble(said={"ok": False, "error": error} | more, method=method)


def reset(when: Literal["before", "after"], *, method: str | None = None) -> Trouble:
    """The line is reset before or after the request was carried out."""
    return Trouble(hangs_up=True, carried_out=when == "after", method=method)


def slow(seconds: float, *, carried_out: bool = True, method: str | None = None) -> Trouble:
    """The answer takes its time."""
    return Trouble(wait=seconds, carried_out=carried_out, method=method)


def strange(said: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Trouble:
    """Something answers that is not Slack."""
    return Trouble(said=said, status=status, headers=headers or {})
