"""An article's language is known where it can be, and its passages in another are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.article import Article
from transforms.clean import clean
from transforms.language import language_of, passages

SENTENCES = {
    "en": "The minister said on Tuesday that the talks would continue until both sides had agreed on a text.",
    "es": (
        "El presidente dijo el martes que las conversaciones continuarán hasta que ambas partes "
        "acuerden un texto."
    ),
    "fr": (
        "Le ministre a déclaré mardi que les discussions se poursuivraient jusqu’à ce que les deux "
        "parties soient d’accord."
    ),
    "de": (
        "Der Minister sagte am Dienstag, dass die Gespräche fortgesetzt werden, bis sich beide "
        "Seiten auf einen Text einigen."
    ),
    "it": (
        "Il ministro ha detto martedì che i colloqui continueranno fino a quando le due parti non "
        "avranno trovato un accordo."
    ),
    "pt": (
        "O ministro disse na terça-feira que as negociações vão continuar até que os dois lados "
        "cheguem a um acordo sobre o texto."
    ),
    "nl": (
        "De minister zei dinsdag dat de gesprekken worden voortgezet totdat beide partijen het eens"
        " zijn over een tekst."
    ),
    "sv": (
        "Ministern sade på tisdagen att samtalen ska fortsätta tills båda sidor har kommit överens "
        "om en text."
    ),
    "da": (
        "Ministeren sagde tirsdag, at samtalerne vil fortsætte, indtil begge parter er blevet enige"
        " om en tekst, og at der ikke er hast."
    ),
    "no": (
        "Statsråden sa tirsdag at samtalene vil fortsette til begge parter er blitt enige om en "
        "tekst, og at det ikke haster."
    ),
    "fi": (
        "Ministeri sanoi tiistaina, että neuvottelut jatkuvat kunnes molemmat osapuolet ovat "
        "sopineet tekstistä, mutta se voi kestää."
    ),
    "pl": (
        "Minister powiedział we wtorek, że rozmowy będą trwały, dopóki obie strony nie uzgodnią "
        "tekstu, ale nie jest to łatwe."
    ),
    "cs": (
        "Ministr v úterý řekl, že jednání budou pokračovat, dokud se obě strany nedohodnou na "
        "textu, ale není to jisté."
    ),
    "hu": (
        "A miniszter kedden azt mondta, hogy a tárgyalások addig folytatódnak, amíg a két fél meg "
        "nem állapodik egy szövegben."
    ),
    "ro": (
        "Ministrul a declarat marți că discuțiile vor continua până când cele două părți vor ajunge"
        " la un acord și nu mai este timp."
    ),
    "tr": (
        "Bakan salı günü yaptığı açıklamada, iki taraf bir metin üzerinde anlaşana kadar "
        "görüşmelerin devam edeceğini ve bunun için çok çalışacaklarını söyledi."
    ),
    "ru": (
        "Министр сказал во вторник, что переговоры продолжатся, пока обе стороны не договорятся о "
        "тексте, но это не все."
    ),
    "uk": (
        "Міністр сказав у вівторок, що переговори триватимуть, доки обидві сторони не домовляться "
        "про текст, але це не все."
    ),
    "ar": (
        "قال الوزير يوم الثلاثاء إن المحادثات ستستمر إلى أن يتفق الجانبان على نص بعد أن كان هذا من "
        "غير الممكن في ما مضى"
    ),
    "fa": (
        "وزیر روز سه شنبه گفت که این گفتگوها تا زمانی که دو طرف بر سر متن به توافق برسند ادامه "
        "خواهد یافت و این را باید گفت"
    ),
    "he": "השר אמר ביום שלישי כי השיחות יימשכו עד ששני הצדדים יסכימו על נוסח",
    "hi": "मंत्री ने मंगलवार को कहा कि दोनों पक्षों के सहमत होने तक बातचीत जारी रहेगी और यह एक अच्छा कदम है",
    "zh": "部长周二表示，会谈将继续进行，直到双方就文本达成一致。",
    "ja": "大臣は火曜日、双方が合意するまで協議を続けると述べた。",
    "ko": "장관은 화요일 양측이 합의할 때까지 회담을 계속할 것이라고 말했다.",
    "el": "Ο υπουργός δήλωσε την Τρίτη ότι οι συνομιλίες θα συνεχιστούν.",
    "id": (
        "Menteri mengatakan pada hari Selasa bahwa perundingan akan berlanjut sampai kedua pihak "
        "sepakat dengan teks yang tidak sulit itu."
    ),
    "vi": (
        "Bộ trưởng nói hôm thứ Ba rằng các cuộc đàm phán sẽ được tiếp tục cho đến khi hai bên có "
        "được sự đồng ý về văn bản."
    ),
    "sk": (
        "Minister v utorok povedal, že rokovania budú pokračovať, kým sa obe strany nedohodnú na "
        "texte, ale nie je to isté, pretože čo bolo, už nie je."
    ),
    "hr": (
        "Ministar je u utorak rekao da će se razgovori nastaviti dok se obje strane ne dogovore o "
        "tekstu, ali to nije sve što je bilo."
    ),
    "bg": (
        "Министърът каза във вторник, че преговорите ще продължат, докато двете страни не се "
        "споразумеят за текста, но това не е всичко."
    ),
    "sr": (
        "Министар је у уторак рекао да ће се разговори наставити док се обе стране не договоре о "
        "тексту, али то није све што је било."
    ),
    "ur": (
        "وزیر نے منگل کو کہا کہ بات چیت اس وقت تک جاری رہے گی جب تک دونوں فریق متن پر متفق نہیں ہو "
        "جاتے اور یہ ایک اچھا قدم ہے۔"
    ),
    "th": "รัฐมนตรีกล่าวเมื่อวันอังคารว่าการเจรจาจะดำเนินต่อไป",
    "bn": "মন্ত্রী মঙ্গলবার বলেছেন যে আলোচনা চলবে যতক্ষণ না উভয় পক্ষ একমত হয়",
    "mr": "मंत्री म्हणाले की चर्चा सुरू राहील आणि या मध्ये काही नाही असे आहे म्हणून ते होते",
}
ENGLISH, SPANISH, FRENCH = SENTENCES["en"], SENTENCES["es"], SENTENCES["fr"]


@pytest.mark.parametrize("language", SENTENCES)
def test_one_sentence_is_enough(language: str) -> None:
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "…",
        "Warning on support for Russia",
        "Antony Blinken, Xi Jinping, Wang Yi",
        "12 345 67 89 10 11",
        "北京",
        "Αθήνα",
        "Blinken Jinping Atwood Hansler Wang Xiaohong Diaoyutai Nainital Uttarakhand",
        "the of xqz xqy vbn mnb zxc asd qwe rty fgh vbx poi lkj mnh tgb yhn ujm ikl olp",
    ],
)
def test_what_is_too_short_or_mixed_is_not_known(text: str) -> None:
    assert language_of(text) is None


def test_a_foreign_name_does_not_change_the_language() -> None:
    assert language_of(f"{ENGLISH} 北京 Москва, the city, is 习近平.") == "en"
    assert language_of(f"{SENTENCES['ja']} CNN BBC") == "ja"


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert language_of(ENGLISH * 50 + SPANISH * 1000) == "en"


def test_a_paragraph_in_another_language_is_aside_with_its_place() -> None:
    text = f"{ENGLISH}\n\n{SPANISH}\n\nWarning on support\n\n{ENGLISH}\n\n{FRENCH}"
    article = Article(text=text)
    assert [text[span.start : span.end] for span in passages(article)] == [SPANISH, FRENCH]
    assert {span.field for span in passages(article)} == {"text"}


@pytest.mark.parametrize("lang", ["es", "es-MX", "ES_es"])
def test_the_language_that_was_given_counts(lang: str) -> None:
    text = f"{ENGLISH}\n\n{SPANISH}"
    assert [text[span.start : span.end] for span in passages(Article(text=text, lang=lang))] == [ENGLISH]


def test_nothing_is_aside_in_an_article_whose_language_is_not_known() -> None:
    assert passages(Article(text=f"xqz\n\n{SPANISH[:20]}")) == ()
    assert passages(Article(text="")) == ()


def test_the_spanish_caption_of_a_seed_is_aside_and_nothing_else_in_the_seeds() -> None:
    aside = {}
    for path in sorted((Path(__file__).parents[2] / "seeds").glob("*.txt")):
        article = clean(Article(text=path.read_text("utf-8")))
        assert language_of(article.text) == "en"
        aside[path.name[:3]] = [article.text[span.start : span.end] for span in passages(article)]
    (caption,) = aside.pop("004")
    assert caption.startswith("El secretario de Estado")
    assert caption.endswith("26 de abril de 2024.")
    assert not any(aside.values())


@given(
    st.lists(st.sampled_from([*SENTENCES.values(), "Short", "", "a\nb"]), max_size=8),
    st.none() | st.sampled_from(["en", "zz"]),
)
def test_passages_are_whole_paragraphs_in_order(paragraphs: list[str], lang: str | None) -> None:
    text = "\n\n".join(paragraphs)
    spans = passages(Article(text=text, lang=lang))
    assert list(spans) == sorted(spans, key=lambda span: span.start)
    for span in spans:
        assert text[span.start : span.end] in text.split("\n\n")
        assert text[max(0, span.start - 2) : span.start] in {"", "\n\n"}


@given(st.text(max_size=300))
def test_nothing_makes_it_raise(text: str) -> None:
    assert language_of(text) is None or len(language_of(text) or "") == 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Мэр сказал, что мост откроют ещё до конца этого месяца.", "ru"),
        ("Ніхто не постраждав, але дорога до порту все ще закрита для машин.", "uk"),
        ("Rolnicy, którzy stracili zbiory, mają otrzymać pomoc od państwa.", "pl"),
        ("Мэр сказаў, што мост адчыняць да канца гэтага месяца, і не раней.", None),
        ("Meras sakė, kad tiltas bus atidarytas iki mėnesio pabaigos, o ūkininkai gaus paramą.", None),
    ],
)
def test_letters_tell_where_words_are_few_and_letters_of_others_forbid_it(
    text: str, language: str | None
) -> None:
    assert language_of(text) == language
