"""Articles in other languages: held against what the rules give for their language, and nothing is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quality.rows import rules as all_rules
from transforms.article import Article, Reading
from transforms.entity import Entity, in_language, phrases_in_all
from transforms.match import Matcher
from transforms.read import Reader
from transforms.screen import Screen
from transforms.topics import Signal, Spoken, TopicRule, needed
from transforms.watch import Rules, Watch

SHIPPED = all_rules()
READER = Reader(SHIPPED)


def read(text: str, lang: str | None = None) -> Reading:
    return READER.read([Article(text=text, lang=lang)])[0]


def topics(reading: Reading) -> set[str]:
    return {topic.id for topic in reading.topics if topic.about}


def ids(reading: Reading) -> set[str]:
    return {mention.id for mention in reading.entities if mention.id}


@pytest.mark.parametrize(
    ("language", "topic", "text"),
    [
        ("es", "election-interference",
         ("El Gobierno de Moldavia denunció el lunes la injerencia de Rusia en las elecciones parlamentarias, que para "
         "la presidenta fue la mayor de la historia del país.")),
        ("es", "disinformation",
         ("Los bulos sobre la vacuna se difundieron durante semanas en las redes sociales, según un informe que fue "
         "presentado este martes por el Ministerio de Sanidad.")),
        ("es", "protests",
         ("Miles de personas salieron a las calles de Bogotá para protestar contra la reforma del Gobierno, y "
         "la policía lanzó gases lacrimógenos contra los manifestantes.")),
        ("es", "sanctions",
         ("La Unión Europea aprobó este lunes nuevas sanciones contra Rusia que afectan a los bancos y los buques que "
         "transportan su petróleo.")),
        ("es", "cyber-attacks",
         ("Un ciberataque obligó a tres hospitales de Barcelona a cancelar las operaciones del día, según informó el "
         "gobierno de la región.")),
        ("fr", "election-interference",
         ("La présidente de la Moldavie a dénoncé une ingérence de la Russie dans les élections législatives, qui est "
         "selon elle sans précédent dans le pays.")),
        ("fr", "disinformation",
         ("De fausses informations sur le vaccin ont circulé pendant des semaines sur les réseaux sociaux, selon un "
         "rapport du ministère de la Santé.")),
        ("fr", "protests",
         ("Des milliers de manifestants ont défilé dans les rues de Paris contre la réforme de la loi, et la police "
         "a fait usage de gaz lacrymogène.")),
        ("fr", "sanctions",
         ("L'Union européenne a adopté lundi de nouvelles sanctions contre la Russie, qui visent des banques et des "
         "navires transportant son pétrole.")),
        ("fr", "cyber-attacks",
         ("Une cyberattaque a contraint trois hôpitaux de la région à annuler des opérations, a indiqué mardi le "
         "ministère de la Santé.")),
        ("de", "election-interference",
         ("Die Präsidentin der Republik Moldau hat Russland vorgeworfen, sich in die Wahl eingemischt zu haben, und "
         "sprach von einem Angriff auf die Demokratie.")),
        ("de", "disinformation",
         ("Falschmeldungen über die Impfung wurden wochenlang in den sozialen Medien verbreitet, wie aus einem Bericht "
         "des Ministeriums hervorgeht.")),
        ("de", "protests",
         ("Tausende Demonstranten sind am Samstag in Berlin gegen die Pläne der Regierung auf die Straße gegangen, die "
         "Polizei setzte Wasserwerfer ein.")),
        ("de", "sanctions",
         ("Die Europäische Union hat am Montag neue Sanktionen gegen Russland beschlossen, die auch Banken und Tanker "
         "treffen und nach dem Sommer in Kraft treten.")),
        ("de", "cyber-attacks",
         ("Ein Cyberangriff hat drei Krankenhäuser in der Region lahmgelegt, und die Ärzte mussten die Operationen auf "
         "die nächste Woche verschieben.")),
    ],
)  # fmt: skip
def test_a_plain_report_in_another_language_holds_and_is_marked(language: str, topic: str, text: str) -> None:
    reading = read(text)
    assert reading.article.lang == language
    assert topic in topics(reading)


@pytest.mark.parametrize(
    "text",
    [
        "El árbitro fue sancionado por la liga después de que los aficionados protestaran en la grada.",
        "La cantante presentó en Madrid un disco con el que quiere llegar a todos los públicos de América Latina.",
        "Le film sur la vie du peintre a été présenté à Cannes, où il a reçu un accueil très chaleureux du public.",
        "Die Mannschaft hat das Spiel spät verloren, und der Trainer war mit der Leistung nicht zufrieden.",
    ],
)
def test_a_report_of_something_else_in_another_language_does_not_hold(text: str) -> None:
    assert topics(read(text)) == set()


def test_english_signals_do_not_fire_in_another_language() -> None:
    text = (
        "El ministro dijo que el grupo que se llama Russian Election Interference, con un troll farm en la ciudad de "
        "San Petersburgo, no es más que una banda que toca en los bares."
    )
    assert read(text).topics == ()
    assert topics(read("Russian election interference was the work of a troll farm, officials said.", "en"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (("El presidente de Estados Unidos habló con los líderes de Alemania y de Corea del Sur sobre la guerra en "
         "Ucrania, y EE. UU. no descarta que China se sume."),
         {"country/US", "country/DE", "country/KR", "country/UA", "country/CN"}),
        (("Le président des États-Unis a parlé avec l'Allemagne et le Royaume-Uni de la guerre en Ukraine, et l'Iran "
         "n'est pas exclu des discussions."),
         {"country/US", "country/DE", "country/GB", "country/UA", "country/IR"}),
        (("Der Präsident der Vereinigten Staaten hat mit Frankreich und der Türkei über den Krieg in der Ukraine "
         "gesprochen, und auch Russlands Haltung war ein Thema."),
         {"country/US", "country/FR", "country/TR", "country/UA", "country/RU"}),
    ],
)  # fmt: skip
def test_countries_have_their_names_in_the_articles_language(text: str, named: set[str]) -> None:
    assert ids(read(text)) == named


def test_people_keep_their_names_and_english_words_are_no_names() -> None:
    text = (
        "El presidente Xi Jinping se reunió el martes con los ministros que llegaron a la capital. Xi dijo que no hay "
        "motivo para la alarma, según la agencia oficial."
    )
    assert "person/xi-jinping" in ids(read(text))
    german = "Der Mann sagte, dass die Polish Hall in der Stadt nach dem Krieg nicht mehr aufgebaut wurde."
    assert "country/PL" not in ids(read(german))


def test_names_by_form_are_not_guessed_in_another_language() -> None:
    text = "La ministra, que según Secretary Jane Fooley no estaba en la sala, dijo que los datos son de este año."
    assert [mention.text for mention in read(text).entities] == []


TOPIC = TopicRule(
    id="meddling",
    name="Meddling",
    definition="Someone meddles.",
    signals=(Signal(meet=(("meddl*",), ("election*",)), weight=0.9),),
    languages={"es": Spoken(signals=(Signal(meet=(("injerencia*",), ("eleccion*",)), weight=0.9),))},
)
CHINA = Entity(
    id="country/CN", name="China", label="GPE", demonyms=("Chinese",), languages={"es": ("Pekín",)}
)
GEORGIA = Entity(id="country/GE", name="Georgia", label="GPE", shared=("Georgia",), near=("tbilisi",))
OWN = Rules(
    watches={
        key: Watch.model_validate({"id": key, "title": key, "channel": "#x", "when": when})
        for key, when in {"topic": {"topic": "meddling"}, "entity": {"entity": "country/CN"}}.items()
    },
    topics={TOPIC.id: TOPIC},
    entities={CHINA.id: CHINA, GEORGIA.id: GEORGIA},
)


def test_a_name_that_others_share_is_none_in_other_languages_unless_given() -> None:
    assert set(in_language(OWN.entities.values(), "es")) == {"country/CN"}
    given = GEORGIA.model_copy(update={"languages": {"de": ("Georgien",)}})
    (spoken,) = in_language([given], "de").values()
    assert phrases_in_all(spoken) == ("Georgien",)


def test_a_language_that_nothing_is_given_for_has_the_own_names_alone() -> None:
    (spoken,) = in_language([CHINA], "pl").values()
    assert spoken.name == "China"
    assert (*spoken.aliases, *spoken.demonyms) == ()


def test_needed_and_the_phrases_take_all_languages() -> None:
    assert needed(TOPIC) == ((("meddl*",), ("election*",)), (("injerencia*",), ("eleccion*",)))
    assert phrases_in_all(CHINA) == ("China", "Chinese", "Pekín")


def test_a_topic_without_words_for_the_language_says_so() -> None:
    reading = Reader(OWN).read(
        [Article(text="Ein Satz, der in der Zeitung steht und nicht mehr.", lang="de")]
    )[0]
    verdict = Matcher(OWN).verdict(OWN.watches["topic"], reading)
    assert verdict.because == "meddling has no signals in the article's language, de"


WORDS = [
    "Pekín",
    "China",
    "Chinese",
    "injerencia",
    "injerencias",
    "elecciones",
    "meddling",
    "election",
    "de",
    ".",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=20), st.sampled_from(["es", "es-MX", "en", "de", None]))
def test_the_screen_lets_everything_pass_that_matches_in_any_language(
    words: list[str], lang: str | None
) -> None:
    article = Article(id="a", text=" ".join(words), lang=lang)
    matched = {match.watch for match in MATCHER.matches(OWN_READER.read([article])[0])}
    assert matched <= set(SCREEN.could_match(article))


OWN_READER, MATCHER, SCREEN = Reader(OWN), Matcher(OWN), Screen(OWN)
