"""A program that serves this process: started on a free port of this machine, waited for, ended with us."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

from transforms.errors import TocsinError

_TETHER = Path(__file__).with_name("tether.py")
_LAST = 20  # lines that are kept, to say why it ended
_LINE = 500  # characters of each
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_log = logging.getLogger("tocsin.runners")


class EngineError(TocsinError):
    """The engine did not start, or did not carry the job through: it says which, and what it said itself."""


def free_port() -> int:
    """A port of this machine on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """A program that was started for us; it ends with ``stop``, and when this process ends in whatever way.

    Args:
        name: what people call it.
        command: the program and its arguments.
        environ: its whole environment; None: ours.
    """

    def __init__(self, name: str, command: list[str], environ: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._said: deque[str] = deque(maxlen=_LAST)
        self._process = subprocess.Popen(  # noqa: S603 - named by the user or found by the runner
            # Isolated and without site: nothing that is installed slows it or changes it.
            [sys.executable, "-I", "-S", str(_TETHER), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if environ is None else dict(environ),
        )
        self._ears = threading.Thread(target=self._listen, name=f"hear {name}", daemon=True)
        self._ears.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        """The last lines it wrote."""
        return "\n".join(self._said)

    def await_port(self, port: int, seconds: float = 30) -> None:
        """Wait until it listens on this port of this machine.

        Raises:
            EngineError: it ended, or did not listen in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not self.runs:
                self._ears.join(2)
                raise EngineError(
                    f"{self.name} ended at once (exit {self._process.returncode}): {self._why()}"
                )
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.stop()
        raise EngineError(f"{self.name} did not listen on port {port} in {seconds:.0f} s: {self._why()}")

    def stop(self) -> None:
        """End it, gently first; nothing where it has ended."""
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).close()
        self._process.wait()
        self._ears.join(2)
        _pipe(self._process.stdout).close()

    def _listen(self) -> None:
        for line in _pipe(self._process.stdout):
            said = _COLOUR.sub("", line.decode("utf-8", "replace")).rstrip()[:_LINE]
            if said:
                self._said.append(said)
                _log.debug("%s: %s", self.name, said)

    def _why(self) -> str:
        return " | ".join(list(self._said)[-3:]) or "it said nothing"


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    if end is None:
        raise AssertionError("a pipe was asked for")
    return end
