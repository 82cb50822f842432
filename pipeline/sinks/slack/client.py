"""Asking Slack: one request, one answer, or an error that says whether Slack may have heard.

slack_sdk's client makes the requests. It is kept from what a sink must not do: repeat a request, follow the token
to another host, read without end, log what it sends.
"""

from __future__ import annotations

import errno
import json
import logging
import math
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse, InvalidURL
from typing import Any, Final, NoReturn
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPErrorProcessor, ProxyHandler, Request, build_opener

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse, WebClient

from transforms.errors import Refused, Retry

TIMEOUT: Final = 15
"""Seconds for one request: to connect, for each wait on the line, and for the answer to be read."""

LARGEST: Final = 16 << 20
"""Bytes of an answer."""

_NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
_HIDDEN: Final = "(hidden)"
_SCOPE: Final = re.compile(r"[a-z_.:,]{1,100}")

# The library logs requests, answers and the proxy's address; what a person should know stands in our errors.
_quiet = logging.getLogger("pipeline.sinks.slack.client")
_quiet.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class Answer:
    """What Slack answered.

    Attributes:
        status: of HTTP.
        said: the JSON object; empty where the answer was none.
        after: the seconds to wait that Slack asked for, or None.
        granted: the scopes that the token has, where Slack said so.
    """

    status: int
    said: Mapping[str, Any] = field(default_factory=dict)
    after: float | None = None
    granted: frozenset[str] | None = None

    @property
    def ok(self) -> bool:
        """Whether Slack did what it was asked."""
        return self.status == 200 and self.said.get("ok") is True  # noqa: PLR2004 - HTTP

    @property
    def code(self) -> str:
        """Slack's word for what is wrong; empty where it gave none."""
        error = self.said.get("error")
        spelled = isinstance(error, str) and error.replace("_", "").isalnum() and error.isascii()
        return str(error) if spelled and len(str(error)) < 60 else ""  # noqa: PLR2004 - as Slack's own

    @property
    def scope(self) -> str | None:
        """The scope that the app lacks, where that is what is wrong and Slack named it."""
        needed = self.word("needed") or ""
        return needed if self.code == "missing_scope" and _SCOPE.fullmatch(needed) else None

    def part(self, key: str) -> Mapping[str, Any]:
        """An object within the answer; empty where there is none."""
        found = self.said.get(key)
        return found if isinstance(found, dict) else {}

    def items(self, key: str) -> list[Mapping[str, Any]]:
        """A list of objects within the answer; empty where there is none."""
        found = self.said.get(key)
        return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []

    def word(self, key: str) -> str | None:
        """A string within the answer, or None."""
        found = self.said.get(key)
        return found if isinstance(found, str) and found else None


class _AsTheyCome(HTTPErrorProcessor):
    """Every answer is an answer: no redirect is followed, since the token would go along."""

    def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
        del request
        return response

    https_response = http_response


class Client(WebClient):
    """A WebClient that asks once.

    Args:
        token: the bot token.
        base_url: where the API is; plain http is this machine and is reached without a proxy.
    """

    def __init__(self, token: str, base_url: str):
        super().__init__(token, base_url=base_url, timeout=TIMEOUT, logger=_quiet, retry_handlers=[])
        self.proxy = None  # the opener knows the proxies, and the hosts that are reached without one
        direct = [ProxyHandler({})] if urlsplit(base_url).scheme == "http" else []
        self._opener = build_opener(_AsTheyCome(), *direct)

    def __repr__(self) -> str:
        return f"Client(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Slack client holds a token and is not pickled: open it where it is used")

    def ask(self, method: str, *, said: str, **arguments: Any) -> Answer:
        """Ask Slack once.

        Args:
            method: as slack_sdk calls it: ``chat_postMessage``.
            said: what the line for a person begins with.
            arguments: of the method.

        Raises:
            Retry: no whole answer came; ``unknown`` unless the request surely never left.
            Refused: the address of the API cannot be one.
        """
        response: Any
        try:
            response = getattr(self, method)(**arguments)
        except SlackApiError as error:
            response = error.response
        except (OSError, HTTPException, ValueError, OverflowError) as error:
            response = _no_answer(error, said)
        if isinstance(response, (Retry, Refused)):
            raise response  # not within the except: what was caught may hold the request, and with it the token
        return _answer(response)

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        """The one place where the library meets the network."""
        until, body = time.monotonic() + TIMEOUT, bytearray()
        with self._opener.open(req, timeout=TIMEOUT) as answer:
            while chunk := answer.read1(1 << 16):
                body += chunk
                if len(body) > LARGEST or time.monotonic() > until:
                    raise TimeoutError(f"{urlsplit(url).path} answers without end")
            text = body.decode("utf-8", "replace").replace(self.token or _HIDDEN, _HIDDEN)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return {"status": answer.status, "headers": headers, "body": _an_object(text)}


def _an_object(text: str) -> str:
    """The text where it is a JSON object, all that the library can live with."""
    try:
        return text if isinstance(json.loads(text), dict) else ""
    except (ValueError, RecursionError):
        return ""


def _answer(response: SlackResponse) -> Answer:
    after = None
    try:
        seconds = float(response.headers.get("retry-after", ""))
        after = seconds if math.isfinite(seconds) and seconds >= 0 else None
    except ValueError:
        pass  # a date, or nothing: the outbox has its own patience
    said = response.data if isinstance(response.data, dict) else {}
    scopes = response.headers.get("x-oauth-scopes")
    granted = frozenset(filter(None, map(str.strip, scopes.split(",")))) if isinstance(scopes, str) else None
    return Answer(response.status_code, said, after, granted)


def _no_answer(error: Exception, said: str) -> Retry | Refused:
    cause = error.reason if isinstance(error, URLError) else error
    words = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    if isinstance(cause, (InvalidURL, OverflowError, UnicodeError)):
        return Refused(
            f"{said}: nothing can be sent to this address ({words}): correct base_url of this sink"
        )
    unreachable = isinstance(cause, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError))
    if unreachable or (isinstance(cause, OSError) and cause.errno in _NO_WAY):
        return Retry(f"{said}: not reached: {words}")
    return Retry(f"{said}: no answer: {words}; it may have been heard", unknown=True)
