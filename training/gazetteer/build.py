"""Make the parts of the gazetteer that are lists: members of the US Congress, leaders, legislatures and parties.

    python -m training.gazetteer.build DATA [configs/entities]

DATA holds ``us-congress.jsonl`` and ``factbook.jsonl`` (both CC0 1.0; see NOTICE). What the files made by hand have
already, under any name, is left to them; a name that two entries of a list would share is left out of both. The same
data gives the same files, byte for byte.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from transforms.lexicon import fold

MADE = ("congress.yaml", "leaders.yaml", "legislatures.yaml", "parties.yaml")
Entry = dict[str, Any]

_SINCE = re.compile(r"\s*\((?:since|acting)[^)]*\)")
_OFFICE = re.compile(
    r"^(?:(?:Acting|Interim|Transitional|Transition|Vice|Deputy|Co-|First|State|Executive|Governor|General|Prime|"
    r"President|Premier|Minister|Chancellor|Chief|King|Queen|Emir|Sultan|Grand|Duke|Prince|Crown|Captain|Captains|"
    r"Regent|Administrator|Commissioner|Amir|Pope|Taoiseach|Head|Chairman|Chairperson|Council|of|the|Government|"
    r"Ministers|Supreme|Leader|Sovereign|Interim|Federal|Councilor|Field|Marshal|Lt\.|Gen\.|Col\.|Dr\.|Sir|Dame|"
    r"Major|Brigadier|\(Ret\.\)|and|China|Presidential|Republic|Mr\.|Ayatollah|Military|Junta|National|Security|"
    r"Commission|Elder|Ulu-o-Tokelau|Cabinet|Secretary|Paramount|Viceroy|Emperor|Amb\.|Ambassador) ?)+"
)
_EVERYWHERE = {
    "Landtag",
    "Conseil Territorial",
    "Congreso Nacional",
    "Parlement",
    "Parlimen",
    "Parlamento",
    "Congreso",
}
# Codes of the Factbook, not of ISO: countries whose parties world news names often.
_IN_THE_NEWS = frozenset(
    """
    af ag ar as au bg bk bl bo br bu bx by ca cb cd ce ci co cs cu cy da ec eg ei en es et ez fi fr gg gh gm gr gt ha
    ho hr hu ic id in ir is it iz ja ke kg ks kv kz le lg lh li ly md mg mi mk mo mt mx my ng ni nl no np nu nz pa pe
    pk pl po ri ro rp rs rw sa sf sg si sn so sp su sw sy sz tb ti th ts tu tw tz ua ug uk up us uy uz ve vm ym za zi
    """.split()  # noqa: SIM905
)
_NAME = re.compile(r"[^\W\d_][\w’'.-]*(?: (?:bin|al|de|da|dos|von|van|der|del|la|[^\W\d_][\w’'.-]*)){1,4}")


def slug(name: str) -> str:
    """A name as the end of an id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower().replace("'", "").replace(".", "")))


def rows(path: Path) -> list[Entry]:
    """The objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def congress(data: Path) -> Iterator[Entry]:
    """Members of the US Congress, by the name they are called and the official one."""
    for member in rows(data / "us-congress.jsonl"):
        called = f"{member.get('nickname') or member['first']} {member['last']}"
        formal = {member["full"], f"{member['first']} {member['last']}"} - {called}
        yield person(called, sorted(formal), member["last"])


def leaders(data: Path) -> Iterator[Entry]:
    """Heads of state and government; surnames stand in capitals in the source."""
    for country in rows(data / "factbook.jsonl"):
        for office in ("chief_of_state", "head_of_government"):
            for said in re.split(r";|\brepresented by\b", country.get(office) or ""):
                bare = _OFFICE.sub("", _SINCE.sub("", said).strip()).strip()
                if not _NAME.fullmatch(bare) or " of " in bare or "Commissioner" in bare:
                    continue
                words = bare.split()
                loud = [word for word in words if len(word) > 1 and word.isupper()]
                if not loud or len(words) - len(loud) < 1 or len(loud) > 2:
                    continue
                surname = " ".join(map(titled, loud))
                if words[-1] in loud:
                    words = [
                        word for word in words if not re.search(r"(?:vich|vna|vych)$", word)
                    ]  # patronymics
                yield person(" ".join(titled(word) if word in loud else word for word in words), [], surname)


def legislatures(data: Path) -> Iterator[Entry]:
    """Legislatures that have a name of their own, as the Verkhovna Rada: "Parliament" names none."""
    for country in rows(data / "factbook.jsonl"):
        found = re.search(r"\(([A-Z][\w’'-]+(?: [\w’'-]+){0,3})\)", country.get("legislature") or "")
        name = found[1] if found and country.get("name") else ""
        if name not in _EVERYWHERE and (" " in name or len(name) > len("Duma")):
            yield {"id": f"organisation/{slug(name)}", "name": name, "label": "ORG"}


def parties(data: Path) -> Iterator[Entry]:
    """Parties by their whole name of at least three words: shorter ones belong to parties of many countries."""
    for country in rows(data / "factbook.jsonl"):
        for said in (country.get("parties") or ()) if country["code"] in _IN_THE_NEWS else ():
            name = re.sub(r"\s*\(.*", "", said.split(" or ", 1)[0]).strip(" ,;")
            if re.fullmatch(r"[A-Z][\w’'-]+(?: [\w’'-]+){2,6}", name) and not name.islower():
                yield {"id": f"party/{slug(name)}", "name": name, "label": "ORG"}


def person(name: str, aliases: list[str], surname: str) -> Entry:
    """A person's entry; the surname is said where it is not the last word."""
    entry: Entry = {"id": f"person/{slug(name)}", "name": name, "label": "PERSON"}
    if aliases:
        entry["aliases"] = aliases
    if surname != name.rsplit(maxsplit=1)[-1]:
        entry["surname"] = surname
    return entry


def titled(word: str) -> str:
    """A surname out of its capitals: MACRON, MCDONALD, AL-SUDANI."""
    parts = [part[:1] + part[1:].lower() for part in word.split("-")]
    return "-".join("Mc" + part[2:].title() if re.match(r"Mc[a-z]{3}", part) else part for part in parts)


def names(entry: Entry) -> list[str]:
    """All that an entry is called."""
    keys = ("aliases", "demonyms", "capital", "shared")
    return [entry["name"], *(name for key in keys for name in entry.get(key) or ())]


def ends(name: str) -> tuple[str, str]:
    """First and last word: "Joseph R. Biden" and "Joseph Biden" are one."""
    words = fold(name).split()
    return words[0], words[-1]


def new(entries: Iterable[Entry], taken: set[str], ids: set[str]) -> list[Entry]:
    """The entries that nothing else has, without the names that several of them share."""
    listed = list({entry["id"]: entry for entry in entries}.values())
    owners = Counter(key for entry in listed for key in {fold(name) for name in names(entry)})
    kept = []
    for entry in listed:
        if entry["id"] in ids or fold(entry["name"]) in taken or owners[fold(entry["name"])] > 1:
            continue
        free = [
            name
            for name in entry.get("aliases", ())
            if fold(name) not in taken | {fold(entry["name"])} and owners[fold(name)] == 1
        ]
        said = {**entry, "aliases": free}
        kept.append({key: value for key, value in said.items() if value})
    return sorted(kept, key=lambda entry: str(entry["id"]))


def written(title: str, entries: Iterable[Entry]) -> str:
    """The file: a line an entry, as those made by hand."""
    lines = [
        "- "
        + yaml.safe_dump(
            entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000
        ).strip()
        for entry in entries
    ]
    return f"# Entities: {title}\n# Made by training/gazetteer/build.py; what is edited here is lost.\n\n" + (
        "\n".join(lines) + "\n"
    )


def main(data: Path, folder: Path) -> None:
    """Write the four files into the folder."""
    taken: set[str] = set()
    people: set[tuple[str, str]] = set()
    ids: set[str] = set()
    for path in sorted(folder.glob("*.yaml")):
        if path.name not in MADE:
            for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
                ids.add(entry["id"])
                taken.update(map(fold, names(entry)))
                if entry["label"] == "PERSON":
                    people.update(ends(name) for name in names(entry))
    for file, title, listed in (
        (
            "congress.yaml",
            "members of the US Congress, after congress-legislators (CC0 1.0).",
            congress(data),
        ),
        (
            "leaders.yaml",
            "further heads of state and government, after the World Factbook (CC0 1.0).",
            leaders(data),
        ),
        (
            "legislatures.yaml",
            "legislatures with a name of their own, after the World Factbook (CC0 1.0).",
            legislatures(data),
        ),
        ("parties.yaml", "further parties, after the World Factbook (CC0 1.0).", parties(data)),
    ):
        entries = new(
            (
                entry
                for entry in listed
                if entry["label"] != "PERSON" or not any(ends(name) in people for name in names(entry))
            ),
            taken,
            ids,
        )
        people.update(ends(name) for entry in entries for name in names(entry) if entry["label"] == "PERSON")
        (folder / file).write_text(written(title, entries), encoding="utf-8")
        taken.update(fold(name) for entry in entries for name in names(entry))
        ids.update(entry["id"] for entry in entries)
        sys.stdout.write(f"{file}: {len(entries)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "configs/entities"))
