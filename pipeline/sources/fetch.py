"""Sources, one feed over HTTP: asked politely, read carefully, given up on in time.

Every hop of a redirect is a connection of its own, to an address that was looked at after it was resolved and that
the connection then uses: a name cannot lead to one address when it is checked and to another when it is asked.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

import httpx

from pipeline.sources.addresses import addresses_of
from pipeline.sources.answers import Fetched, FetchFailed, fresh_for, retry_after, told, unpacked, validator
from pipeline.watchdog import Watchdog
from transforms.parse.decoding import LIMIT

REDIRECTS = 5
ACCEPT = (
    b"application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    b"application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
MOVED = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True)
class Patience:
    """How long one feed may take, in seconds, and how large it may be, in bytes as unpacked."""

    connect: float = 10
    read: float = 20
    total: float = 60
    limit: int = LIMIT


PATIENCE = Patience()


def user_agent(contact: str | None) -> str:
    """Who asks, and whom a publisher can write to."""
    try:
        number = version("tocsin")
    except PackageNotFoundError:
        number = "0"
    return f"Tocsin/{number} (+{contact})" if contact else f"Tocsin/{number}"


class Fetcher:
    """Gets feeds. One may be used by several threads; ``close`` it at the end.

    Args:
        agent: the User-Agent.
        patience: time-outs and the limit of size.
        allow_hosts: hosts, in lower case, that may have private addresses.
    """

    def __init__(self, agent: str, patience: Patience = PATIENCE, allow_hosts: frozenset[str] = frozenset()):
        self.patience, self.allow_hosts = patience, allow_hosts
        self._headers = {
            b"User-Agent": agent.encode("ascii", "replace"),
            b"Accept": ACCEPT,
            b"Accept-Encoding": b"gzip, deflate",
            b"Connection": b"close",
        }
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            verify=httpx.create_ssl_context(),
            timeout=httpx.Timeout(patience.read, connect=patience.connect),
            # two names at one address must not share a connection: its certificate was checked for one of them
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._client.headers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    def fetch(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        own_host: str | None = None,
    ) -> Fetched:
        """The feed at a URL, or that it has not changed since the validators were given.

        Args:
            url: http or https.
            etag: what the server gave last time.
            last_modified: the same.
            own_host: a host that may be on this machine or in a private network, because the URL itself says so.

        Raises:
            FetchFailed: with the reason.
        """
        headers = dict(self._headers)
        if etag:
            headers[b"If-None-Match"] = etag.encode("latin-1", "replace")
        if last_modified:
            headers[b"If-Modified-Since"] = last_modified.encode("latin-1", "replace")
        free = self.allow_hosts | ({own_host} if own_host else set())
        with Watchdog(self.patience.total) as watchdog:
            try:
                return self._follow(httpx.URL(url), headers, free, watchdog)
            except httpx.TimeoutException:
                raise FetchFailed("timeout", f"no answer within {self.patience.read:g} s") from None
            except (httpx.HTTPError, httpx.InvalidURL, zlib.error, OSError) as error:
                if watchdog.barked:
                    raise FetchFailed("timeout", f"not read within {self.patience.total:g} s") from None
                raise FetchFailed(*_why(error)) from None

    def _follow(
        self, url: httpx.URL, headers: dict[bytes, bytes], free: frozenset[str], watchdog: Watchdog
    ) -> Fetched:
        for _ in range(REDIRECTS + 1):
            with self._ask(url, headers, free, watchdog) as response:
                if response.status_code not in MOVED:
                    return self._answer(url, response, watchdog)
                target = response.headers.get("location")
                if not target:
                    raise FetchFailed(
                        "bad-redirect",
                        f"HTTP {response.status_code} without saying where to",
                        status=response.status_code,
                    )
                url = url.join(target)
        raise FetchFailed("too-many-redirects", f"more than {REDIRECTS} redirects")

    @contextmanager
    def _ask(
        self, url: httpx.URL, headers: dict[bytes, bytes], free: frozenset[str], watchdog: Watchdog
    ) -> Iterator[httpx.Response]:
        if url.scheme not in {"http", "https"} or not url.host:
            raise FetchFailed(
                "refused-address", f"redirected to {url.scheme or 'no'} scheme: only http and https are read"
            )
        host = url.raw_host.decode("ascii")
        failed: Exception | None = None
        for address in addresses_of(host, url.port or (443 if url.scheme == "https" else 80), free):
            request = self._client.build_request(
                "GET",
                url.copy_with(host=address, username=None, password=None, fragment=None),
                headers={**headers, b"Host": url.netloc},
                extensions={"sni_hostname": host, "trace": watchdog.trace},
            )
            try:
                response = self._client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
                continue
            try:
                yield response
            finally:
                response.close()
            return
        raise failed or FetchFailed("dns", f"{host} has no address")

    def _answer(self, url: httpx.URL, response: httpx.Response, watchdog: Watchdog) -> Fetched:
        status = response.status_code
        unchanged = status == HTTPStatus.NOT_MODIFIED
        if not unchanged and status != HTTPStatus.OK:
            raise FetchFailed(f"http-{status}", told(status), status=status, after=retry_after(response))
        body = None if unchanged else unpacked(response, self.patience.limit)
        if watchdog.barked:
            raise FetchFailed("timeout", f"not read within {self.patience.total:g} s")
        return Fetched(
            status=status,
            url=str(url),
            body=body,
            content_type=response.headers.get("content-type"),
            etag=validator(response, b"etag"),
            last_modified=validator(response, b"last-modified"),
            after=fresh_for(response),
        )


def _why(error: Exception) -> tuple[str, str]:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls", f"no safe connection: {cause.reason or 'TLS failed'}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "connection", "nobody answers there"
    if isinstance(error, httpx.InvalidURL):
        return "bad-redirect", "redirected to something that is no URL"
    if isinstance(error, zlib.error):
        return "bad-encoding", "the compressed answer is damaged"
    said = " ".join(str(error).split())[:200]
    return "connection", f"the connection broke: {said or type(error).__name__}"
