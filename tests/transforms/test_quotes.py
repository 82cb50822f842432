"""Every direct quote comes out without its marks, with its cue and with the one who said it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transforms.article import Article, Mention, Quote
from transforms.clean import clean
from transforms.quotes import find_quotes

SEEDS = Path(__file__).parents[2] / "seeds"
NAMES = {
    "person/antony-blinken": "Antony Blinken",
    "person/xi-jinping": "Xi Jinping",
    "person/wang-yi": "Wang Yi",
    "country/CN": "China",
}
PEOPLE = {
    "Antony Blinken": "person/antony-blinken",
    "Blinken": "person/antony-blinken",
    "Xi Jinping": "person/xi-jinping",
    "Xi": "person/xi-jinping",
    "Wang Yi": "person/wang-yi",
    "Kylie Atwood": None,
    "Joe Biden": None,
    "Biden": None,
}
PERSON = re.compile(r"\b(?:" + "|".join(sorted(PEOPLE, key=len, reverse=True)) + r")\b")


def mentions(article: Article) -> tuple[Mention, ...]:
    found = [
        Mention(
            start=m.start(), end=m.end(), field=field, text=m.group(), label="PERSON", id=PEOPLE[m.group()]
        )
        for field in ("title", "text")
        for m in PERSON.finditer(article.of(field))
    ]
    found += [
        Mention(start=m.start(), end=m.end(), text=m.group(), label="GPE", id="country/CN")
        for m in re.finditer("Beijing", article.text)
    ]
    return tuple(found)


def read(article: Article) -> list[Quote]:
    return list(find_quotes(article, mentions(article), NAMES))


def said(text: str, title: str | None = None) -> list[tuple[str, str | None, str | None]]:
    """(quote, speaker as written, cue) of each quote, without any mention given."""
    article = Article(text=text, title=title)
    return [
        (
            article.of(q.field)[q.start : q.end],
            q.speaker.text if q.speaker else None,
            q.cue.text if q.cue else None,
        )
        for q in find_quotes(article, (), {})
    ]


def quoted(text: str) -> list[str]:
    return [quote for quote, _, _ in said(text)]


def seed(number: str) -> Article:
    path = next(SEEDS.glob(f"{number}_*.txt"))
    return clean(Article(text=path.read_text(encoding="utf-8", errors="replace")))


def named(article: Article) -> list[tuple[str, str | None]]:
    return [
        (article.of(q.field)[q.start : q.end][:40], q.speaker.name if q.speaker else None)
        for q in read(article)
    ]


def test_all_quotes_of_the_interview_are_the_ministers() -> None:
    found = named(seed("000"))
    assert len(found) == 6
    assert found[0] == ("influence and arguably interfere", "Antony Blinken")
    assert {name for _, name in found} == {"Antony Blinken"}


def test_quotes_whose_marks_were_restored_are_found() -> None:
    article = seed("001")
    found = named(article)
    assert len(found) == 18
    assert found[0] == ("influence and arguably interfere", "Antony Blinken")
    assert {
        name
        for quote, name in found
        if quote not in {"groundless accusations", "normal trade and economic exchanges"}
    } == {"Antony Blinken"}
    assert dict(found)["groundless accusations"] == "China"


def test_he_is_the_one_who_spoke_and_not_the_one_who_was_named_last() -> None:
    found = dict(named(seed("002")))
    assert found["We're looking to them to act, and if the"] == "Antony Blinken"
    assert found["protests in and of themselves are not an"] == "Antony Blinken"


def test_an_opening_mark_that_never_closes_pairs_with_nothing_later() -> None:
    article = seed("003")
    assert [(start, name) for start, name in named(article)] == [
        ("We've seen, generally speaking, evidence", "Antony Blinken"),
        ("Any interference by China in our electio", "Antony Blinken"),
        ("We are (now) focused on the areas where ", "Antony Blinken"),
    ]


def test_paragraphs_behind_a_colon_are_quotes_of_whom_the_paragraph_before_lets_speak() -> None:
    article = seed("004")
    found = [(article.of(q.field)[q.start : q.end], q) for q in read(article)]
    by_start = {text[:16]: quote for text, quote in found}
    ours, theirs = by_start["We have seen, ge"], by_start["I want to ask yo"]
    assert ours.speaker is not None
    assert (ours.speaker.name, ours.cue and ours.cue.text) == ("Antony Blinken", "assured")
    assert theirs.speaker is not None
    assert (theirs.speaker.name, theirs.cue and theirs.cue.text) == ("Kylie Atwood", "asked")
    stated = by_start["It’s something w"]
    assert stated.speaker is not None
    assert (stated.speaker.text, stated.speaker.id) == ("He", "person/antony-blinken")
    assert [quote.field for _, quote in found].count("title") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We will go,” Smith said.", [("We will go,", "Smith", "said")]),
        ('"We will go," said Jane Smith.', [("We will go,", "Jane Smith", "said")]),
        ("“Will you go?” asked the judge.", [("Will you go?", "the judge", "asked")]),
        ("Smith told Reuters: “We will go.”", [("We will go.", "Smith", "told")]),
        ("“We go,” Smith, who leads the union, said.", [("We go,", "Smith", "said")]),
        ("“We go,” Rep. Ann Lee (D-Ohio) said.", [("We go,", "Rep. Ann Lee", "said")]),
        (
            "On being asked whether he would go, Smith said, “We will.”",
            [("We will.", "Smith", "said")],
        ),
        (
            "“We will,” Smith said, “go as soon as we can.”",
            [("We will,", "Smith", "said"), ("go as soon as we can.", "Smith", "said")],
        ),
        (
            "“We will go,” Smith said. “It is late.”",
            [("We will go,", "Smith", "said"), ("It is late.", "Smith", None)],
        ),
        ("According to Smith, the plan is “not worth it”.", [("not worth it", "Smith", "According to")]),
        ("“Leave us alone,” Smith barked at them.", [("Leave us alone,", "Smith", "barked")]),
        ("Smith went on to say that it was “a bad idea”.", [("a bad idea", "Smith", "say")]),
        (
            "Lee praised the deal, adding that it was “long overdue”.",
            [("long overdue", "Lee", "adding")],
        ),
        ("Potts echoed: “He speaks his mind.”", [("He speaks his mind.", "Potts", "echoed")]),
        (
            "Frank Newport: “We found no difference at all.”",
            [("We found no difference at all.", "Frank Newport", None)],
        ),
        ("The “worst deal ever” must end, Smith said.", [("worst deal ever", "Smith", "said")]),
        (
            "He called it “a shame” and “a very great loss”, Smith wrote.",
            [("a shame", "He", "called"), ("a very great loss", "Smith", "wrote")],
        ),
        (
            "“It is over,” said former president Ana Ruiz of Peru.",
            [("It is over,", "former president Ana Ruiz of Peru", "said")],
        ),
        (
            "“It is over,” one of the senior officials said.",
            [("It is over,", "one of the senior officials", "said")],
        ),
    ],
)
def test_the_speaker_is_the_subject_of_the_cue(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("« Nous irons », a dit Marie.", ["Nous irons"]),
        ("„Wir gehen“, sagte Anna.", ["Wir gehen"]),
        ("»Wir gehen«, sagte Anna.", ["Wir gehen"]),
        ("``We will go,'' Smith said.", ["We will go,"]),
        ("‘We’ve seen it’ , Smith said of the students’ march.", ["We’ve seen it"]),
        ("'It's Xi's plan', Smith said.", ["It's Xi's plan"]),
        ("The students' marches and Xi's plans don't meet in the '90s.", []),
        ("“He told me ‘go away’ and left,” Smith said.", ["He told me ‘go away’ and left,"]),
        ("‘She said “go away” to me,’ Smith said.", ["She said “go away” to me,"]),
        ('"He said "go" to me and "stay" to her," Smith said.', ['He said "go" to me and "stay" to her,']),
        ("Smith said: ”We will go today.”", ["We will go today."]),
        ("“We will go,“ Smith said.", ["We will go,"]),
        ("He is 6'2\" tall and she is 5'4\" tall.", []),
        ('<a href="https://example.org/x">He left</a> early.', []),
        ("We must go. We will go now,” Smith said.", ["We must go. We will go now,"]),
        ("The council met on Monday. We will go now,” Smith said.", ["We will go now,"]),
        ("He spoke of “the end and left. Then he ate.", []),
        ("“We will go now, Smith said on Monday.", ["We will go now,"]),
        ("“ ”  “…” and “.”", []),
        ("She starred in “The Apprentice” on NBC’s “Morning Joe” last year.", []),
        ("Rep. Robert “Bobby” Scott arrived in Paris.", []),
    ],
)
def test_marks_of_all_kinds_pair_as_a_reader_pairs_them(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


def test_speech_over_several_paragraphs_is_one_quote_a_paragraph_with_one_speaker() -> None:
    text = "Smith said: “We went there.\n\n“We saw it.\n\n“We came back.”\n\n“Good,” said Jones."
    assert said(text) == [
        ("We went there.", "Smith", "said"),
        ("We saw it.", "Smith", None),
        ("We came back.", "Smith", None),
        ("Good,", "Jones", "said"),
    ]


def test_speech_whose_second_paragraph_has_no_opening_mark_goes_on() -> None:
    assert said("“We went there.\n\nThen we came back,” Smith said.") == [
        ("We went there.", None, None),
        ("Then we came back,", "Smith", "said"),
    ]


def test_lines_wrapped_at_a_fixed_width_are_one_paragraph() -> None:
    text = (
        "The minister came to the harbour in the morning and “we shall\n"
        "rebuild it stone by stone,” she said to the people who waited\n"
        "there for her.\n"
    )
    assert quoted(text) == ["we shall\nrebuild it stone by stone,"]


@pytest.mark.parametrize(
    ("title", "quote", "speaker"),
    [
        ("Blinken: China seeks to ‘influence’ elections", "influence", "Blinken"),
        (
            "'US has evidence of China's plans': Antony Blinken",
            "US has evidence of China's plans",
            "Antony Blinken",
        ),
        ("Smith says vote was ‘a fraud’", "a fraud", "Smith"),
    ],
)
def test_headlines_name_their_speaker(title: str, quote: str, speaker: str) -> None:
    assert [(q, s) for q, s, _ in said("", title)] == [(quote, speaker)]


def names(text: str, *known: tuple[str, str | None]) -> list[str | None]:
    article = Article(text=text)
    found = [
        Mention(start=m.start(), end=m.end(), text=m.group(), label="PERSON", id=entity)
        for name, entity in known
        for m in re.finditer(rf"\b{name}\b", text)
    ]
    return [
        q.speaker.name if q.speaker else None
        for q in find_quotes(article, found, {"person/x": "Xavier Ortiz"})
    ]


def test_a_surname_stands_for_the_full_name_of_the_article() -> None:
    assert names("Senator Ana Ruiz came. “We go,” Ruiz said.", ("Ana Ruiz", None)) == ["Ana Ruiz"]
    assert names("Senator Ana Ruiz came. “We go,” Ruiz said.") == ["Ana Ruiz"]
    assert names("Ortiz came. “We go,” Ortiz said.", ("Ortiz", "person/x")) == ["Xavier Ortiz"]


def test_two_of_one_surname_are_kept_apart() -> None:
    text = "But Ana Ruiz met Xavier Ruiz. “We go,” Xavier Ruiz said. “Wait,” Ana Ruiz said. “No,” said Ruiz."
    known = (("Ana Ruiz", None), ("Xavier Ruiz", "person/x"))
    assert names(text, *known) == ["Xavier Ortiz", "Ana Ruiz", "Ana Ruiz"]
    assert names("Ruiz came. “We go,” Ruiz said.", ("Ruiz", "person/x")) == ["Xavier Ortiz"]


def test_a_mention_that_knows_better_than_the_surname_is_believed() -> None:
    text = "Ana Ruiz came. “We go,” Ruiz said."
    article = Article(text=text)
    ana = Mention(start=0, end=8, text="Ana Ruiz", label="PERSON", id="person/ana")
    other = Mention(start=24, end=28, text="Ruiz", label="PERSON", id="person/x")
    (quote,) = find_quotes(article, (ana, other), {"person/x": "Xavier Ortiz"})
    assert quote.speaker is not None
    assert (quote.speaker.id, quote.speaker.name) == ("person/x", "Xavier Ortiz")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The road was “not safe”, according to", [None]),
        ("“We go,” said", [None]),
        ("“We go,” said old men.", [None]),
        ("“We go,” said Smith & Sons.", ["Smith & Sons"]),
        ("“We go,” said Smith also.", ["Smith"]),
        ("The union of Ford & Sons said “we go”.", ["The union of Ford & Sons"]),
        ("It was not clear who on Monday said “we go”.", [None]),
        ("“We go,” he said. They stay. We go now,” Smith said.", ["he", "Smith"]),
        ("“We go,” he said, and left. And,” she added.", ["he", "she"]),
        ("He met 'the bosses' of 'the workers' there.", ["He", "He"]),
    ],
)
def test_broken_sentences_still_give_what_they_hold(text: str, expected: list[str | None]) -> None:
    assert [speaker for _, speaker, _ in said(text)] == expected


def test_a_role_stands_for_the_one_who_has_it() -> None:
    text = "Tom Reed, a spokesman for the union, arrived. Ana Ruiz left. “We go,” the spokesman said."
    assert names(text, ("Tom Reed", None), ("Ana Ruiz", None)) == ["Tom Reed"]


def test_she_is_not_the_man_who_was_named_last() -> None:
    text = "Mrs. Ana Ruiz came in. Mr. Tom Reed left. “We go,” she said. “Wait,” he said."
    assert names(text, ("Ana Ruiz", None), ("Tom Reed", None)) == ["Ana Ruiz", "Tom Reed"]


def test_they_and_unknown_roles_have_no_name() -> None:
    assert names("“We go,” they said.") == [None]
    assert names("“We go,” the plumber said.") == [None]


def test_a_possessive_is_not_the_speaker() -> None:
    text = "Tom Reed's lawyer Ana Ruiz objected. “We go,” Reed's lawyer Ruiz said."
    assert names(text, ("Tom Reed", None), ("Reed", None), ("Ana Ruiz", None), ("Ruiz", None)) == ["Ana Ruiz"]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We will see,” barked Peter Hollis.", "Peter Hollis"),
        ("“We will see,” an angry Peter Hollis retorted.", "Peter Hollis"),
        ("“We will see,” Peter Hollis, 67, of Ames, Iowa, said.", "Peter Hollis"),
        ("“We will see,” said the minister, Luc Martel.", "Luc Martel"),
        ("“We will see.”\n\n- Peter Hollis.", "Peter Hollis"),
        ("“We will see.” ― Peter Hollis, port director", "Peter Hollis"),
        ("Peter Hollis, the group’s chief, said the port was “a ruin”.", "Peter Hollis"),
        ("Governor Paul Stone on Tuesday night warned: “It will rise.”", "Paul Stone"),
        ("Peter Hollis said he responded: “No.”", "Peter Hollis"),
        ("Peter Hollis’s dictum to the crew was, “never at night.”", "Peter Hollis"),
        ("In the words of Peter Hollis, “it is a ruin.”", "Peter Hollis"),
        ("Peter Hollis replied: “Why?” Others laughed.", "Peter Hollis"),
        ("With Peter Hollis calling it “a ruin”, the talks ended.", "Peter Hollis"),
        ("Peter Hollis and Maria Ortiz met. “He was polite,” she said.", "Maria Ortiz"),
    ],
)
def test_the_speaker_is_found_where_no_listed_verb_stands_beside_a_name(text: str, speaker: str) -> None:
    assert [who for _, who in named(Article(text=text))] == [speaker]


@pytest.mark.parametrize(
    "text",
    [
        "His memoir, “Gifted Hands,” sold well.",
        "“Jane the Virgin” star Ann Lee was there.",
        "The “establishment” candidate lost.",
        "The show, “The Long Harbour,” by Ann Lee, opens in May.",
        "It struggles to look “representative” in the polls.",
        "“Billions,” on a Sunday, is back.",
        "On Tuesday’s episode of “The Long Harbour Show,” Ann Lee said it was over.",
        "In her new documentary “13th.” The film opens in May.",
        "The crowd heard the anthem “A Harbour Is Gonna Come,” and then left.",
    ],
)
def test_marks_around_titles_and_terms_quote_nobody(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The sign read “Hope Now” in red.", "Hope Now"),
        ("Ann Lee called it “shameful” on Monday.", "shameful"),
        ("It ran on the slogan “Experience Counts” then.", "Experience Counts"),
        ("The winner lost by “a hair” in the end.", "a hair"),
    ],
)
def test_words_that_were_said_or_shown_are_quotes_however_short(text: str, quote: str) -> None:
    assert [words for words, _, _ in said(text)] == [quote]
