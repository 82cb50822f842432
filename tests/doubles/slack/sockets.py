"""Socket Mode of the double: WebSockets on which an app hears which buttons were pressed, and says that it heard.

An envelope that is not acknowledged is sent again. What a person presses must stand in the message.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import struct
import threading
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.exceptions import InvalidHandshake, InvalidMessage
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.doubles.slack.blockkit import pressable
from tests.doubles.slack.messages import Message, Said
from tests.doubles.slack.workspace import Workspace

PATH: Final = "/link/"
RESPONSES: Final = "/actions/"

_quiet = logging.getLogger("tests.doubles.slack.sockets")
_quiet.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class Envelope:
    """What was sent to the app, to be sent once more where a test wants it.

    Attributes:
        id: of the envelope.
        payload: as Slack documents it.
        sent: how often it was sent until it was acknowledged.
    """

    id: str
    payload: Said
    sent: int = 1


@dataclass
class Session:
    """One WebSocket of an app."""

    line: socket.socket
    protocol: ServerProtocol
    leaving: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, said: Said) -> bool:
        """Send this; False where nobody is there any more."""
        with self.lock:
            try:
                self.protocol.send_text(json.dumps(said).encode())
                self.flush()
            except (OSError, RuntimeError, ValueError):
                return False
            return True

    def flush(self) -> None:
        """Send what the protocol has to say."""
        for data in self.protocol.data_to_send():
            if data:
                self.line.sendall(data)

    def cut(self, *, reset: bool) -> None:
        """End it without a word."""
        try:
            if reset:
                self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


class Sockets:
    """The WebSockets of one app.

    Attributes:
        patience: seconds after which an envelope that was not acknowledged is sent again.
        deaf: how many acknowledgements are lost from now on.
        responses: what was posted to a response_url.
        acknowledged: ids of envelopes, in the order that they were acknowledged.
        opened: how many there were so far.
        port: where the double listens.
    """

    def __init__(self, patience: float = 3.0):
        self.patience = patience
        self.deaf = 0
        self.responses: list[Said] = []
        self.acknowledged: list[str] = []
        self.opened = 0
        self.port = 0
        self._tickets: set[str] = set()
        self._sessions: list[Session] = []
        self._waiting: dict[str, threading.Event] = {}
        self._changed = threading.Condition()

    def ticket(self) -> Said:
        """The answer to apps.connections.open: an address that is good once."""
        ticket = secrets.token_urlsafe(24)
        with self._changed:
            self._tickets.add(ticket)
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}{PATH}?ticket={ticket}&app_id=A0TOCSIN"}

    def wait(self, *, opened: int = 1, timeout: float = 30.0) -> None:
        """Until so many WebSockets were opened in all, and one of them is there.

        Raises:
            TimeoutError: that did not come.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self.opened >= opened and bool(self._able()), timeout):
                raise TimeoutError(f"{self.opened} WebSockets were opened, {len(self._able())} are there")

    def serve(self, line: socket.socket, path: str, headers: Iterable[tuple[str, str]]) -> None:
        """One WebSocket, from its handshake to its end."""
        protocol = ServerProtocol(logger=_quiet)  # it logs addresses that open a line
        request = "".join(f"{name}: {value}\r\n" for name, value in headers)
        protocol.receive_data(f"GET {path} HTTP/1.1\r\n{request}\r\n".encode("latin-1"))
        events = protocol.events_received()
        if not events or not isinstance(asked := events[0], Request):
            return
        session = Session(line, protocol)
        if not self._admitted(path):
            protocol.send_response(protocol.reject(403, "this address was good once\n"))
            session.flush()
            return
        try:
            protocol.send_response(protocol.accept(asked))
        except (InvalidHandshake, InvalidMessage):
            return
        session.flush()
        if not session.say(_hello(len(self._sessions) + 1)):
            return
        with self._changed:
            self._sessions.append(session)
            self.opened += 1
            self._changed.notify_all()
        try:
            self._listen(session)
        finally:
            with self._changed:
                self._sessions.remove(session)
                self._changed.notify_all()

    def press(
        self,
        workspace: Workspace,
        message: Message,
        action: str,
        *,
        user: str,
        value: str | None,
        timeout: float,
    ) -> Envelope:
        """Press what has this action id in the message; returns when the app acknowledged it.

        Raises:
            LookupError: nothing in the message has this action id.
            TimeoutError: the app did not acknowledge it.
        """
        name = workspace.users.setdefault(user, user.lower())
        payload = _payload(workspace, message, action, (user, name), value)
        payload["response_url"] = f"http://127.0.0.1:{self.port}{RESPONSES}{secrets.token_hex(12)}"
        return self.send(payload, timeout=timeout)

    def send(self, payload: Said, *, envelope: str | None = None, timeout: float = 30.0) -> Envelope:
        """Send a payload until it is acknowledged; in a new envelope, or in this one.

        Raises:
            TimeoutError: it was not.
        """
        known = envelope or str(uuid.uuid4())
        heard = self._waiting[known] = threading.Event()
        said = {
            "envelope_id": known,
            "type": "interactive",
            "accepts_response_payload": True,
            "payload": payload,
        }
        until, sent = time.monotonic() + timeout, 0
        while (left := until - time.monotonic()) > 0:
            with self._changed:
                self._changed.wait_for(self._able, left)
                able = self._able()
            if not able or not able[-1].say(said):
                continue
            sent += 1
            if heard.wait(min(self.patience, left)):
                return Envelope(known, payload, sent)
        raise TimeoutError(f"the app did not acknowledge the envelope, sent {sent} times")

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask the app to leave every WebSocket there is now: nothing more is sent to it there."""
        said = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-double"}}
        with self._changed:
            sessions = self._able()
            for session in sessions:
                session.leaving = True
        for session in sessions:
            session.say(said)

    def cut(self, *, reset: bool = False) -> None:
        """Every line breaks without a word."""
        with self._changed:
            sessions = list(self._sessions)
        for session in sessions:
            session.cut(reset=reset)

    def _able(self) -> list[Session]:
        return [session for session in self._sessions if not session.leaving]

    def _admitted(self, path: str) -> bool:
        ticket = path.partition("ticket=")[2].partition("&")[0]
        with self._changed:
            if ticket not in self._tickets:
                return False
            self._tickets.remove(ticket)
            return True

    def _listen(self, session: Session) -> None:
        while True:
            try:
                data = session.line.recv(1 << 16)
            except OSError:
                return
            with session.lock:
                if data:
                    session.protocol.receive_data(data)
                else:
                    session.protocol.receive_eof()
                events = session.protocol.events_received()
                try:
                    session.flush()
                except OSError:
                    return
                over = session.protocol.close_expected() or not data
            for event in events:
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self._heard(json.loads(bytes(event.data)))
            if over:
                return

    def _heard(self, said: Any) -> None:
        known = said.get("envelope_id") if isinstance(said, dict) else None
        if not isinstance(known, str) or known not in self._waiting:
            return
        if self.deaf > 0:
            self.deaf -= 1
            return
        self.acknowledged.append(known)
        self._waiting[known].set()


def _hello(number: int) -> Said:
    debug = {"host": "applink-double", "build_number": 1, "approximate_connection_time": 18060}
    info = {"app_id": "A0TOCSIN"}
    return {"type": "hello", "num_connections": number, "debug_info": debug, "connection_info": info}


def _payload(
    workspace: Workspace, message: Message, action: str, user: tuple[str, str], value: str | None
) -> Said:
    """What Slack sends when a person presses something; see the documentation of block_actions."""
    found = [(block, item) for block, item in pressable(message.blocks) if item["action_id"] == action]
    if not found or message.deleted:
        raise LookupError(f"the message {message.ts} has nothing to press that is called {action!r}")
    block, item = found[0]
    at = f"{time.time():.6f}"
    pressed: Said = {"type": item["type"], "action_id": action, "block_id": block, "action_ts": at}
    if item["type"] == "button":
        pressed |= {"text": item["text"]} | ({"value": item["value"]} if "value" in item else {})
    else:
        chosen = [option for option in item["options"] if value in (None, option["value"])]
        if not chosen:
            raise LookupError(f"{action!r} has no option {value!r}")
        pressed["selected_option"] = chosen[0]
    known, name = user
    room, called = message.channel, workspace.name_of(message.channel)
    return {
        "type": "block_actions",
        "user": {"id": known, "username": name, "name": name, "team_id": workspace.team},
        "api_app_id": "A0TOCSIN",
        "token": "verification-of-old",
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": room,
            "is_ephemeral": False,
        }
        | ({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        "trigger_id": f"{uuid.uuid4().int % 10**13}.{workspace.number}.{secrets.token_hex(16)}",
        "team": {"id": workspace.team, "domain": "newsroom"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": room, "name": called},
        "message": message.shown(metadata=True, replies=workspace.shelf.replies(message))
        | {"team": workspace.team},
        "state": {"values": {}},
        "actions": [pressed],
    }
