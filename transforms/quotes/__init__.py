"""Quotes: what the text puts between quotation marks, who said it, and which articles print the same words.

``marks.py`` finds the spans, ``cues.py`` and ``people.py`` the verbs and the people, ``attribution.py`` puts them
together, ``shared.py`` compares quotes of several articles.
"""

from transforms.quotes.attribution import find_quotes
from transforms.quotes.shared import Likeness, group_quotes, normalise_quote, same_quote

__all__ = ["Likeness", "find_quotes", "group_quotes", "normalise_quote", "same_quote"]
