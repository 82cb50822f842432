"""The lexicon: folding keeps offsets true, phrases are found as whole words."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from transforms.lexicon import Lexicon, fold


def found(phrases: list[str], text: str) -> list[str]:
    return [
        text[hit.start : hit.end] for hit in Lexicon((phrase, phrase) for phrase in phrases).find(fold(text))
    ]


def test_folding_any_character_of_unicode_keeps_its_place() -> None:
    # 256 at a time, with a letter between them, in whose place it must stand: one by one they take a minute.
    for start in range(0, sys.maxunicode + 1, 256):
        block = [chr(code) for code in range(start, start + 256) if not 0xD800 <= code <= 0xDFFF]
        folded = fold("x".join(block))
        assert len(folded) == max(2 * len(block) - 1, 0), hex(start)
        assert set(folded[1::2]) <= {"x"}, hex(start)
        assert fold(folded) == folded, hex(start)


@given(st.text())
def test_folding_any_text_keeps_its_length(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


def test_folding_levels_case_accents_quotes_dashes_and_white_space() -> None:
    assert fold("Beyoncé’s\u00a0“Ça” — İZMİR\n") == 'beyonce\'s "ca" - izmir '


def test_phrases_are_found_as_whole_words_whatever_their_case() -> None:
    assert found(["china"], "China, china; Chinatown, Indochina and CHINA’s") == ["China", "china", "CHINA"]


def test_a_phrase_crosses_line_ends_and_no_break_spaces() -> None:
    assert found(["united states"], "the United\nStates and the United\u00a0States") == [
        "United\nStates",
        "United\u00a0States",
    ]


def test_a_star_stands_for_any_ending() -> None:
    assert found(["interfer*"], "interfere, interference; arguably interfered") == [
        "interfere",
        "interference",
        "interfered",
    ]


def test_a_phrase_may_end_in_a_full_stop() -> None:
    assert found(["u.s."], "the U.S. election, in the U.S.") == ["U.S.", "U.S."]


def test_overlapping_phrases_are_all_found() -> None:
    assert sorted(found(["new york", "new york times", "york"], "The New York Times")) == [
        "New York",
        "New York Times",
        "York",
    ]


def test_scripts_without_blanks_between_words_need_none() -> None:
    assert found(["中国"], "美国指责中国干预选举") == ["中国"]


def test_a_phrase_may_stand_for_several_things() -> None:
    lexicon = Lexicon([("georgia", "country"), ("georgia", "state")])
    assert lexicon.values("in georgia") == {"country", "state"}
    assert lexicon.size == 1


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Lexicon[str]([("  ", "blank")]).find("anything") == []


@given(st.text(alphabet="ab c*.", min_size=1, max_size=6), st.text(alphabet="ab c.-", max_size=40))
def test_every_hit_is_the_phrase_in_the_text(phrase: str, text: str) -> None:
    wanted = " ".join(fold(phrase.removesuffix("*")).split())
    for hit in Lexicon([(phrase, phrase)]).find(fold(text)):
        assert fold(text)[hit.start : hit.end].startswith(wanted)
