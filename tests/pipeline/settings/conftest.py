"""What the tests of the settings share: a folder to write files in, and a small newsroom in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

Write = Callable[[str, str | bytes], Path]

TOPIC = """
id: port-strikes
name: Strikes in ports
definition: Dockers stop work.
signals:
  - meet: [[strike, walkout], [port, docks]]
"""
ENTITIES = """
- {id: country/CN, name: China, label: GPE, aliases: [PRC], demonyms: [Chinese]}
- {id: country/NO, name: Norway, label: GPE, aliases: [NO]}
- {id: outlet/cnn, name: CNN, label: ORG, domains: [cnn.com]}
"""
WATCH = """
id: strikes
title: Strikes
when:
  all:
    - topic: port-strikes
    - entity: country/CN
channel: "#ports"
"""
SETTINGS = """
watches: watches
topics: topics
entities: entities
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file below the test's folder; text is dedented, a first empty line is dropped."""

    def to(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(
            content if isinstance(content, bytes) else dedent(content).removeprefix("\n").encode()
        )
        return path

    return to


@pytest.fixture
def newsroom(write: Write) -> Path:
    """A settings file with one watch, one topic and three entities, all of them right."""
    write("topics/strikes.yaml", TOPIC)
    write("entities/some.yaml", ENTITIES)
    write("watches/strikes.yaml", WATCH)
    return write("settings.yaml", SETTINGS)
