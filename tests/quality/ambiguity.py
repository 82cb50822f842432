"""How well names that several things share are told apart: the id of the marked name in each sentence.

Each line of ``ambiguity.jsonl`` is ``{"set", "text", "gold"}``: the text with one name in square brackets, and the id
that is right, or null where it names something that has none, or where nobody can say. The half ``dev`` was written
before the rules were tuned and the half ``test`` after, and the rules never saw it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from transforms.article import Article
from transforms.entities import Gazetteer
from transforms.entity import Entity

SENTENCES = Path(__file__).with_suffix(".jsonl")
ENTITIES = Path(__file__).parents[2] / "configs" / "entities"


@dataclass(frozen=True)
class Asked:
    """One marked name: what is right, and what was said."""

    part: str
    text: str
    gold: str | None
    said: str | None

    @property
    def wrong(self) -> bool:
        """An id that is not the right one: worse than none."""
        return self.said is not None and self.said != self.gold


def gazetteer(folder: Path = ENTITIES) -> Gazetteer:
    """The gazetteer of all files in a folder."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = [
        Entity.model_validate(entry)
        for path in sorted(folder.glob("*.yaml"))
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe
    ]
    return Gazetteer({entity.id: entity for entity in entries})


def answers(path: Path = SENTENCES, known: Gazetteer | None = None) -> Iterator[Asked]:
    """Every marked name with what the gazetteer says it means."""
    known = known or gazetteer()
    for line in path.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        before, _, rest = asked["text"].partition("[")
        name, _, after = rest.partition("]")
        start, end = len(before), len(before) + len(name)
        said = next(
            (
                mention.id
                for mention in known.find(Article(text=before + name + after))
                if mention.start < end and start < mention.end
            ),
            None,
        )
        yield Asked(asked["set"], asked["text"], asked["gold"], said)


def score(path: Path) -> Mapping[str, float]:
    """Accuracy of ids (none counts as right where none is right), and the share without a wrong id, of each half.

    Args:
        path: a folder that holds ``ambiguity.jsonl``, or the file itself; where neither is, the one in here.
    """
    file = path / SENTENCES.name if path.is_dir() else path
    asked = list(answers(file if file.suffix == ".jsonl" and file.is_file() else SENTENCES))
    scores: dict[str, float] = {}
    for part in sorted({each.part for each in asked}):
        mine = [each for each in asked if each.part == part]
        scores[f"{part} accuracy"] = sum(each.said == each.gold for each in mine) / len(mine)
        scores[f"{part} not wrong"] = 1 - sum(each.wrong for each in mine) / len(mine)
    return scores
