"""Linking: articles of one happening find each other; the outcome depends on the set, not on the order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article, Credit, Mention, Quote, Reading, Speaker, Topic
from transforms.stories import (
    Gathering,
    Linker,
    Member,
    choose_story,
    coverage_of,
    independent,
    likeness,
    member_of,
    outlet_key,
    outlets,
    relate,
    shared_quotes,
    shingles_of,
    terms_of,
)
from transforms.words import words_of

NOON = datetime(2024, 4, 26, 12, tzinfo=UTC)
REPORT = (
    "Secretary of State Antony Blinken said on Friday in Beijing that the United States had seen evidence of Chinese "
    "attempts to influence the coming elections. He raised the matter with the foreign minister and warned that "
    "further sanctions would follow if deliveries to the Russian defence industry went on as before. The visit, his "
    "second in less than a year, ended without new announcements on military talks or on fentanyl."
)
OTHER = (
    "A strong earthquake shook the coast of Hokkaido early on Thursday, damaging several houses and cutting power to "
    "forty thousand homes, the meteorological agency of Japan said. No tsunami warning was issued, and trains ran "
    "again by the afternoon after the tracks had been inspected."
)


def member(
    name: str,
    text: str = REPORT,
    *,
    outlet: str | None = None,
    sources: tuple[tuple[str, str], ...] = (),
    at: datetime = NOON,
    published: datetime | None = None,
    quotes: tuple[tuple[str, str | None], ...] = (),
) -> Member:
    return Member(
        article=name,
        outlet=outlet,
        at=at,
        published=published,
        terms=terms_of("", text),
        shingles=tuple(sorted(shingles_of(text))),
        sources=sources,
        quotes=quotes,
    )


def relations(*members: Member) -> dict[str, tuple[str, str | None]]:
    return {place.article: (place.relation, place.of) for place in relate(members)}


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_a_text_has_the_same_words_in_plain_letters_as_beside_others(text: str) -> None:
    assert words_of(text) == words_of(f"{text} 北")[:-1]


def test_articles_of_one_happening_are_alike_and_others_are_not() -> None:
    rewritten = (
        "Blinken: evidence of Chinese attempts to influence elections. The Secretary of State said so in Beijing on "
        "Friday, and warned of sanctions over deliveries to the Russian defence industry."
    )
    assert likeness(member("a"), member("b", rewritten)) > 0.3
    assert likeness(member("a"), member("b", OTHER)) < 0.1
    assert likeness(member("a"), member("b")) > 0.99


def test_an_article_joins_the_story_it_is_most_like_or_opens_one() -> None:
    stories = {"quake": [member("q", OTHER)], "visit": [member("v")]}
    assert choose_story(member("new"), stories) == "visit"
    assert choose_story(member("new", "The price of cocoa doubled in Ghana."), stories) is None
    assert choose_story(member("new"), {}) is None


def test_a_story_is_found_again_through_any_of_its_articles() -> None:
    assert choose_story(member("q", "changed beyond recognition"), {"quake": [member("q", OTHER)]}) == "quake"


def test_the_linker_keeps_stories_apart_in_time_where_it_is_told_to() -> None:
    linker = Linker(window=timedelta(days=3))
    assert linker.add(member("a", published=NOON)) == "a"
    assert linker.add(member("b", published=NOON + timedelta(days=1))) == "a"
    assert linker.add(member("c", OTHER, published=NOON)) == "c"
    assert linker.add(member("d", published=NOON + timedelta(days=30))) == "d"
    assert {story: len(members) for story, members in linker.stories().items()} == {"a": 2, "c": 1, "d": 1}


def test_where_a_date_is_not_known_time_parts_no_story() -> None:
    linker = Linker(window=timedelta(days=3))
    assert linker.add(member("a", published=NOON)) == "a"
    assert linker.add(member("b", at=NOON + timedelta(days=900))) == "a"


def test_a_lone_report_is_the_original() -> None:
    assert relations(member("a")) == {"a": ("original", None)}


def test_the_same_text_is_a_copy_of_the_one_published_first() -> None:
    late, early = member("a", published=NOON), member("b", published=NOON - timedelta(hours=1))
    assert relations(late, early) == {"b": ("original", None), "a": ("copy", "b")}


def test_a_text_taken_in_part_is_rewritten() -> None:
    part = REPORT.split(". ", 1)[0] + ". " + OTHER
    longer = member(
        "a", REPORT + " " + "More was said on the day about the talks and those who led them. " * 3
    )
    assert relations(longer, member("b", part)) == {"a": ("original", None), "b": ("rewrite", "a")}


def test_a_whole_wire_report_inside_a_longer_article_is_a_copy() -> None:
    wire = member("wire", published=NOON)
    longer = member("longer", REPORT + " " + OTHER, published=NOON + timedelta(hours=1))
    assert relations(longer, wire)["longer"] == ("copy", "wire")


def test_an_article_that_names_a_covering_outlet_as_its_source_cites_it() -> None:
    cnn, hill = (
        member("cnn", outlet="CNN"),
        member("hill", OTHER, outlet="The Hill", sources=(("cnn", "cites"),)),
    )
    assert relations(hill, cnn) == {"cnn": ("original", None), "hill": ("cites", "cnn")}


def test_a_named_source_that_is_not_covered_is_the_origin_all_the_same() -> None:
    one = member("one", outlet="The Hill", sources=(("cnn", "cites"),))
    two = member("two", OTHER, outlet="Voz", sources=(("cnn", "cites"),))
    places = relate([one, two])
    assert {place.relation for place in places} == {"cites"}
    assert {place.origin for place in places} == {"outlet:cnn"}
    assert independent(places) == 1


def test_an_interview_is_the_origin_also_of_what_was_taken_from_elsewhere() -> None:
    cites = member("cites", outlet="The Hill", sources=(("cnn", "cites"),))
    taken = member("taken", OTHER, outlet="J", sources=(("india-today", "source"),)).model_copy(
        update={"spoken": ("cnn",)}
    )
    places = {place.article: place for place in relate([cites, taken])}
    assert (places["taken"].relation, places["taken"].of) == ("rewrite", None)
    assert independent(tuple(places.values())) == 1
    cnn = member("cnn", "Something else entirely was written at the desk of the outlet itself.", outlet="CNN")
    assert {place.article: (place.relation, place.of) for place in relate([cites, taken, cnn])} == {
        "cnn": ("original", None),
        "cites": ("cites", "cnn"),
        "taken": ("rewrite", "cnn"),
    }


def test_the_kind_of_credit_names_the_relation() -> None:
    wire = member("a", outlet="X", sources=(("reuters", "wire"),))
    source = member("b", OTHER, outlet="Y", sources=(("india-today", "source"),))
    assert {place.article: place.relation for place in relate([wire, source])} == {
        "a": "copy",
        "b": "rewrite",
    }


def test_reports_that_share_neither_text_nor_source_are_independent() -> None:
    places = relate([member("a", published=NOON), member("b", OTHER, published=NOON + timedelta(hours=1))])
    assert [place.relation for place in places] == ["original", "independent"]
    assert independent(places) == 2


def test_outlets_are_counted_once_and_unknown_ones_not_at_all() -> None:
    assert outlets([member("a", outlet="The Hill"), member("b", outlet="the hill"), member("c")]) == 1
    assert outlet_key("The New York Times") == outlet_key("new york times")
    assert outlet_key("新华社") == "新华社"
    assert outlet_key("!!") == "!!"


def test_relations_do_not_depend_on_the_order_of_the_articles() -> None:
    members = [
        member("cnn", outlet="CNN"),
        member("hill", OTHER, outlet="The Hill", sources=(("cnn", "cites"), ("new-york-times", "cites"))),
        member("copy", REPORT + " It ended.", outlet="J", sources=(("india-today", "source"),)),
        member("late", OTHER + " Later.", published=NOON),
    ]
    outcomes = {tuple(sorted(relations(*order).items())) for order in permutations(members)}
    assert len(outcomes) == 1


@settings(max_examples=50)
@given(st.lists(st.sampled_from([REPORT, OTHER, REPORT + OTHER, "Short."]), min_size=1, max_size=8))
def test_every_article_has_one_place_and_derives_from_another_one_or_none(texts: list[str]) -> None:
    places = relate([member(str(number), text) for number, text in enumerate(texts)])
    assert sorted(place.article for place in places) == sorted(map(str, range(len(texts))))
    assert all(place.of != place.article for place in places)
    assert 1 <= independent(places) <= len(texts)


def test_a_thousand_copies_are_related_without_comparing_each_with_each() -> None:
    places = relate([member(f"{number:04d}") for number in range(1_000)])
    assert [place.relation for place in places].count("copy") == 999
    assert {place.origin for place in places} == {"0000"}


def test_a_member_carries_what_was_read() -> None:
    article = Article(
        id="x", outlet="CNN", title="T", text="“We saw it,” Blinken told CNN, The Hill and Reuters."
    )
    reading = Reading(
        article=article,
        entities=(Mention(start=14, end=21, text="Blinken", label="PERSON", id="person/antony-blinken"),),
        topics=(Topic(id="b", score=0.2), Topic(id="a", score=0.9)),
        quotes=(
            Quote(start=1, end=11, speaker=Speaker(text="Blinken", start=14, end=21, name="Antony Blinken")),
        ),
        credits=(
            Credit(start=27, end=30, outlet="CNN", kind="cites"),
            Credit(start=32, end=40, outlet="The Hill", kind="cites"),
            Credit(start=45, end=52, outlet="Reuters", kind="wire"),
            Credit(start=45, end=52, outlet="ANI", kind="contributor"),
        ),
    )
    made = member_of(reading, NOON)
    assert made.sources == (("reuters", "wire"), ("hill", "cites"))
    assert made.quotes == (("We saw it,", "Antony Blinken"),)
    assert made.topics == ("a", "b")
    assert made.entities == ("person/antony-blinken",)
    assert Member.model_validate_json(made.model_dump_json()) == made


def test_words_shared_by_several_articles_are_a_shared_quote() -> None:
    words = "We have seen evidence of attempts to influence and arguably interfere"
    shared = shared_quotes(
        [member("a", quotes=((words, "Antony Blinken"),)), member("b", quotes=((words + ",", None),))]
    )
    assert [(quote.speaker, set(quote.in_)) for quote in shared] == [("Antony Blinken", {"a", "b"})]


def test_reporters_who_print_the_same_speech_copy_nothing() -> None:
    speech = REPORT.replace(".", ",")
    one, other = (
        f"{before} “{speech}” {after}" for before, after in (("He said in Rome:", "So far."), (OTHER, ""))
    )

    def spoken(name: str, text: str) -> Member:
        start = text.index("“") + 1
        quote = Quote(start=start, end=text.index("”"))
        return member_of(Reading(article=Article(id=name, text=text), quotes=(quote,)), NOON)

    assert [place.relation for place in relate([spoken("a", one), spoken("b", other)])] == [
        "original",
        "independent",
    ]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 9),
            st.sets(st.integers(0, 11), max_size=8),
            st.sampled_from([None, "CNN", "Voz", "AP"]),
            st.sampled_from([(), (("cnn", "cites"),), (("ap", "wire"), ("voz", "source"))]),
            st.sampled_from([None, 0, 1, 2]),
            st.booleans(),
        ),
        max_size=25,
    ),
    leave=st.integers(0, 9),
)
def test_a_story_that_grows_says_the_same_as_all_of_it_at_once(
    steps: list[tuple[int, set[int], str | None, tuple[tuple[str, str], ...], int | None, bool]], leave: int
) -> None:
    """In any order, where articles are changed, and where one leaves again."""
    start = datetime(2026, 5, 4, tzinfo=UTC)
    growing, members = Gathering(), dict[str, Member]()
    for name, shingles, outlet, sources, hours, quotes in steps:
        members = dict(members)
        members[str(name)] = Member(
            article=str(name),
            outlet=outlet,
            published=None if hours is None else start + timedelta(hours=hours),
            at=start,
            shingles=tuple(sorted(shingles)),
            sources=sources,
            quotes=((f"we found forged orders in the rooms {name % 2}", None),) if quotes else (),
        )
        growing.hold(list(members.values()))
        whole = list(members.values())
        places = relate(growing)
        assert places == relate(whole)
        assert shared_quotes(growing) == shared_quotes(whole)
        assert coverage_of(growing, places) == coverage_of(whole, places)
        members.pop(str(leave), None)
