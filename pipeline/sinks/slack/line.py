"""The WebSocket under Socket Mode: slack_sdk's client, kept from what it does wrongly when a line is slow or breaks.

The client that comes with slack_sdk loses its place where a message comes in pieces with a pause between them, reads a
line that was closed again and again without a pause, and speaks without TLS to any port but 443. What it logs holds
addresses that open the line.
"""

from __future__ import annotations

import contextlib
import logging
import struct
from collections.abc import Callable
from ipaddress import ip_address
from socket import SHUT_RDWR
from typing import Any, Final
from urllib.parse import urlsplit

from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.builtin.connection import ConnectionState

from pipeline.sinks.slack.client import Client

LARGEST: Final = 4 << 20
"""Bytes of one message from Slack."""

POLL: Final = 0.5
"""Seconds that a read waits, so that the line can be closed between two."""

PRESSES_AT_ONCE: Final = 4

_quiet = logging.getLogger("pipeline.sinks.slack.line")
_quiet.setLevel(logging.CRITICAL + 1)


class Line:
    """A socket that gives one whole frame at a time.

    Args:
        line: the socket, after the handshake.
    """

    def __init__(self, line: Any):
        self._line = line
        self._held = bytearray()
        self._begun = False
        line.settimeout(POLL)

    def recv(self, _size: int) -> bytes:
        """One frame.

        Raises:
            TimeoutError: it is not whole yet; what came of it is kept.
            ConnectionError: the line was closed, or the frame is too large.
        """
        while (size := _size_of(self._held)) is None or len(self._held) < size:
            data = self._line.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the line was closed")
            self._held += data
            if not self._begun and self._held.startswith(b"\n"):
                del self._held[0]  # the library leaves the last byte of the handshake on the line
            self._begun = True
            if len(self._held) > LARGEST:
                raise ConnectionAbortedError("a message without end")
        frame = bytes(self._held[:size])
        del self._held[:size]
        return frame

    def send(self, data: bytes) -> int:
        """All of the data."""
        self._line.sendall(data)
        return len(data)

    def wake(self) -> None:
        """End it, so that who reads hears of it now."""
        with contextlib.suppress(OSError):
            self._line.shutdown(SHUT_RDWR)

    def close(self) -> None:
        """Close it."""
        self._line.close()


def _size_of(held: bytearray) -> int | None:
    """Bytes of the frame that begins here, with its head; None where that is not known yet."""
    if len(held) < 2:  # noqa: PLR2004 - the shortest head, RFC 6455
        return None
    short = held[1] & 0x7F
    mask = 4 if held[1] & 0x80 else 0
    for mark, form, head in ((126, "!H", 4), (127, "!Q", 10)):
        if short == mark:
            return None if len(held) < head else head + mask + int(struct.unpack_from(form, held, 2)[0])
    return 2 + mask + short


class _While(ConnectionState):
    """Lasts as long as the client has this session, whatever else is begun meanwhile."""

    def __init__(self, client: SocketMode, session: object):
        self._client, self._session, self._over = client, session, False

    @property
    def terminated(self) -> bool:
        """Whether the session is over."""
        return self._over or self._client.closed or self._client.current_session is not self._session

    @terminated.setter
    def terminated(self, over: bool) -> None:
        self._over = over


class SocketMode(SocketModeClient):
    """slack_sdk's client, that asks for its address as we do, and reads whole frames.

    Args:
        client: asks where the WebSocket is, and is not shown the app token by this class.
        address: gives the address of a new WebSocket.
        ping: seconds between two looks whether the line still lives.
    """

    def __init__(self, client: Client, address: Callable[[], str], ping: float):
        self._address = address
        super().__init__(
            app_token="(hidden)",  # noqa: S106 - the address is asked for elsewhere
            logger=_quiet,
            web_client=client,
            auto_reconnect_enabled=False,
            ping_interval=ping,
            concurrency=PRESSES_AT_ONCE,
            on_error_listeners=[],
        )

    def issue_new_wss_url(self) -> str:
        """The address of a new WebSocket."""
        url = self._address()
        if urlsplit(url).scheme == "ws":
            self.proxy = None  # this machine is reached without one
        return url

    def _run_current_session(self) -> None:
        session = self.current_session
        if session is None or session.sock is None:
            return
        session.sock = Line(session.sock)  # type: ignore[assignment]
        session.run_until_completion(_While(self, session))

    def disconnect(self) -> None:
        """Let go of the line."""
        # The library's session lets go of its socket in its own thread, too: whoever is second finds none to close.
        with contextlib.suppress(AttributeError):
            super().disconnect()

    def close(self) -> None:
        """Close it, and wait for what is being worked on."""
        self.closed = True
        self.message_queue.put(None)  # else it waits a second for one more
        line: Any = None if self.current_session is None else self.current_session.sock
        if isinstance(line, Line):
            line.wake()
        # Before the session is closed: the library closes it from two threads at once, and the second fails.
        for runner in (self.current_session_runner, self.current_app_monitor, self.message_processor):
            if runner.is_alive():
                runner.shutdown()  # type: ignore[no-untyped-call]
        super().close()


def is_safe(url: str, *, here: bool) -> bool:
    """Whether a WebSocket may be opened there: with TLS, or, where Slack's double is spoken to, on this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme == "wss":
        return bool(host) and port in {None, 443}  # to any other port the library speaks without TLS
    try:
        return here and parts.scheme == "ws" and ip_address(host).is_loopback
    except ValueError:
        return here and parts.scheme == "ws" and host == "localhost"
