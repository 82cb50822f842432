"""A real web server on loopback that misbehaves on request, for the tests of the sources."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title>One</title>'
    b"<link>https://x.example.org/1</link><pubDate>Mon, 04 May 2026 10:00:00 GMT</pubDate>"
    b"<description>Words of one.</description></item></channel></rss>"
)


@dataclass
class Answer:
    """What the server says at a path: in pieces with pauses, where ``drip`` is set."""

    status: int = 200
    body: bytes = RSS
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0


@dataclass
class Site:
    """The server as the tests see it."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def asked_with(self, header: str) -> list[str | None]:
        """The values of one header, request by request."""
        return [headers.get(header) for _, headers in self.asked]


def _handler(site: Callable[[], Site]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = site()
            known.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
            answer = known.answers.get(self.path.partition("?")[0], Answer(404, b"nothing here"))
            etag = answer.headers.get("ETag")
            if etag is not None and self.headers.get("If-None-Match") == etag:
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(answer.status)
            for key, value in answer.headers.items():
                self.send_header(key, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            try:
                for at in range(0, len(answer.body), 1 if answer.drip else len(answer.body)):
                    self.wfile.write(answer.body[at : at + 1] if answer.drip else answer.body)
                    self.wfile.flush()
                    time.sleep(answer.drip)
            except OSError:
                return  # the client has had enough: that is what some tests are about

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    return Handler


class _Server(ThreadingHTTPServer):
    block_on_close = False
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that hang up in the middle are what some tests are about."""


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty site on loopback; what is not put there is 404."""
    known: list[Site] = []
    server = _Server(("127.0.0.1", 0), _handler(lambda: known[0]))
    known.append(Site(f"http://127.0.0.1:{server.server_port}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield known[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture(scope="session")
def bomb() -> bytes:
    """32 MiB of blanks as gzip."""
    return gzip.compress(b" " * (32 << 20), 9)


@pytest.fixture
def rss() -> bytes:
    return RSS
