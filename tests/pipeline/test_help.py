"""Every command explains itself, with examples that stand line by line."""

from __future__ import annotations

import click
import pytest

from pipeline.cli import tocsin


@pytest.mark.parametrize("name", tocsin.list_commands(click.Context(tocsin)))
def test_help_has_its_examples_line_by_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tocsin.main([name, "--help"], prog_name="tocsin", standalone_mode=False) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: tocsin {name} ")
    assert "\b" not in said
    assert "\\b" not in said
    examples = [line for line in said.splitlines() if line.startswith(f"    tocsin {name}")]
    assert said.count(f"tocsin {name}") == len(examples) + 1
