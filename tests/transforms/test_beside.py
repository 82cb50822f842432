"""The kind of a name by what stands beside it, and the bounds that a title or a part of a country draw."""

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article, Label, Mention
from transforms.beside import by_neighbours


def told(marked: str) -> list[tuple[str, str]]:
    """What comes of the guesses marked in a text, as in ``the steelmaker [PERSON Kall Stål] said``."""
    text, guesses, end = "", [], 0
    for match in re.finditer(r"\[([A-Z]+) ([^]]+)\]", marked):
        text += marked[end : match.start()]
        start, label = len(text), cast("Label", match[1])
        text += match[2]
        guesses.append(Mention(start=start, end=len(text), text=match[2], label=label))
        end = match.end()
    text += marked[end:]
    found = list(by_neighbours(Article(text=text), guesses))
    assert all(text[each.start : each.end] == each.text for each in found)
    return [(each.text, each.label) for each in found]


@pytest.mark.parametrize(
    ("marked", "name", "label"),
    [
        ("the novelist [LOC Suhair Qaqish] won", "Suhair Qaqish", "PERSON"),
        ("its founder, [LOC Thanakorn Wongsuwat], left", "Thanakorn Wongsuwat", "PERSON"),
        ("and his cousin [ORG Ilir] fled", "Ilir", "PERSON"),
        ("the vice-president [LOC Elnur Huseynzade] spoke", "Elnur Huseynzade", "PERSON"),
        ("named as [LOC Mereana Hohepa], 58, of Rotorua", "Mereana Hohepa", "PERSON"),
        ("then [LOC Arman Kul], who drives a bus, stopped", "Arman Kul", "PERSON"),
        ("[LOC Ngaire Fox], a dairy farmer, won", "Ngaire Fox", "PERSON"),
        ("[LOC Ilebrang Ngirmang] said boats came", "Ilebrang Ngirmang", "PERSON"),
        ("his bloc, [PERSON Azm], stayed", "Azm", "ORG"),
        ("Swedish steelmaker [PERSON Kall Stål] will", "Kall Stål", "ORG"),
        ("robbed the [LOC Amana Bank] twice", "Amana Bank", "ORG"),
        ("blocked the [ORG Inter-American Highway] again", "Inter-American Highway", "LOC"),
        ("the village of [PERSON Nyamata] burned", "Nyamata", "LOC"),
        ("camped near [PERSON Fedchenko] for years", "Fedchenko", "LOC"),
    ],
)
def test_the_words_beside_a_name_tell_its_kind(marked: str, name: str, label: str) -> None:
    assert told(marked) == [(name, label)]


@pytest.mark.parametrize(
    ("marked", "name", "label"),
    [
        ("the hospital in [LOC Tel Aviv] says it", "Tel Aviv", "LOC"),
        ("commander, [ORG CENTCOM], met them", "CENTCOM", "ORG"),
        ("members of [ORG Scientology], who helped", "Scientology", "ORG"),
        ("the [LOC West Bank] is quiet", "West Bank", "LOC"),
        ("near [PERSON Ana Ruiz] stood", "Ana Ruiz", "PERSON"),
        ("a city, [LOC Kano]", "Kano", "LOC"),
    ],
)
def test_what_they_do_not_tell_is_left_as_it_was_guessed(marked: str, name: str, label: str) -> None:
    assert told(marked) == [(name, label)]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("in [LOC eastern Afghanistan] today", [("Afghanistan", "LOC")]),
        ("in [LOC north-western Syria] today", [("Syria", "LOC")]),
        ("in [LOC South Sudan] today", [("South Sudan", "LOC")]),
        ("[PERSON Monsignor Gianfranco Bo] left", [("Gianfranco Bo", "PERSON")]),
        ("[PERSON Goalkeeper Nemanja Vuk] saved", [("Nemanja Vuk", "PERSON")]),
        ("but [LOC Ms Uwase] trained", [("Uwase", "PERSON")]),
        ("Keisha-[PERSON Ann Brown] said", [("Keisha-Ann Brown", "PERSON")]),
        ("and [PERSON Jógvan] á Heygum left", [("Jógvan á Heygum", "PERSON")]),
        ("at [LOC St Mark]'s Cathedral in", [("St Mark's Cathedral", "LOC")]),
        ("Hurricane [PERSON Delphine] weakened", []),
        ("But we are very [PERSON frank] about it", []),
        ("so says @[PERSON frank] of Ohio", [("frank", "PERSON")]),
        ("so says [PERSON frank] of ohio", [("frank", "PERSON")]),
    ],
)
def test_a_name_ends_where_what_is_said_of_it_begins(marked: str, expected: list[tuple[str, str]]) -> None:
    assert told(marked) == expected


def test_who_was_named_in_full_is_meant_by_the_surname_whatever_it_was_taken_for() -> None:
    assert told("[PERSON Raymond Castellaw] lied. [ORG Castellaw] fled. [LOC Ohio] too.") == [
        ("Raymond Castellaw", "PERSON"),
        ("Castellaw", "PERSON"),
        ("Ohio", "LOC"),
    ]


@given(
    st.text(st.sampled_from("aB ,.'’\n-5"), max_size=60),
    st.integers(0, 59),
    st.integers(1, 20),
    st.sampled_from(["PERSON", "ORG", "LOC"]),
)
def test_whatever_stands_beside_it_a_name_is_its_place_in_the_text(
    text: str, start: int, length: int, label: Label
) -> None:
    surface = text[start : start + length]
    if not surface:
        return
    guess = Mention(start=start, end=start + len(surface), text=surface, label=label)
    for each in by_neighbours(Article(text=text), [guess]):
        assert each.text == text[each.start : each.end] != ""
