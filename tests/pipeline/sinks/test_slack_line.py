"""A line gives whole frames, however its bytes come, and ends where it is closed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from pipeline.sinks.slack import line
from pipeline.sinks.slack.line import Line, is_safe

SIZES = st.sampled_from([0, 1, 125, 126, 127, 4000, 65_535, 65_536, 70_000])


class Pieces:
    """A socket whose bytes come in these pieces, with a pause after each."""

    def __init__(self, data: bytes, cuts: list[int]):
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        self._pieces = [data[start:end] for start, end in pairwise(edges)]
        self._paused = False

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, size: int) -> bytes:
        self._paused = not self._paused
        if self._paused:
            raise TimeoutError
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def frames(given_line: Line) -> Iterator[bytes]:
    while True:
        try:
            yield given_line.recv(16)
        except TimeoutError:
            continue
        except ConnectionError:
            return


@settings(deadline=None)
@given(
    st.lists(st.tuples(SIZES, st.booleans()), max_size=5),
    st.lists(st.integers(0, 300_000), max_size=8),
    st.sampled_from([b"", b"\n"]),
)
def test_whole_frames_come_out_however_they_come_in(
    sizes: list[tuple[int, bool]], cuts: list[int], left: bytes
) -> None:
    sent = [Frame(Opcode.TEXT, b"x" * size).serialize(mask=mask, extensions=[]) for size, mask in sizes]
    assert list(frames(Line(Pieces(left + b"".join(sent), cuts)))) == sent


def test_a_line_that_was_closed_says_so() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        opened = Line(ours)
        theirs.sendall(Frame(Opcode.TEXT, b"words").serialize(mask=False, extensions=[])[:-1])
        theirs.close()
        with pytest.raises(ConnectionError):
            opened.recv(16)


def test_a_message_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "LARGEST", 1000)
    data = Frame(Opcode.TEXT, b"x" * 5000).serialize(mask=False, extensions=[])
    opened = Line(Pieces(data, []))
    with pytest.raises(TimeoutError):
        opened.recv(16)
    with pytest.raises(ConnectionAbortedError, match="without end"):
        opened.recv(16)


@pytest.mark.parametrize(
    ("url", "here", "safe"),
    [
        ("wss://wss-primary.slack.com/link/?ticket=1", False, True),
        ("wss://wss-primary.slack.com:443/link/", False, True),
        ("wss://wss-primary.slack.com:8443/link/", False, False),
        ("ws://wss-primary.slack.com/link/", False, False),
        ("ws://127.0.0.1:8065/link/", True, True),
        ("ws://localhost:8065/link/", True, True),
        ("ws://127.0.0.1:8065/link/", False, False),
        ("ws://198.51.100.7/link/", True, False),
        ("wss:///link", True, False),
    ],
)
def test_a_line_goes_over_tls_or_stays_on_this_machine(url: str, *, here: bool, safe: bool) -> None:
    assert is_safe(url, here=here) is safe
