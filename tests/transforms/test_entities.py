"""Entities: whole, capitalised names; the longest at each place; a surname for the person named before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from transforms.article import Article, Mention, Span
from transforms.entities import Gazetteer, longest
from transforms.entity import Entity, phrases_of

ENTITIES = {
    entity.id: entity
    for entity in (
        Entity(
            id="country/CN",
            name="China",
            label="GPE",
            aliases=("PRC",),
            demonyms=("Chinese",),
            capital=("Beijing",),
        ),
        Entity(id="country/US", name="United States", label="GPE", aliases=("US", "U.S.")),
        Entity(id="outlet/india-today", name="India Today", label="ORG"),
        Entity(id="country/IN", name="India", label="GPE"),
        Entity(id="person/antony-blinken", name="Antony Blinken", label="PERSON"),
        Entity(id="person/xi-jinping", name="Xi Jinping", label="PERSON", surname="Xi"),
        Entity(id="person/wang-yi", name="Wang Yi", label="PERSON", surname="Wang"),
        Entity(id="person/wang-xiaohong", name="Wang Xiaohong", label="PERSON", surname="Wang"),
        Entity(id="country/GE", name="Georgia", label="GPE"),
        Entity(id="state/georgia", name="Georgia", label="GPE"),
    )
}
GAZETTEER = Gazetteer(ENTITIES)


def named(text: str, title: str | None = None, aside: tuple[Span, ...] = ()) -> list[tuple[str, str | None]]:
    article = Article(title=title, text=text)
    return [(mention.text, mention.id) for mention in GAZETTEER.find(article, aside)]


def test_names_demonyms_and_capitals_are_mentions_of_the_country() -> None:
    found = GAZETTEER.find(Article(text="Chinese officials in Beijing said China was not involved."))
    assert [(mention.text, mention.label, mention.id) for mention in found] == [
        ("Chinese", "NORP", "country/CN"),
        ("Beijing", "GPE", "country/CN"),
        ("China", "GPE", "country/CN"),
    ]


def test_initials_are_matched_in_capitals_only() -> None:
    assert named("He told us that the US and the U.S. agree; the prc did not.") == [
        ("US", "country/US"),
        ("U.S.", "country/US"),
    ]


def test_in_a_shouted_headline_initials_without_dots_may_be_a_word() -> None:
    assert named("Text.", title="CHINA TELLS US ALL") == [("CHINA", "country/CN")]


def test_a_lower_case_word_is_no_name() -> None:
    assert named("She ate from the good china.") == []


def test_the_longest_name_wins() -> None:
    assert named("Source: India Today") == [("India Today", "outlet/india-today")]


def test_a_surname_means_the_person_who_is_named_in_full_anywhere() -> None:
    assert named("Secretary of State Antony Blinken spoke. Blinken’s trip ended.", title="Blinken: no") == [
        ("Blinken", "person/antony-blinken"),
        ("Antony Blinken", "person/antony-blinken"),
        ("Blinken", "person/antony-blinken"),
    ]


def test_a_surname_alone_names_nobody() -> None:
    assert named("Blinken spoke, and Xi listened.") == []


def test_a_surname_that_two_share_keeps_no_id() -> None:
    assert named("Wang Yi met Wang Xiaohong. Wang smiled.")[-1] == ("Wang", None)


def test_a_name_that_two_entities_share_keeps_no_id() -> None:
    assert named("A vote in Georgia") == [("Georgia", None)]


def test_an_aside_in_another_language_names_nobody() -> None:
    text = "China spoke.\n\nEl ministro de China"
    assert named(text, aside=(Span(start=14, end=len(text)),)) == [("China", "country/CN")]


def test_of_overlapping_mentions_the_longer_stays_then_the_one_with_an_id() -> None:
    short = Mention(start=4, end=8, text="York", label="GPE", id="city/york")
    long = Mention(start=0, end=8, text="New York", label="GPE")
    known = long.model_copy(update={"id": "city/new-york"})
    title = short.model_copy(update={"field": "title"})
    assert longest([short, long, known, title]) == (title, known)


def test_every_phrase_that_names_an_entity_unprepared_is_known_to_the_screen() -> None:
    assert phrases_of(ENTITIES["country/CN"]) == ("China", "PRC", "Chinese", "Beijing")


def test_an_entity_id_has_a_kind_and_a_name() -> None:
    with pytest.raises(ValidationError, match="is no entity id"):
        Entity(id="China", name="China", label="GPE")


@given(
    st.lists(
        st.sampled_from(
            ["China", "US", "U.S.", "Blinken", "Antony Blinken", "Wang Yi", "“", "’s", ".", "\n", "x"]
        )
    )
)
def test_every_mention_is_its_surface_in_the_text(parts: list[str]) -> None:
    text = " ".join(parts)
    end = -1
    for mention in GAZETTEER.find(Article(text=text)):
        assert text[mention.start : mention.end] == mention.text
        assert mention.start >= end
        end = mention.end


MORE = Gazetteer(
    {
        entity.id: entity
        for entity in (
            Entity(id="outlet/the-hill", name="The Hill", label="ORG"),
            Entity(id="organisation/al-qaeda", name="al-Qaeda", label="ORG"),
            Entity(id="person/marine-le-pen", name="Marine Le Pen", label="PERSON", surname="Le Pen"),
            Entity(id="person/viktor-orban", name="Viktor Orbán", label="PERSON"),
            Entity(id="person/joe-biden", name="Joe Biden", label="PERSON", aliases=("Biden",)),
            Entity(id="person/hunter-biden", name="Hunter Biden", label="PERSON"),
        )
    }
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The hill was steep; The Hill said so.", [("The Hill", "outlet/the-hill")]),
        ("of al-Qaeda", [("al-Qaeda", "organisation/al-qaeda")]),
        ("Al-Qaeda says", [("Al-Qaeda", "organisation/al-qaeda")]),
        (
            "Marine Le Pen won. Le Pen smiled; a Pen lay there.",
            [("Marine Le Pen", "person/marine-le-pen"), ("Le Pen", "person/marine-le-pen")],
        ),
        (
            "Viktor Orban spoke, then Orbán left.",
            [("Viktor Orban", "person/viktor-orban"), ("Orbán", "person/viktor-orban")],
        ),
        ("Biden spoke.", [("Biden", "person/joe-biden")]),
        (
            "Hunter Biden spoke. Biden left.",
            [("Hunter Biden", "person/hunter-biden"), ("Biden", "person/hunter-biden")],
        ),
    ],
)
def test_names_are_spelled_as_people_spell_them(text: str, names: list[tuple[str, str]]) -> None:
    assert [(mention.text, mention.id) for mention in MORE.find(Article(text=text))] == names
