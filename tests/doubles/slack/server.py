"""The double's server: HTTP/1.1 that keeps its connections, and the handshake of a WebSocket on the same port."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.slack.rates import Rates
from tests.doubles.slack.script import Script
from tests.doubles.slack.sockets import PATH, RESPONSES, Sockets
from tests.doubles.slack.troubles import Trouble, limited
from tests.doubles.slack.workspace import Message, Said, Workspace

LARGEST = 4 << 20
NOTHING = Trouble(carried_out=True)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    arguments: Said
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answered:
    """What became of a request.

    Attributes:
        at: when, in seconds of ``time.monotonic``.
        asked: the request.
        trouble: what befell it.
        said: what Slack would say to it; empty where it was not carried out.
    """

    at: float
    asked: Asked
    trouble: Trouble
    said: Said

    @property
    def accepted(self) -> bool:
        """Whether it was carried out, whatever was answered."""
        return bool(self.said.get("ok"))


@dataclass
class State:
    """What all requests share.

    Attributes:
        workspaces: by the bot token that opens each.
        app_token: opens WebSockets.
        revoked: tokens that were good once.
        asked: the requests, or the last of them.
        troubles: what befalls the next requests.
        deleted: the messages that the script had deleted.
        journal: is told what became of each request, before it is answered.
    """

    workspaces: dict[str, Workspace]
    app_token: str
    rates: Rates | None
    script: Script | None
    asked: deque[Asked]
    journal: Callable[[Answered], None] | None = None
    sockets: Sockets = field(default_factory=Sockets)
    revoked: set[str] = field(default_factory=set)
    troubles: list[Trouble] = field(default_factory=list)
    deleted: list[Message] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def token(self) -> str:
        """The bot token of the first workspace."""
        return next(iter(self.workspaces))

    @token.setter
    def token(self, token: str) -> None:
        first, *others = self.workspaces.items()
        self.workspaces = {token: first[1], **dict(others)}

    def trouble(self, asked: Asked) -> Trouble:
        """What befalls this request: first what was said for the next ones, then by script."""
        with self.lock:
            self.asked.append(asked)
            for trouble in self.troubles:
                if trouble.method in (None, asked.method):
                    self.troubles.remove(trouble)
                    return trouble
        drawn = self.script.draw(asked.method) if self.script is not None else None
        return drawn or NOTHING

    def pace(self, method: str, token: str, arguments: Said) -> int | None:
        """The seconds that a request that came too fast has to wait."""
        workspace = self.workspaces.get(token)
        if self.rates is None or workspace is None:
            return None
        room = workspace.room_of(arguments.get("channel"))
        return None if room is None else self.rates.ask(method, workspace.team, room)

    def answer(self, method: str, token: str, arguments: Said | None) -> Said:
        """What Slack says to a request that nothing befell."""
        if not token:
            return _no("not_authed")
        if token in self.revoked:
            return _no("token_revoked")
        if token != self.app_token and token not in self.workspaces:
            return _no("invalid_auth")
        if arguments is None:
            return _no("invalid_json")
        if (method == "apps.connections.open") is not (token == self.app_token):
            return _no("not_allowed_token_type")
        if method == "apps.connections.open":
            return self.sockets.ticket()
        workspace = self.workspaces[token]
        said = workspace.answer(method, arguments)
        if self.script is not None and said["ok"] and method in {"chat.postMessage", "chat.update"}:
            self._chance(workspace)
        return said

    def _chance(self, workspace: Workspace) -> None:
        """A person deletes one of the app's messages now and then."""
        messages = workspace.messages
        at = None if self.script is None else self.script.deletes(len(messages))
        if at is None:
            return
        message = messages[at]
        if message.ours and not message.deleted and message.thread_ts is None:
            workspace.delete(message)
            self.deleted.append(message)


class Server(ThreadingHTTPServer):
    """The server; closing it waits for every answer that is under way."""

    daemon_threads = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, state: State, port: int):
        self.state = state
        self._lines: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)
        state.sockets.port = self.server_port

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the line, so that it can be woken when all is closed."""
        with self._lock:
            self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close alone: a farewell first would turn a reset into an orderly end."""
        with self._lock:
            self._lines.discard(request)
        self.close_request(request)

    def server_close(self) -> None:
        """Close all lines: nothing more is read from them, what is being answered is answered."""
        with self._lock:
            for line in self._lines:
                try:
                    line.shutdown(socket.SHUT_RD)
                except OSError:
                    continue
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    timeout = 60
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # an answer leaves whole

    def do_POST(self) -> None:
        """A method, or what is said to a response_url."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LARGEST))
        arguments = _arguments(body, self.headers.get_content_type())
        if self.path.startswith(RESPONSES):
            self.server.state.sockets.responses.append(arguments or {})
            self._say(NOTHING, {"ok": True}, None)
            return
        query = urlsplit(self.path).query
        if arguments is not None and query:
            arguments = dict(parse_qsl(query)) | arguments
        self._serve(body, arguments)

    def do_GET(self) -> None:
        """A method, or a WebSocket."""
        if self.path.startswith(PATH):
            self.close_connection = True
            self.connection.settimeout(None)
            self.server.state.sockets.serve(self.connection, self.path, self.headers.items())
            return
        self._serve(b"", dict(parse_qsl(urlsplit(self.path).query)))

    def _serve(self, body: bytes, arguments: Said | None) -> None:
        state, method = self.server.state, urlsplit(self.path).path.removeprefix("/api/")
        asked = Asked(method, arguments or {}, dict(self.headers.items()), body)
        trouble = state.trouble(asked)
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        token = token if scheme == "Bearer" else ""
        if trouble.carried_out or not trouble.hangs_up:  # else it never came so far
            wait = state.pace(method, token, arguments or {})
            trouble = trouble if wait is None else limited(wait)
        if trouble.wait:
            state.closing.wait(trouble.wait)
        said: Said = {"ok": True}
        if trouble.carried_out:
            said = state.answer(method, token, arguments)
        if state.journal is not None:
            state.journal(Answered(time.monotonic(), asked, trouble, said if trouble.carried_out else {}))
        if trouble.hangs_up:
            self._hang_up()
        else:
            self._say(trouble, said, state.workspaces.get(token))

    def _say(self, trouble: Trouble, said: Said, workspace: Workspace | None) -> None:
        body = trouble.said if isinstance(trouble.said, bytes) else json.dumps(trouble.said or said).encode()
        self.send_response(trouble.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if workspace is not None:
            self.send_header("X-OAuth-Scopes", ",".join(sorted(workspace.scopes)))
        for name, value in trouble.headers.items():
            self.send_header(name, value)
        if self.server.state.closing.is_set():
            self.close_connection = True
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


def _no(error: str) -> Said:
    return {"ok": False, "error": error}
