"""An article comes out of cleaning with its own words, and with what its text says about itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, DeadLetter
from transforms.clean import clean, cleaned
from transforms.clean.layout import is_everyday, legible, paragraphs

SEEDS = {
    path.name[:3]: path.read_text("utf-8")
    for path in sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))
}
BODY = (
    "The parliament voted on Tuesday to send the bill back to the committee, where it will be discussed again.",
    "Members of the opposition said that the vote had come too late and that nobody had read the whole text of it.",
)


def seed(number: str) -> Article:
    return clean(Article(text=SEEDS[number]))


@pytest.mark.parametrize(
    ("number", "outlet", "published"),
    [
        ("000", "The Hill", None),
        ("001", "CNN", None),
        ("002", "Jaano Junction", None),
        ("003", None, datetime(2024, 4, 27, 3, 2, tzinfo=UTC)),
        ("004", "Voz", None),
    ],
)
def test_seeds_say_who_published_them_and_when(
    number: str, outlet: str | None, published: datetime | None
) -> None:
    assert (seed(number).outlet, seed(number).published) == (outlet, published)


def test_the_first_line_of_a_seed_is_its_title_and_leaves_the_text() -> None:
    for number in ("000", "001", "002", "004"):
        lines = [line for line in SEEDS[number].splitlines() if line.strip() and "Voz.us" not in line]
        article = seed(number)
        assert article.title == lines[0]
        assert article.title not in article.text


def test_without_a_headline_the_first_sentence_serves_and_stays() -> None:
    article = seed("003")
    assert article.title is not None
    assert article.title.startswith("US Secretary of State Antony Blinken, during the last day")
    assert article.text.startswith(article.title)
    assert len(article.title) <= 500


def test_seeds_keep_their_credits_and_lose_their_furniture() -> None:
    everything = "\n\n".join(seed(number).text for number in SEEDS)
    for credit in (
        "Source: India Today",
        "(With contributions from ANI)",
        "CNN’s Jennifer Hansler contributed reporting.",
    ):
        assert credit in everything.split("\n\n")
    for furniture in (
        "Also Read", "Uttarakhand", "Stay connected", "Podcast", "Related Stories", "No stories found", "Voz.us",
        "streaming video", "Published:", "date 2024", "â", "⊠", "\xa0",
    ):  # fmt: skip
        assert furniture not in everything
    assert seed("002").text.endswith("Source: India Today")
    assert "El secretario de Estado de EEUU" in seed("004").text
    assert seed("004").text.startswith("Despite President Joe Biden's warnings")


def test_lost_quotation_marks_of_a_seed_are_back_in_pairs() -> None:
    text = seed("001").text
    assert "attempts to “influence and arguably interfere” with" in text
    assert "other countries’ internal affairs" in text
    assert "Blinken’s trip – his second to the country in less than a year – is" in text
    assert "“We’re looking to them to act, and … if they don’t, we will.”" in text
    assert text.count("“") == text.count("”") == 12


@pytest.mark.parametrize("number", sorted(SEEDS))
def test_one_article_has_one_text_whatever_it_came_in(number: str) -> None:
    """A text file, a feed whose entry has its title apart, and the lines as paragraphs without blank lines."""
    from_file = seed(number)
    lines = [line for line in SEEDS[number].splitlines() if line.strip()]
    for text in ("\r\n".join(lines), "\n\n\n".join(lines), "\n\n".join(f"  {line}\t" for line in lines)):
        assert clean(Article(text=text, title=f" {from_file.title}\n")) == from_file


@pytest.mark.parametrize("number", sorted(SEEDS))
def test_a_clean_article_stays_as_it_is(number: str) -> None:
    assert clean(seed(number)) == seed(number)


def test_what_was_given_is_kept() -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    article = clean(
        Article(
            text=SEEDS["003"], title="A given title", outlet="A given outlet", published=at, id="x", lang="en"
        )
    )
    assert (article.title, article.outlet, article.published) == ("A given title", "A given outlet", at)
    assert (article.id, article.lang) == ("x", "en")


def test_a_text_wrapped_to_a_width_becomes_paragraphs_again() -> None:
    wrapped = (
        "Parliament sends the bill back\n\nThe parliament voted on Tuesday to send\nthe bill back to the committee,\n"
        "where it will be discussed again by\nall of its members.\n\n"
        "The opposition said that the vote had\ncome too late.\n"
    )
    with_blank_lines = clean(Article(text=wrapped))
    assert with_blank_lines.title == "Parliament sends the bill back"
    assert with_blank_lines.text == (
        "The parliament voted on Tuesday to send the bill back to the committee, where it will be discussed again by "
        "all of its members.\n\nThe opposition said that the vote had come too late."
    )
    dense = clean(Article(text=wrapped.replace("\n\n", "\n"), title="Parliament sends the bill back"))
    assert dense.text.endswith(
        "by all of its members.\n\nThe opposition said that the vote had come too late."
    )


def test_text_comes_out_in_one_normal_form() -> None:
    dirty = "Cafe\u0301\u00a0 au\u200b lait\t is so\u00adcalled.\r\n\r\n\u2028 Next\x00 line\x0c\x0bthird\u3000one"
    assert clean(Article(text=dirty, title="t")).text == "Café au lait is socalled.\n\nNext line\n\nthird one"


def test_a_title_with_a_line_break_in_it_is_one_line() -> None:
    article = clean(Article(text="Täglich\n\n" + BODY[0], title="Was\nweâ€™re\n doing&#10;now"))
    assert article.title == "Was we’re doing now"
    assert article.text == f"Täglich\n\n{BODY[0]}"


@pytest.mark.parametrize(
    "text", ["", " \n\t\n", "\x00\u200b", "Advertisement\n\nRelated Stories\nNo stories found."]
)
def test_an_article_may_turn_out_to_have_no_text(text: str) -> None:
    assert clean(Article(text=text)).text == ""


def test_what_has_no_text_goes_to_the_dead_letters_whole() -> None:
    fetched = datetime(2024, 5, 1, tzinfo=UTC)
    empty = Article(
        text="Advertisement \ud800", title="Half \udfff a title", origin="feed:7", fetched=fetched
    )
    full = Article(text="\n\n".join(BODY), title="Bill goes back to the committee")
    assert cleaned(full) == full
    bare = cleaned(Article(text=""))
    assert isinstance(bare, DeadLetter)
    assert (bare.reason, bare.document, bare.article) == ("no-text", None, None)
    whole = cleaned(empty)
    assert isinstance(whole, DeadLetter)
    _is_whole([whole])


def _is_whole(letters: list[DeadLetter]) -> None:
    (letter,) = letters
    assert (letter.step, letter.reason, letter.origin) == ("clean", "no-text", "feed:7")
    assert "feed:7" in letter.message
    assert letter.document is not None
    assert letter.document.media == "article-json"
    again = Article.model_validate_json(letter.document.body)
    assert again.text.startswith("Advertisement")
    assert again.origin == "feed:7"


PIECES = [
    *BODY,
    "Advertisement",
    "Also Read",
    "Read more:",
    "Related Stories",
    "The Daily Bell",
    "Bill goes back to the committee",
    "By Jane Roe",
    "Jane Roe",
    "Published: April 27, 2024, 08:32 IST",
    "Updated at 5 p.m. ET",
    "date 2024-04-27 Words",
    "Voz media US Voz.us",
    "Follow us on Twitter",
    "âWeâre here,â she said. âAll of the people in it.â",
    "Source: India Today",
    "Is it over? Yes.",
    "What now?",
    "It is over.",
    "a lower line",
    "and then more",
    "x",
    "CNN’s Ann Lee contributed reporting.",
    "Stay connected to The Daily Bell on Facebook.",
    "© 2024 Reuters",
    "W" * 400,
    "Bill | The Daily Bell",
    "- -",
    "…",
    "",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=14),
    st.sampled_from(["\n", "\n\n"]),
    st.none() | st.sampled_from(PIECES),
    st.none() | st.just("The Daily Bell"),
)
def test_cleaning_twice_is_cleaning_once(
    pieces: list[str], between: str, title: str | None, outlet: str | None
) -> None:
    once = clean(Article(text=between.join(pieces), title=title, outlet=outlet))
    assert clean(once) == once


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.none() | st.sampled_from(PIECES))
def test_cleaning_never_invents_a_word(pieces: list[str], title: str | None) -> None:
    raw = Article(text="\n\n".join(pieces), title=title)
    article = clean(raw)
    known = {"s", "re", ""}
    for sign in (" ", "’", "â"):
        known |= {_letters(word)[:300] for word in f"{raw.text} {title or ''}".replace(sign, " ").split()}
    said = f"{article.text} {article.title or ''} {article.outlet or ''}"
    for sign in "“”’–":
        said = said.replace(sign, " ")
    assert {_letters(word)[:300] for word in said.split()} <= known


def _letters(word: str) -> str:
    return "".join(filter(str.isalnum, word))


@given(
    st.text(st.characters(codec=None), max_size=300),
    st.none() | st.text(st.characters(codec=None), max_size=60),
)
def test_nothing_makes_it_raise(text: str, title: str | None) -> None:
    article = clean(Article(text=text, title=title))
    article.model_dump_json()
    for line in article.text.split("\n\n"):
        assert line == " ".join(line.split())
    assert article.title is None or article.title == " ".join(article.title.split())


@given(st.text(alphabet="aA .&;\n\t\x07’“”‘–—…•€£°éâÂ\xa0\u0301\u200b\ufffd\ud800", max_size=40))
def test_an_everyday_text_is_legible_as_it_stands_and_takes_no_short_cut_to_other_paragraphs(
    text: str,
) -> None:
    dirty = any(character in "\t\x07éâÂ\xa0\u0301\u200b\ufffd\ud800" for character in text)
    assert is_everyday(text) is not dirty
    if not dirty:
        assert legible(text) == text
        assert paragraphs(text, everyday=True) == paragraphs(text)


@pytest.mark.parametrize("character", [*map(chr, range(0x20, 0x7F)), *"‘’“”–—…•€£°"])
def test_usual_typography_is_never_taken_for_damage(character: str) -> None:
    for text in (character, character * 3, f"“{character}”", f"a{character}s"):
        assert is_everyday(text)
        assert legible(text) == text


def test_a_reference_in_everyday_text_is_still_undone() -> None:
    assert clean(Article(text="“It&rsquo;s late,” she said.\n\nFish &amp; chips; AT&T;")).text == (
        "“It’s late,” she said.\n\nFish & chips; AT&T;"
    )
