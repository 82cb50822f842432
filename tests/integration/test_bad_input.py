"""Bad input: a dead letter or an article, one clear line, never a traceback, and the rest of the run goes on."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import ELECTION, SEEDS, Tocsin, lines, of_watch

RSS = "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title><link>https://example.org</link>{}</channel></rss>"
ITEM = "<item><title>{}</title><link>https://example.org/{}</link><description>{}</description></item>"
STORE = ("--store", "sqlite:///news.db")

BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file": ("empty.txt", lambda: b"", "empty"),
    "a binary file": ("image.txt", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "binary"),
    "a binary file without a name for it": ("blob.txt", lambda: bytes(range(256)) * 400, "binary"),
    "a 50 MB file": ("huge.txt", lambda: b"All work and no play. " * 2_400_000, "too-large"),
    "a feed without entries": ("none.xml", lambda: RSS.format("").encode(), "no-entries"),
    "an entry without text": (
        "bare.xml",
        lambda: RSS.format(ITEM.format("Title", 1, "")).encode(),
        "no-text",
    ),
    "an article without text": ("bare.jsonl", lambda: b'{"title": "only a title"}\n', "no-text"),
    "a line that is no JSON": ("broken.jsonl", lambda: b'{"text": "cut of\n', "not-json"),
    "XML that is no feed": ("page.xml", lambda: b"<?xml version='1.0'?><svg><g/></svg>", "not-a-feed"),
    "an entity bomb": (
        "bomb.xml",
        lambda: (
            b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>'
        ),
        "entities",
    ),
    "OPML": ("list.opml", lambda: b"<opml version='2.0'><body><outline xmlUrl='x'/></body></opml>", "opml"),
}
GOOD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "invalid UTF-8": ("latin.txt", lambda: "Café réouvert à Genève, dit-il.\n\nUn texte.".encode("latin-1")),
    "NUL bytes": (
        "nul.txt",
        lambda: b"A headline here\n\nSome\x00 text with a few\x00 NULs in it, and more.",
    ),
    "a title of 10,000 characters": (
        "long.jsonl",
        lambda: json.dumps({"title": "word " * 2_000, "text": "A text."}).encode(),
    ),
    "a future date": (
        "future.jsonl",
        lambda: json.dumps({"text": "A text.", "published": "2199-01-01T00:00:00Z"}).encode(),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BAD)
def test_what_can_never_be_read_is_a_dead_letter_kept_whole_and_the_rest_goes_on(
    what: str, tocsin: Tocsin, tmp_path: Path
) -> None:
    name, body, reason = BAD[what]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(body())
    (tmp_path / "in" / "good.jsonl").write_text(json.dumps({"text": "An article that can be read."}))
    done = tocsin("replay", "in", *STORE, "--articles", "articles.jsonl")
    assert "1 dead letter" in done.stderr
    assert [article["text"] for article in lines(tmp_path / "articles.jsonl")] == [
        "An article that can be read."
    ]
    listed = [
        json.loads(line) for line in tocsin("dead-letters", "list", *STORE, "--json").stdout.splitlines()
    ]
    assert [(letter["reason"], name in letter["origin"]) for letter in listed] == [(reason, True)], listed
    assert "\n" not in listed[0]["message"]
    shown = tocsin("dead-letters", "show", listed[0]["id"], *STORE).stdout
    # What is shown is the input itself; an entry of a feed is kept as the article that it would have been.
    assert shown or not body()


def test_what_can_be_read_is_an_article(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, body in GOOD.values():
        (tmp_path / "in" / name).write_bytes(body())
    done = tocsin("replay", "in", *STORE, "--articles", "articles.jsonl")
    assert "dead letter" not in done.stderr
    articles = lines(tmp_path / "articles.jsonl")
    assert len(articles) == len(GOOD)
    for article in articles:
        assert article["text"]
        assert "\x00" not in article["text"]
        assert len(article["title"] or "") <= 500
    assert any("réouvert" in article["text"] for article in articles)


def test_a_truncated_feed_gives_its_whole_entries_and_one_dead_letter(tocsin: Tocsin, tmp_path: Path) -> None:
    text = "The first entry is whole and has enough of a text to be read as an article of its own."
    whole = RSS.format(ITEM.format("One", 1, text) + ITEM.format("Two", 2, text + " Another."))
    (tmp_path / "cut.xml").write_text(whole[: whole.index("Another") - 20])
    done = tocsin("replay", "cut.xml", *STORE, "--articles", "articles.jsonl")
    assert "1 dead letter" in done.stderr
    assert [article["title"] for article in lines(tmp_path / "articles.jsonl")] == ["One"]


@pytest.mark.slow
def test_dead_letters_can_be_replayed_after_the_fault_was_mended(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b'{"text": ""}\n')
    tocsin("replay", "bad.jsonl", *STORE)
    again = tocsin("dead-letters", "replay", *STORE)
    assert "1 replayed, 1 dead letter left" in again.stderr
    [letter] = [
        json.loads(line) for line in tocsin("dead-letters", "list", *STORE, "--json").stdout.splitlines()
    ]
    assert letter["times"] == 2
    assert tocsin("dead-letters", "show", letter["id"], *STORE).stdout == '{"text": ""}'


def test_a_folder_of_everything_bad_still_rings_for_the_good(tocsin: Tocsin, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    bad = {name: (body, reason) for name, body, reason in BAD.values() if name != "huge.txt"}
    for name, (body, _) in bad.items():
        (folder / name).write_bytes(body())
    for seed in SEEDS.glob("*.txt"):
        (folder / seed.name).write_bytes(seed.read_bytes())
    tocsin("replay", "in", *STORE, "--alerts", "alerts.jsonl")
    assert [len(alert["coverage"]) for alert in of_watch(tmp_path / "alerts.jsonl", ELECTION)] == [5]
    listed = [
        json.loads(line) for line in tocsin("dead-letters", "list", *STORE, "--json").stdout.splitlines()
    ]
    assert sorted(letter["reason"] for letter in listed) == sorted(reason for _, reason in bad.values())


def test_a_full_disk_is_said_in_one_line_and_nothing_is_lost(tocsin: Tocsin, tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine has no /dev/full")
    done = tocsin("enrich", SEEDS / "000_a3a4e190bdfc8395.txt", "-o", tmp_path / "no" / "x.jsonl")
    assert done.stderr
    failed = tocsin("replay", *SEEDS.glob("*.txt"), *STORE, "--alerts", full, code=1)
    assert "/dev/full: 2 messages could not be delivered now and wait" in failed.stderr
