"""Forms of attribution beyond the plain one: subjects far from their verb, verbs in odd places, names that open.

One sentence a form; the words of the speaker are asked for, as they stand in the text.
"""

from __future__ import annotations

import pytest

from transforms.article import Article
from transforms.quotes import find_quotes


def speakers(text: str) -> list[str | None]:
    """The speaker of each quote, as written, without any mention given."""
    return [
        quote.speaker.text if quote.speaker else None for quote in find_quotes(Article(text=text), (), {})
    ]


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("“We waited all night,” the email read.", "the email"),
        ("“Go home,” read one. Nobody did.", "one"),
        ("“It is over,” said former secretary of state Ellen Park.", "former secretary of state Ellen Park"),
        ("“It is over,” Senator Ellen Park, R-Wyo., said.", "Senator Ellen Park"),
        ("“It is over,” Ellen Park, now 81 and retired in Salem, Mass., said.", "Ellen Park"),
        ("“No way,” Tom Reed shot back with a laugh.", "Tom Reed"),
        ("“Is it open?” Hannity pressed. “Nobody knows.”", "Hannity"),
        ("“It is closed,” the two write.", "the two"),
        ("Hundreds of marchers filled the street on Monday, chanting “go home”.", "Hundreds of marchers"),
        ("Ellen Park threw her support behind Tom Reed on Friday, saying it was “time to go”.", "Ellen Park"),
        (
            "Outside the hall in Salem, about 200 farmers stood in the rain, chanting “go home”.",
            "about 200 farmers",
        ),
        ("Tom Reed, during a meeting in Salem, Ohio, said it was “time to go”.", "Tom Reed"),
        (
            "A letter from the union obtained by the paper warns that “the roof will fall”.",
            "A letter from the union",
        ),
        ("Tom Reed answered that tweet by calling it “a farce”.", "Tom Reed"),
        ("Park asked Tom Reed to further explain why there was “no question” of a fee.", "Park"),
        ("Ellen Park said the “great measures” she had been using would end.", "Ellen Park"),
        ("With Ann Lee smiling and Tom Reed calling it a “great day”, the meeting ended.", "Tom Reed"),
        ("According to a statement from Ann Lee, the dam is “safe”.", "a statement from Ann Lee"),
        ("“It was a bad year,” Tom Reed said in reply. “It will be better.”", "Tom Reed"),
    ],
)
def test_the_subject_is_found_wherever_it_stands(text: str, speaker: str) -> None:
    assert speakers(text)[0] == speaker


def test_a_paragraph_that_ends_in_a_colon_leads_what_follows() -> None:
    text = "Tom Reed spoke first.\n\nEllen Park released the following note:\n\n“The hall will open in May.”"
    assert speakers(text) == ["Ellen Park"]


@pytest.mark.parametrize(
    "text",
    [
        "Those so-called “quiet years” were loud.",
        "To go on, click “sign up.” It is free.",
        "“The Long Road” is a film about a farmer.",
        "The video came from an account called “Salt-Pepper” on Friday.",
    ],
)
def test_names_and_buttons_are_no_quotes(text: str) -> None:
    assert speakers(text) == []


def test_a_word_of_the_sentence_that_tells_of_speech_keeps_a_short_quote() -> None:
    assert len(speakers("Their call for “revolution” over small steps won the young.")) == 1
