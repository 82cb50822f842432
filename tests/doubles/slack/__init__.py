"""A double of Slack: a real HTTP server on loopback with a workspace in memory, for tests and demonstrations.

It holds messages to Slack's documented limits, checks the token, and can be told to fail.
``python -m tests.doubles.slack --port 8065`` runs it alone.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.slack.troubles import Trouble, broken, limited, refused, reset, slow, strange
from tests.doubles.slack.workspace import Message, Said, Workspace

__all__ = [
    "Asked",
    "Message",
    "SlackDouble",
    "Trouble",
    "Workspace",
    "broken",
    "limited",
    "refused",
    "reset",
    "slow",
    "strange",
]

TOKEN = "xoxb-123456789012-only-the-double-knows-it"  # noqa: S105 - the double's
LARGEST = 4 << 20


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    arguments: Said
    headers: dict[str, str]
    body: bytes


@dataclass
class _State:
    workspace: Workspace
    token: str
    asked: list[Asked] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    def trouble(self, asked: Asked) -> Trouble:
        with self.lock:
            self.asked.append(asked)
            for trouble in self.troubles:
                if trouble.method in (None, asked.method):
                    self.troubles.remove(trouble)
                    return trouble
        return Trouble(carried_out=True)


class SlackDouble:
    """Slack on loopback.

    Args:
        token: the bot token that it takes.
        channels: names of the channels there are; None lets every name be one.
        port: where to listen; 0 for a free one.
    """

    def __init__(self, *, token: str = TOKEN, channels: Iterable[str] | None = None, port: int = 0):
        known = None if channels is None else {name: f"C{place:08d}" for place, name in enumerate(channels)}
        self.token = token
        self.workspace = Workspace(known)
        self._state = _State(self.workspace, token)
        self._server = _Server(self._state, port)
        # A short poll, so that closing takes no time.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="slack-double")

    @property
    def url(self) -> str:
        """What a client takes as base_url."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    @property
    def messages(self) -> list[Message]:
        """The messages that were posted and not deleted, in their order."""
        return [message for message in list(self.workspace.messages) if not message.deleted]

    @property
    def asked(self) -> list[Asked]:
        """Every request so far."""
        with self._state.lock:
            return list(self._state.asked)

    def fail_next(self, *troubles: Trouble) -> None:
        """Let the next requests fail, each with one trouble, in this order."""
        with self._state.lock:
            self._state.troubles += troubles

    def delete(self, message: Message, *, tombstone: bool = False) -> None:
        """Someone deletes the message; where it had replies, a tombstone stays in its place."""
        message.deleted, message.tombstone = True, tombstone

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and wait for every answer that is still under way."""
        self._state.closing.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for them
    allow_reuse_address = True

    def __init__(self, state: _State, port: int):
        self.state = state
        super().__init__(("127.0.0.1", port), _Handler)

    def shutdown_request(self, request: Any) -> None:
        """Close alone: a farewell first would turn a reset into an orderly end."""
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's; anything else is."""
        import sys  # noqa: PLC0415 - for the error that is being handled

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST))
        self._serve(body, _arguments(body, self.headers.get_content_type()))

    def do_GET(self) -> None:
        self._serve(b"", dict(parse_qsl(urlsplit(self.path).query)))

    def _serve(self, body: bytes, arguments: Said | None) -> None:
        state, method = self.server.state, urlsplit(self.path).path.removeprefix("/api/")
        trouble = state.trouble(Asked(method, arguments or {}, dict(self.headers.items()), body))
        if trouble.wait:
            state.closing.wait(trouble.wait)
        said: Said = {"ok": True}
        if trouble.carried_out:
            said = self._token() or (
                {"ok": False, "error": "invalid_json"}
                if arguments is None
                else state.workspace.answer(method, arguments)
            )
        if trouble.hangs_up:
            self._hang_up()
        else:
            self._say(trouble, said)

    def _token(self) -> Said | None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return {"ok": False, "error": "not_authed"}
        return None if token == self.server.state.token else {"ok": False, "error": "invalid_auth"}

    def _say(self, trouble: Trouble, said: Said) -> None:
        body = trouble.said if isinstance(trouble.said, bytes) else json.dumps(trouble.said or said).encode()
        self.send_response(trouble.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in trouble.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        # Closing with nothing left to linger for sends a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: tests read ``asked``."""


def _arguments(body: bytes, kind: str) -> Said | None:
    """The arguments of a request, or None where they cannot be read."""
    if kind != "application/json":
        return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
