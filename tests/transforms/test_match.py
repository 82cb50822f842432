"""Match: the clauses that held with their places, or the first that failed with its reason."""

import apache_beam as beam
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to

from transforms.article import Article, Match, Mention, Reading, Span, Stopped, Topic
from transforms.entity import Entity
from transforms.match import Matcher, Verdict
from transforms.steps import MatchWatches
from transforms.topics import Signal, TopicRule
from transforms.watch import Rules, Watch

TEXT = "China was accused of meddling in the vote. No deal, said Beijing."
ARTICLE = Article(id="a", title="Meddling?", text=TEXT, outlet="The Hill")
READING = Reading(
    article=ARTICLE,
    entities=(
        Mention(start=57, end=64, text="Beijing", label="GPE", id="country/CN"),
        Mention(start=0, end=5, text="China", label="GPE", id="country/CN"),
    ),
    topics=(
        Topic(
            id="meddling", score=0.7, evidence=(Span(start=21, end=29), Span(start=0, end=8, field="title"))
        ),
    ),
)
RULES = {
    "topics": {
        "meddling": TopicRule(
            id="meddling", name="M", definition="d", signals=(Signal(meet=(("meddl*",),)),)
        ),
        "strikes": TopicRule(id="strikes", name="S", definition="d", signals=(Signal(meet=(("strike",),)),)),
    },
    "entities": {
        "outlet/the-hill": Entity(id="outlet/the-hill", name="The Hill", label="ORG", aliases=("Hill.TV",)),
    },
}


def rules(*whens: dict[str, object]) -> Rules:
    watches = [
        Watch.model_validate({"id": f"w{number}", "title": "x", "channel": "#x", "when": when})
        for number, when in enumerate(whens)
    ]
    return Rules(watches={watch.id: watch for watch in watches}, **RULES)  # type: ignore[arg-type]


def verdict(when: dict[str, object], reading: Reading = READING) -> Verdict:
    held_by = rules(when)
    return Matcher(held_by).verdict(held_by.watches["w0"], reading)


def test_a_match_shows_every_clause_with_its_words_title_first() -> None:
    found = verdict({"all": [{"topic": "meddling"}, {"entity": "country/CN"}]})
    assert found.held
    assert [(held.clause, held.text, held.field, held.start) for held in found.why] == [
        ("topic meddling", "Meddling", "title", 0),
        ("topic meddling", "meddling", "text", 21),
        ("entity country/CN", "China", "text", 0),
        ("entity country/CN", "Beijing", "text", 57),
    ]
    assert {held.article for held in found.why} == {"a"}


def test_a_topic_below_the_score_that_is_asked_fails_with_both_figures() -> None:
    found = verdict({"topic": "meddling", "score": 0.8})
    assert (found.held, found.failed) == (False, "topic meddling ≥ 0.8")
    assert found.because == "meddling scores 0.70, 0.80 is asked"


def test_a_topic_that_nothing_speaks_for_fails() -> None:
    assert verdict({"topic": "strikes"}).because == "nothing speaks for strikes"


def test_the_first_clause_that_fails_is_named() -> None:
    found = verdict({"all": [{"topic": "meddling"}, {"entity": "country/RU"}, {"phrase": "never there"}]})
    assert (found.failed, found.because) == ("entity country/RU", "the text does not name country/RU")


def test_a_phrase_is_found_as_whole_words_in_any_case() -> None:
    found = verdict({"phrase": "no deal"})
    assert [(held.text, held.start) for held in found.why] == [("No deal", 43)]
    assert not verdict({"phrase": "eddling in"}).held


def test_a_phrase_in_a_passage_of_another_language_does_not_count() -> None:
    aside = READING.model_copy(update={"aside": (Span(start=40, end=len(TEXT)),)})
    assert not verdict({"phrase": "no deal"}, aside).held


def test_any_holds_with_those_that_held_and_fails_with_all_reasons() -> None:
    assert [held.text for held in verdict({"any": [{"phrase": "strike"}, {"phrase": "the vote"}]}).why] == [
        "the vote"
    ]
    found = verdict({"any": [{"phrase": "strike"}, {"entity": "country/RU"}]})
    assert found.because == (
        "none of them held: the words “strike” do not stand in it; the text does not name country/RU"
    )


def test_not_holds_silently_and_fails_with_the_words() -> None:
    assert verdict({"all": [{"topic": "meddling"}, {"not": {"phrase": "strike"}}]}).held
    assert verdict({"not": {"phrase": "no deal"}}).because == "it must not hold, and it does: “No deal”"


def test_an_outlet_is_known_by_its_name_its_id_or_another_name() -> None:
    assert verdict({"outlet": "the hill"}).held
    assert verdict({"outlet": "outlet/the-hill"}).held
    assert verdict({"outlet": "CNN"}).because == "the outlet is The Hill"
    unknown = READING.model_copy(update={"article": ARTICLE.model_copy(update={"outlet": None})})
    assert verdict({"outlet": "CNN"}, unknown).because == "the outlet is unknown"


def test_a_topic_without_evidence_does_not_hold() -> None:
    bare = READING.model_copy(update={"topics": (Topic(id="meddling", score=0.9),)})
    assert not verdict({"topic": "meddling"}, bare).held


def test_one_article_can_ring_several_bells_and_says_how_many() -> None:
    matches = Matcher(rules({"topic": "meddling"}, {"topic": "strikes"}, {"phrase": "the vote"})).matches(
        READING
    )
    assert [(match.watch, match.of) for match in matches] == [("w0", 2), ("w2", 2)]


def load_rules() -> Rules:
    return rules({"topic": "meddling"}, {"phrase": "the vote"})


def test_in_the_graph_an_article_gives_one_match_a_watch_or_is_stopped() -> None:
    other = Reading(article=Article(id="b", text="Nothing."))

    def watch_of(match: Match) -> tuple[str, str]:
        return match.watch, match.reading.article.id

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        out = pipeline | beam.Create([READING, other]) | "match" >> MatchWatches(load_rules)
        assert_that(out.on | beam.Map(watch_of), equal_to([("w0", "a"), ("w1", "a")]), label="on")
        stopped = Stopped(article="b", step="match", reason="no-watch-matched")
        assert_that(out.stopped, equal_to([stopped]), label="stopped")
