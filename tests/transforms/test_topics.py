"""How surely an article is about a topic: where words meet, what the place says, what is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from transforms.article import Article, Span, Topic
from transforms.topics import Signal, TopicFinder, TopicRule, needed

CONFIGS = Path(__file__).parents[2] / "configs" / "topics"

FILLER = "The committee met again and spoke about its budget, as it does every spring in the old town hall."


def rule(*signals: Signal, name: str = "floods") -> TopicRule:
    return TopicRule(id=name, name=name, definition="for a test", signals=signals)


def sentences(text: str) -> tuple[Span, ...]:
    places = (place.span() for place in re.finditer(r"[^\n.]+\.?", text))
    return tuple(Span(start=start, end=end) for start, end in places)


def find(
    topics: TopicRule | Sequence[TopicRule], text: str, title: str | None = None, aside: Sequence[Span] = ()
) -> dict[str, Topic]:
    rules = [topics] if isinstance(topics, TopicRule) else topics
    finder = TopicFinder({each.id: each for each in rules})
    article = Article(title=title, text=text)
    return {topic.id: topic for topic in finder.find(article, sentences(text), aside)}


def score(topics: TopicRule, text: str, title: str | None = None, aside: Sequence[Span] = ()) -> float:
    topic = find(topics, text, title, aside).get(topics.id)
    return topic.score if topic else 0.0


def words(topic: Topic, text: str, title: str = "") -> list[str]:
    return [(title if span.field == "title" else text)[span.start : span.end] for span in topic.evidence]


NEAR = rule(Signal(meet=(("river*",), ("flood*", "burst its banks")), weight=0.5))


def test_words_that_meet_in_a_sentence_speak_for_the_topic() -> None:
    text = "The river flooded the valley."
    topic = find(NEAR, text)["floods"]
    assert topic.score == pytest.approx(0.425)
    assert words(topic, text) == ["river", "flooded"]


def test_words_in_different_sentences_do_not_meet() -> None:
    assert find(NEAR, "The river is long. The valley flooded.") == {}


def test_a_line_ends_a_sentence_even_without_a_full_stop() -> None:
    finder = TopicFinder({"floods": NEAR})
    text = "Walks along the river\nStadium floods with fans"
    assert finder.find(Article(text=text), [Span(start=0, end=len(text))]) == ()


def test_a_line_that_goes_on_in_lower_case_is_the_same_paragraph() -> None:
    finder = TopicFinder({"floods": NEAR})
    text = "On Monday the river\nflooded the whole valley."
    assert finder.find(Article(text=text), [Span(start=0, end=len(text))]) != ()


def test_a_text_without_sentences_is_read_by_lines() -> None:
    assert TopicFinder({"floods": NEAR}).find(Article(text="The river flooded."), ()) != ()


def test_case_accents_and_quotes_make_no_difference() -> None:
    cafe = rule(Signal(meet=(("cafe's owner",),)))
    assert score(cafe, "The CAFÉ’S owner spoke.") > 0


def test_only_whole_words_count() -> None:
    assert find(rule(Signal(meet=(("vote",),))), "He is devoted to his voters.") == {}


def test_paragraphs_and_articles_are_wider_than_sentences() -> None:
    text = "The river is long. The valley flooded.\n\nNobody was hurt."
    assert score(rule(Signal(meet=(("river",), ("flooded",)), within="paragraph")), text) > 0
    assert score(rule(Signal(meet=(("river",), ("hurt",)), within="paragraph")), text) == 0
    assert score(rule(Signal(meet=(("river",), ("hurt",)), within="article")), text) > 0


def test_the_title_counts_and_can_meet_the_text_in_an_article_signal() -> None:
    apart = Signal(meet=(("river",), ("flooded",)))
    assert score(rule(apart), "The valley flooded.", title="The river") == 0
    whole = rule(apart.model_copy(update={"within": "article"}))
    text, title = "The valley flooded.", "The river"
    assert words(find(whole, text, title)["floods"], text, title) == ["river", "flooded"]


def test_the_title_says_most_then_the_lead_then_the_body_then_the_end() -> None:
    line = "The river flooded."
    paragraphs = [FILLER] * 30
    body, tail = [*paragraphs], [*paragraphs]
    body[10], tail[28] = line, line
    ranked = [
        score(NEAR, "\n\n".join(paragraphs), title=line),
        score(NEAR, "\n\n".join([line, *paragraphs])),
        score(NEAR, "\n\n".join(body)),
        score(NEAR, "\n\n".join(tail)),
    ]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == 4


def test_one_passing_line_in_the_middle_stays_below_half_however_strong_its_signal() -> None:
    strong = rule(Signal(meet=(("river",), ("flooded",)), weight=1.0))
    paragraphs = [FILLER] * 20
    paragraphs[8] = "The river flooded."
    assert 0 < score(strong, "\n\n".join(paragraphs)) < 0.5


def test_an_article_that_comes_back_to_it_is_more_about_it_than_a_longer_one_that_says_it_as_often() -> None:
    said = ["The river flooded."] * 3
    short, long = ([*[FILLER] * 3, *said, *[FILLER] * more] for more in (3, 60))
    assert score(NEAR, "\n\n".join(short)) > score(NEAR, "\n\n".join(long))


def test_a_title_says_its_whole_weight_however_long_the_article() -> None:
    assert score(NEAR, "\n\n".join([FILLER] * 80), title="The river flooded") == pytest.approx(0.5)


def test_a_text_that_begins_with_its_title_says_it_once() -> None:
    title = "The river flooded the valley"
    assert score(NEAR, f"{title}. {FILLER}", title=title) == score(NEAR, FILLER, title=title)


def test_what_is_repeated_adds_less_each_time() -> None:
    said = [score(NEAR, "\n\n".join([*["The river flooded."] * times, *[FILLER] * 2])) for times in range(4)]
    gains = [after - before for before, after in pairwise(said)]
    assert gains == sorted(gains, reverse=True)
    assert all(gain > 0 for gain in gains)


def test_one_sentence_speaks_once_with_its_strongest_signal() -> None:
    both = rule(Signal(meet=(("river",), ("flooded",)), weight=0.5), Signal(meet=(("flooded",),), weight=0.3))
    text = "The river flooded."
    assert score(both, text) == score(rule(Signal(meet=(("river",), ("flooded",)), weight=0.5)), text)


def test_unless_rules_out_the_span_it_stands_in_and_no_other() -> None:
    careful = rule(Signal(meet=(("flood*",),), unless=("of tears", "of e-mails")))
    assert score(careful, "A flood of tears.") == 0
    text = "A flood of tears. A flood took the bridge."
    assert score(careful, text) > 0
    assert words(find(careful, text)["floods"], text) == ["flood"]


def test_passages_set_aside_are_no_evidence() -> None:
    text = "Nothing happened. The river flooded."
    assert score(NEAR, text) > 0
    assert score(NEAR, text, aside=[Span(start=18, end=30), Span(start=25, end=len(text))]) == 0
    assert score(NEAR, text, aside=[Span(start=0, end=17)]) > 0
    assert score(NEAR, text, aside=[Span(start=0, end=len(text), field="title")]) > 0


@pytest.mark.parametrize(
    ("plain", "passing"),
    [
        (
            "The mayor resigned after the river flooded in the spring.",
            "The mayor resigned after the river flooded in 2015.",
        ),
        ("The mayor resigned after the river flooded.", "The mayor resigned amid the anger that the river flooded."),
        ("The river flooded, the mayor said.", "In the wake of the river that flooded, the mayor resigned."),
        ("An inquiry into why the river flooded began.", "The judge left the inquiry into why the river flooded."),
        ("The town's report says the river flooded.", "The town's second inquiry into how the river flooded ends."),
        ("The judge, who asked if the river flooded, left.",
         "The judge, who is investigating if the river flooded, left."),
        ("The mayor was heard and the river flooded.", "The mayor was heard in connection with a river that flooded."),
    ],
)  # fmt: skip
def test_what_is_named_in_passing_says_half(plain: str, passing: str) -> None:
    assert score(NEAR, passing) == pytest.approx(score(NEAR, plain) / 2)
    assert score(NEAR, "", title=passing) == pytest.approx(score(NEAR, "", title=plain) / 2)


def test_a_passing_clause_ends_with_its_comma_and_its_sentence() -> None:
    plain = score(NEAR, "The river flooded.")
    assert score(NEAR, "Amid rising anger, the river flooded.") == plain
    assert score(NEAR, "The mayor resigned amid anger. The river flooded.") == plain


def test_evidence_is_bounded_in_reading_order_and_title_first() -> None:
    text = "\n\n".join(f"The river flooded village {number}." for number in range(40))
    topic = find(NEAR, text, title="River floods")["floods"]
    assert len(topic.evidence) == 12
    assert [span.field for span in topic.evidence[:2]] == ["title", "title"]
    starts = [span.start for span in topic.evidence if span.field == "text"]
    assert starts == sorted(starts)


def test_several_topics_are_found_in_one_pass_the_surest_first() -> None:
    other = rule(Signal(meet=(("valley",),), weight=0.9), name="valleys")
    found = find([NEAR, other], "The river flooded the valley.")
    assert list(found) == ["valleys", "floods"]


def test_a_bylines_length_does_not_use_up_the_lead() -> None:
    text = "\n\n".join(["By A. Writer", "LONDON", FILLER, FILLER * 2 + " The river flooded.", *[FILLER] * 20])
    late = text.replace(" The river flooded.", "").replace(FILLER, "The river flooded.", 4)
    assert score(NEAR, text) > score(
        NEAR, "\n\n".join([*[FILLER] * 12, "The river flooded.", *[FILLER] * 12])
    )
    assert score(NEAR, late) > score(NEAR, text)


def test_nothing_to_look_for_and_nothing_to_read_give_nothing() -> None:
    assert TopicFinder({}).find(Article(text="The river flooded."), ()) == ()
    assert find(NEAR, "", title=None) == {}


def test_needed_lists_each_signals_groups_once() -> None:
    signal = Signal(meet=(("a b",), ("c*", "d")))
    again = signal.model_copy(update={"within": "paragraph", "weight": 0.2})
    assert needed(rule(signal, again)) == ((("a b",), ("c*", "d")),)


@pytest.mark.parametrize(
    "wrong",
    [{"meet": []}, {"meet": [["a"]], "weight": 0}, {"meet": [["a"]], "within": "page"}, {"meat": [["a"]]}],
)
def test_a_signal_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Signal.model_validate(wrong)


def shipped() -> dict[str, TopicRule]:
    rules = [
        TopicRule.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for path in sorted(CONFIGS.glob("*.yaml"))
    ]
    return {each.id: each for each in rules}


SHIPPED = shipped()
FINDER = TopicFinder(SHIPPED)


@pytest.mark.parametrize(
    ("topic", "title", "text"),
    [
        ("election-interference", "Moldova says Moscow is buying votes",
         "The president accused Russia of an unprecedented attempt to sway the referendum on joining the union."),
        ("election-interference", "Inquiry finds meddling did not change result",
         "A public inquiry said two foreign governments tried to interfere in the last two elections."),
        ("election-interference", None,
         "Hackers working for Iran broke into the presidential campaign to shape the outcome of the election."),
        ("influence-operations", None, "Meta said it had removed a network of fake accounts run from China."),
        ("disinformation", None, "A deepfake of the minister spread on social media within hours."),
        ("election-security", None, "Counties replaced voting machines after tests found them vulnerable to hackers."),
        ("hack-and-leak", None, "WikiLeaks published e-mails stolen from the party by hackers."),
        ("electoral-fraud-claims", None, "The opposition said the election was stolen and alleged ballot stuffing."),
        ("campus-protests", None, "Police cleared an encampment of students at the university."),
        ("sanctions", None, "The European Union imposed new sanctions on Russian banks."),
        ("military-aid", None, "Berlin will send air defence missiles to Ukraine as military aid."),
        ("espionage", None, "A court convicted the former aide of spying for China."),
        ("cyber-attacks", None, "A ransomware attack crippled the computers of three hospitals."),
        ("ceasefire-talks", None, "Negotiators in Doha said both sides had accepted the terms of a ceasefire."),
        ("summit-diplomacy", None, "The president held talks with Chinese leader Xi Jinping at the G20 summit."),
        ("counternarcotics", None, "The coast guard seized two tons of cocaine from smugglers off Colombia."),
        ("wildfires", "Thousands flee fires", "Firefighters battled a wildfire as winds drove flames to homes."),
        ("antisemitism", None, "A synagogue was set on fire in an antisemitic attack."),
    ],
)  # fmt: skip
def test_a_plain_report_of_a_topic_holds(topic: str, title: str | None, text: str) -> None:
    found = {each.id: each for each in FINDER.find(Article(title=title, text=text), sentences(text))}
    assert found[topic].score >= SHIPPED[topic].threshold


@pytest.mark.parametrize(
    "text",
    [
        "The bank left interest rates unchanged and said the election had not influenced its decision.",
        "The party chairman said voters would decide on schools and roads in the election.",
        "A judge delayed the election interference case that the Fulton County prosecutor brought.",
        "The actor's new film spread like wildfire among students, who marched to the cinema.",
    ],
)
def test_a_report_of_something_else_does_not_hold(text: str) -> None:
    found = FINDER.find(Article(text=text), sentences(text))
    assert [topic.id for topic in found if topic.score >= SHIPPED[topic.id].threshold] == []


def test_a_foreign_headline_in_mid_text_makes_no_wildfire_story() -> None:
    paragraphs = [FILLER] * 12
    paragraphs[5] = "Forest fire spreads to the hills, army deployed"
    text = "\n\n".join(paragraphs)
    found = {topic.id: topic.score for topic in FINDER.find(Article(text=text), sentences(text))}
    assert found.get("wildfires", 0) < SHIPPED["wildfires"].threshold
