"""The watchdog of a network exchange: its whole time, however slowly the other side goes on.

A read time-out starts anew with every byte; whoever sends one byte a second would be listened to without end.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self


class Watchdog:
    """Cuts the connections of one exchange when its whole time is over.

    Args:
        seconds: the whole time, from entering the context.

    Attributes:
        barked: whether the time was over before the exchange was.
    """

    def __init__(self, seconds: float):
        self.barked = False
        self._connections: list[Callable[[], socket.socket | None]] = []
        self._timer = threading.Timer(seconds, self._bark)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def watch(self, connection: Callable[[], socket.socket | None]) -> None:
        """Cut this connection too, at once where the time is over already.

        Args:
            connection: gives the socket as it is at that time: TLS puts another in its place.
        """
        self._connections.append(connection)
        if self.barked:
            self._bark()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpx at every step of a request, where it is given as the extension ``trace``."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            connection = info["return_value"].get_extra_info("socket")
            self.watch(lambda: connection)
        elif self.barked:
            self._bark()

    def _bark(self) -> None:
        self.barked = True
        for connection in tuple(self._connections):
            if (known := connection()) is not None:
                with suppress(OSError):  # it is closed already
                    known.shutdown(socket.SHUT_RDWR)
