"""Namesakes: what a shared name means is said by what stands around it; where nothing does, nobody is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article
from transforms.entities import Gazetteer
from transforms.entity import Entity, phrases_of

ENTITIES = [
    Entity(id="country/GE", name="Georgia", label="GPE", shared=("Georgia",), near=("parliament",), capital=("Tbilisi",)),  # noqa: E501
    Entity(id="region/us-georgia", name="State of Georgia", label="GPE", shared=("Georgia",), near=("ballots",)),
    Entity(id="region/us-arizona", name="Arizona", label="GPE"),
    Entity(id="country/UA", name="Ukraine", label="GPE"),
    Entity(id="country/JO", name="Jordan", label="GPE"),
    Entity(id="person/jim-jordan", name="Jim Jordan", label="PERSON"),
    Entity(id="country/US", name="United States", label="GPE", capital=("Washington",)),
    Entity(id="city/washington", name="Washington, D.C.", label="GPE", shared=("Washington",)),
    Entity(id="country/TR", name="Turkey", label="GPE"),
    Entity(id="other/bird", name="turkey, the bird", label="ORG", other=True, shared=("Turkey",), near=("roast*",)),
    Entity(id="person/theresa-may", name="Theresa May", label="PERSON", shared=("May",), near=("Brexit",)),
    Entity(id="person/donald-trump", name="Donald Trump", label="PERSON", aliases=("Trump",)),
    Entity(id="person/melania-trump", name="Melania Trump", label="PERSON"),
    Entity(id="organisation/acme", name="Acme", label="ORG", near=("rocket*",)),
    Entity(id="organisation/zenith", name="Zenith", label="ORG", not_near=("mountain",)),
]  # fmt: skip
GAZETTEER = Gazetteer({entity.id: entity for entity in ENTITIES})


def meant(marked: str, title: str | None = None) -> str | None:
    """The id of the name in square brackets."""
    before, _, rest = marked.partition("[")
    name, _, after = rest.partition("]")
    for mention in GAZETTEER.find(Article(title=title, text=before + name + after)):
        if mention.field == "text" and mention.start < len(before + name) and len(before) < mention.end:
            return mention.id
    return None


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("The parliament of [Georgia] met.", "country/GE"),
        ("In Tbilisi they said [Georgia] would wait.", "country/GE"),
        ("Ukraine and [Georgia] applied together.", "country/GE"),
        ("Arizona and [Georgia] count late.", "region/us-georgia"),
        ("The governor of [Georgia] signed it.", "region/us-georgia"),
        ("The ballots from [Georgia] were counted.", "region/us-georgia"),
        ("She moved to [Georgia].", None),
        ("[Georgia] Thompson waited.", None),
    ],
)
def test_words_lists_and_offices_tell_a_country_from_a_state(text: str, identity: str | None) -> None:
    assert meant(text) == identity


def test_an_undecided_name_is_a_mention_without_id() -> None:
    [mention] = GAZETTEER.find(Article(text="She moved to Georgia."))
    assert (mention.text, mention.label, mention.id) == ("Georgia", "GPE", None)


def test_what_is_decided_once_in_an_article_holds_for_all_of_it() -> None:
    assert (
        meant("The parliament of Georgia met. " + "It rained. " * 60 + "She likes [Georgia].") == "country/GE"
    )


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("[Jordan] closed its border.", "country/JO"),
        ("Jim Jordan lost. [Jordan] left.", "person/jim-jordan"),
        ("Jim Jordan flew on. He was in [Jordan] by noon.", "country/JO"),
        ("Denise Jordan ran. [Jordan] was first.", None),
        ("[Jordan] Peterson spoke.", None),
        ("His brother [Jordan] spoke.", None),
    ],
)
def test_a_person_of_the_name_takes_it_and_in_gives_it_back(text: str, identity: str | None) -> None:
    assert meant(text) == identity


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("[Washington] warned Ukraine.", "country/US"),
        ("The [Trump]-Xi summit was late.", "person/donald-trump"),
        ("They met in [Washington] on Monday.", "city/washington"),
        ("[Turkey] closed the straits.", "country/TR"),
        ("Roast [Turkey] was served.", None),
        ("Theresa May resigned in [May].", None),
        ("The vote is on 5 [May].", None),
        ("After Brexit was lost, [May] left.", "person/theresa-may"),
        ("Melania Trump stayed. Mr. [Trump] left.", "person/donald-trump"),
        ("Melania Trump stayed. Mrs. [Trump] slept.", "person/melania-trump"),
        ("Nirav Trump, a jeweller, lost. [Trump] will appeal.", None),
    ],
)
def test_cities_birds_months_and_families(text: str, identity: str | None) -> None:
    assert meant(text) == identity


def test_words_that_must_or_must_not_stand_near() -> None:
    assert meant("[Acme] has a rocket.") == "organisation/acme"
    assert meant("[Acme] has a dog.") is None
    assert meant("[Zenith] has a dog.") == "organisation/zenith"
    assert meant("[Zenith] is a mountain.") is None


def test_the_screen_knows_shared_names_too() -> None:
    assert "Washington" in phrases_of(ENTITIES[7])


def test_the_title_is_decided_by_the_text() -> None:
    article = Article(title="Georgia votes", text="The parliament in Tbilisi was empty.")
    assert [mention.id for mention in GAZETTEER.find(article)] == ["country/GE", "country/GE"]


NAMES = [
    "Georgia",
    "Jordan",
    "Jim Jordan",
    "Washington",
    "May",
    "Mr.",
    "in",
    "Trump",
    "Arizona,",
    "and",
    "\n",
    "“",
    "-",
]


@given(st.lists(st.sampled_from(NAMES)), st.lists(st.sampled_from(NAMES)))
def test_whatever_stands_around_a_mention_is_its_surface(title: list[str], text: list[str]) -> None:
    article = Article(title=" ".join(title), text=" ".join(text))
    end = {"title": -1, "text": -1}
    for mention in GAZETTEER.find(article):
        assert article.of(mention.field)[mention.start : mention.end] == mention.text
        assert mention.start >= end[mention.field]
        assert mention.id is None or mention.id in GAZETTEER.names
        end[mention.field] = mention.end
