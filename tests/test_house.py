"""The house: what may import what, what the domain may not touch, and how long a room may grow."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS

ROOT = Path(__file__).parents[1]
ROOMS = ("transforms", "pipeline")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
DOMAIN = [path for path in FILES if path.is_relative_to(ROOT / "transforms")]
LONGEST = 450
TABLES = {"transforms/common_words.py"}

WORLD = {
    "os",
    "sys",
    "pathlib",
    "socket",
    "time",
    "subprocess",
    "shutil",
    "tempfile",
    "threading",
    "random",
    "httpx",
}
CLOCKS = {"now", "utcnow", "today"}


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", DOMAIN, ids=named)
def test_the_domain_touches_no_world_and_never_imports_the_shell(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    roots = {name.split(".")[0] for name in imports(tree)}
    assert "pipeline" not in roots
    assert not roots & WORLD, f"{named(path)} imports {roots & WORLD}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Name) and called.id in {"open", "print", "input"}), ast.dump(
                node
            )
            assert not (isinstance(called, ast.Attribute) and called.attr in CLOCKS), ast.dump(node)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_says_what_room_it_is_and_does_not_outgrow_it(path: Path) -> None:
    text = path.read_text("utf-8")
    said = ast.get_docstring(ast.parse(text))
    assert said, f"{named(path)} does not say what room it is"
    if named(path) not in TABLES:
        assert text.count("\n") <= LONGEST, f"{named(path)} has outgrown its room: make it a folder"


def test_imports_run_one_way() -> None:
    modules = {
        named(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path for path in FILES
    }
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        tree = ast.parse(path.read_text("utf-8"))
        # What a function imports when it is called is no circle at import time; what stands at the top is.
        top = ast.Module(
            body=[node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)],
            type_ignores=[],
        )
        graph[name] = {module for module in imports(top) if module in modules and module != name}
    # A package's door imports its rooms, and they may name the door: only real circles between files count.
    rooms = {
        name: {other for other in others if not name.startswith(other + ".")}
        for name, others in graph.items()
    }
    assert list(graphlib.TopologicalSorter(rooms).static_order())


def test_article_imports_nothing_of_the_house() -> None:
    tree = ast.parse((ROOT / "transforms" / "article.py").read_text("utf-8"))
    assert not [name for name in imports(tree) if name.split(".")[0] in ROOMS]


def test_the_graph_fits_one_screen() -> None:
    tree = ast.parse((ROOT / "pipeline" / "graph.py").read_text("utf-8"))
    build = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "build")
    assert build.end_lineno is not None
    assert build.end_lineno - build.lineno < 55


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("transforms.read", {"apache_beam"}),
        ("transforms.match", {"apache_beam", "spacy"}),
        ("pipeline.models", {"apache_beam"}),
        # All commands at once: what one of them loads stands in the list for all.
        (
            ", ".join(f"pipeline.cli.{command.replace('-', '_')}" for command in COMMANDS),
            {"apache_beam", "spacy"},
        ),
    ],
)
def test_nobody_waits_for_an_engine_before_it_is_needed(module: str, heavy: set[str]) -> None:
    asked = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stdout.split())
