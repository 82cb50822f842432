"""Holds a program by a rope: it is ended when the process that started it ends, however that ends.

Run as a script, with the program and its arguments; needs nothing but Python. Its standard input is the rope: a pipe
that the parent never writes to, and that closes with the parent, also when that is killed.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading

PATIENCE = 10.0
"""Seconds that the program has to end by itself."""


def hold(command: list[str]) -> int:
    """Run the program until it ends or the rope is let go of; its exit code."""
    # Ctrl-C in a terminal reaches the whole group: the parent decides when the program ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            program.terminate()
        try:
            program.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            program.kill()

    def watch() -> None:
        # Unbuffered and by number: at the end of the interpreter, nobody may hold the lock of sys.stdin.
        with open(0, "rb", buffering=0, closefd=False) as rope:
            while rope.read(1):
                pass
        end()

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=end, daemon=True).start())
    threading.Thread(target=watch, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(hold(sys.argv[1:]))
