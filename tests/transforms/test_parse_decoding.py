"""Bytes to text: whatever they claim to be, text comes out as text and the rest says why not."""

from __future__ import annotations

import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.errors import Poison
from transforms.parse.decoding import charset, decode, plain, storable

NEWS = "“We’re looking”, he said – Zürich, Málaga, Kraków."


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_read_whatever_its_form(codec: str) -> None:
    assert decode(("Plain English words first. " * 3 + NEWS).encode(codec)).endswith(NEWS)


def test_valid_utf8_wins_over_a_declared_charset() -> None:
    assert decode(NEWS.encode(), "text/html; charset=iso-8859-1") == NEWS


def test_a_declared_charset_is_heeded_where_utf8_is_not_valid() -> None:
    assert decode("Россия и Китай".encode("koi8-r"), "text/plain; charset=koi8-r") == "Россия и Китай"
    assert decode(b"<?xml version='1.0' encoding='windows-1251'?><a>" + "Мир".encode("cp1251")).endswith(
        "Мир"
    )


def test_latin1_means_the_windows_page_that_publishers_use() -> None:
    assert decode(b"\x93We\x92re\x94 caf\xe9", "text/plain; charset=ISO-8859-1") == "“We’re” café"


def test_undeclared_windows_text_is_recognised() -> None:
    assert (
        decode(b"The caf\xe9\x92s \x93owner\x94 said so to reporters on Friday.")
        == "The café’s “owner” said so to reporters on Friday."
    )


def test_undeclared_cyrillic_is_detected() -> None:
    text = "Министр иностранных дел заявил, что переговоры будут продолжены в понедельник в Женеве. " * 4
    assert "переговоры" in decode(text.encode("cp1251"))


def test_one_bad_byte_spoils_one_character_only() -> None:
    assert decode(NEWS.encode() + b" It\x92s \xff here") == NEWS + " It’s ÿ here"


@pytest.mark.parametrize(
    "codec", ["punycode", "idna", "unicode_escape", "zlib", "hex", "utf-7", "rot13", "no-such"]
)
def test_codecs_that_are_no_charset_are_not_used(codec: str) -> None:
    assert charset(f"text/plain; charset={codec}", b"") is None
    assert decode(b"caf\xe9", f"text/plain; charset={codec}") == "café"


def test_a_few_control_characters_are_dropped() -> None:
    assert (
        decode(b"The minis\x00ter\x07 resigned.\r\nShe said so.\rToday.")
        == "The minister resigned.\nShe said so.\nToday."
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        ("\ufeff\u200b \n".encode(), "empty"),
        (b"\x00\x00\x00", "empty"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "binary"),
        (b"%PDF-1.7 text all the way", "binary"),
        (b"PK\x03\x04rest", "binary"),
        (b"\x7fELF\x02\x01", "binary"),
        (bytes(range(256)) * 40, "binary"),
        (zlib.compress(os.urandom(5000)), "binary"),
        (b"\x01\x02\x03\x04" * 100, "binary"),
    ],
)
def test_what_is_no_text_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(Poison) as caught:
        decode(body)
    assert caught.value.reason == reason
    assert "\n" not in caught.value.message


def test_the_limit_is_named() -> None:
    with pytest.raises(Poison, match=r"too-large: 1,001 bytes; the limit is 1,000"):
        decode(b"a" * 1001, limit=1000)
    assert len(decode(b"a" * 1000, limit=1000)) == 1000


@given(
    st.binary(max_size=400),
    st.sampled_from([None, "text/plain; charset=shift_jis", "charset=utf-16", "charset=gbk"]),
)
def test_any_bytes_are_text_or_poison(body: bytes, content_type: str | None) -> None:
    try:
        text = decode(body, content_type)
    except Poison:
        return
    assert text.encode()  # no lone surrogates
    assert "\x00" not in text


@given(st.text(alphabet=st.characters(), max_size=60))
def test_storable_text_keeps_everything_that_can_be_kept(text: str) -> None:
    kept = storable(text)
    assert kept.encode().decode() == kept
    assert len(kept) == len(text) - text.count("\x00")
    assert plain(plain(text)) == plain(text)


def test_a_whole_emoji_in_two_surrogates_becomes_one_character() -> None:
    assert storable("a\ud83d\ude00b\ud800c") == "a😀b\ufffdc"


def test_halves_of_an_emoji_with_a_nul_between_them_become_one_character() -> None:
    assert storable("a\ud83d\x00\ude00b\x00") == "a😀b"


@given(
    st.text(alphabet=st.sampled_from("\x00\x01\x1b\x7f \t\r\n\x0b\x0c\ufeff\u200b\u2060\ufffe"), max_size=30)
)
def test_what_has_neither_word_nor_sign_is_empty_or_binary(text: str) -> None:
    for controls in (False, True):
        with pytest.raises(Poison) as raised:
            decode(text.encode(), controls=controls)
        assert raised.value.reason in {"empty", "binary"}
