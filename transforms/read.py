"""The reading of an article: sentences, entities, topics, quotes and credits, each with its offsets.

Put together from language.py, entities.py, names.py and mentions.py, topics.py, quotes and credits, over spaCy's
tokens and sentences. Any spaCy pipeline may be given; what it names in ``doc.ents`` is taken along.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from transforms.article import Article, FieldName, Label, Mention, Quote, Reading, Span
from transforms.credits import Outlets, read_credits
from transforms.entities import Gazetteer
from transforms.entity import in_language as entities_in
from transforms.language import ENGLISH, language_of, passages, primary
from transforms.mentions import together
from transforms.names import find_names
from transforms.quotes import find_quotes
from transforms.topics import TopicFinder
from transforms.topics import in_language as topics_in
from transforms.watch import Rules

_LONGEST = 64 * 1024 * 1024  # characters; sources refuse longer input long before
_BREAKS = [".", "!", "?", "…", "。", "！", "？", "؟", "।", "\n", "\n\n"]  # paragraphs end sentences too
BATCH = 32
"""Articles that are read at once, at most."""
_NAMED = 100_000  # characters of a text in which a model looks for names; more is no news article
_SHOWN = 2_000  # the same of a title
_AT_ONCE = 40_000  # characters that a model takes in one batch: more costs memory, and time where caches end
_Piece = tuple[str, tuple[int, FieldName]]  # the text for spaCy, and of which article and field it is
_ENDLESS = re.compile(r"\S{100}")


@functools.lru_cache(maxsize=1)
def blank_pipeline() -> Language:
    """SpaCy's English tokenizer with sentences by punctuation and paragraph: no model, no download."""
    return with_sentences(spacy.blank("en"))


def with_sentences(nlp: Language) -> Language:
    """The pipeline, with sentences by punctuation and paragraph set before all its own pipes."""
    if nlp.has_pipe("sentencizer"):
        nlp.remove_pipe("sentencizer")
    nlp.add_pipe("sentencizer", config={"punct_chars": _BREAKS}, first=True)
    nlp.max_length = _LONGEST
    return nlp


class _Tongue(NamedTuple):
    """What is looked for in one language."""

    gazetteer: Gazetteer
    topics: TopicFinder


class Reader:
    """Reads articles: each in its language, with the names and signals that the rules give for that and no others.

    One whose language is not known is read as English.

    Args:
        rules: topics to find, entities to know.
        nlp: the spaCy pipeline; it must set sentences, and may set entities.
    """

    def __init__(self, rules: Rules, nlp: Language | None = None):
        self._nlp = nlp or blank_pipeline()
        self._names = set(self._nlp.pipe_names) != {"sentencizer"}
        self._rules = rules
        self._english = _Tongue(Gazetteer(rules.entities), TopicFinder(rules.topics, rules.opinion))
        self._others: dict[str | None, _Tongue] = {}
        self._given = {
            language
            for spoken in (
                *(topic.languages for topic in rules.topics.values()),
                *(entity.languages for entity in rules.entities.values()),
            )
            for language in spoken
        }
        self._outlets = Outlets(
            entity for entity in rules.entities.values() if entity.id.startswith("outlet/")
        )

    def read(self, articles: Sequence[Article]) -> list[Reading]:
        """One reading an article, in the same order; the articles must have been cleaned."""
        spoken = [article.lang or language_of(article.text) for article in articles]
        named = self._named(articles, spoken)
        return [
            self._reading(article.model_copy(update={"lang": language}), doc, mentions)
            for article, language, (doc, mentions) in zip(articles, spoken, named, strict=True)
        ]

    def _named(
        self, articles: Sequence[Article], spoken: Sequence[str | None]
    ) -> list[tuple[Doc, list[Mention]]]:
        """Each text with its sentences, and what the pipeline names in it and its title.

        Articles in languages other than English, and what is beyond ``_NAMED`` characters, are given no names.
        """
        if not self._names:
            plain = self._nlp.pipe((_digestible(article.text) for article in articles), batch_size=BATCH)
            return [(doc, []) for doc in plain]
        whole = [
            _is_english(language) and len(article.text) <= _NAMED
            for article, language in zip(articles, spoken, strict=True)
        ]
        pieces: list[_Piece] = []
        for place, (article, language) in enumerate(zip(articles, spoken, strict=True)):
            if _is_english(language):
                pieces.append((_digestible(article.text[:_NAMED]), (place, "text")))
                if article.title:
                    pieces.append((_digestible(article.title[:_SHOWN]), (place, "title")))
        mentions: list[list[Mention]] = [[] for _ in articles]
        docs: dict[int, Doc] = {}
        for batch in _together(pieces):
            for doc, (place, field) in self._nlp.pipe(batch, as_tuples=True, batch_size=len(batch)):
                mentions[place].extend(_by_model(articles[place], doc, field))
                if field == "text" and whole[place]:
                    docs[place] = doc
        for place, article in enumerate(articles):
            if place not in docs:
                docs[place] = blank_pipeline()(_digestible(article.text))
        return [(docs[place], mentions[place]) for place in range(len(articles))]

    def _reading(self, article: Article, doc: Doc, by_model: Sequence[Mention]) -> Reading:
        aside = passages(article)
        sentences = tuple(_sentences(article, doc))
        tongue = self._tongue(article.lang)
        known = tongue.gazetteer.find(article, aside)
        # Names are known by their form where the words around them are English.
        unnamed = not self._names or len(article.text) > _NAMED
        by_form = find_names(article, bodies=unnamed) if _is_english(article.lang) else ()
        named = together(article, known, by_form, by_model)
        entities = tuple(mention for mention in named if not _within(mention, aside))
        said = read_credits(article, self._outlets)
        return Reading(
            article=article,
            sentences=sentences,
            entities=entities,
            topics=tongue.topics.find(article, sentences, aside),
            quotes=self._quotes(article, entities),
            credits=said.credits,
            spoken=said.spoken,
            aside=aside,
        )

    def _quotes(self, article: Article, entities: Sequence[Mention]) -> tuple[Quote, ...]:
        """What stands between marks; who said it only in English, whose verbs and pronouns are known."""
        quotes = find_quotes(article, entities, self._english.gazetteer.names)
        if _is_english(article.lang):
            return quotes
        return tuple(quote.model_copy(update={"speaker": None, "cue": None}) for quote in quotes)

    def _tongue(self, language: str | None) -> _Tongue:
        """What is looked for in a language, put together when its first article comes."""
        if _is_english(language):
            return self._english
        spoken = primary(language)
        spoken = spoken if spoken in self._given else None
        if spoken not in self._others:
            entities = entities_in(self._rules.entities.values(), spoken)
            topics = topics_in(self._rules.topics.values(), spoken)
            self._others[spoken] = _Tongue(Gazetteer(entities), TopicFinder(topics))
        return self._others[spoken]


def _is_english(language: str | None) -> bool:
    return primary(language) in {None, ENGLISH}


def _digestible(text: str) -> str:
    """The text for spaCy: of the same length, with blanks in runs that no language writes without one.

    The tokenizer takes marks off a word one by one and looks at the whole of it each time: a run of ten thousand
    quotation marks would take it ten seconds.
    """
    return _ENDLESS.sub(lambda run: run[0][:-1] + " ", text)


def _together(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces in batches that a network may take at once: its memory grows with what is in one."""
    batch: list[_Piece] = []
    length = 0
    for piece in pieces:
        if batch and (length + len(piece[0]) > _AT_ONCE or len(batch) == BATCH):
            yield batch
            batch, length = [], 0
        batch.append(piece)
        length += len(piece[0])
    if batch:
        yield batch


def _sentences(article: Article, doc: Doc) -> Iterator[Span]:
    if article.title:
        yield Span(start=0, end=len(article.title), field="title")
    for sentence in doc.sents:
        surface = article.text[sentence.start_char : sentence.end_char]
        start = sentence.start_char + len(surface) - len(surface.lstrip())
        end = sentence.start_char + len(surface.rstrip())
        if end > start:
            yield Span(start=start, end=end)


def _by_model(article: Article, doc: Doc, field: FieldName) -> Iterator[Mention]:
    text = article.of(field)
    for entity in doc.ents:
        if entity.label_ in get_args(Label):
            yield Mention.model_validate(
                {"start": entity.start_char, "end": entity.end_char, "label": entity.label_, "field": field}
                | {"text": text[entity.start_char : entity.end_char]}
            )


def _within(mention: Mention, aside: Sequence[Span]) -> bool:
    return any(
        span.field == mention.field and span.start < mention.end and mention.start < span.end
        for span in aside
    )
