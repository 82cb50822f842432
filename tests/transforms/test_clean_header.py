"""Title, outlet and date come from where the text states them, and from nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from transforms.article import Article
from transforms.clean import clean
from transforms.clean.dates import stated
from transforms.clean.header import cut, first_sentence

TITLE = "Bill goes back to the committee"
BODY = (
    "The parliament voted on Tuesday to send the bill back to the committee, "
    "where it will be discussed again by all of its members."
)
MORE = "Members of the opposition said that the vote had come too late."


def read(
    *lines: str, title: str | None = None, outlet: str | None = None
) -> tuple[str | None, str | None, list[str]]:
    article = clean(Article(text="\n".join(lines), title=title, outlet=outlet))
    return article.title, article.outlet, article.text.split("\n\n")


@pytest.mark.parametrize(
    "title",
    [
        TITLE,
        "Is it over?",
        "‘Never again’: minister",
        "Tensions rise with the U.S.",
        "He won. She lost. What now?",
    ],
)
def test_the_first_line_is_the_title_where_body_follows(title: str) -> None:
    assert read(title, BODY, MORE) == (title, None, [BODY, MORE])


def test_a_doubled_title_leaves_the_text_however_often_it_stands_there() -> None:
    assert read(TITLE, TITLE.upper(), BODY, TITLE, MORE) == (TITLE, None, [BODY, MORE])
    assert read(f"“{TITLE}”", BODY, title=TITLE) == (TITLE, None, [BODY])


def test_a_short_title_is_not_taken_out_of_the_body() -> None:
    assert read("Gaza", BODY, "Gaza", MORE, title="Gaza")[2] == [BODY, "Gaza", MORE]


def test_a_name_or_a_byline_is_no_title() -> None:
    assert read("Jane Roe", TITLE, BODY) == (TITLE, None, ["Jane Roe", BODY])
    assert read("By Jane Roe and John Doe", TITLE, BODY) == (TITLE, None, ["By Jane Roe and John Doe", BODY])
    assert read("Jane Roe", BODY, MORE) == (BODY, None, ["Jane Roe", BODY, MORE])


def test_a_headline_without_a_body_still_serves_and_the_text_is_never_emptied() -> None:
    assert read(TITLE) == (TITLE, None, [TITLE])
    assert read(TITLE, "and nothing else here") == (TITLE, None, ["and nothing else here"])
    assert read(TITLE, title=TITLE) == (TITLE, None, [TITLE])
    assert read("...", title="...") == ("...", None, ["..."])


def test_a_sentence_that_serves_as_title_stays_in_the_text() -> None:
    assert read(f"{MORE} {BODY}", BODY) == (MORE, None, [f"{MORE} {BODY}", BODY])
    assert read(MORE, BODY, title=MORE) == (MORE, None, [MORE, BODY])


@pytest.mark.parametrize(
    ("paragraph", "sentence"),
    [
        (
            "Sen. J. Roe of the U.S. Senate met Dr. Li. They spoke.",
            "Sen. J. Roe of the U.S. Senate met Dr. Li.",
        ),
        ("“It is over,” he said. She left.", "“It is over,” he said."),
        ("He said “It is over.” She left.", "He said “It is over.”"),
        ("Version 2.5 of it is out", "Version 2.5 of it is out"),
        ("議会は可決した。次へ。", "議会は可決した。"),
        ("word " * 200, ("word " * 100).strip()),
    ],
)
def test_the_first_sentence_ends_where_it_ends(paragraph: str, sentence: str) -> None:
    assert first_sentence(paragraph.strip()) == sentence


def test_a_title_too_long_is_cut_at_a_word_and_the_text_has_it_whole() -> None:
    long = "word " * 2000 + "end"
    title, _, lines = read(BODY, title=long)
    assert title == ("word " * 100).strip()
    assert lines == [long, BODY]
    assert read(long, BODY) == (("word " * 100).strip(), None, [long, BODY])
    assert cut("x" * 600) == "x" * 500
    assert clean(Article(text="", title=long)).text == ""


@pytest.mark.parametrize(
    ("header", "outlet"),
    [
        ("Voz media US Voz.us", "Voz"),
        ("The Daily Bell | www.thedailybell.com", "The Daily Bell"),
        ("Bell-Online https://bell-online.co.uk/ News", "Bell-Online"),
    ],
)
def test_a_page_header_that_names_its_domain_names_the_outlet(header: str, outlet: str) -> None:
    assert read(header, TITLE, BODY, MORE) == (TITLE, outlet, [BODY, MORE])
    assert read(header, BODY, MORE, title=TITLE) == (TITLE, outlet, [BODY, MORE])
    assert read(header, TITLE, BODY, outlet="Given")[1] == "Given"


@pytest.mark.parametrize(
    "line",
    [
        "Contact us at voz.us",
        "Amazon.com sues its rival Alibaba.com over patents",
        "The reporter of voz.us said so.",
        "A line with too many words in it to be the header of any page at a.us",
        "no.domain here we are",
        "x" * 90 + ".com",
    ],
)
def test_a_domain_alone_is_no_page_header(line: str) -> None:
    assert line in "\n".join([read(line, BODY, MORE)[0] or "", *read(line, BODY, MORE)[2]])
    assert read(line, BODY, MORE)[1] in {None, "Amazon.com"}


def test_a_page_header_is_never_all_there_is() -> None:
    assert read("Voz media US Voz.us") == ("Voz media US Voz.us", None, ["Voz media US Voz.us"])


def test_an_outlet_between_two_titles_and_at_the_end_is_the_outlet() -> None:
    assert read(TITLE, "The Daily Bell", TITLE, BODY, MORE, "The Daily Bell") == (
        TITLE,
        "The Daily Bell",
        [BODY, MORE],
    )


def test_a_line_between_two_titles_alone_names_nobody() -> None:
    assert read(TITLE, "Jane Roe", TITLE, BODY, MORE) == (TITLE, None, ["Jane Roe", BODY, MORE])
    assert read(TITLE, "Jane Roe", BODY, MORE, "Jane Roe")[1] is None


def test_the_known_outlet_standing_alone_at_the_edges_goes() -> None:
    assert read("CNN", TITLE, BODY, MORE, BODY, "CNN", outlet="CNN")[2] == [BODY, MORE, BODY]
    assert read(BODY, MORE, BODY, MORE, "CNN", BODY, MORE, BODY, outlet="CNN")[2][4] == "CNN"


@pytest.mark.parametrize("separator", [" | ", " - ", " – ", " — "])
def test_an_outlet_at_the_end_of_a_title_leaves_it_where_the_text_agrees(separator: str) -> None:
    given = f"{TITLE}{separator}The Daily Bell"
    assert read(BODY, title=given, outlet="The Daily Bell") == (TITLE, "The Daily Bell", [BODY])
    assert read(TITLE, BODY, title=given) == (TITLE, "The Daily Bell", [BODY])
    assert read(BODY, title=given) == (given, None, [BODY])
    assert read(BODY, title=given, outlet="CNN") == (given, "CNN", [BODY])
    assert read(f"{TITLE} a", BODY, title=f"{TITLE} a{separator}and why it matters to all of us")[1] is None


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("Published: April 27, 2024, 08:32 IST", "2024-04-27T03:02"),
        ("Published on 27 April 2024 08:32 GMT", "2024-04-27T08:32"),
        ("Posted: Sat, 27 Apr 2024 8:32 p.m. EDT", "2024-04-28T00:32"),
        ("First published: 8:32 AM PST, January 5, 2024", "2024-01-05T16:32"),
        ("Published 2024-04-27T08:32:10.5+05:30", "2024-04-27T03:02:10"),
        ("Published at 2024-04-27 08:32 UTC", "2024-04-27T08:32"),
        ("Date published: 27-Apr-2024 | 12.05 am (GMT+5:30)", "2024-04-26T18:35"),
        ("Published July 4th, 2024 at 9 am ET", "2024-07-04T13:00"),
        ("Published December 4, 2024 at 12:30 p.m. ET", "2024-12-04T17:30"),
        ("Published: April 27, 2024 — 18:00 AEST | Updated: April 28, 2024, 09:00 AEST", "2024-04-27T08:00"),
        ("Updated: April 28, 2024, 09:00 CET", "2024-04-28T08:00"),
        ("Publication date: 1 Mar 2024 10:00 −03:00", "2024-03-01T13:00"),
    ],
)
def test_a_labelled_date_with_time_and_zone_is_the_publication(line: str, moment: str) -> None:
    article = clean(Article(text=f"{BODY}\n{MORE}\n{line}", title=TITLE))
    assert article.published == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert article.text == f"{BODY}\n\n{MORE}"


@pytest.mark.parametrize(
    "line",
    [
        "Published: April 27, 2024",
        "Published: April 27, 2024, 08:32",
        "Published: April 27, 2024, 08:32 XYZT",
        "Published: April 27, 2024, 25:32 IST",
        "Published: April 27, 2024, 08:32 +99:00",
        "Updated on 27 April 2024 at 5 pm",
    ],
)
def test_a_date_that_is_not_certain_stays_unknown(line: str) -> None:
    article = clean(Article(text=f"{BODY}\n{line}", title=TITLE))
    assert article.published is None
    assert article.text == BODY


@pytest.mark.parametrize(
    "line",
    [
        "Published: February 30, 2024, 08:32 IST",
        "Published: Smarch 3, 2024, 08:32 IST",
        "Published by the Bell on Tuesday",
        "The plan was published on Tuesday.",
        f"Published: April 27, 2024, 08:32 IST {'and more ' * 30}",
        "Updated: soon",
    ],
)
def test_a_line_that_states_no_date_stays(line: str) -> None:
    assert stated(line) == (None, None, line)


def test_a_date_inside_a_line_is_read_and_the_line_stays() -> None:
    line = "By Jane Roe | Published: April 27, 2024, 08:32 IST | 3 min"
    published, updated, rest = stated(line)
    assert (published, updated, rest) == (datetime(2024, 4, 27, 3, 2, tzinfo=UTC), None, line)
    twice = stated("Published: April 27, 2024, 08:32 IST Posted: April 29, 2024, 08:32 IST")
    assert twice == (datetime(2024, 4, 27, 3, 2, tzinfo=UTC), None, "")


def test_a_crawl_date_before_the_text_is_nobodys_publication() -> None:
    article = clean(
        Article(text=f" date 2024-04-27 {BODY}\ndate: 2024-04-27T10:00:00Z\nDates matter.", title=TITLE)
    )
    assert (article.published, article.text) == (None, f"{BODY}\n\nDates matter.")


def test_the_article_may_lie_about_its_date_but_a_feed_is_believed_first() -> None:
    given = datetime(2020, 1, 1, tzinfo=UTC)
    article = clean(
        Article(text=f"{BODY}\nPublished: April 27, 2099, 08:32 IST", title=TITLE, published=given)
    )
    assert article.published == given
