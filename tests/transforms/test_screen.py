"""The screen: cheap for all, and lossless: what could match always passes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article
from transforms.entity import Entity
from transforms.match import Matcher
from transforms.read import Reader
from transforms.screen import Screen
from transforms.topics import Signal, TopicRule
from transforms.watch import Rules, Watch

ENTITIES = (
    Entity(id="country/CN", name="China", label="GPE", demonyms=("Chinese",), capital=("Beijing",)),
    Entity(id="country/US", name="United States", label="GPE", aliases=("US", "U.S.")),
    Entity(id="person/xi-jinping", name="Xi Jinping", label="PERSON", surname="Xi"),
)
TOPICS = (
    TopicRule(
        id="meddling",
        name="Meddling",
        definition="Someone meddles in an election.",
        signals=(
            Signal(
                meet=(("interfer*", "meddl*", "attempts to influence"), ("election*", "vote")), weight=0.9
            ),
            Signal(meet=(("troll farm",),), within="article", weight=0.6),
        ),
    ),
)
WATCHES = {
    "both": {"all": [{"topic": "meddling"}, {"entity": "country/CN"}]},
    "either": {"any": [{"entity": "person/xi-jinping"}, {"phrase": "no deal"}]},
    "low": {"topic": "meddling", "score": 0.01},
    "without": {"all": [{"entity": "country/US"}, {"not": {"entity": "country/CN"}}]},
}


def rules(*ids: str, **more: dict[str, object]) -> Rules:
    whens = {key: WATCHES[key] for key in ids} | more
    return Rules(
        watches={
            key: Watch.model_validate({"id": key, "title": key, "channel": "#x", "when": when})
            for key, when in whens.items()
        },
        topics={topic.id: topic for topic in TOPICS},
        entities={entity.id: entity for entity in ENTITIES},
    )


def could(text: str, *ids: str, title: str | None = None) -> tuple[str, ...]:
    return Screen(rules(*(ids or WATCHES))).could_match(Article(title=title, text=text))


def test_an_article_without_the_words_stops() -> None:
    assert could("A strong earthquake shook the coast.") == ()


def test_every_part_of_an_all_is_needed() -> None:
    assert could("Chinese attempts to influence the vote", "both") == ("both",)
    assert could("Russian attempts to influence the vote", "both") == ()
    assert could("China builds a bridge", "both") == ()


def test_one_part_of_an_any_is_enough() -> None:
    assert could("There was no\u00a0deal.", "either") == ("either",)


def test_title_and_text_count_together() -> None:
    assert could("It was about the election.", "low", title="Meddling again") == ("low",)


def test_what_must_not_stand_in_the_text_is_left_to_the_match() -> None:
    assert could("The United States and China", "without") == ("without",)


def test_a_watch_that_words_do_not_decide_lets_everything_pass() -> None:
    screen = Screen(rules(anything={"outlet": "The Hill"}))
    assert screen.could_match(Article(text="whatever")) == ("anything",)
    assert screen.size == 0


NOISE = [
    "to",
    "deal",
    "no",
    "attempts",
    "influence",
    "the",
    "and",
    "troll",
    "farm",
    "vote",
    "voter",
    "us",
    "States",
]
MARKS = ["United", ".", ",", "“", "”", "’s", "é", "\n\n", "\u00a0"]
NAMES = [
    "China",
    "Chinese",
    "CHINA",
    "Beijing",
    "US",
    "U.S.",
    "United States",
    "Xi Jinping",
    "Xi",
    "Chinatown",
]
MOVES = [
    "interfere",
    "interfering",
    "meddling",
    "election",
    "elections",
    "attempts to influence",
    "troll farm",
    "no deal",
]
WORDS = st.sampled_from(NOISE + MARKS + NAMES + MOVES)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=30), st.lists(WORDS, max_size=6), st.sampled_from([" ", "", "  "]))
def test_the_screen_lets_everything_pass_that_matches(text: list[str], title: list[str], glue: str) -> None:
    article = Article(id="a", title=glue.join(title) or None, text=glue.join(text))
    matched = {match.watch for match in MATCHER.matches(READER.read([article])[0])}
    assert matched <= set(SCREEN.could_match(article))


ALL_RULES = rules(*WATCHES, outlets={"outlet": "The Hill"})
SCREEN, READER, MATCHER = Screen(ALL_RULES), Reader(ALL_RULES), Matcher(ALL_RULES)
