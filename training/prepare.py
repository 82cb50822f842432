"""From the sets to spaCy's files: `python -m training.prepare --data DIR --out DIR [--without gmb ...]`.

Writes train.spacy and dev.spacy for the training, and test.jsonl for `evaluate.py`; the same from the same input.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from spacy.tokens import Doc, DocBin

from training.sources import GROUPS, LABELS, SOURCES, Source

_BLOCK = 50  # sentences that are held out together where a set knows no documents
_TEST, _DEV = 15, 5  # per cent
_CLOSING = frozenset(".,;:!?)]}%’'\"”…")
_OPENING = frozenset("([{$£€“‘#@")
_SUFFIXES = re.compile(r"(?:n't|n’t|['’](?:s|S|re|ve|ll|d|m))$")
_TITLES = re.compile(
    r"(?:(?:former|acting|deputy|vice|foreign|prime|interior|defen[cs]e|finance|secretary|minister|secretary-general|"
    r"president|chancellor|senators?|sen|representative|rep|governor|gov|mayor|ambassador|judge|justice|general|gen|"
    r"admiral|adm|colonel|col|captain|capt|lieutenant|lt|sergeant|sgt|king|queen|prince|princess|pope|archbishop|bishop|"
    r"cardinal|rabbi|imam|sheikh|ayatollah|grand|emir|sultan|professor|prof|dr|doctor|mr|mrs|ms|miss|sir|lord|lady|"
    r"dame|leader|premier|speaker|chairman|director|commissioner|spokesman|spokeswoman|envoy|of|state|attorney|major|"
    r"maj|brigadier|president-elect|first|the)\.?$)",
    re.IGNORECASE,
)


class Text(NamedTuple):
    """One text with its gold: characters `[start, end)` and label."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    source: Source
    part: str


def texts(data: Path, source: Source) -> Iterator[Text]:
    """The texts of one set, each in its part: train, dev or test."""
    with gzip.open(data / "ner" / f"{source.file}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    held: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        row["doc"] = row["doc"] or f"{source.file}-block-{number // _BLOCK}"
        if held and (len(held) >= source.joined or held[0]["doc"] != row["doc"]):
            yield _joined(held, source)
            held = []
        held.append(row)
    if held:
        yield _joined(held, source)


def _joined(rows: list[dict[str, Any]], source: Source) -> Text:
    words: list[str] = []
    spans: list[tuple[int, int, str]] = []
    for row in rows:
        offset = len(words)
        tokens = [" ".join(token.split()) or "_" for token in row["tokens"]]
        for begin, end, label in row["spans"]:
            if label not in LABELS:
                continue
            start = begin
            if label == "PERSON" and source.titled:
                while end - start > 1 and _TITLES.fullmatch(tokens[start].rstrip(".")):
                    start += 1
                if _TITLES.fullmatch(tokens[start].rstrip(".")) and end - start == 1:
                    continue
            # Of "@ name" a tokenizer makes one word.
            start -= 1 if start and tokens[start - 1] in {"@", "#"} and label != "LOC" else 0
            spans.append((offset + start, offset + end, label))
        words.extend(tokens)
    starts, ends, text = _written(words)
    return Text(
        text,
        tuple((starts[start], ends[end - 1], label) for start, end, label in spans),
        source,
        _part(rows[0]["doc"], source),
    )


def _written(words: list[str]) -> tuple[list[int], list[int], str]:
    """The words as a text: blanks where a writer puts them."""
    text, starts, ends = "", [], []
    opened = False
    glued = True
    for word in words:
        straight = word in {'"', "``", "''"}
        closes = (
            (straight and opened)
            or (not straight and (word[0] in _CLOSING and len(word) < 4))
            or bool(_SUFFIXES.fullmatch(word))
        )
        if not glued and not closes:
            text += " "
        starts.append(len(text))
        text += word
        ends.append(len(text))
        if straight:
            opened = not opened
        glued = word in _OPENING or (straight and opened)
    return starts, ends, text


def _part(doc: str, source: Source) -> str:
    if not source.learnt:
        return "test"
    drawn = int.from_bytes(hashlib.sha256(f"tocsin {doc}".encode()).digest()[:4], "big") % 100
    return "test" if drawn < _TEST else "dev" if drawn < _TEST + _DEV else "train"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the folder that has ner/")
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--without", nargs="*", choices=GROUPS, default=[], help="sets not to learn from")
    asked = arguments.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    nlp = spacy.blank("en")
    bins = {"train": DocBin(), "dev": DocBin()}
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    with (asked.out / "test.jsonl").open("w", encoding="utf-8") as test:
        for source in SOURCES:
            for text in texts(asked.data, source):
                counts[source.group][text.part] += 1
                if text.part == "test":
                    row = {
                        "text": text.text,
                        "spans": text.spans,
                        "source": source.file,
                        "group": source.group,
                    }
                    test.write(json.dumps(row, ensure_ascii=False) + "\n")
                elif source.group not in asked.without:
                    doc = marked(nlp(text.text), text)
                    if doc is None:
                        counts[source.group]["not aligned"] += 1
                    else:
                        bins[text.part].add(doc)
    for part, docs in bins.items():
        docs.to_disk(asked.out / f"{part}.spacy")
    for group, count in counts.items():
        print(group, dict(count))


def marked(doc: Doc, text: Text) -> Doc | None:
    """The document with its gold; None where a name's end lies inside a token."""
    spans = [doc.char_span(start, end, label) for start, end, label in text.spans]
    if any(span is None for span in spans):
        return None
    doc.set_ents([span for span in spans if span is not None])
    return doc


if __name__ == "__main__":
    main()
