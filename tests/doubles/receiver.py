"""A receiver of webhooks on loopback, over HTTP or HTTPS, that answers by script."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self


@dataclass(frozen=True)
class Heard:
    """One request, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """How the next request is answered.

    Attributes:
        status: of HTTP.
        headers: besides its length.
        body: what is said.
        instead: what happens in place of an answer: the line is reset, or drips without end.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    instead: Literal["reset", "drip", "nothing"] | None = None


class Receiver:
    """One server.

    Args:
        tls: what it speaks TLS with; None: it does not.

    Attributes:
        heard: every request, in order.
        script: how the next ones are answered; afterwards, with 200.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.script: list[Answer] = []
        self.closing = threading.Event()
        self._scheme = "http" if tls is None else "https"
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"{self._scheme}://localhost:{self._server.server_port}/hook/8f3a"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Callers that give up, or do not trust the certificate, are what the tests are about."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            receiver.heard.append(Heard(self.path, dict(self.headers.items()), body))
            answer = receiver.script.pop(0) if receiver.script else Answer()
            if answer.instead is not None:
                self.close_connection = True
                _instead(self, answer.instead, receiver.closing)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST  # noqa: N815 - http.server's

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    return Handler


def _instead(caller: BaseHTTPRequestHandler, what: str, closing: threading.Event) -> None:
    if what == "reset":
        caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.connection.close()
        return
    with suppress(OSError):  # the caller gives up
        if what == "drip":
            caller.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not closing.wait(0.02):
            if what == "drip":
                caller.wfile.write(b"a")
