"""The webhook sink: every alert as one signed POST, to a receiver of the newsroom's own.

One call posts once and never waits. A receiver knows a repeated delivery by its id, and a forged one by its signature;
docs/sinks.md has both from the receiver's side.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlsplit

import httpx

from pipeline.sources.answers import retry_after
from pipeline.watchdog import Watchdog
from transforms.article import Delivery, Receipt
from transforms.errors import Fault, Poison, Refused, Retry

TIMEOUT: Final = 15.0
"""Seconds for one delivery, all in all."""

LARGEST: Final = 64 * 2**10
"""Bytes of an answer that are read: nothing in it matters but its status, and reading it keeps the line clean."""

SHORTEST: Final = 16
"""Characters of a secret at least: a shorter one can be guessed from one signed message."""

CHANGE_SECRET: Final = frozenset({401, 403, 407})
CHANGE_ADDRESS: Final = frozenset({404, 405, 410, 421})
LATER: Final = frozenset({408, 423, 425})

Outcome = Receipt | Retry | Refused | Poison


class WebhookSink:
    """Alerts as signed POSTs.

    Args:
        url: where they go.
        secret: what they are signed with; None: they are not signed.
        name: what the outbox calls this sink.
        held: where the secret lies, as "environment variable DESK_SECRET", for errors.
        timeout: seconds for one delivery, all in all.
        clock: gives seconds since 1970.

    Raises:
        Fault: the secret is too short to be one.
    """

    def __init__(
        self,
        url: str,
        secret: str | None,
        *,
        name: str,
        held: str = "",
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.time,
    ):
        if secret is not None and len(secret) < SHORTEST:
            raise Fault(
                f"sink {name}: the {held or 'secret'} holds fewer than {SHORTEST} characters, which can be guessed:"
                " make one with `openssl rand -hex 32`, for both sides",
                key="sinks",
            )
        parts = urlsplit(url)
        self.name = name
        # The path may be a secret of the receiver's: what is told names the host alone.
        self._host = parts.netloc
        self._url, self._held, self._timeout, self._clock = url, held, timeout, clock
        self._key = None if secret is None else secret.encode("utf-8")
        self._client = httpx.Client(
            trust_env=parts.scheme == "https",  # proxies; what goes in the clear goes straight to its host
            follow_redirects=False,
            timeout=timeout,
            # A line that is kept may have been given up by the other side: whether it heard would not be known.
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"User-Agent": _agent(), "Accept": "*/*", "Accept-Encoding": "identity"},
        )

    def __repr__(self) -> str:
        return f"WebhookSink(name={self.name!r}, host={self._host!r}, signed={self._key is not None})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"sink {self.name} holds a secret and is not pickled: open it where it is used")

    def send(self, delivery: Delivery) -> Receipt:
        """Post the alert as it stands, the reply with its alert, or the digest.

        Raises:
            Retry: the receiver asks to wait, or failed; ``unknown`` where it may have heard all the same.
            Refused: address or secret; the message says what to change.
            Poison: the receiver can never take this delivery.
        """
        outcome = self._post(delivery)
        if isinstance(outcome, Receipt):
            return outcome
        raise outcome  # not where it was caught: what was caught may hold the request

    def find(self, delivery: Delivery) -> Receipt | None:  # noqa: ARG002 - the protocol's
        """A receiver cannot be asked; it knows by the delivery's id what it has heard before."""
        return None

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def _post(self, delivery: Delivery) -> Outcome:
        content = body(delivery)
        with Watchdog(self._timeout) as watchdog:
            try:
                with self._client.stream(
                    "POST",
                    self._url,
                    content=content,
                    headers=self._headers(delivery, content),
                    extensions={"trace": watchdog.trace},
                ) as answer:
                    outcome = self._outcome(answer, delivery)
                    if isinstance(outcome, Receipt):
                        _read(answer)
                    return outcome
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
                return self._no_answer(error, watchdog)

    def _headers(self, delivery: Delivery, content: bytes) -> dict[str, str]:
        stamp, known = str(int(self._clock())), quote(delivery.id, safe="")
        headers = {
            "Content-Type": "application/json",
            "Tocsin-Delivery": known,
            "Idempotency-Key": known,
            "Tocsin-Timestamp": stamp,
        }
        if self._key is not None:
            headers["Tocsin-Signature"] = f"v1={signature(self._key, stamp, content)}"
        return headers

    def _outcome(self, answer: httpx.Response, delivery: Delivery) -> Outcome:
        status, said = answer.status_code, f"sink {self.name}: {self._host}: HTTP {answer.status_code}"
        if answer.is_success:
            return Receipt(channel=delivery.channel, message=delivery.id)
        wait = retry_after(answer)
        after = wait.total_seconds() if wait is not None else None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return Retry(f"{said}: the receiver asks to wait", after=after)
        if status == HTTPStatus.SERVICE_UNAVAILABLE and after is not None:
            return Retry(f"{said}: the receiver asks to wait", after=after)
        if answer.is_server_error:
            return Retry(f"{said}: the receiver failed; it may have been heard", after=after, unknown=True)
        if status in LATER:
            return Retry(f"{said}: the receiver is not ready", after=after)
        if answer.has_redirect_location or answer.is_redirect:
            return Refused(f"{said}: redirects are not followed: write the final address as url of this sink")
        if status in CHANGE_SECRET:
            kept = f"the {self._held}" if self._key is not None else "secret_env of this sink"
            return Refused(
                f"{said}: the receiver does not take the signature: both sides must hold the same secret ({kept}),"
                " and their clocks must agree"
            )
        if status in CHANGE_ADDRESS:
            return Refused(f"{said}: nothing takes alerts there: correct url of this sink")
        if answer.is_client_error:
            return Poison(
                f"webhook-{status}", f"{said}: the receiver does not take this delivery: see its log"
            )
        return Refused(f"{said}: not the answer of a receiver: correct url of this sink")

    def _no_answer(self, error: Exception, watchdog: Watchdog) -> Retry | Refused:
        said = f"sink {self.name}: {self._host}"
        if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)):
            return Refused(f"{said}: nothing can be sent to this address: correct url of this sink")
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
            return Retry(f"{said}: not reached: {_why(error)}")
        if watchdog.barked or isinstance(error, httpx.TimeoutException):
            return Retry(
                f"{said}: no answer within {self._timeout:g} s; it may have been heard", unknown=True
            )
        return Retry(f"{said}: no answer: {_why(error)}; it may have been heard", unknown=True)


def body(delivery: Delivery) -> bytes:
    """What is posted: the border shape of the alert, with its reply, or the digest; and the delivery's id.

    The id stands in the body too, where the signature covers it.
    """
    if delivery.digest is not None:
        shape: dict[str, Any] = {"digest": delivery.digest.model_dump(mode="json", by_alias=True)}
    else:
        shape = delivery.alert.model_dump(mode="json", by_alias=True)
        if delivery.reply is not None:
            shape["reply"] = delivery.reply.model_dump(mode="json")
    return json.dumps(shape | {"delivery": delivery.id}, ensure_ascii=False).encode("utf-8", "replace")


def signature(key: bytes, stamp: str, content: bytes) -> str:
    """HMAC-SHA256 of ``stamp + "." + content``, in hexadecimal digits."""
    return hmac.new(key, stamp.encode("ascii") + b"." + content, hashlib.sha256).hexdigest()


def _read(answer: httpx.Response) -> None:
    """Read an answer to its end, where that is near: a receiver whose answer is cut off may count it as failed.

    It was heard whatever comes of that.
    """
    size = 0
    try:
        for chunk in answer.iter_raw():
            size += len(chunk)
            if size > LARGEST:
                return
    except (httpx.HTTPError, httpx.StreamError, OSError):
        return


def _why(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"no safe connection ({getattr(cause, 'verify_message', None) or cause.reason or 'TLS failed'})"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def _agent() -> str:
    try:
        return f"Tocsin/{version('tocsin')}"
    except PackageNotFoundError:
        return "Tocsin/0"
