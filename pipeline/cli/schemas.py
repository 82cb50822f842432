"""`tocsin schemas`: the JSON Schemas of the border shapes, generated from the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from pipeline.cli.shapes import ArticleIn, Enriched, Linked
from transforms.article import Alert

SHAPES: dict[str, type[BaseModel]] = {
    "article": ArticleIn,
    "enriched": Enriched,
    "linked": Linked,
    "alert": Alert,
}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one of the border shapes."""
    mode: Any = "validation" if name == "article" else "serialization"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | SHAPES[name].model_json_schema(
        mode=mode
    )


@click.command(name="schemas")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
def command(*, folder: Path | None) -> None:
    """Write the JSON Schemas of article, enriched, linked and alert lines into FOLDER, or print them."""
    for name in SHAPES:
        text = json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"
        if folder is None:
            click.echo(text, nl=False)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
