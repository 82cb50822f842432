"""Feeds to articles: RSS, Atom, RDF and JSON Feed, sound and broken."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transforms.article import Article, DeadLetter, Document
from transforms.errors import Poison
from transforms.parse import parse
from transforms.parse.prolog import root_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def feed(body: str | bytes, **known: Any) -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(
        **{"origin": "feed.xml", "media": "feed", "body": data, "fetched": NOW, "order": 7} | known
    )


def rss(*items: str, head: str = "") -> str:
    content = (
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {content}><channel>{head}{inner}</channel></rss>'


def one(body: str | bytes, **known: Any) -> Article:
    (article,) = parse(feed(body, **known))
    assert isinstance(article, Article)
    return article


def test_an_rss_item_becomes_an_article() -> None:
    article = one(
        rss(
            "<title>Quake &amp;amp; flood</title><link>/a?x=1&amp;y=2</link><guid isPermaLink='false'>g-1</guid>"
            "<pubDate>Sat, 27 Apr 2024 08:32:00 +0530</pubDate>"
            "<source url='https://h.example.org/rss'>The Hill</source>"
            "<description>Short.</description>"
            "<content:encoded><![CDATA[<p>One <b>two</b>\nthree.</p><script>alert(1)</script>"
            "<p>Four &amp; five<br>six</p>"
            "<style>p{}</style>]]></content:encoded>",
            head="<language>en-gb</language><link>https://www.example.org/</link>",
        ),
        location="https://feeds.example.org/rss",
        feed="f",
    )
    assert article.title == "Quake & flood"
    assert article.text == "One two three.\n\nFour & five\nsix"
    assert article.url == "https://feeds.example.org/a?x=1&y=2"
    assert (article.guid, article.outlet, article.lang, article.feed) == ("g-1", "The Hill", "en-gb", "f")
    assert article.published == datetime(2024, 4, 27, 3, 2, tzinfo=UTC)
    assert (article.order, article.origin, article.fetched) == ((7, 0), "feed.xml#1", NOW)


def test_an_atom_entry_becomes_an_article() -> None:
    article = one(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="es"><title>Voz</title><entry>'
        '<title type="html">A &amp;lt;b&amp;gt;bold'
        "&amp;lt;/b&amp;gt; claim</title><link rel='self' href='https://x.example.org/self'/>"
        "<link href='https://x.example.org/1'/><id>urn:x:1</id><updated>2024-05-01T00:00:00Z</updated>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Uno</p><p>Dos</p></div></content></entry></feed>'
    )
    assert (article.title, article.text, article.lang) == ("A bold claim", "Uno\n\nDos", "es")
    assert (article.url, article.guid) == ("https://x.example.org/1", "urn:x:1")
    assert article.published == datetime(2024, 5, 1, tzinfo=UTC)  # updated, since no published is given


def test_an_rdf_item_becomes_an_article() -> None:
    article = one(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>T</title></channel><item rdf:about="https://x.example.org/1"><title>Title</title>'
        "<link>https://x.example.org/1</link><description>Words.</description></item></rdf:RDF>"
    )
    assert (article.title, article.text, article.url) == ("Title", "Words.", "https://x.example.org/1")


def test_a_json_feed_item_becomes_an_article() -> None:
    items = [
        {
            "id": 5,
            "url": "/5",
            "title": "Five",
            "content_html": "<p>A</p><p>B</p>",
            "date_published": "2024-01-02T03:04:05+01:00",
        },
        {"id": "6", "content_text": "plain & simple", "title": ["wrong"]},
        "nonsense",
    ]
    body = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "language": "en",
            "home_page_url": "https://x.example.org/",
            "items": items,
        }
    )
    first, second, third = parse(feed(body))
    assert isinstance(first, Article)
    assert (first.guid, first.url, first.text, first.lang) == ("5", "https://x.example.org/5", "A\n\nB", "en")
    assert first.published == datetime(2024, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert isinstance(second, Article)
    assert (second.text, second.title) == ("plain & simple", None)
    assert isinstance(third, DeadLetter)
    assert third.reason == "no-text"


def test_the_longest_of_content_and_summary_is_the_text() -> None:
    long = "A summary that says far more than the content does, for once."
    assert (
        one(rss(f"<description>{long}</description><content:encoded>Short.</content:encoded>")).text == long
    )


def test_markup_that_was_escaped_twice_is_read_as_markup() -> None:
    escaped = "&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;Two&amp;lt;/p&amp;gt;"
    assert one(rss(f"<description>{escaped}</description>")).text == "One\n\nTwo"


def test_less_than_signs_that_are_no_tags_stay() -> None:
    assert (
        one(rss("<title>Profit &amp;lt;5% &amp;lt;3</title><description>Words</description>")).title
        == "Profit <5% <3"
    )


def test_an_entry_without_text_is_a_dead_letter_and_the_rest_goes_on() -> None:
    dead, article = parse(
        feed(
            rss(
                "<title>Only a title</title><link>https://x.example.org/1</link>",
                "<description>Text.</description>",
            ),
            feed="f",
        )
    )
    assert isinstance(dead, DeadLetter)
    assert (dead.reason, dead.origin) == ("no-text", "feed.xml#1")
    assert "Only a title" in dead.message
    assert dead.document is not None
    assert dead.document.media == "article-json"
    assert json.loads(dead.document.body) == {"title": "Only a title", "url": "https://x.example.org/1"}
    assert isinstance(article, Article)
    assert article.order == (7, 1)
    with pytest.raises(Poison, match="no-text"):
        list(parse(dead.document))


def test_a_truncated_feed_gives_its_whole_entries_and_one_dead_letter() -> None:
    whole = rss(*(f"<title>T{n}</title><description>Text {n}.</description>" for n in range(3)))
    body = whole[: whole.index("Text 2") + 5]
    first, second, dead = parse(feed(body))
    assert [article.text for article in (first, second) if isinstance(article, Article)] == [
        "Text 0.",
        "Text 1.",
    ]
    assert isinstance(dead, DeadLetter)
    assert (dead.reason, dead.message) == ("truncated", "the feed is cut off; its 2 whole entries went on")
    assert dead.document == feed(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rss(), "no-entries"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"><title>Empty</title></feed>', "no-entries"),
        ('{"version": "https://jsonfeed.org/version/1", "items": []}', "no-entries"),
        ("<rss><channel><item><title>Cut", "truncated"),
        ("<opml version='2.0'><body/></opml>", "opml"),
        ("<!DOCTYPE html><html><body>Are you a robot?</body></html>", "not-a-feed"),
        ("<?xml version='1.0'?><svg/>", "not-a-feed"),
        ("just words", "not-a-feed"),
        ('{"hello": 1}', "not-a-feed"),
        ('{"version": ', "not-json"),
        ("<!-- never closed", "not-a-feed"),
        ("<rss><channel>" + "<item/>" * 50_001 + "</channel></rss>", "too-many-entries"),
        ('{"version":"https://jsonfeed.org/version/1","items":' + "[" * 100_000, "too-deep"),
    ],
)
def test_what_is_no_feed_says_why(body: str, reason: str) -> None:
    with pytest.raises(Poison) as caught:
        list(parse(feed(body)))
    assert caught.value.reason == reason
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<?xml version="1.0"?><!-- <rss> --><!DOCTYPE rss [ <!entity x SYSTEM "file:///etc/passwd"> ] >',
        '<!DOCTYPE rss [ <!-- ]> --> <!ENTITY a "a"> ]>',
    ],
)
def test_entities_of_its_own_are_refused(prolog: str) -> None:
    with pytest.raises(Poison) as caught:
        list(
            parse(feed(prolog + "<rss><channel><item><description>&b;</description></item></channel></rss>"))
        )
    assert caught.value.reason == "entities"


@pytest.mark.parametrize(
    "prolog",
    ["Warning: mysql is gone\n", "\ufeff\n  ", "<!DOCTYPE rss PUBLIC 'x' 'y.dtd'>", "<?xml-stylesheet?>"],
)
def test_what_stands_before_the_feed_does_no_harm(prolog: str) -> None:
    assert (
        one(prolog + rss("<description>Text &nbsp;&eacute;.</description>").partition("?>")[2]).text
        == "Text \xa0é."
    )


def test_the_first_element_is_found_behind_any_prolog() -> None:
    assert root_of("<?xml version='1.0'?><!-- <a> --><!DOCTYPE x [ <!-- y --> ]>\n<rdf:RDF>") == "rdf"
    assert (
        root_of('<!DOCTYPE x [<!ENTITY a "b">]><opml>') == "rss"
    )  # refused where it is parsed, not where it is sniffed
    assert root_of("words < 5") is None


def test_a_feed_that_is_not_well_formed_is_read_all_the_same() -> None:
    body = rss(
        "<title>A & B</title><description>Text <b>bold</description>",
        "<description>Next &bogus; one</description>",
    )
    first, second = parse(feed(body))
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.title, first.text) == ("A & B", "Text bold")
    assert second.text.startswith("Next")


def test_a_declared_charset_is_heeded_and_utf8_wins() -> None:
    body = rss("<description>caf\xe9</description>").replace("?>", " encoding='iso-8859-1'?>", 1)
    assert one(body.encode("latin-1")).text == "café"
    assert one(body.encode("utf-8")).text == "café"


@pytest.mark.parametrize(
    ("said", "moment", "marked"),
    [
        ("Sat, 27 Apr 2024 08:32:00 GMT", datetime(2024, 4, 27, 8, 32, tzinfo=UTC), False),
        ("Sat, 27 Apr 2024 08:32:00 CEST", datetime(2024, 4, 27, 6, 32, tzinfo=UTC), False),
        ("2024-04-27T08:32:00Z", datetime(2024, 4, 27, 8, 32, tzinfo=UTC), False),
        ("2999-01-01T00:00:00Z", datetime(2999, 1, 1, tzinfo=UTC), False),
        ("2024-04-27T08:32:00", datetime(2024, 4, 27, 8, 32, tzinfo=UTC), True),
        ("Sat, 27 Apr 2024 08:32:00 IST", datetime(2024, 4, 27, 8, 32, tzinfo=UTC), True),
        ("2024-04-27", datetime(2024, 4, 27, tzinfo=UTC), True),
        ("yesterday", None, True),
        ("9999-12-31T23:59:59-12:00", None, True),
        ("0001-01-01T00:00:00+14:00", None, True),
    ],
)
def test_dates_are_as_said_and_marked_where_the_zone_is_not(
    said: str, moment: datetime | None, marked: bool
) -> None:
    article = one(rss(f"<pubDate>{said}</pubDate><description>Text.</description>"))
    assert article.published == moment
    assert article.extra == ({"published": said} if marked else {})


def test_old_entries_of_a_new_feed_are_backfill() -> None:
    items = [
        f"<pubDate>{day} May 2026 00:00:00 GMT</pubDate><description>Text.</description>"
        for day in ("1", "4")
    ]
    old, new = parse(
        feed(
            rss(
                *items,
            ),
            backfill_before=NOW - timedelta(days=2),
        )
    )
    assert isinstance(old, Article)
    assert isinstance(new, Article)
    assert (old.backfill, new.backfill) == (True, False)
    assert not one(rss("<description>No date.</description>"), backfill_before=NOW).backfill


def test_a_title_of_ten_thousand_characters_is_bounded_and_kept() -> None:
    long = "word " * 2000
    article = one(rss(f"<title>{long}</title><description>Text.</description>"))
    assert article.title is not None
    assert len(article.title) <= 501
    assert article.title.endswith("word…")
    assert article.extra["title"] == long.strip()


@pytest.mark.parametrize(
    ("head", "link", "known", "outlet"),
    [
        ("<title>Voz</title><link>https://voz.us/</link>", "https://voz.us/1", None, "Voz"),
        (
            "<title>The Daily Star</title><link>https://www.thedailystar.net/</link>",
            "https://thedailystar.net/1",
            None,
            "The Daily Star",
        ),
        ("<title>Voz</title><link>https://voz.us/</link>", "https://elsewhere.example.org/1", None, None),
        (
            "<title>World news from everywhere</title><link>https://voz.us/</link>",
            "https://voz.us/1",
            None,
            None,
        ),
        (
            "<title>x</title><link>https://voz.us/</link><dc:publisher>Voz Media</dc:publisher>",
            "https://voz.us/1",
            None,
            "Voz Media",
        ),
        (
            "<title>x</title><link>https://voz.us/</link><webMaster>Jane Doe</webMaster>",
            "https://voz.us/1",
            None,
            None,
        ),
        ("<title>Voz</title>", "https://other.example.org/1", "Example Post", "Example Post"),
    ],
)
def test_an_outlet_is_taken_only_from_who_says_so(
    head: str, link: str, known: str | None, outlet: str | None
) -> None:
    article = one(rss(f"<link>{link}</link><description>Text.</description>", head=head), outlet=known)
    assert article.outlet == outlet


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://", "http://[bad", "https://x/" + "a" * 5000]
)
def test_what_is_no_address_is_not_kept_as_one(link: str) -> None:
    assert one(rss(f"<link>{link}</link><description>Text.</description>")).url is None


def test_a_guid_is_no_address_unless_it_is_one() -> None:
    text = "<description>Text.</description>"
    assert one(rss(f"<guid>4711</guid>{text}"), location="https://x.example.org/rss").url is None
    assert one(rss(f"<guid>4711</guid>{text}"), location="https://x.example.org/rss").guid == "4711"
    assert one(rss(f"<guid>https://x.example.org/1</guid>{text}")).url == "https://x.example.org/1"


@pytest.mark.parametrize(
    "hostile",
    ["<div>" * 60_000, "<b>" * 60_000, "<!--" * 60_000, "<" * 100_000, "&" * 100_000, "<a b='" * 30_000],
)
def test_hostile_markup_takes_no_more_than_its_length(hostile: str) -> None:
    results = list(parse(feed(rss(f"<description><![CDATA[Words. {hostile}]]></description>"))))
    assert len(results) == 1
