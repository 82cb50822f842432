"""One list of an article's names: who wins where several name the same place, and who is meant again."""

from collections.abc import Sequence
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article, Label, Mention
from transforms.mentions import together


def mention(text: str, name: str, label: str, identity: str | None = None) -> Mention:
    start = text.index(name)
    return Mention(start=start, end=start + len(name), text=name, label=cast("Label", label), id=identity)


def named(
    text: str,
    known: Sequence[tuple[str, str, str]] = (),
    by_model: Sequence[tuple[str, str]] = (),
    by_form: Sequence[tuple[str, str]] = (),
) -> list[tuple[str, str, str | None]]:
    found = together(
        Article(text=text),
        [mention(text, *each) for each in known],
        [mention(text, *each) for each in by_form],
        [mention(text, *each) for each in by_model],
    )
    assert all(text[each.start : each.end] == each.text for each in found)
    return [(each.text, each.label, each.id) for each in found]


def test_a_known_name_keeps_its_id_where_a_model_names_the_same_words() -> None:
    assert named("China said so.", [("China", "GPE", "country/CN")], [("China", "ORG")]) == [
        ("China", "GPE", "country/CN")
    ]


def test_a_paragraph_is_no_name_whatever_a_model_takes_it_for() -> None:
    # Names are looked for again, and the time to prepare for that grows with the square of a name's length.
    endless = "A" * 5000 + " President" * 500
    assert named(f"{endless} said so.", by_model=[(endless, "ORG")]) == []


def test_a_model_may_know_the_longer_name() -> None:
    text = "Bank of China Daily Star said so."
    assert named(text, [("China", "GPE", "country/CN")], [("Bank of China", "ORG")]) == [
        ("Bank of China", "ORG", None)
    ]


def test_a_model_may_not_cut_into_a_known_name() -> None:
    text = "Then Antony Blinken Tuesday left."
    assert named(
        text, [("Antony Blinken", "PERSON", "person/antony-blinken")], [("Blinken Tuesday", "PERSON")]
    ) == [("Antony Blinken", "PERSON", "person/antony-blinken")]


def test_words_before_a_known_person_make_nobody_else() -> None:
    text = "US Secretary Antony Blinken left."
    known = [("US", "GPE", "country/US"), ("Antony Blinken", "PERSON", "person/antony-blinken")]
    assert named(text, known, [("US Secretary Antony Blinken", "ORG")])[1] == (
        "Antony Blinken",
        "PERSON",
        "person/antony-blinken",
    )


def test_a_namesake_by_surname_is_somebody_else() -> None:
    text = "Then Hunter Biden left."
    assert named(text, [("Biden", "PERSON", "person/joe-biden")], [("Hunter Biden", "PERSON")]) == [
        ("Hunter Biden", "PERSON", None)
    ]


def test_two_known_names_with_a_hyphen_are_two() -> None:
    text = "The Biden-Xi summit."
    known = [("Biden", "PERSON", "person/joe-biden"), ("Xi", "PERSON", "person/xi-jinping")]
    assert [name for name, _, _ in named(text, known, [("Biden-Xi", "ORG")])] == ["Biden", "Xi"]


def test_title_and_possessive_are_no_part_of_a_person() -> None:
    assert named(
        "Former Foreign Minister Amina Okoye's car.", (), [("Foreign Minister Amina Okoye's", "PERSON")]
    ) == [("Amina Okoye", "PERSON", None)]


def test_a_name_reaches_to_its_second_half() -> None:
    assert named("Then Park Ji-hoon left.", (), [("Park Ji", "PERSON")]) == [("Park Ji-hoon", "PERSON", None)]
    assert named("A Park Min-led team.", (), [("Park Min", "PERSON")]) == [("Park Min", "PERSON", None)]


def test_what_kind_of_body_it_is_is_no_part_of_its_name() -> None:
    assert named("The Dawn newspaper said.", (), [("Dawn newspaper", "ORG")]) == [("Dawn", "ORG", None)]


def test_a_person_named_in_full_is_meant_by_the_surname_later() -> None:
    text = "Amina Okoye left. Later Okoye came back."
    assert named(text, (), [("Amina Okoye", "PERSON")])[1] == ("Okoye", "PERSON", None)


def test_a_whole_name_found_once_is_found_everywhere() -> None:
    text = "Acme Steel Works closed. Nobody at Acme Steel Works answered."
    assert named(text, (), [("Acme Steel Works", "ORG")]) == [("Acme Steel Works", "ORG", None)] * 2


def test_an_acronym_in_brackets_stands_for_the_organisation() -> None:
    text = "The Lagos Harbour Board (LHB) met. The LHB said so; (USA) did not."
    assert named(text, (), [("Lagos Harbour Board", "ORG")]) == [
        ("Lagos Harbour Board", "ORG", None),
        ("LHB", "ORG", None),
        ("LHB", "ORG", None),
    ]


def test_an_acronym_takes_the_id_of_what_it_stands_for() -> None:
    text = "The Lagos Harbour Board (LHB) met."
    assert named(text, [("Lagos Harbour Board", "ORG", "organisation/lhb")])[1] == (
        "LHB",
        "ORG",
        "organisation/lhb",
    )


def test_what_has_no_letter_or_goes_over_a_line_is_no_name() -> None:
    assert named("Over 1,000 came.\nAnd Bob\nAnn left.", (), [("1,000", "ORG"), ("Bob\nAnn", "PERSON")]) == []


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet="Aa Bb.’'s-(XYZ)\n", min_size=1, max_size=60),
    st.lists(
        st.tuples(
            st.integers(0, 59), st.integers(1, 12), st.sampled_from(["PERSON", "ORG", "LOC"]), st.booleans()
        ),
        max_size=8,
    ),
)
def test_no_two_mentions_overlap_and_each_yields_its_words(
    text: str, places: list[tuple[int, int, str, bool]]
) -> None:
    guesses = [
        (Mention.model_validate({"start": start, "end": end, "text": text[start:end], "label": label}), sure)
        for start, length, label, sure in places
        if start < (end := min(start + length, len(text)))
    ]
    known = [guess.model_copy(update={"id": "person/x"}) for guess, sure in guesses if sure]
    found = together(Article(text=text), known, (), [guess for guess, sure in guesses if not sure])
    last = 0
    for each in found:
        assert last <= each.start < each.end <= len(text)
        assert text[each.start : each.end] == each.text
        last = each.end


def test_a_part_of_a_country_is_that_country() -> None:
    text = "Troops left eastern Afghanistan."
    assert named(text, [("Afghanistan", "GPE", "country/AF")], [("eastern Afghanistan", "LOC")]) == [
        ("Afghanistan", "GPE", "country/AF")
    ]


def test_a_title_that_a_list_has_is_outside_of_the_name() -> None:
    assert named("Pope Leo XIV spoke.", [("Pope Leo XIV", "PERSON", "person/leo-xiv")]) == [
        ("Leo XIV", "PERSON", "person/leo-xiv")
    ]


def test_an_office_alone_is_nobody() -> None:
    assert named("The Prime Minister told us.", by_form=[("Prime Minister", "PERSON")]) == []


def test_the_short_name_in_brackets_is_of_the_kind_of_the_long_one() -> None:
    text = "The Bank of Ceylon Ltd (BOC) fell."
    assert named(text, by_model=[("Bank of Ceylon Ltd", "ORG"), ("BOC", "LOC")]) == [
        ("Bank of Ceylon Ltd", "ORG", None),
        ("BOC", "ORG", None),
    ]
