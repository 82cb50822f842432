"""A thousand articles that every runner must make the same of: stories, copies, noise, duplicates, late ones, poison.

The stories are told in words of their own, and days apart, so that their coverage does not depend on the order.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.store import Store

STORIES, OUTLETS, NOISE, LATE = 40, 6, 600, 40
BEGIN = datetime(2026, 5, 4, 6, tzinfo=UTC)
SYLLABLES = ("bra", "ken", "tol", "vis", "mar", "dun", "sel", "por", "gav", "lin", "hor", "tek", "zam", "wil")
Line = dict[str, Any]


def stream(seed: int = 20260504) -> list[Line]:
    """About a thousand articles, in an order in which they might come in."""
    chance = random.Random(seed)  # noqa: S311 - the same stream each time
    lines = [line for number in range(STORIES) for line in _story(chance, number)]
    lines += [_noise(chance, number) for number in range(NOISE)]
    chance.shuffle(lines)
    told = [line for line in lines if "story" in line["url"]]
    again = [dict(line) for line in chance.sample(lines, 80)]  # the same article from another feed
    retold = [{**line, "url": f"{line['url']}?utm_source=x"} for line in chance.sample(told, 30)]
    for line in again + retold:
        lines.insert(chance.randrange(len(lines)), line)
    late = [_late(line) for line in chance.sample(told, LATE)]
    return lines + late


def _names(chance: random.Random, many: int) -> list[str]:
    return ["".join(chance.choices(SYLLABLES, k=3)).capitalize() for _ in range(many)]


def _story(chance: random.Random, number: int) -> list[Line]:
    people, places = _names(chance, 3), _names(chance, 3)
    things = [name.lower() for name in _names(chance, 24)]
    words = ""
    begun = BEGIN - timedelta(days=5 * number)  # farther apart than the articles of one story may be
    lines = []
    for outlet in range(OUTLETS):
        # Every second outlet was there itself; the others tell what another has told, in its words.
        words = " ".join(chance.sample(things, 16)) if outlet % 2 == 0 else words
        own = " ".join(_names(chance, 40 if outlet % 2 == 0 else 6)).lower()
        text = (
            f"Officials in {places[0]} said they had seen evidence of attempts by China to interfere in the "
            f"presidential election in {places[0]}. {people[0]} {people[1]} of {places[1]} told reporters that "
            f"the {words} were signs of it. {people[2]} answered that the {own} were being looked at by desk {outlet}."
        )
        at = begun + outlet * timedelta(minutes=9)
        lines.append(
            _line(f"story{number}-{outlet}", f"Outlet {outlet}", f"{places[0]} {people[0]}", text, at)
        )
    # An outlet that took another's text as it is.
    taken = {"url": f"https://copier.example.org/story{number}", "outlet": "Copier"}
    lines.append(lines[0] | taken | {"published": (begun + timedelta(minutes=90)).isoformat()})
    return lines


def _noise(chance: random.Random, number: int) -> Line:
    words = " ".join(name.lower() for name in _names(chance, 60))
    return _line(f"noise{number}", f"Outlet {number % OUTLETS}", f"Harvest {number}", f"The {words}.", BEGIN)


def _line(name: str, outlet: str, title: str, text: str, at: datetime) -> Line:
    return {
        "url": f"https://{outlet.lower().replace(' ', '')}.example.org/{name}",
        "outlet": outlet,
        "title": title,
        "text": text,
        "published": at.isoformat(),
    }


def _late(line: Line) -> Line:
    """A report of the same story that comes in long after the others, dated before them."""
    text = line["text"].replace("Officials in", "Two days before, officials in")
    before = datetime.fromisoformat(line["published"]) - timedelta(hours=5)
    dated = {"published": before.isoformat(), "outlet": f"Late {line['outlet']}", "text": text}
    return line | dated | {"url": f"{line['url']}-late"}


def encoded(lines: Sequence[Line]) -> bytes:
    """The stream as JSON Lines, with two lines that nobody can read."""
    rows = [json.dumps(line).encode() for line in lines]
    rows.insert(len(rows) // 3, b'{"text": 7}')
    rows.insert(2 * len(rows) // 3, b"\xff\xfe\x00 no line of JSON")
    return b"\n".join(rows) + b"\n"


def outcome(store: Store) -> list[tuple[Any, ...]]:
    """What the newsroom would see, in a form that does not depend on the order in which articles came.

    Alert ids are left out: they name a story by the article that was there first.
    """
    return sorted(
        (
            standing.alert.watch,
            standing.alert.channel,
            sorted(
                ((piece.url or "").partition("?")[0], piece.relation) for piece in standing.alert.coverage
            ),
            standing.alert.outlets,
            standing.alert.independent,
        )
        for standing in store.alerts()
    )
