"""The packaged names model in the reading: what it adds, and that no text is too long, strange or foreign for it."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.known_words import KnownWords
from pipeline.models import load_model
from transforms.article import Article, Reading
from transforms.entity import Entity
from transforms.read import _AT_ONCE, BATCH, Reader, _Piece, _together
from transforms.watch import Rules

RULES = Rules(
    entities={
        entity.id: entity
        for entity in (
            Entity(id="country/CN", name="China", label="GPE"),
            Entity(id="person/antony-blinken", name="Antony Blinken", label="PERSON"),
        )
    }
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(RULES, load_model())


def read(reader: Reader, text: str, title: str | None = None, lang: str | None = None) -> Reading:
    return reader.read([Article(id="a", title=title, text=text, lang=lang)])[0]


def test_people_that_no_list_knows_are_found_in_title_and_text(reader: Reader) -> None:
    reading = read(
        reader, "Joko Widodo met Narendra Modi in Lagos on Monday.", title="Narendra Modi meets Joko Widodo"
    )
    found = {(mention.field, mention.text) for mention in reading.entities if mention.label == "PERSON"}
    assert {("title", "Narendra Modi"), ("text", "Joko Widodo"), ("text", "Narendra Modi")} <= found


def test_what_the_gazetteer_knows_keeps_its_id(reader: Reader) -> None:
    reading = read(reader, "Secretary of State Antony Blinken flew to China.")
    assert {("Antony Blinken", "person/antony-blinken"), ("China", "country/CN")} <= {
        (mention.text, mention.id) for mention in reading.entities
    }


def test_nothing_is_guessed_in_another_language(reader: Reader) -> None:
    text = "El ministro Joko Widodo habló con Narendra Modi en Lagos."
    assert not read(reader, text, lang="es").entities


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n" * 50,
        "“" * 10_000,
        "Widodo " * 500,
        "\u202e⛔️🇺🇸 مرحبا " * 300,
        "\x00\x07Widodo\x1b" * 100,
        "A" * 20_000,
        "A. B. " * 500,
    ],
    ids=["empty", "lines", "quotation marks", "one word", "right to left", "control", "endless", "initials"],
)
def test_no_text_is_too_strange(reader: Reader, text: str) -> None:
    reading = read(reader, text, title=text or None)
    for mention in reading.entities:
        assert reading.article.of(mention.field)[mention.start : mention.end] == mention.text


@given(st.lists(st.integers(0, 100_000), max_size=60))
def test_a_batch_holds_no_more_than_a_network_may_take_at_once(lengths: list[int]) -> None:
    pieces: list[_Piece] = [("x" * length, (place, "text")) for place, length in enumerate(lengths)]
    batches = list(_together(pieces))
    assert [piece for batch in batches for piece in batch] == pieces
    assert all(len(batch) <= BATCH for batch in batches)
    assert all(sum(len(text) for text, _ in batch) <= _AT_ONCE for batch in batches if len(batch) > 1)


@pytest.mark.slow
def test_the_time_grows_with_the_length_alone(reader: Reader) -> None:
    line = "Joko Widodo of the Harbour Board met Narendra Modi in Lagos, said Amina Okoye.\n"
    read(reader, line)

    def cost(lines: int) -> float:
        begun = time.process_time()
        read(reader, line * lines)
        return time.process_time() - begun

    # 240 kB, then 1 MB. What grows faster does so each time; a machine that stalls does not.
    assert any(cost(12_000) < 8 * cost(3_000) for _ in range(3))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="AaBb .,“”'’-\n(XYZ)China Joko Widodo", max_size=160), st.text(max_size=30))
def test_every_mention_yields_its_words(text: str, title: str) -> None:
    reading = Reader(RULES, load_model()).read([Article(text=text, title=title or None)])[0]
    for mention in reading.entities:
        assert reading.article.of(mention.field)[mention.start : mention.end] == mention.text


def test_known_words_come_back_from_disk(tmp_path: Path) -> None:
    nlp = load_model()
    pipe = nlp.get_pipe("known_words")
    assert isinstance(pipe, KnownWords)
    pipe.to_disk(tmp_path / "words")
    again = KnownWords(nlp.vocab).from_disk(tmp_path / "words")
    doc, other = nlp.make_doc("Narendra from Lagos"), nlp.make_doc("Narendra from Lagos")
    assert [token.tag for token in pipe(doc)] == [token.tag for token in again(other)]
    assert all(token.tag for token in doc)
    pipe.to_disk(tmp_path / "same")
    assert (tmp_path / "words").read_bytes() == (tmp_path / "same").read_bytes()
