"""Which language a text is in, and which passages of an article are in another.

Alphabets that one language has are decided by their letters; languages that share one, by their most frequent
function words (Dunning 1994 and Grefenstette 1995 compare this with n-grams: on a sentence or more both are
sure). A text too short or too mixed to tell is None.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from transforms.article import Article, Span

ENGLISH = "en"
_CODE = re.compile("[a-z]{2,3}")


def _other_than_english(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise ValueError(f"{code!r} is no language: its code of two letters, as in es")
    if code == ENGLISH:
        raise ValueError("English is not listed here: what stands outside of languages is English")
    return code


Tongue = Annotated[str, AfterValidator(_other_than_english)]
"""The code of a language that rules say more for: any but English."""

_SAMPLE = 1000
_FEWEST_LETTERS = 20
_FEWEST_WORDS = 6
_FEWEST_HITS = 3
_SHARE = 0.12
_LEAD = 1.35
_SIBLINGS_LEAD = 1.05
_SIBLINGS = frozenset(map(frozenset, (("da", "no"), ("cs", "sk"), ("hi", "mr"), ("ar", "fa"), ("fa", "ur"))))
"""Languages with so many words in common that a small lead must do."""

_WORD = re.compile(r"[^\W\d_\u0900-\u097f]+|[\u0900-\u0963\u0970-\u097f]+")

_PROFILES = {
    "en": """the of and to in a is that for on was with as it by at from his are be this have has had not but they he
        she said who which were been their will would its an or about after more than into there if we you i out
        what when""",
    "es": """de la que el en y los del se las por un para con no una su al es lo como más pero sus le ha este entre
        porque está cuando muy sin sobre también hasta hay donde quien desde todo nos durante uno fue mientras
        según son contra""",
    "fr": """de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec son aux
        cette ont mais comme ou leur été elle nous vous ses deux même après entre aussi fait sans être selon
        avait était d l qu""",
    "de": """der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus
        er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber
        vor zur bis mehr durch""",
    "it": """di e il la che in un a per è una del con non sono le da si dei nel al della i alla più lo gli anche come
        delle ha dal su ma questo o se dopo stato essere nella suo sua ai ci hanno due tra contro cui era l""",
    "pt": """de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou
        quando muito nos já também só pelo pela até isso ela entre depois sem mesmo aos são foi está ser há
        segundo disse""",
    "nl": """de van het een en in is dat op te zijn met voor niet aan er die om ook als dan maar bij uit door naar
        heeft hij over nog worden wordt tot zich was ze wel geen werd hebben deze kan meer we of""",
    "sv": """och i att det som en på är av för med till den har de inte om ett han men var sig från vi så kan när år
        under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket""",
    "da": """og i at det er en til af på for med der de den som har ikke et om var han sig men fra kan vi også efter
        ved så blev eller nu over være hun skal hvor havde ud mod vil blive siger år mere end
        sagde blevet noget kun fik gøre mellem""",
    "no": """og i det er som på en til av for at med har de den ikke et om var han seg men fra vi kan også etter ved
        så ble eller nå over være hun skal hvor hadde ut mot vil bli sier år mer enn
        sa blitt noe bare fikk gjøre mellom""",
    "fi": """ja on ei se että oli hän mutta ovat kun myös tai sen joka mukaan ole hänen olla vain nyt jo kuin ollut
        sekä niin jos sitä mitä voi vielä jotka siitä tämä kanssa en hänellä tämän olivat joita jossa koko""",
    "pl": """i w na z się nie do to że jest o jak po za od co przez przy dla są który ale tym tego już tak jego które
        być może było był również czy oraz ze także która jej tylko przed roku""",
    "cs": """a v se na je že s z do o to i k za ve pro jako by byl jsou ale po podle které který jeho od však tak při
        bude jsem nebo u už aby roku ze co když není byla která má také mezi až pouze před být""",
    "sk": """a v sa na je že s z do o to i k za vo pre ako by bol sú ale po podľa ktoré ktorý jeho od však tak pri
        bude som alebo u už aby roku zo čo keď nie bola ktorá má tiež medzi až iba pred byť""",
    "hu": """a az és hogy nem is egy de meg van volt ez mint csak el még már ha azt ki vagy lesz után szerint sem
        olyan kell minden ezt pedig között amely akkor több lehet itt miatt ami aki nagyon""",
    "ro": """de și în a la cu pe care nu o din un să se pentru este mai ca au fost al sunt dar după prin ce lui cel
        cea fi sau lor ale între spus către această sa fără am doar când dintre""",
    "tr": """ve bir bu da de için ile olarak çok daha o gibi olan ne var en kadar ama sonra ise dedi her değil ki
        olduğunu diye göre oldu ya tarafından yeni iki büyük etti olduğu ancak kendi karşı""",
    "id": """yang dan di itu dengan untuk tidak ini dari dalam akan pada juga ke karena tersebut oleh bisa ada mereka
        saya telah sebagai kata dia atau adalah lebih sudah para kami menjadi tak saat hanya kepada bahwa""",
    "vi": """và của là có được cho không trong người một các với đã những này khi để đến từ ông cũng về như tại ra
        vào sẽ trên năm nhiều phải nói bị sau theo hơn còn đó""",
    "hr": """i u je se na da za su od s a ne što o će koji to iz kako bi nije kao sve ali li koje ili bio samo do već
        te prema nakon koja rekao još biti smo sam zbog""",
    "ru": """и в не на я что с по это как а он к но за из у от о для то все так его был было уже только или еще бы мы
        они при после также которые который до если со году""",
    "uk": """і в не на що з та у до як це за про він від але для його по ще був які так було бути який або після
        також через того має вже вони якщо щоб року під""",
    "bg": """и на в се за от да не с е че са по това като но до ще към при след бе или има който които той още както
        през""",
    "sr": """и у је се на да за су од с а не што о ће који то из како би није као све али или био само до већ после
        рекао""",
    "ar": """في من على أن إلى عن التي الذي هذا هذه ما لا مع كان بعد قال كل بين لم وقد كما أو قد ذلك هو هي إن خلال حيث
        عند""",
    "fa": """و در به از که این را با است برای آن یک خود تا بر هم نیز شد شده اما کرد می باید ما او وی شود
        کرده گفت های""",
    "ur": """کے کی میں ہے اور سے کا کو نے پر کہ یہ اس ہیں بھی کر تھا ایک نہیں کیا تو ان لیے گیا""",
    "hi": """के में की है और से का को पर ने यह कि भी हैं इस एक नहीं कर लिए हो तो था किया गया कहा बाद""",
    "mr": """आहे आणि या च्या ते हे नाही होते तर मध्ये केली केला असे म्हणून ही की होता आहेत""",
}
"""The most frequent function words of the languages that share an alphabet, most frequent first."""

_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("[\u3040-\u30ff]", "ja"),
    ("[\uac00-\ud7a3]", "ko"),
    ("[\u4e00-\u9fff]", "zh"),
    ("[\u0370-\u03ff\u1f00-\u1fff]", "el"),
    ("[\u0590-\u05ff]", "he"),
    ("[\u0e00-\u0e7f]", "th"),
    ("[\u0980-\u09ff]", "bn"),
    ("[\u0b80-\u0bff]", "ta"),
    ("[\u0c00-\u0c7f]", "te"),
    ("[\u10a0-\u10ff]", "ka"),
    ("[\u0530-\u058f]", "hy"),
)
_BY_SCRIPT = tuple((re.compile(pattern), language) for pattern, language in _SCRIPTS)
_ONE_ALPHABET = re.compile(
    "[\u0370-\u03ff\u0530-\u05ff\u0980-\u09ff\u0b80-\u0c7f\u0e00-\u0e7f"
    "\u10a0-\u10ff\u1f00-\u1fff\u3040-\u9fff\uac00-\ud7a3]"
)
_KANA_SHARE = 0.1
_TELLING = {"ru": "ыэё", "uk": "іїєґ", "pl": "łąęńśźż"}
"""Letters that tell a language from the others here that share its alphabet."""
_STRANGE = {
    "ru": "іїєґўјљњћђџәөүұқғңҳҷӯӣ",
    "uk": "ыэёъўјљњћђџәөүұқғң",
    "bg": "ыэёіїєґўјљњћђџәөүұқғң",
    "sr": "ыэёъіїєґўйщюяьәөүұқғң",
    "pl": "ėųįšžčřůěășțğışőűåäöõãñ",
}
"""Letters that a language does not have: a text with several of them is in another."""
_LETTER = 0.6
"""What a word with a telling letter counts: less than a function word of that language alone."""


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[tuple[str, float], ...]]:
    """Function word -> the languages that have it, each with a weight: a word of many languages says little."""
    having: dict[str, list[str]] = {}
    for language, words in _PROFILES.items():
        for word in set(words.split()):
            having.setdefault(word, []).append(language)
    return {word: tuple((each, len(those) ** -0.5) for each in those) for word, those in having.items()}


def language_of(text: str) -> str | None:
    """The language as ISO 639-1, or None where it is not sure. Reads the first 1,000 characters."""
    sample = text[:_SAMPLE]
    if not sample.isascii() and (found := _by_alphabet(sample)) is not None:
        return found or None
    words = _WORD.findall(sample.lower())
    if len(words) < _FEWEST_WORDS or sum(map(len, words)) < _FEWEST_LETTERS:
        return None
    weights = _weights()
    scores: dict[str, float] = {}
    hits: dict[str, int] = {}
    for word, times in Counter(words).items():
        for language, weight in weights.get(word, ()):
            scores[language] = scores.get(language, 0.0) + weight * min(times, 1 + len(words) // 20)
            hits[language] = hits.get(language, 0) + 1
    _by_letters(words, scores, hits)
    if not scores:
        return None
    best = max(scores, key=lambda language: scores[language])
    if hits[best] < _FEWEST_HITS or scores[best] < _SHARE * len(words):
        return None
    for language, score in scores.items():
        lead = _SIBLINGS_LEAD if {language, best} in _SIBLINGS else _LEAD
        if language != best and scores[best] < lead * score:
            return None
    return best


def primary(language: str | None) -> str | None:
    """The language alone, without its region or script: ``es`` of ``es-MX``."""
    return (language or "").replace("_", "-").partition("-")[0].lower() or None


def _by_letters(words: list[str], scores: dict[str, float], hits: dict[str, int]) -> None:
    """Count the words with telling letters, for languages of which a function word was found, too.

    A language is out where two words and more have letters that it does not have: one may be a foreign name.
    """
    for language in scores.keys() & _STRANGE.keys():
        strange = sum(not set(_STRANGE[language]).isdisjoint(word) for word in words)
        if strange > 1:
            del scores[language], hits[language]
        elif language in _TELLING and not strange:
            marked = sum(not set(_TELLING[language]).isdisjoint(word) for word in set(words))
            scores[language] += _LETTER * marked
            hits[language] += marked


def _by_alphabet(sample: str) -> str | None:
    """The language of an alphabet that only it has; "" where there are too few letters; None for shared ones."""
    own = len(_ONE_ALPHABET.findall(sample))
    if not own or own * 2 < sum(map(str.isalpha, sample)):
        return None
    counts = {language: len(pattern.findall(sample)) for pattern, language in _BY_SCRIPT}
    if counts["ja"] > _KANA_SHARE * own:
        counts["ja"] += counts["zh"]
    best = max(counts, key=lambda language: counts[language])
    enough = _FEWEST_LETTERS // 2 if best in {"ja", "zh", "ko"} else _FEWEST_LETTERS
    return best if own >= enough else ""


def passages(article: Article) -> tuple[Span, ...]:
    """The paragraphs in another language than the article's: kept in the text, never evidence.

    Args:
        article: cleaned; where its ``lang`` is not given, the language of its text counts.

    Returns:
        one span of ``text`` a paragraph; none where the article's or the paragraph's language is not sure.
    """
    own = primary(article.lang) or language_of(article.text)
    if own is None:
        return ()
    spans = []
    start = 0
    for paragraph in article.text.split("\n\n"):
        spoken = language_of(paragraph)
        if spoken is not None and spoken != own:
            spans.append(Span(start=start, end=start + len(paragraph)))
        start += len(paragraph) + 2
    return tuple(spans)
