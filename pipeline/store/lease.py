"""Who holds a lease: this host, this process. A lease of a process that is gone is free at once.

An owner is written ``place|process|started``: the place is the host with its boot and process namespace, so
that containers which share a host name are told apart, and ``started`` tells a process from a later one that
was given the same number.
"""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

PROC = Path("/proc")


def me() -> str:
    """This process as the owner of a lease."""
    return f"{_place()}|{os.getpid()}|{_started(os.getpid())}"


def may_live(owner: str) -> bool:
    """Whether the owner may still be at work: True for other hosts, whose processes cannot be looked at."""
    place, process, started = owner.rsplit("|", 2)
    return place != _place() or (_runs(int(process)) and _started(int(process)) == started)


@lru_cache(maxsize=1)
def _place() -> str:
    marks = [socket.gethostname()]
    for mark in ("sys/kernel/random/boot_id", "self/ns/pid"):
        try:
            path = PROC / mark
            marks.append(str(path.readlink()) if path.is_symlink() else path.read_text("utf-8").strip())
        except OSError:
            marks.append("")  # not Linux: the host's name must do
    return "/".join(marks)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(process: int) -> str:
    """When a process started, in the kernel's ticks; empty where it is gone, a zombie, or cannot be asked."""
    try:
        stat = (PROC / str(process) / "stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name before may hold spaces and brackets
    return "" if not fields or fields[0] in {"Z", "X"} else fields[19]
