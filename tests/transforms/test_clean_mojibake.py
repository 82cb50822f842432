"""Broken letters and lost punctuation come back; real accents stay as they are."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.clean.layout import legible
from transforms.clean.mojibake import repair, unescape

GOOD = (
    "Der Bundeskanzler äußerte sich über „Größe“ und Maß.",
    "Le château de la Loire : « une tâche âpre », dit le maître à Bâle… voilà !",
    "A câmara aprovou a emenda em São Paulo; “não”, disse a irmã. AMANHÃ” e MANHÃ…",
    "Românii au votat: „câți, când, cât”, a spus însă sărmanul pământ.",
    "Tổng Bí thư Tô Lâm nói về ân xá và tâm trạng của người dân.",
    "TEHTÄVÄ” sanoi mies – ÄÄNI… ÅÅ” ja ÖÖ’.",
    "Hükümet kararını açıkladı: rüzgâr, kâğıt, hâlâ, âşık.",
    "cliché”—and the fiancé’s naïve protégé… cost £5 • 20°C · 3 × 4 ÷ 2 ½ © ® ™ §",
    "Министр сказал: «Нет», — и ушёл. Ελλάδα, ישראל, العربية, 中文、日本語。한국어",
    "The president of Vietnam, Tô Lâm, met the Bâle delegation at the Château de Chambord.",
    "The letter â, in French, is called a circumflexed a.",
    "Mae hi'n mynd â fo i'r dref â chymorth ffrindiau.",
    "L’âge d’or, l’âme, un âne: trois mots français that the English article quotes at length.",
)
ENGLISH = (
    "The minister said on Tuesday that the talks with the other side would go on until the end of the week. "
)


@pytest.mark.parametrize("text", GOOD)
def test_text_without_damage_is_not_touched(text: str) -> None:
    assert legible(unicodedata.normalize("NFC", text)) == unicodedata.normalize("NFC", text)


LATIN = sorted(
    {
        word
        for text in GOOD
        for word in text.split()
        if word.isalpha() and not word.isascii() and max(word) < "\u0100"
    }
)


@pytest.mark.parametrize("word", LATIN)
def test_wrong_decoding_of_a_word_with_accents_is_undone(word: str) -> None:
    data = word.encode("utf-8")
    as_latin = data.decode("latin-1")
    as_windows = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)
    assert legible(as_latin) == legible(as_windows) == word


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("donâ€™t â€œstopâ€\x9d", "don’t “stop”"),
        ("â€œStopâ€ she said", "“Stop” she said"),
        ("a â€“ b â€” c â€¦ d â€¢ e â„¢", "a – b — c … d • e ™"),
        ("donâ\x80\x99t â\x80\x9cstopâ\x80\x9d", "don’t “stop”"),
        ("Pablo NeruÃ±ez in PekÃ­n and CORAZÃ“N", "Pablo Neruñez in Pekín and CORAZÓN"),
        ("badlyÃ¢Â\x80Â¦I will Ã¢Â\x80Â\x94 so", "badly…I will — so"),
        ("itÃ¢â‚¬â„¢s", "it’s"),
        ("20Â°C and Â£5 and Â©", "20°C and £5 and ©"),
        ("helloÂ world.Â ", "hello world. "),
        ("Ð\x9fÑ€Ð¸Ð²ÐµÑ‚", "Привет"),
        ("å\x8c\x97äº¬ã\x81®", "北京の"),
        ("smile ðŸ˜€", "smile 😀"),
        ("bytes of no letter: à€€ Ãš ðŸ", "bytes of no letter: à€€ Ú ðŸ"),
        ("a lone Å¡ proves nothing", "a lone Å¡ proves nothing"),
        ("it\x92s \x93so\x94 \x96 he\x85", "it’s “so” – he…"),
        ("AT&amp;T &amp;rsquo;s &#8217; &#x2019; &amp;amp;lt;b&gt;", "AT&T ’s ’ ’ <b>"),
        ("&notanentity; & ; &; R&D;", "&notanentity; & ; &; R&D;"),
        ("soft\xadhyphen zero\u200bwidth \ufeffmark e\u0301", "softhyphen zerowidth mark é"),
        ("می\u200cخواهم but a\u200cb", "می\u200cخواهم but ab"),
        ("nul\x00 bell\x07 tab\x1f", "nul bell tab"),
        ("half \ud83d of a pair", "half  of a pair"),
    ],
)
def test_damage_that_can_be_undone_exactly(broken: str, whole: str) -> None:
    assert legible(broken) == whole


@pytest.mark.parametrize(
    ("lost", "restored"),
    [
        ("âWe shall see,â she said. âThatâs all.â", "“We shall see,” she said. “That’s all.”"),
        ("Parisâ mayor, the workersâ union and the teachersâ pay.",
         "Paris’ mayor, the workers’ union and the teachers’ pay."),
        ("The plan â his third â failed.", "The plan – his third – failed."),
        ("The pages 10â15 of 2016â2020 were gone.", "The pages 10–15 of 2016–2020 were gone."),
        ("He called it âa workersâ paradiseâ and left.", "He called it “a workers’ paradise” and left."),
        ("âHe said âno wayâ to me,â she recalled.", "“He said ‘no way’ to me,” she recalled."),
        ('"He said âno wayâ to me," she recalled.', '"He said ‘no way’ to me," she recalled.'),
        ("Theyâre sure itâs what Iâd do; we wonât, Iâm told, and theyâll or youâve.",
         "They’re sure it’s what I’d do; we won’t, I’m told, and they’ll or you’ve."),
        ("Itâs rock ânâ roll of the â90s and OâBrien.", "It’s rock ’n’ roll of the ’90s and O’Brien."),
        ("The countryâand its friendsâsaid so. âYes.â", "The country—and its friends—said so. “Yes.”"),
        ("The BidenâXi summit in Sanaâa. âYes.â", "The Biden–Xi summit in Sana’a. “Yes.”"),
        ("WASHINGTONâPresident Roe, itâs said, is here.", "WASHINGTON—President Roe, it’s said, is here."),
        ("(âQuiet!â) he said [âlaterâ].", "(“Quiet!”) he said [“later”]."),
        ("He saidââNever!ââand left.", "He said—“Never!”—and left."),
        ("Thatâs how the end of it was nearâ", "That’s how the end of it was near’"),
        ("It works, and ⊠âif so,â he said ⊠", "It works, and … “if so,” he said …"),
        ("We wonât dine at the château near Bâle, sheâs sure. âNever.â",
         "We won’t dine at the château near Bâle, she’s sure. “Never.”"),
        ("You wonâ€™t. He said âokayâ to it, runninâ away from 6â tall men.",
         "You won’t. He said “okay” to it, runnin’ away from 6’ tall men."),
        ("He didnâ\x80t go. weâ€re here", "He didn’t go. we’re here"),
    ],
)  # fmt: skip
def test_lost_punctuation_is_restored_from_its_place(lost: str, restored: str) -> None:
    assert legible(ENGLISH + lost) == ENGLISH + restored


def test_a_quotation_that_never_closes_or_never_opens_keeps_its_own_paragraph() -> None:
    lost = f"{ENGLISH}âSo it began, he said.\n{ENGLISH}And so it ended.â\nâOver,â he said."
    restored = f"{ENGLISH}“So it began, he said.\n{ENGLISH}And so it ended.”\n“Over,” he said."
    assert legible(lost) == restored


def test_the_replacement_character_is_an_apostrophe_only_where_nothing_else_can_stand() -> None:
    text = (
        ENGLISH + "They don\ufffdt know. \ufffdWe do,\ufffd he said of Espa\ufffda and the caf\ufffd there."
    )
    assert (
        legible(text) == ENGLISH + "They don’t know. “We do,” he said of Espa\ufffda and the caf\ufffd there."
    )


def test_french_elision_is_restored_beside_words_that_keep_their_circumflex() -> None:
    lost = "Le ministre a dit que lâaccord nâest pas une tâche simple pour dâautres, et que la pâte lève."
    assert legible(lost).count("’") in {0, 3}
    many = lost + " Il sâagit de lâUnion et de lâavenir quâon attend."
    assert legible(many) == many.replace("lâa", "l’a").replace("nâe", "n’e").replace("dâa", "d’a").replace(
        "sâa", "s’a"
    ).replace("lâU", "l’U").replace("quâo", "qu’o")


def test_without_evidence_a_lone_circumflex_stays() -> None:
    for text in ("Ch. âge", "â", "a â b", "xâ", "x ⊠ y", "The word is pâté and the rest of it is lâche."):
        assert legible(text) == text


def test_deep_nesting_of_lost_quotes_does_not_pile_up() -> None:
    assert len(legible(ENGLISH + "âA " * 50)) == len(ENGLISH) + 150


WORDS = sorted({word for text in GOOD for word in text.split() if len(word.strip(",")) > 1})
MARKED = st.sampled_from(
    [*WORDS, "â", "⊠", "\ufffd", "weâre", "said,â", "âWe", "â€™", "Ã©", "Â", "&amp;", "the", "and", "\n", " "]
)


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_text_of_real_words_is_left_alone(words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))
    assert legible(text) == text


@given(st.lists(MARKED, max_size=40), st.sampled_from([" ", "", "\n"]))
def test_what_is_legible_stays_as_it_is(words: list[str], between: str) -> None:
    once = legible(between.join(words))
    assert legible(once) == once


@given(st.text(st.characters(codec=None, max_codepoint=0x2FFF), max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    once = legible(text)
    assert unicodedata.is_normalized("NFC", once)
    assert not {unicodedata.category(each) for each in once.replace("\n", "").replace("\t", "")} & {"Cs"}


def test_a_text_made_to_need_endless_rounds_costs_a_few() -> None:
    layers = "&#53;"
    for _ in range(12):
        layers = layers.replace("5", "&#53;", 1)
    assert 2 < len(unescape(layers)) < len(layers)
    deep = "Ã" + "ƒ" * 5000
    assert len(repair(deep)) >= len(deep) - 16
    assert unescape("&" + "&#97;mp;" * 3 + "amp;" * 5000).count("&") >= 1
