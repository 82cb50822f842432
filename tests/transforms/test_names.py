"""Names by form: titles, verbs of speech, staff of an outlet, endings of organisations."""

import pytest

from transforms.article import Article
from transforms.entities import longest
from transforms.names import find_names


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.text, mention.label) for mention in longest(find_names(Article(text=text)))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Shanghai Party Secretary Chen Jining was there", "Chen Jining"),
        ("Minister of Public Security Wang Xiaohong was there", "Wang Xiaohong"),
        ("the comments to CNN’s Kylie Atwood in an interview", "Kylie Atwood"),
        ("CNN’s Jennifer Hansler contributed reporting.", "Jennifer Hansler"),
        ("Journalist Kylie Atwood asked", "Kylie Atwood"),
        ("“No,” said Maria de la Cruz", "Maria de la Cruz"),
        ("It rained. Amina Yusuf said it would go on.", "Amina Yusuf"),
        ("Tomas Novak, 34, was there", "Tomas Novak"),
        ("President Joe Biden's warnings", "Joe Biden"),
        ("Dr. Jane A. Smith-Jones agreed", "Jane A. Smith-Jones"),
        # An office and a day are no part of the name.
        ("Venezuelan President Hugo Chavez says no.", "Hugo Chavez"),
        ("Then PM David Cameron says no.", "David Cameron"),
        ("Judge Federico Moreno Thursday questioned it", "Federico Moreno"),
    ],
)
def test_people_are_known_by_what_stands_around_their_names(text: str, name: str) -> None:
    assert (name, "PERSON") in found(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("the Federal Trade Commission said", "Federal Trade Commission"),
        ("The Ministry of Foreign Affairs said", "Ministry of Foreign Affairs"),
        ("students of the University of Lagos", "University of Lagos"),
        ("the Labour Party won", "Labour Party"),
    ],
)
def test_organisations_are_known_by_their_endings(text: str, name: str) -> None:
    assert (name, "ORG") in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Coordination of Humanitarian Affairs says shelter is needed",
        "the King Abdulaziz University in Jeddah",
        "head of the American Meat Institute says so",
    ],
)
def test_what_has_the_word_of_a_body_is_no_person(text: str) -> None:
    assert "PERSON" not in {label for _, label in found(text)}


def test_organisations_are_left_out_where_a_model_finds_them() -> None:
    article = Article(text="The Federal Trade Commission sued, Chairwoman Lina Khan said.")
    assert [mention.text for mention in longest(find_names(article, bodies=False))] == ["Lina Khan"]


def test_a_person_is_named_again_by_the_surname() -> None:
    assert found("Journalist Kylie Atwood asked. Atwood waited.") == [
        ("Kylie Atwood", "PERSON"),
        ("Atwood", "PERSON"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The White House said no.",
        "On Monday President said",
        "Meanwhile the sun shone.",
        "He said It Was Late",
        "",
    ],
)
def test_capitals_alone_make_no_person(text: str) -> None:
    assert [label for _, label in found(text) if label == "PERSON"] == []
