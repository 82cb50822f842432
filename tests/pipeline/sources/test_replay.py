"""Files to documents: by name and by what is in them, in one order, and a line for whatever cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to

import pipeline.sources.files as reading
from pipeline.sources.files import LINES, documents, kind
from pipeline.sources.found import find, listing
from pipeline.sources.replay import Replay
from pipeline.sources.ticks import Once
from transforms.article import DeadLetter, Document
from transforms.errors import Fault, Faults, Poison
from transforms.parse import parse

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LINE = b'{"text": "Some text."}'
RSS = b"<?xml version='1.0'?>\n<rss version='2.0'><channel><item><description>x</description></item></channel></rss>"


def read(*paths: Path | str, **options: Any) -> list[Document | DeadLetter]:
    return list(documents(listing(paths), NOW, **options))


def write(path: Path, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def test_a_folder_is_read_in_one_order_without_what_is_no_article(tmp_path: Path) -> None:
    for name in (
        "b.txt",
        "a/z.xml",
        "a/README.md",
        "a/.hidden/x.txt",
        "manifest.json",
        ".DS_Store",
        "LICENSE",
        "c",
    ):
        write(tmp_path / name, b"Words.")
    found = find([tmp_path, tmp_path / "b.txt"])
    assert [Path(path).relative_to(tmp_path).as_posix() for path in found.paths] == ["b.txt", "c", "a/z.xml"]
    assert found.passed_over == 5
    assert listing([tmp_path / "manifest.json"]) == (
        str(tmp_path / "manifest.json"),
    )  # it was named, so it is meant
    results = read(tmp_path)
    assert [result.origin for result in results] == list(found.paths)
    assert [result.order for result in results if isinstance(result, Document)] == [0, LINES, 2 * LINES]


def test_a_missing_path_is_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="none: no such file or folder"):
        listing([tmp_path / "none"])
    with pytest.raises(Faults) as caught:
        listing([tmp_path / "none", tmp_path, tmp_path / "nor this"])
    assert len(caught.value.faults) == 2
    with pytest.raises(Fault, match="nothing to replay"):
        listing([])
    with pytest.raises(Fault, match="cannot be listed"):
        listing(["nowhere://bucket/x"])


@pytest.mark.parametrize(
    ("name", "head", "taken"),
    [
        ("a.txt", b"<rss>", "text"),
        ("a.MD", b"x", "text"),
        ("a.html", b"x", "html"),
        ("a.htm.gz", b"x", "html"),
        ("a.xml", RSS, "feed"),
        ("a.xml", b"<?xml version='1.0'?><!DOCTYPE html><html>", "html"),
        ("a.xml", b"<svg/>", "feed"),
        ("a.xml", b"\xff\xfe\x00", "feed"),
        ("a.rss", b"", "feed"),
        ("a.opml", b"<opml>", "feed"),
        ("a.json", b"[", "json"),
        ("a.jsonl", LINE, "jsonl"),
        ("a.jsonl", b"[\n{", "json"),
        ("a.jsonl", b"\x00\x01\x02\x03" * 9 + LINE, "jsonl"),
        ("a.ndjson", b'{\n"text":', "json"),
        ("a", b"<!DOCTYPE HTML><p>", "html"),
        ("a", RSS, "feed"),
        ("a", LINE, "json"),
        ("a", b'[{"text":', "json"),
        ("a", b"Words <b>", "text"),
        ("a", b"{curly} words", "text"),
        ("a.dat", b"\x89PNG", "text"),
    ],
)
def test_what_a_file_is_taken_for(name: str, head: bytes, taken: str) -> None:
    assert kind(name, head) == taken


def test_json_lines_are_documents_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "news.jsonl", b"\xef\xbb\xbf" + LINE + b"\r\n\n" + b"not json\n" + LINE)
    results = read(write(tmp_path / "a.txt", b"x"), path)
    assert [result.origin for result in results[1:]] == [f"{path}:1", f"{path}:3", f"{path}:4"]
    lines = [result for result in results[1:] if isinstance(result, Document)]
    assert [line.order for line in lines] == [LINES, LINES + 2, LINES + 3]
    assert {line.media for line in lines} == {"article-json"}
    assert next(parse(lines[0])).origin == f"{path}:1"
    with pytest.raises(Poison, match="not-json"):
        next(parse(lines[1]))


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig"])
def test_json_lines_in_windows_unicode_are_read(tmp_path: Path, codec: str) -> None:
    path = write(tmp_path / "news.jsonl", '{"text": "“é”"}\r\n{"text": "b"}\r\n'.encode(codec))
    texts = [
        article.text
        for line in read(path)
        if isinstance(line, Document)
        for article in parse(line)
        if not isinstance(article, DeadLetter)
    ]
    assert texts == ["“é”", "b"]


@pytest.mark.parametrize(
    ("body", "media", "count"),
    [
        (b'{"text": "a"}', "article-json", 1),
        (b'[{"text": "a"}, {"text": "b"}]', "article-json", 2),
        (LINE + b"\n" + LINE + b"\n", "article-json", 2),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"content_text": "x"}]}', "feed", 1),
        (b"[]", "article-json", 1),
        (b'{"text": ', "article-json", 1),
    ],
)
def test_json_is_a_feed_an_article_or_a_list(tmp_path: Path, body: bytes, media: str, count: int) -> None:
    results = read(write(tmp_path / "x.json", body))
    assert [result.media for result in results if isinstance(result, Document)] == [media] * count


def test_gzip_is_opened_and_damage_is_said_with_what_went_on(tmp_path: Path) -> None:
    lines = b"".join(json.dumps({"text": os.urandom(30).hex()}).encode() + b"\n" for _ in range(5000))
    packed = gzip.compress(lines)
    assert len(read(write(tmp_path / "a.jsonl.gz", packed))) == 5000
    *went, dead = read(write(tmp_path / "b.jsonl.gz", packed[:-50000]))
    assert len(went) > 1000
    assert isinstance(dead, DeadLetter)
    assert dead.reason == "unreadable"
    assert "lines before it went on" in dead.message
    (dead,) = read(write(tmp_path / "c.txt.gz", b"not gzip"))
    assert isinstance(dead, DeadLetter)
    assert dead.reason == "unreadable"
    (text,) = read(write(tmp_path / "d.txt.gz", gzip.compress(b"Words.")))
    assert isinstance(text, Document)
    assert (text.media, text.body) == ("text", b"Words.")


def test_what_is_too_large_is_a_dead_letter_that_keeps_it_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "large.txt", b"word " * 1000)
    (dead,) = read(path, limit=4999)
    assert isinstance(dead, DeadLetter)
    assert (dead.step, dead.reason, dead.message) == (
        "source",
        "too-large",
        "5,000 bytes; the limit is 4,999",
    )
    assert dead.document is not None
    assert dead.document.body == path.read_bytes()
    assert len(read(path, limit=5000)) == 1


def test_a_line_that_is_too_large_does_not_stop_the_lines_after_it(tmp_path: Path) -> None:
    long = b'{"text": "' + b"a" * 500 + b'"}\n'
    first, dead, last = read(write(tmp_path / "x.jsonl", LINE + b"\n" + long + LINE), limit=100)
    assert isinstance(first, Document)
    assert isinstance(dead, DeadLetter)
    assert dead.document is not None
    assert (dead.reason, dead.document.body, dead.document.order) == ("too-large", long, 1)
    assert isinstance(last, Document)
    assert last.order == 2


def test_what_is_too_large_to_keep_is_named_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEPT_WHOLE", 3000)  # 256 MiB would take long
    (dead,) = read(write(tmp_path / "large.txt", b"word " * 1000), limit=2000)
    assert isinstance(dead, DeadLetter)
    assert dead.document is None
    digest = hashlib.sha256(b"word " * 1000).hexdigest()
    assert dead.message == f"5,000 bytes; the limit is 2,000; not kept here, sha256 {digest}"


def test_what_cannot_be_opened_gives_a_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a-broken-link.txt").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "b-pipe.txt")
    write(tmp_path / "c.jsonl", b" \n" * 9999)
    write(tmp_path / "d.txt", b"Words.")
    *dead, last = read(tmp_path)
    assert [letter.reason for letter in dead if isinstance(letter, DeadLetter)] == [
        "unreadable",
        "unreadable",
        "empty",
    ]
    assert all("\n" not in letter.message for letter in dead if isinstance(letter, DeadLetter))
    assert isinstance(last, Document)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_gives_a_line(tmp_path: Path) -> None:
    write(tmp_path / "x.txt", b"Words.").chmod(0)
    (dead,) = read(tmp_path)
    assert isinstance(dead, DeadLetter)
    assert "Permission denied" in dead.message


def test_file_names_need_not_be_text(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        with open(raw, "wb") as file:  # noqa: PTH123 - pathlib has no paths of bytes
            file.write(b"Words.")
    except OSError:
        pytest.skip("this filesystem takes only names that are text")
    pipeline = beam.Pipeline(runner=FnApiRunner())
    came = pipeline | Once(NOW) | Replay([tmp_path], NOW)
    assert_that(came.main | beam.Map(lambda document: document.origin), equal_to([f"{tmp_path}/caf?.txt"]))
    pipeline.run().wait_until_finish()


def test_an_opml_file_is_refused_with_a_line(tmp_path: Path) -> None:
    (document,) = read(write(tmp_path / "feeds.opml", b"<?xml version='1.0'?><opml><body/></opml>"))
    assert isinstance(document, Document)
    with pytest.raises(Poison, match=r"opml: a list of feeds \(OPML\)"):
        next(parse(document))


def test_the_source_reads_through_beam_and_counts(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"Words.")
    write(tmp_path / "b.jsonl", LINE + b"\n" + LINE)
    write(tmp_path / "c.jsonl", b" " * 9999)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    came = pipeline | Once(NOW) | Replay([tmp_path], NOW)
    orders = came.main | beam.Map(lambda document: (document.order, document.fetched == NOW))
    assert_that(orders, equal_to([(0, True), (LINES, True), (LINES + 1, True)]))
    assert_that(came.dead | beam.Map(lambda dead: dead.reason), equal_to(["empty"]), label="dead letters")
    result = pipeline.run()
    result.wait_until_finish()
    counters = result.metrics().query()["counters"]
    counted = {m.key.metric.name: m.committed for m in counters if m.key.metric.namespace == "source"}
    assert counted == {"in": 3, "on": 3, "stopped:empty": 1}


def test_an_empty_folder_is_nothing_to_do(tmp_path: Path) -> None:
    pipeline = beam.Pipeline(runner=FnApiRunner())
    came = pipeline | Once(NOW) | Replay([tmp_path], NOW)
    assert_that(came.main, equal_to([]))
    pipeline.run().wait_until_finish()


def test_no_contents_stand_in_the_graph(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"unmistakable words " * 10)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    pipeline | Once(NOW) | Replay([tmp_path], NOW)
    assert b"unmistakable" not in pipeline.to_runner_api().SerializeToString()
