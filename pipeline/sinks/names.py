"""What the entities that travel with Tocsin are called: ``country/CN`` is China."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import yaml

from pipeline.bundled import bundled
from transforms.errors import Fault


@cache
def entity_names() -> Mapping[str, str]:
    """Names by id; read once a process. Empty where this installation carries no entities."""
    # libyaml's loader, where it is there, takes a twentieth of the time.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        files = sorted(bundled("configs/entities").glob("*.yaml"))
    except Fault:
        return MappingProxyType({})
    entries = [entry for file in files for entry in yaml.load(file.read_bytes(), loader) or ()]  # noqa: S506 - a safe one
    return MappingProxyType({entry["id"]: entry["name"] for entry in entries})
