"""The reading of an article: sentences, entities, topics, quotes and credits, each with its offsets.

Put together from language.py, entities.py and names.py, topics.py, quotes and credits, over spaCy's tokens and
sentences. Any spaCy pipeline may be given; what it names in ``doc.ents`` is taken along.
"""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, get_args

import apache_beam as beam
import spacy
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from spacy.language import Language
from spacy.tokens import Doc

from transforms.article import Article, DeadLetter, Label, Mention, Reading, Span
from transforms.credits import Outlets, read_credits
from transforms.entities import Gazetteer, longest
from transforms.language import language_of, passages
from transforms.letters import letter_of, said
from transforms.names import find_names
from transforms.quotes import find_quotes
from transforms.topics import TopicFinder
from transforms.watch import Rules

DEAD = "dead"
_LONGEST = 64 * 1024 * 1024  # characters; sources refuse longer input long before
_BREAKS = [".", "!", "?", "…", "。", "！", "？", "؟", "।", "\n", "\n\n"]  # paragraphs end sentences too
_BATCH = 32
_ENDLESS = re.compile(r"\S{100}")


@functools.lru_cache(maxsize=1)
def blank_pipeline() -> Language:
    """SpaCy's English tokenizer with sentences by punctuation and paragraph: no model, no download."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": _BREAKS})
    nlp.max_length = _LONGEST
    return nlp


class Reader:
    """Reads articles.

    Args:
        rules: topics to find, entities to know.
        nlp: the spaCy pipeline; it must set sentences, and may set entities.
    """

    def __init__(self, rules: Rules, nlp: Language | None = None):
        self._nlp = nlp or blank_pipeline()
        self._gazetteer = Gazetteer(rules.entities)
        self._topics = TopicFinder(rules.topics)
        self._outlets = Outlets(
            entity for entity in rules.entities.values() if entity.id.startswith("outlet/")
        )

    def read(self, articles: Sequence[Article]) -> list[Reading]:
        """One reading an article, in the same order; the articles must have been cleaned."""
        docs = self._nlp.pipe((_digestible(article.text) for article in articles), batch_size=_BATCH)
        return [self._reading(article, doc) for article, doc in zip(articles, docs, strict=True)]

    def _reading(self, article: Article, doc: Doc) -> Reading:
        language = article.lang or language_of(article.text)
        article = article.model_copy(update={"lang": language})
        aside = passages(article)
        sentences = tuple(_sentences(article, doc))
        named = [*self._gazetteer.find(article, aside), *find_names(article), *_by_model(article, doc)]
        entities = tuple(mention for mention in longest(named) if not _within(mention, aside))
        said = read_credits(article, self._outlets)
        return Reading(
            article=article,
            sentences=sentences,
            entities=entities,
            topics=self._topics.find(article, sentences, aside),
            quotes=find_quotes(article, entities, self._gazetteer.names),
            credits=said.credits,
            spoken=said.spoken,
            aside=aside,
        )


def _digestible(text: str) -> str:
    """The text for spaCy: of the same length, with blanks in runs that no language writes without one.

    The tokenizer takes marks off a word one by one and looks at the whole of it each time: a run of ten thousand
    quotation marks would take it ten seconds.
    """
    return _ENDLESS.sub(lambda run: run[0][:-1] + " ", text)


def _sentences(article: Article, doc: Doc) -> Iterator[Span]:
    if article.title:
        yield Span(start=0, end=len(article.title), field="title")
    for sentence in doc.sents:
        surface = article.text[sentence.start_char : sentence.end_char]
        start = sentence.start_char + len(surface) - len(surface.lstrip())
        end = sentence.start_char + len(surface.rstrip())
        if end > start:
            yield Span(start=start, end=end)


def _by_model(article: Article, doc: Doc) -> Iterator[Mention]:
    for entity in doc.ents:
        if entity.label_ in get_args(Label):
            yield Mention.model_validate(
                {"start": entity.start_char, "end": entity.end_char, "label": entity.label_}
                | {"text": article.text[entity.start_char : entity.end_char]}
            )


def _within(mention: Mention, aside: Sequence[Span]) -> bool:
    return any(
        span.field == mention.field and span.start < mention.end and mention.start < span.end
        for span in aside
    )


class _ReadFn(beam.DoFn):
    """Batches of articles to their readings."""

    def __init__(self, load_rules: Callable[[], Rules]):
        self._load_rules = load_rules
        self._came = Metrics.counter("read", "in")
        self._went = Metrics.counter("read", "on")
        self._stopped = Metrics.counter("read", "stopped:unreadable")

    def setup(self) -> None:
        self._reader = Reader(self._load_rules())

    def process(
        self, articles: list[Article]
    ) -> Iterator[Reading | TaggedOutput[Literal["dead"], DeadLetter]]:
        self._came.inc(len(articles))
        try:
            readings = self._reader.read(articles)
        except Exception:  # noqa: BLE001 - one of them is poison: the others are read without it
            yield from self._one_by_one(articles)
            return
        self._went.inc(len(readings))
        yield from readings

    def _one_by_one(self, articles: Sequence[Article]) -> Iterator[Any]:
        for article in articles:
            try:
                readings = self._reader.read([article])
            except Exception as error:  # noqa: BLE001 - it goes to the dead letters, whole
                self._stopped.inc()
                yield TaggedOutput(DEAD, letter_of(article, "read", "unreadable", said(error)))
            else:
                self._went.inc(len(readings))
                yield from readings


class Read(beam.PTransform):
    """PCollection[Article] in, in batches through spaCy.

    ``main``: PCollection[Reading]; ``dead``: PCollection[DeadLetter], what cannot be read, whole.
    """

    def __init__(self, load_rules: Callable[[], Rules]):
        super().__init__()
        self._load_rules = load_rules

    def expand(self, articles: beam.PCollection[Article]) -> Any:
        return (
            articles
            | "batch" >> beam.BatchElements(min_batch_size=1, max_batch_size=_BATCH)
            | "read with spaCy" >> beam.ParDo(_ReadFn(self._load_rules)).with_outputs(DEAD, main="main")
        )
