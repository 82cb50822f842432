"""An article's credits say whose news it is; an outlet that is the news itself is no credit."""

from __future__ import annotations

import gzip
import json
import pickle
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article
from transforms.clean import clean
from transforms.credits import Outlets, find_credits, read_credits
from transforms.entity import Entity

SEEDS = Path(__file__).parents[2] / "seeds"
QUOTES = Path(__file__).parents[3] / "shared" / "data" / "quotes"


def outlet(key: str, name: str, *aliases: str, agency: bool = False, domain: str | None = None) -> Entity:
    return Entity(
        id=f"outlet/{key}",
        name=name,
        label="ORG",
        aliases=aliases,
        agency=agency,
        domains=(domain,) if domain else (),
    )


ENTITIES = (
    outlet("cnn", "CNN", domain="cnn.com"),
    outlet("nyt", "The New York Times", "NYT", domain="nytimes.com"),
    outlet("wapo", "The Washington Post"),
    outlet("hill", "The Hill"),
    outlet("time", "Time (magazine)", "Time magazine"),
    outlet("india-today", "India Today"),
    outlet("politico", "Politico"),
    outlet("ani", "ANI", agency=True),
    outlet("pti", "Press Trust of India", "PTI", agency=True),
    outlet("ap", "Associated Press", "AP", "The Associated Press", agency=True),
    outlet("reuters", "Reuters", agency=True),
    outlet("afp", "Agence France-Presse", "AFP", agency=True),
    outlet("upi", "United Press International", "UPI", agency=True),
    Entity(id="country/CN", name="China", label="GPE"),
)
OUTLETS = Outlets(ENTITIES)


def credits(text: str, own: str | None = None, title: str | None = None) -> list[tuple[str, str]]:  # noqa: A001
    article = Article(text=text, outlet=own, title=title)
    return [(credit.outlet, credit.kind) for credit in find_credits(article, OUTLETS)]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("000", [("CNN", "cites"), ("The New York Times", "cites")]),
        ("001", [("CNN", "contributor")]),
        ("002", [("India Today", "source")]),
        ("003", [("CNN", "cites"), ("ANI", "contributor")]),
        ("004", [("CNN", "cites")]),
    ],
)
def test_the_seeds_say_where_they_have_it_from(number: str, expected: list[tuple[str, str]]) -> None:
    path = next(SEEDS.glob(f"{number}_*.txt"))
    article = clean(Article(text=path.read_text(encoding="utf-8", errors="replace")))
    assert [(credit.outlet, credit.kind) for credit in find_credits(article, OUTLETS)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "LONDON (Reuters) — The vote was held.",
        "Dec 29 (Reuters) - The vote was held.",
        "NEW YORK, Nov. 19 (Reuters) – The vote was held.",
        "(Reuters) The vote was held.",
        "WASHINGTON, Reuters — The vote was held.",
        "By Jane Doe, Reuters\n\nThe vote was held.",
        "Reuters\n\nThe vote was held.",
        "The vote was held.\n\n(Reporting by Jane Doe; Editing by John Roe)",
        "The vote was held. (Additional reporting by Jane Doe in Paris; Editing by John Roe)",
        "The vote was held.\n\nReporting by Jane Doe in Paris; Editing by John Roe",
        "The vote was held.\n\n© 2017 Thomson Reuters. All rights reserved.",
        "The vote was held.\n\nCopyright (c) 2017 by Reuters",
        "The vote was held. — Reuters",
        "The vote was held.\n\n(Reuters)",
        "A supplement to this Reuters article was made.",
    ],
)
def test_an_agencys_text_is_a_wire(text: str) -> None:
    assert credits(text) == [("Reuters", "wire")]


def test_an_unknown_agency_in_a_dateline_is_named_as_written() -> None:
    found = find_credits(Article(text="KYIV (ZZN) — The vote was held."), OUTLETS)
    assert [(credit.outlet, credit.kind, credit.id) for credit in found] == [("ZZN", "wire", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Rep. Ann Lee (D) — a lawyer — spoke.",
        "He was moved (AGAIN) — and left.",
        "From Reuters:\n\nThe vote was held.",
        "The vote was held.\n\nJane Doe / Reuters.",
        "The vote was held.\n\n© 2017 Jane Doe",
        "The vote was held.\n\nShe left the room (smiling)",
    ],
)
def test_what_only_looks_like_a_wire_is_none(text: str) -> None:
    assert [credit for credit in credits(text) if credit[1] == "wire"] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The end.\n\nSource: India Today", ["India Today"]),
        ("The end.\n\nSource: AP, Reuters", ["Associated Press", "Reuters"]),
        ("The end.\n\nSource: Daily Planet", ["Daily Planet"]),
        ("The end.\n\nVia CNN", ["CNN"]),
        ("The end.\n\n(h/t Politico.)", ["Politico"]),
        ("It was so. (Source: PTI)", ["Press Trust of India"]),
        ("This article originally appeared on Politico.", ["Politico"]),
        ("It is long. This story was first published by The Hill.", ["The Hill"]),
        ("The end.\n\nSource: Getty Images", []),
        ("The end.\n\nImage source: Reuters photo", []),
        ("Via Dolorosa is a street in Jerusalem that many people visit", []),
        ("Sources: two people who know the plan", []),
    ],
)
def test_a_source_line_names_the_source(text: str, expected: list[str]) -> None:
    assert credits(text) == [(name, "source") for name in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CNN’s Jane Doe contributed reporting.", ["CNN"]),
        ("The Associated Press contributed to this report.", ["Associated Press"]),
        ("(With inputs from PTI and ANI)", ["Press Trust of India", "ANI"]),
        ("(With contributions from ZZN)", ["ZZN"]),
        ("With files from the Evening Herald", ["the Evening Herald"]),
        ("Globe’s Jane Doe contributed to this report.", ["Globe"]),
        ("Jane Doe contributed to this report.", []),
        ("Rain contributed to the flood that Reuters described.", []),
        ("With contributions from Jane Doe", []),
    ],
)
def test_who_helped_is_a_contributor(text: str, expected: list[str]) -> None:
    assert [credit for credit in credits(text) if credit[1] == "contributor"] == [
        (name, "contributor") for name in expected
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We go,” he told CNN.", ["CNN"]),
        ("The plan was first reported by Politico.", ["Politico"]),
        ("As reported by the Washington Post, it failed.", ["The Washington Post"]),
        ("It failed, according to The New York Times.", ["The New York Times"]),
        ("It failed, according to CNN reporting.", ["CNN"]),
        ("The New York Times has previously reported that it failed.", ["The New York Times"]),
        ("CNN's Jane Doe reported that it failed.", ["CNN"]),
        ("A Politico investigation found more.", ["Politico"]),
        ("He said in an interview with CNN that it failed.", ["CNN"]),
        ("He told CNN and Politico that it failed.", ["CNN", "Politico"]),
        ("Politico and CNN reported that it failed.", ["Politico", "CNN"]),
        ("It failed, the Evening Herald reported.", ["Evening Herald"]),
        ("He told the Evening Herald that it failed.", ["Evening Herald"]),
        ("POLITICO reported it.", ["Politico"]),
        ("CNN fired its anchor on Monday.", []),
        ("He sued The New York Times for libel.", []),
        ("CNN said it would appeal.", []),
        ("The New York Times reported a quarterly profit of $3 million.", []),
        ("Evening Herald reported a net loss of $3 million.", []),
        ("According to a CNN poll, it failed.", []),
        ("He likes CNNMoney, @CNN and www.CNN.com.", []),
        ("China reported a case.", []),
    ],
)
def test_an_outlet_that_has_the_news_is_cited_and_one_that_is_the_news_is_not(
    text: str, expected: list[str]
) -> None:
    assert credits(text) == [(name, "cites") for name in expected]


def test_the_articles_own_outlet_is_never_cited_but_its_contributors_are_kept() -> None:
    text = "“We go,” he told CNN.\n\nCNN’s Jane Doe contributed reporting."
    assert credits(text, own="CNN") == [("CNN", "contributor")]
    assert credits("He told the Evening Herald so.", own="Evening Herald") == []
    by_url = Article(text="“We go,” he told CNN.", url="https://edition.cnn.com/2024/x")
    assert find_credits(by_url, OUTLETS) == ()


def test_an_interview_counts_only_where_no_source_or_wire_is_named() -> None:
    spoke = "He spoke in an interview with CNN.\n\n"
    assert credits(spoke) == [("CNN", "cites")]
    assert credits(spoke + "Source: India Today") == [("India Today", "source")]
    assert credits("He told CNN so.\n\nSource: India Today") == [("CNN", "cites"), ("India Today", "source")]


def test_a_wires_own_interviews_are_no_second_credit() -> None:
    assert credits("LONDON (Reuters) — It failed, he told Reuters.") == [("Reuters", "wire")]


def test_each_outlet_is_named_once_for_each_kind_at_its_first_place() -> None:
    article = Article(
        title="Ruiz tells CNN it failed", text="He told CNN so. CNN reported it. He told CNN again."
    )
    (credit,) = find_credits(article, OUTLETS)
    assert (credit.field, article.of("title")[credit.start : credit.end]) == ("title", "tells CNN")


def test_the_span_is_the_phrase_that_gives_the_credit() -> None:
    text = "It failed, he told CNN on Monday.\n\nSource: India Today\n"
    found = find_credits(Article(text=text), OUTLETS)
    assert [text[credit.start : credit.end] for credit in found] == ["told CNN", "Source: India Today"]


def test_outlets_are_known_by_name_alias_id_domain_and_address() -> None:
    for name in ("CNN", "cnn", "outlet/cnn", "www.cnn.com", "CNN.com"):
        assert OUTLETS.known(name) == ENTITIES[0]
    assert OUTLETS.known("New York Times") == ENTITIES[1]
    assert OUTLETS.at("https://www.nytimes.com/a") == ENTITIES[1]
    assert [OUTLETS.known(name) for name in (None, "", "China", "Nobody")] == [None] * 4
    assert [OUTLETS.at(url) for url in (None, "x", "http://[", "https://example.org/")] == [None] * 4


def test_outlets_travel_to_other_workers() -> None:
    text = Article(text="He told CNN so.")
    assert find_credits(text, pickle.loads(pickle.dumps(OUTLETS))) == find_credits(text, OUTLETS)  # noqa: S301


def test_without_known_outlets_the_names_are_given_as_written() -> None:
    nobody = Outlets(())
    text = "He told the Evening Herald so.\n\n(Reporting by Jane Doe)"
    found = find_credits(Article(text=text), nobody)
    assert [(credit.outlet, credit.id) for credit in found] == [("Evening Herald", None), ("Reuters", None)]


PIECES = [
    "CNN", "Reuters", " told ", " reported ", "(", ")", " — ", "\n", "\n\n", "Source: ", "via ", "©", "Copyright ",
    "With inputs from ", " contributed reporting", "’s ", "according to ", "Evening Herald", " and ", ", ", ". ",
    "LONDON ", "(Reporting by ", "\u202e", "😀", "İ", "\x00", "This article first appeared on ",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_every_span_lies_in_its_field(text: str, title: str) -> None:
    article = Article(text=text, title=title)
    found = find_credits(article, OUTLETS)
    for credit in found:
        assert 0 <= credit.start < credit.end <= len(article.of(credit.field))
        assert credit.outlet
    assert len({(credit.id or credit.outlet.casefold(), credit.kind) for credit in found}) == len(found)


@pytest.mark.parametrize(
    "piece",
    [
        "told CNN, ",
        "with inputs from PTI, ",
        " ",
        "A.",
        "Aa ",
        "© CNN ",
        "Source: CNN\n",
        "(",
        "contributed to this report ",
    ],
)
def test_time_is_linear_in_the_length(piece: str) -> None:
    def cost(size: int) -> float:
        article = Article(text=(piece * (size // len(piece) + 1))[:size])
        begun = time.thread_time()
        find_credits(article, OUTLETS)
        return time.thread_time() - begun

    cost(1_000)
    # What is quadratic is so each time; a machine that stalls is not.
    assert any(cost(40_000) < 9 * cost(10_000) + 0.3 for _ in range(4))


@pytest.mark.skipif(not QUOTES.exists(), reason="PolNeAR is not beside the repository (evaluation only)")
def test_wires_of_held_out_news() -> None:
    agencies = {"AP": "outlet/ap", "UPI": "outlet/upi", "REUTERS": "outlet/reuters", "AFP": "outlet/afp"}
    hits = said = gold = 0
    with gzip.open(QUOTES / "polnear-dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found = {
                credit.id
                for credit in find_credits(Article(text=row["text"]), OUTLETS)
                if credit.kind == "wire"
            }
            wanted = {agencies[row["wire"].upper()]} if row["wire"] else set()
            hits, said, gold = hits + len(found & wanted), said + len(found), gold + len(wanted)
    assert 2 * hits / (said + gold) > 0.95


def test_an_interview_elsewhere_is_told_apart_from_where_the_text_was_taken() -> None:
    text = "The remarks came during an interview with CNN on Friday.\n\nSource: India Today"
    said = read_credits(Article(text=text), OUTLETS)
    assert [credit.outlet for credit in said.credits] == ["India Today"]
    assert [credit.outlet for credit in said.spoken] == ["CNN"]
    alone = read_credits(Article(text="The remarks came during an interview with CNN on Friday."), OUTLETS)
    assert [credit.outlet for credit in alone.credits] == ["CNN"]
    assert alone.spoken == ()
    own = read_credits(Article(outlet="CNN", text=text), OUTLETS)
    assert own.spoken == ()


def test_a_standing_line_of_an_agency_is_its_credit() -> None:
    text = (
        "Your daily look at late-breaking news, upcoming events and the stories that will be talked about today:\n\n"
        "1. THE BRIDGE OPENS.\n\nIt was closed for a year."
    )
    assert credits(text) == [("Associated Press", "wire")]
