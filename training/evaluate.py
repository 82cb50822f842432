"""Strict scores of names: `python -m training.evaluate --test test.jsonl [--model packaged|none|NAME|PATH ...]`.

A name counts where its characters and its type are the gold's. GPE counts as LOC; NORP and EVENT are left out, as no
two sets agree on them. Prints one line a set, and one a type.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.models import load_model
from pipeline.settings import load_rules, load_settings
from transforms.article import Article
from transforms.read import Reader
from transforms.watch import Rules

Named = tuple[int, int, str]
"""First character, one past the last, PERSON, ORG or LOC."""

UNSEEN = "re3d"
"""The set that nothing is learnt from; it is no part of the scores of all sets together."""


class Gold(NamedTuple):
    """A text, what it names, and the set it is of."""

    text: str
    spans: frozenset[Named]
    group: str


class Score(NamedTuple):
    """Strict precision, recall and F1, and how many names the gold has."""

    precision: float
    recall: float
    f1: float
    names: int


def read_gold(path: Path) -> Iterator[Gold]:
    """The lines of a file that `prepare.py` wrote, or of one that has halves in the place of groups."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            spans = frozenset((start, end, label) for start, end, label in row["spans"])
            yield Gold(row["text"], spans, row.get("group") or row["half"])


def names_of(reader: Reader, texts: Sequence[str]) -> list[frozenset[Named]]:
    """What the product names in each text."""
    found: list[frozenset[Named]] = []
    for reading in reader.read(
        [Article(id=str(place), text=text, lang="en") for place, text in enumerate(texts)]
    ):
        labelled: list[Named] = [
            (mention.start, mention.end, "LOC" if mention.label == "GPE" else mention.label)
            for mention in reading.entities
            if mention.field == "text"
        ]
        found.append(frozenset(each for each in labelled if each[2] in {"PERSON", "ORG", "LOC"}))
    return found


def scores(gold: Iterable[Gold], found: Iterable[frozenset[Named]]) -> dict[str, Score]:
    """By set, by type (over all sets together, without the unseen one), and ``together``."""
    right: Counter[str] = Counter()
    told: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for each, spans in zip(gold, found, strict=True):
        for counter, those in ((right, spans & each.spans), (told, spans), (named, each.spans)):
            for _, _, label in those:
                counter.update([each.group, *(() if each.group == UNSEEN else ("together", label))])
    return {key: _score(right[key], told[key], named[key]) for key in sorted(named | told)}


def _score(right: int, told: int, named: int) -> Score:
    return Score(
        right / told if told else 0.0,
        right / named if named else 0.0,
        2 * right / (told + named) if told + named else 0.0,
        named,
    )


def packaged_rules() -> Rules:
    """The entities that travel with Tocsin."""
    return load_rules(load_settings(None))


def bare(model: str) -> Callable[[Sequence[str]], list[frozenset[Named]]]:
    """What a spaCy model names by itself."""
    nlp = load_model(model)

    def find(texts: Sequence[str]) -> list[frozenset[Named]]:
        kinds: Mapping[str, str] = defaultdict(
            str, PERSON="PERSON", ORG="ORG", LOC="LOC", GPE="LOC", FAC="LOC"
        )
        return [
            frozenset(
                (ent.start_char, ent.end_char, kinds[ent.label_]) for ent in doc.ents if kinds[ent.label_]
            )
            for doc in nlp.pipe(texts)
        ]

    return find


def table(title: str, scored: Mapping[str, Score]) -> str:
    """The scores for people."""
    lines = [f"{title:34} precision recall   F1    names"]
    lines += [
        f"  {key:32} {s.precision:8.3f} {s.recall:8.3f} {s.f1:6.3f} {s.names:6d}" for key, s in scored.items()
    ]
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--test", type=Path, required=True)
    arguments.add_argument("--model", nargs="+", default=["packaged"])
    arguments.add_argument(
        "--alone", action="store_true", help="the models by themselves too, without the rules"
    )
    asked = arguments.parse_args()
    gold = list(read_gold(asked.test))
    texts = [each.text for each in gold]
    rules = packaged_rules()
    for model in asked.model:
        if asked.alone and model != "none":
            print(table(f"{model}, by itself", scores(gold, bare(model)(texts))))
        print(
            table(f"{model}, with the rules", scores(gold, names_of(Reader(rules, load_model(model)), texts)))
        )


if __name__ == "__main__":
    main()
