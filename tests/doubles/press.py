"""Publishers on loopback that bring out their news in rounds: a feed gives the next round when the last was kept.

A reader says by If-None-Match what it has kept; one that was killed before it kept anything is given the same again,
as a publisher whose feed holds its latest entries does.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

GARBLED = b"\xff\xfe\x00<?xml \x00\x01 no feed at all \xfe"


class Press:
    """One server with several feeds.

    Args:
        feeds: by name, its rounds: each the whole body of one answer.
        garbled: the round before which a feed once answers with bytes that nobody can read, by the feed's name.
    """

    def __init__(self, feeds: dict[str, Sequence[bytes]], garbled: dict[str, int] | None = None) -> None:
        self._feeds, self._at = feeds, dict.fromkeys(feeds, 0)
        self._garbled = dict(garbled or {})
        self._kept: set[str] = set()
        self._guard = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, feed: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{feed}"

    @property
    def all_kept(self) -> bool:
        """Whether readers have kept all of every feed."""
        with self._guard:
            return self._kept == set(self._feeds)

    def answer(self, feed: str, kept: str | None) -> tuple[int, str | None, bytes]:
        """Status, ETag and body for a reader that has kept this."""
        with self._guard:
            if feed not in self._feeds:
                return 404, None, b"nothing here"
            rounds = self._feeds[feed]
            if kept == _etag(feed, self._at[feed]):
                if self._at[feed] + 1 == len(rounds):
                    self._kept.add(feed)
                    return 304, kept, b""
                self._at[feed] += 1
            if self._garbled.get(feed) == self._at[feed]:
                del self._garbled[feed]
                return 200, None, GARBLED
            return 200, _etag(feed, self._at[feed]), rounds[self._at[feed]]


def _etag(feed: str, number: int) -> str:
    return f'"{feed}-{number}"'


def rss(lines: Sequence[dict[str, Any]]) -> bytes:
    """These articles as one RSS document, each with the outlet that published it as its source."""
    items = "".join(
        f"<item><title>{escape(line['title'])}</title><link>{escape(line['url'])}</link>"
        f"<pubDate>{format_datetime(datetime.fromisoformat(line['published']))}</pubDate>"
        f'<source url="{escape(line["url"])}">{escape(line["outlet"])}</source>'
        f"<description>{escape(line['text'])}</description></item>"
        for line in lines
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>'.encode()


def in_rounds(lines: Sequence[dict[str, Any]], feeds: int, rounds: int) -> dict[str, Sequence[bytes]]:
    """The articles as several feeds that bring them out in rounds, in about their order."""
    many = feeds * rounds
    chunks = [lines[len(lines) * at // many : len(lines) * (at + 1) // many] for at in range(many)]
    return {f"wire-{feed}": [rss(chunk) for chunk in chunks[feed::feeds]] for feed in range(feeds)}


class _Server(ThreadingHTTPServer):
    block_on_close = False
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Clients that are killed in the middle are what the tests are about."""


def _handler(press: Press) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            feed = self.path.strip("/").partition("?")[0]
            status, etag, body = press.answer(feed, self.headers.get("If-None-Match"))
            self.send_response(status)
            if etag is not None:
                self.send_header("ETag", etag)
            if status != 304:
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    return Handler
