"""One feed over HTTP: validators, redirects, refusals, and an end to everything that takes too long or too much."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pipeline.sources.addresses import is_public
from pipeline.sources.answers import FetchFailed
from pipeline.sources.fetch import Fetcher, Patience, user_agent

LOOPBACK = "127.0.0.1"


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(
        user_agent("desk@example.org"), Patience(connect=2, read=0.5, total=1.5, limit=1 << 20)
    ) as opened:
        yield opened


def failure(fetcher: Fetcher, url: str, own_host: str | None = LOOPBACK) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetcher.fetch(url, own_host=own_host)
    assert "\n" not in caught.value.message
    assert caught.value.message
    return caught.value


def test_a_feed_is_read_with_its_validators(fetcher: Fetcher, site: Any, answer: Any, rss: bytes) -> None:
    stamp = "Mon, 04 May 2026 10:00:00 GMT"
    site.answers["/rss"] = answer(
        headers={
            "ETag": 'W/"a b\xe9"',
            "Last-Modified": stamp,
            "Content-Type": "application/rss+xml",
            "Cache-Control": "max-age=600",
        }
    )
    fetched = fetcher.fetch(f"{site.url}/rss", own_host=LOOPBACK)
    assert (fetched.status, fetched.body, fetched.url) == (200, rss, f"{site.url}/rss")
    assert (fetched.etag, fetched.last_modified) == ('W/"a b\xe9"', stamp)
    assert (fetched.content_type, fetched.after) == ("application/rss+xml", timedelta(minutes=10))

    again = fetcher.fetch(
        f"{site.url}/rss", etag=fetched.etag, last_modified=fetched.last_modified, own_host=LOOPBACK
    )
    assert (again.status, again.body) == (304, None)
    assert site.asked_with("if-none-match") == [None, 'W/"a b\xe9"']
    assert site.asked_with("if-modified-since") == [None, stamp]


def test_a_publisher_sees_who_asks(fetcher: Fetcher, site: Any, answer: Any) -> None:
    site.answers["/rss"] = answer()
    fetcher.fetch(f"{site.url}/rss?key=1", own_host=LOOPBACK)
    path, headers = site.asked[0]
    assert path == "/rss?key=1"
    assert headers["user-agent"].startswith("Tocsin/")
    assert headers["user-agent"].endswith("(+desk@example.org)")
    assert headers["host"] == site.url.removeprefix("http://")
    assert "rss+xml" in headers["accept"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_compressed_feeds_are_unpacked(
    fetcher: Fetcher, site: Any, answer: Any, rss: bytes, coding: str
) -> None:
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(rss, mtime=0),
        "deflate": zlib.compress(rss),
        "raw deflate": raw.compress(rss) + raw.flush(),
    }
    site.answers["/rss"] = answer(
        body=packed[coding], headers={"Content-Encoding": coding.rsplit(maxsplit=1)[-1]}
    )
    assert fetcher.fetch(f"{site.url}/rss", own_host=LOOPBACK).body == rss


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_the_last_address_is_told(
    fetcher: Fetcher, site: Any, answer: Any, rss: bytes, status: int
) -> None:
    site.answers["/a"] = answer(status, b"", {"Location": "/b/c"})
    site.answers["/b/c"] = answer(status, b"", {"Location": "../rss"})
    site.answers["/rss"] = answer()
    fetched = fetcher.fetch(f"{site.url}/a", own_host=LOOPBACK)
    assert (fetched.url, fetched.body) == (f"{site.url}/rss", rss)


def test_redirects_in_a_ring_end(fetcher: Fetcher, site: Any, answer: Any) -> None:
    site.answers["/a"] = answer(302, b"", {"Location": "/a"})
    assert failure(fetcher, f"{site.url}/a").reason == "too-many-redirects"
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data", "refused-address"),
        ("http://10.0.0.1/", "refused-address"),
        ("http://[::1]/", "refused-address"),
        ("http://[::ffff:127.0.0.1]/", "refused-address"),
        ("http://localhost/", "refused-address"),
        ("http://2130706433/", "refused-address"),
        ("http://0/", "refused-address"),
        ("file:///etc/passwd", "refused-address"),
        ("gopher://x/", "refused-address"),
        ("http://no-such-host.invalid/", "dns"),
        ("http://" + "a" * 70 + ".example.org/", "dns"),
        ("http://[bad", "dns"),
    ],
)
def test_a_redirect_to_where_nobody_may_look_is_refused(
    fetcher: Fetcher, site: Any, answer: Any, location: str, reason: str
) -> None:
    site.answers["/a"] = answer(302, b"", {"Location": location})
    assert failure(fetcher, f"{site.url}/a").reason == reason


def test_this_machine_is_refused_unless_the_configuration_names_it(
    fetcher: Fetcher, site: Any, answer: Any
) -> None:
    site.answers["/rss"] = answer()
    refused = failure(fetcher, f"{site.url}/rss", own_host=None)
    assert refused.reason == "refused-address"
    assert "allow_hosts" in refused.message
    assert site.asked == []
    with Fetcher("Tocsin", allow_hosts=frozenset((LOOPBACK,))) as trusting:
        assert trusting.fetch(f"{site.url}/rss").status == 200


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False),
        ("192.168.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),  # noqa: S104 - refused
        ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False), ("fe80::1%eth0", False),
        ("fd00::1", False), ("ff02::1", False), ("::ffff:10.0.0.1", False), ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False), ("64:ff9b::808:808", True), ("nonsense", False),
    ],
)  # fmt: skip
def test_what_the_public_internet_is(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 429, 500, 503, 599])
def test_an_http_error_names_its_status(fetcher: Fetcher, site: Any, answer: Any, status: int) -> None:
    body = b"" if status == 204 else b"no"
    site.answers["/rss"] = answer(status, body, {"Retry-After": "120"})
    failed = failure(fetcher, f"{site.url}/rss")
    assert (failed.reason, failed.status, failed.after) == (f"http-{status}", status, timedelta(minutes=2))
    assert f"HTTP {status}" in failed.message


def test_retry_after_may_be_a_date_and_is_bounded(fetcher: Fetcher, site: Any, answer: Any) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    for said, least, most in ((soon, 3500, 3600), ("9" * 400, 86400, 86400), ("-5", 0, 0), ("soon", 0, 0)):
        site.answers["/rss"] = answer(503, b"", {"Retry-After": said})
        after = failure(fetcher, f"{site.url}/rss").after or timedelta(0)
        assert least <= after.total_seconds() <= most


def test_a_bomb_is_given_up_on_before_it_is_unpacked(
    fetcher: Fetcher, site: Any, answer: Any, bomb: bytes
) -> None:
    site.answers["/rss"] = answer(body=bomb, headers={"Content-Encoding": "gzip"})
    failed = failure(fetcher, f"{site.url}/rss")
    assert (failed.reason, failed.message) == ("too-large", "larger than 1,048,576 bytes as unpacked")


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"x" * (1 << 21), {}, "too-large"),
        (gzip.compress(b"text" * 999, mtime=0)[:-20], {"Content-Encoding": "gzip"}, "cut-off"),
        (b"not gzip", {"Content-Encoding": "gzip"}, "bad-encoding"),
        (b"x", {"Content-Encoding": "br"}, "bad-encoding"),
        (b"short", {"Content-Length": "500"}, "timeout"),
    ],
)
def test_an_answer_that_cannot_be_read_says_why(
    fetcher: Fetcher, site: Any, answer: Any, body: bytes, headers: dict[str, str], reason: str
) -> None:
    site.answers["/rss"] = answer(body=body, headers={**headers, "Connection": "keep-alive"})
    assert failure(fetcher, f"{site.url}/rss").reason in {reason, "connection"}


def test_a_server_that_drips_is_cut_off_in_time(fetcher: Fetcher, site: Any, answer: Any) -> None:
    site.answers["/rss"] = answer(drip=0.1)
    started = time.monotonic()
    failed = failure(fetcher, f"{site.url}/rss")
    assert (failed.reason, failed.message) == ("timeout", "not read within 1.5 s")
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_is_left(fetcher: Fetcher, site: Any, answer: Any) -> None:
    site.answers["/rss"] = answer(drip=1.2, body=b"xx", headers={"Content-Length": "2"})
    assert failure(fetcher, f"{site.url}/rss").reason == "timeout"


def test_a_port_where_nobody_listens_gives_a_line(fetcher: Fetcher) -> None:
    assert failure(fetcher, "http://127.0.0.1:1/rss").reason == "connection"
