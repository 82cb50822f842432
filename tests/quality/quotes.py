"""Quotes against gold: spans, exactly, and speakers.

Two kinds of gold are read. PolNeAR marks attributions: a gold quote is what stands between a pair of double marks
within the content of one, so that scare quotes and titles, which nobody says, count against who finds them. Our own
sample gives quotes and full names as text, in reading order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.quality.rows import f_score, ratio, reader, rows
from transforms.article import Article, Speaker
from transforms.clean import clean

Span = tuple[int, int]
_MARK = re.compile(r"[\"“”„‟″]|``|''")
_BESIDE = ('"', "“", "”", "``", "''")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")


def score(path: Path) -> Mapping[str, float]:
    """Precision, recall and F1 of spans; speakers by place and by person; the baseline that pairs all marks.

    Spans are compared without their marks, character by character. Where the marks of a content do not pair (the
    annotator cut through a quote), nothing is counted; quotes without double marks (block quotes, single marks in
    headlines) count only if they are in the gold. A find that overlaps no gold quote, and of which four fifths and more
    are what the gold says someone said, though annotated without its marks, counts in ``F1 strict`` alone.

    ``speaker``: of the quotes that were found and whose gold has a source, those whose speaker's words overlap it.
    ``person``: also those that name the same one in other words: by surname, or the name right before a "who".
    """
    count: Counter[str] = Counter()
    for row in rows(path):
        (_polnear if "attributions" in row else _own)(row, count)
    scores = {
        "precision": ratio(count["hits"], count["found"]),
        "recall": ratio(count["hits"], count["gold"]),
        "F1": f_score(count["hits"], count["found"], count["gold"]),
        "speaker": ratio(count["speaker"], count["asked"]),
    }
    if count["paired"]:
        scores["person"] = ratio(count["person"], count["asked"])
        scores["F1 strict"] = f_score(count["hits"], count["found"] + count["inside"], count["gold"])
        scores["F1 of pairing"] = f_score(count["paired hits"], count["paired"], count["gold"])
    return scores


def _own(row: Mapping[str, Any], count: Counter[str]) -> None:
    article = clean(Article(title=row.get("title"), text=row["text"]))
    found = reader().read([article])[0]
    said = [
        (article.of(quote.field)[quote.start : quote.end], quote.speaker.name if quote.speaker else None)
        for quote in found.quotes
    ]
    gold = [(quote, speaker) for quote, speaker in row["quotes"]]
    hits = Counter(quote for quote, _ in said) & Counter(quote for quote, _ in gold)
    count["found"] += len(said)
    count["gold"] += len(gold)
    count["hits"] += hits.total()
    count["asked"] += len(gold)
    count["speaker"] += (Counter(said) & Counter(gold)).total()


def _polnear(row: Mapping[str, Any], count: Counter[str]) -> None:
    text: str = row["text"]
    gold: dict[Span, list[Span]] = {}
    torn: list[Span] = []
    for attribution in row["attributions"]:
        for start, end in _contents(text, attribution["content"]):
            spans = _between_marks(text, start, end)
            if spans is None:
                torn.append((start, end))
            for span in spans or ():
                gold.setdefault(span, []).extend(tuple(source) for source in attribution["source"])
    gold = {span: sources for span, sources in gold.items() if not overlaps(span, torn)}
    reading = reader().read([Article(id=row["id"], text=text)])[0]
    found = {
        (quote.start, quote.end): quote.speaker
        for quote in reading.quotes
        if not overlaps((quote.start, quote.end), torn)
        and ((quote.start, quote.end) in gold or _marked(text, quote.start, quote.end))
    }
    paired = {span for span in _pairs(text) if not overlaps(span, torn)}
    contents = [span for attribution in row["attributions"] for span in attribution["content"]]
    inside = sum(
        _covered(span, contents) and not overlaps(span, [*gold]) for span in found.keys() - gold.keys()
    )
    count["gold"] += len(gold)
    count["found"] += len(found) - inside
    count["inside"] += inside
    count["hits"] += len(gold.keys() & found.keys())
    count["paired"] += len(paired)
    count["paired hits"] += len(gold.keys() & paired)
    for span in gold.keys() & found.keys():
        if not gold[span]:
            continue
        speaker = found[span]
        count["asked"] += 1
        count["speaker"] += _there(speaker, gold[span])
        count["person"] += _there(speaker, gold[span]) or _same(text, speaker, gold[span])


def overlaps(span: Span, others: Sequence[Span]) -> bool:
    """Whether a span shares a character with one of the others."""
    return any(start < span[1] and span[0] < end for start, end in others)


def _covered(span: Span, others: Sequence[Sequence[int]]) -> bool:
    """Whether at least four fifths of a span lie in the others."""
    said = set[int]()
    for start, end in others:
        said.update(range(max(start, span[0]), min(end, span[1])))
    return len(said) * 5 >= (span[1] - span[0]) * 4


def _there(speaker: Speaker | None, sources: Sequence[Span]) -> bool:
    return speaker is not None and overlaps((speaker.start, speaker.end), sources)


def _same(text: str, speaker: Speaker | None, sources: Sequence[Span]) -> bool:
    if speaker is None:
        return False
    for start, end in sources:
        words = set(_WORD.findall(re.sub(r"[’']s?\b", "", text[start:end])))
        if speaker.name and speaker.name.rsplit(" ", 1)[-1] in words:
            return True
        if text[start:end] in {"who", "which", "that"} and speaker.end <= start <= speaker.end + 3:
            return True
    return False


def _contents(text: str, content: Sequence[Sequence[int]]) -> list[Span]:
    """The content's spans, those put together that only marks and blanks divide."""
    together: list[Span] = []
    for start, end in sorted((start, end) for start, end in content):
        if together and not text[together[-1][1] : start].strip(' \u00a0"“”'):
            together[-1] = together[-1][0], max(end, together[-1][1])
        else:
            together.append((start, end))
    return [(start, end) for start, end in together if _MARK.search(text, start, end)]


def _between_marks(text: str, start: int, end: int) -> list[Span] | None:
    """What stands between the marks of one content, one span a paragraph; None where they do not pair."""
    while start and text[start - 1] in '"“”':
        start -= 1
    while end < len(text) and text[end] in '"“”':
        end += 1
    end += 2 * (text[end : end + 2] == "''")
    start -= 2 * (text[max(0, start - 2) : start] in {"''", "``"})
    spans: list[Span] = []
    opened: int | None = None
    for mark in _MARK.finditer(text, start, end):
        if opened is None:
            if mark.group() == "”":
                return None
            opened = mark.end()
            continue
        line = text.find("\n", opened, mark.start())
        if line >= 0:
            if text[line : mark.start()].strip():
                return None
            spans.append((opened, line))
            opened = mark.end()
            continue
        if mark.group() == "“":
            return None
        spans.append((opened, mark.start()))
        opened = None
    return None if opened is not None else _trimmed(text, spans)


def _trimmed(text: str, spans: Sequence[Span]) -> list[Span]:
    kept = []
    for start, end in spans:
        words = text[start:end]
        first = start + len(words) - len(words.lstrip())
        if any(map(str.isalnum, words)):
            kept.append((first, start + len(words.rstrip())))
    return kept


def _pairs(text: str) -> list[Span]:
    """The baseline: every second double mark closes the one before it."""
    marks = [mark.span() for mark in _MARK.finditer(text)]
    return [(one[1], other[0]) for one, other in zip(marks[::2], marks[1::2], strict=False)]


def _marked(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 2) : start].rstrip().endswith(_BESIDE) or text[
        end : end + 2
    ].lstrip().startswith(_BESIDE)
