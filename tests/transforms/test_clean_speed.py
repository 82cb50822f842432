"""Cleaning takes time in proportion to the article, whatever the article does."""

from __future__ import annotations

from time import thread_time

import pytest

from transforms.article import Article
from transforms.clean import clean

HOSTILE = {
    "plain": "The parliament voted on Tuesday, and nobody was there. ",
    "newlines": "\n",
    "short lines": "a\n",
    "wrapped lines": "and so the line\ngoes on and on\n",
    "mojibake": "â€™ Ã© Ð\x9f ",
    "layers": "Ãƒ",
    "one lead and its trail": "ƒ",
    "lost quotes that open": "the âA ",
    "lost quotes that close": "the a,â ",
    "lost marks in a crowd": "â",
    "references": "&amp;",
    "half references": "&#38;#3",
    "advertisements": "Advertisement\n",
    "labels": "Read more:\n",
    "invitations": "For the latest news news news headlines updates\n",
    "page headers": "Voz media US Voz.us\n",
    "one title over and over": "Bill goes back to the committee\n",
    "dates": "Published: April 27, 2024, 08:32 IST\n",
    "crawl dates": "date 2024-04-27 ",
    "full stops": ".",
    "quotation marks": '."',
    "joiners": "\u200d",
    "blanks": " ",
    "no-break blanks": "\xa0\n",
    "marks that combine": "\u0301",
}


def seconds(text: str) -> float:
    article = Article(text=text, title="Ãƒ")
    start = thread_time()
    clean(article)
    return thread_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_eight_times_the_text_takes_no_more_than_its_share(kind: str) -> None:
    piece = HOSTILE[kind]
    size = 24_000 // len(piece)
    small = min(seconds(f"Ã{piece * size}") for _ in range(3))
    large = min(seconds(f"Ã{piece * size * 8}") for _ in range(2))
    assert large < 24 * small + 0.05


def test_a_line_of_ten_thousand_characters_and_a_text_of_megabytes_pass() -> None:
    line = "word " * 2000
    text = f"Bill goes back to the committee\n{line}\n" + "The house voted. " * 180_000
    article = clean(Article(text=text))
    assert article.title == "Bill goes back to the committee"
    assert article.text.startswith(line.strip() + "\n\nThe house voted.")
