"""The reading: all parts of it over one text, with offsets that hold; any spaCy pipeline may take part."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import apache_beam as beam
import pytest
import spacy
from apache_beam.pvalue import TaggedOutput
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.article import Article, Reading
from transforms.entity import Entity
from transforms.read import Reader, blank_pipeline
from transforms.steps import DEAD, Read, _ReadFn
from transforms.topics import Signal, TopicRule
from transforms.watch import Rules

RULES = Rules(
    topics={
        "meddling": TopicRule(
            id="meddling",
            name="Meddling",
            definition="Someone meddles.",
            signals=(Signal(meet=(("meddl*",), ("election*",)), weight=0.9),),
        )
    },
    entities={
        entity.id: entity
        for entity in (
            Entity(id="country/CN", name="China", label="GPE"),
            Entity(id="person/antony-blinken", name="Antony Blinken", label="PERSON"),
            Entity(id="outlet/cnn", name="CNN", label="ORG"),
        )
    },
)
READER = Reader(RULES)
TEXT = (
    "China was meddling in the election, Antony Blinken told CNN. “We have seen it,” Blinken said. "
    "He was at the end of a visit that had been planned for months, and he did not say what would come of it. There "
    "was no answer from the ministry at first, but the spokesman had denied all of this in the week before.\n\n"
    "El ministro de seguridad de China, que no quiso hablar de las elecciones con los periodistas, se fue de la casa."
)


def read(text: str, title: str | None = None, reader: Reader = READER) -> Reading:
    return reader.read([Article(id="a", title=title, text=text)])[0]


def test_everything_is_read_at_once() -> None:
    reading = read(TEXT, title="Blinken on China")
    article = reading.article
    assert article.lang == "en"
    assert [mention.id for mention in reading.entities] == [
        "person/antony-blinken",
        "country/CN",
        "country/CN",
        "person/antony-blinken",
        "outlet/cnn",
        "person/antony-blinken",
    ]
    assert [(topic.id, topic.about) for topic in reading.topics] == [("meddling", True)]
    assert [(credit.outlet, credit.kind) for credit in reading.credits] == [("CNN", "cites")]
    [quote] = reading.quotes
    assert article.text[quote.start : quote.end].startswith("We have seen it")
    assert quote.speaker is not None
    assert (quote.speaker.id, quote.speaker.name) == ("person/antony-blinken", "Antony Blinken")


def test_a_passage_in_another_language_is_kept_and_never_evidence() -> None:
    reading = read(TEXT)
    [aside] = reading.aside
    assert reading.article.text[aside.start :].startswith("El ministro")
    assert all(mention.end <= aside.start for mention in reading.entities)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "Habló Pedro Sánchez. «Es una amenaza», añadió la ministra Margarita Robles en Madrid."),
        ("fr", "Le ministère des Affaires étrangères parle. « C'est faux », a répondu l'ambassade."),
        ("de", "Olaf Scholz kam. „Die Beweise sind eindeutig“, sagte die Sprecherin in Berlin."),
    ],
)
def test_in_another_language_words_are_quoted_and_nobody_is_guessed_to_say_them(lang: str, text: str) -> None:
    (quote,) = READER.read([Article(id="a", text=text, lang=lang)])[0].quotes
    assert (quote.speaker, quote.cue) == (None, None)
    assert text[quote.start : quote.end] in {"Es una amenaza", "C'est faux", "Die Beweise sind eindeutig"}


def test_a_language_that_was_given_stays() -> None:
    article = Article(id="a", text=TEXT, lang="en-US")
    assert READER.read([article])[0].article.lang == "en-US"


def test_sentences_end_with_paragraphs_and_the_title_is_one() -> None:
    reading = read("One line without a stop\n\nThe next one. And more.", title="A title. Of two")
    texts = [reading.article.of(span.field)[span.start : span.end] for span in reading.sentences]
    assert texts == ["A title. Of two", "One line without a stop", "The next one.", "And more."]


def test_any_spacy_pipeline_may_name_entities_besides() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [{"label": "EVENT", "pattern": "Olympic Games"}, {"label": "MONEY", "pattern": "ten dollars"}]
    )
    reading = read("The Olympic Games cost China ten dollars.", reader=Reader(RULES, nlp))
    assert [(mention.text, mention.label) for mention in reading.entities] == [
        ("Olympic Games", "EVENT"),
        ("China", "GPE"),
    ]


def test_the_pipeline_is_made_once_a_process() -> None:
    assert blank_pipeline() is blank_pipeline()


@pytest.mark.parametrize("text", ["", " ", "\n\n\n", "“" * 500, "\u202e⛔️🇺🇸" * 50, "word " * 3_000])
def test_no_text_is_too_strange_to_read(text: str) -> None:
    assert read(text, title=text or None).article.text == text


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="Aa .,“”\"'’\n:;China CNNsaidtold", max_size=120), st.text(max_size=30))
def test_every_offset_lies_in_the_stored_text(text: str, title: str) -> None:
    reading = read(text, title=title or None)
    spans = [*reading.sentences, *reading.entities, *reading.quotes, *reading.credits, *reading.aside]
    spans += [span for topic in reading.topics for span in topic.evidence]
    for span in spans:
        assert 0 <= span.start < span.end <= len(reading.article.of(span.field))
    for mention in reading.entities:
        assert reading.article.of(mention.field)[mention.start : mention.end] == mention.text


def load_rules() -> Rules:
    return RULES


def test_in_the_graph_every_article_gives_one_reading() -> None:
    articles = [Article(id=str(number), text=f"China, {number} times.") for number in range(70)]

    def named(reading: Reading) -> tuple[str, int]:
        return reading.article.id, len(reading.entities)

    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        out = pipeline | beam.Create(articles) | "read" >> Read(load_rules)
        assert_that(out.main | beam.Map(named), equal_to([(str(number), 1) for number in range(70)]))


def test_a_run_without_blanks_costs_no_more_than_its_length() -> None:
    def seconds(count: int) -> float:
        started = time.thread_time()
        read("China and “" * count + "“" * count + "😀" * count + "_" * count)
        return time.thread_time() - started

    seconds(100)
    # A square would be 64 times as long, and each time; a machine that stalls does so once.
    assert any(seconds(8_000) < 30 * max(seconds(1_000), 0.02) for _ in range(3))


class Allergic(Reader):
    """A reader that cannot bear one word."""

    def read(self, articles: Sequence[Article]) -> list[Reading]:
        if any("ragweed" in article.text for article in articles):
            raise ValueError("that again")
        return super().read(articles)


def test_an_article_that_cannot_be_read_is_a_dead_letter_and_holds_up_no_other() -> None:
    step = _ReadFn(lambda: RULES)
    step._reader = Allergic(RULES)
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    came = [Article(id=text, text=text, fetched=noon) for text in ("First.", "Then ragweed.", "Last.")]
    readings, letters = [], []
    for found in step.process(came):
        if isinstance(found, TaggedOutput):
            letters.append(found)
        else:
            readings.append(found.article.text)
    assert readings == ["First.", "Last."]
    (letter,) = letters
    assert letter.tag == DEAD
    assert (letter.value.step, letter.value.reason) == ("read", "unreadable")
    assert "that again" in letter.value.message
    assert letter.value.document is not None
    assert b"Then ragweed." in letter.value.document.body
