"""A network on loopback that can be cut: it passes bytes on to a server until it is told to swallow or to hang up.

``CutProxy(port)`` listens on a port of its own; ``lose(words)`` lets a request with these words through, and hangs up
before its answer comes back; ``refuse`` is a server that is gone; ``hold`` a network that passes nothing on.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self


class CutProxy:
    """Between a client and a server on 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.cuts = 0
        self._lose: tuple[bytes, int] | None = None
        self._reaches = True
        self._deaf: list[socket.socket] = []
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._guard = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open = True
        self._refusing = False
        self._passing = threading.Event()
        self._passing.set()
        threading.Thread(target=self._accept, daemon=True, name="cut-proxy").start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        self._passing.set()
        self._listener.close()
        self.hang_up()
        for server in self._deaf:
            server.close()

    def lose(self, words: bytes, skip: int = 0, *, reaches: bool = True) -> None:
        """Pass on the request that holds these words (after ``skip`` others), and hang up before it is answered.

        One that does not reach the server is a partition: the client is hung up on, and the server hears nothing.
        """
        self._reaches = reaches
        self._lose = (words, skip)

    def refuse(self, *, on: bool) -> None:
        """Hang up on everyone, and on whoever comes, until it is taken back."""
        self._refusing = on
        if on:
            self.hang_up()

    def hold(self, *, on: bool) -> None:
        """Pass nothing on, in neither direction, until it is taken back: connections stay open and hear nothing."""
        if on:
            self._passing.clear()
        else:
            self._passing.set()

    def hang_up(self) -> None:
        """End every connection."""
        with self._guard:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:  # the server is down: so is what it is reached by
                client.close()
                continue
            with self._guard:
                self._pairs.append((client, server))
            threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError), client, server:
            lost = False
            while True:
                ready, _, _ = select.select([client, server], [], [], 60)
                for end in ready:
                    data = end.recv(1 << 16)
                    self._passing.wait()
                    if lost and end is server:
                        # It has been carried out: the server has answered.
                        self.cuts += 1
                        return
                    if not data:
                        return
                    if end is client and self._is_lost(data):
                        lost = True
                        if not self._reaches:
                            self.cuts += 1
                            self._deaf.append(server.dup())
                            return
                    (server if end is client else client).sendall(data)

    def _is_lost(self, data: bytes) -> bool:
        with self._guard:
            if self._lose is None or self._lose[0] not in data:
                return False
            words, left = self._lose
            self._lose = (words, left - 1) if left else None
            return left == 0
