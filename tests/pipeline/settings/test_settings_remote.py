"""Configuration on any file system that Beam knows is read as from a disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem

from pipeline.settings import load, read_config, rules_for
from transforms.errors import Fault, Faults

FILES = {
    "shelf://desk/settings.yaml": b"watches: watches\ntopics: topics/t.yaml\nentities: shelf://desk/none\n",
    "shelf://desk/watches/w.yaml": b"id: w\ntitle: W\nwhen: {topic: t}\nchannel: a\n",
    "shelf://desk/topics/t.yaml": b"id: t\nname: T\ndefinition: D\nsignals: [{meet: [[a]]}]\n",
    "shelf://desk/good.yaml": b"watches: watches\ntopics: topics/t.yaml\nentities: []\n",
}


class ShelfFileSystem(FileSystem):
    """A file system that holds what the test put on it; as far as reading goes."""

    @classmethod
    def scheme(cls) -> str:
        return "shelf"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def has_dirs(self) -> bool:
        return True

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        for path, body in FILES.items():
            if path.startswith(dir_or_prefix):
                yield FileMetadata(path, len(body), 1.0)

    def open(self, path: str, *_: Any, **__: Any) -> io.BytesIO:
        if path not in FILES:
            raise BeamIOError("not on the shelf")
        return io.BytesIO(FILES[path])

    def exists(self, path: str) -> bool:
        return path in FILES

    def _unused(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("settings are only ever listed and read")

    mkdirs = create = copy = rename = size = last_updated = checksum = metadata = delete = _unused


def test_settings_and_rules_are_read_from_a_remote_file_system() -> None:
    settings, rules = load("shelf://desk/good.yaml")
    assert settings.watches == ("shelf://desk/watches",)
    assert set(rules.watches) == {"w"}
    assert rules_for("shelf://desk/good.yaml") is rules_for("shelf://desk/good.yaml")


def test_a_remote_folder_without_files_is_told_where_it_is_named() -> None:
    with pytest.raises(Faults) as caught:
        load("shelf://desk/settings.yaml")
    assert str(caught.value) == (
        "shelf://desk/settings.yaml:3: entities: shelf://desk/none is a folder without a YAML file in it"
    )


def test_a_remote_file_that_is_not_there_is_told() -> None:
    with pytest.raises(Fault, match=r"^shelf://desk/gone\.yaml: cannot be read: .*not on the shelf"):
        read_config("shelf://desk/gone.yaml")
    with pytest.raises(Fault, match=r"^nowhere://a\.yaml: cannot be read: "):
        read_config("nowhere://a.yaml")
