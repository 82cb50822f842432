"""tocsin store: the schema is brought up to date, the memory says how it is, and forgets what is old."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from pipeline.cli import main
from pipeline.store import Store
from pipeline.store.schema import HEAD
from tests.doubles.postgres import PASSWORD, PostgresServer
from transforms.article import Article, DeadLetter


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["store", *arguments])
        said = capsys.readouterr()
        assert PASSWORD not in said.out + said.err
        return code, said.out, said.err

    return run


Told = Callable[..., tuple[int, str, str]]


def test_migrating_makes_the_tables_once_and_says_so(postgres: PostgresServer, told: Told) -> None:
    url = postgres.url(postgres.empty())
    code, _, said = told("status", "--store", url)
    assert (code, "tocsin store migrate" in said) == (2, True)
    assert told("migrate", "--store", url)[0] == 0
    code, _, said = told("migrate", "--store", url)
    assert (code, f"schema {HEAD}, nothing to do" in said) == (0, True)
    assert told("status", "--store", url)[0] == 0


def test_the_status_says_what_waits_and_since_when(shared_url: str, told: Told, noon: datetime) -> None:
    with Store.open(shared_url) as store:
        store.claim([Article(text="One."), Article(text="Two.")], noon)
    code, out, _ = told("status", "--store", shared_url, "--json")
    found = json.loads(out)
    assert (code, found["schema_version"], found["summary"]["pending"]) == (0, HEAD, 2)
    assert datetime.fromisoformat(found["oldest_pending"]) == noon
    assert found["bytes"] > 0
    code, out, _ = told("status", "--store", shared_url)
    assert "2, the oldest since 2026-05-04 12:00 UTC" in out


def test_pruning_forgets_what_the_settings_say(shared_url: str, told: Told, tmp_path: Path) -> None:
    old = datetime.now(UTC) - timedelta(days=10)
    with Store.open(shared_url) as store:
        store.bury([DeadLetter(step="parse", reason="binary", message="no text", origin="a")], old)
    assert "nothing is old enough" in told("prune", "--store", shared_url)[2]
    config = tmp_path / "settings.yaml"
    config.write_text("retention: {dead_letters: 7d}\n")
    at = ("--store", shared_url, "--config", str(config))
    code, out, said = told("prune", "--dry-run", *at)
    assert (code, "would go" in said) == (0, True)
    assert "dead letters" in out
    assert json.loads(told("prune", "--json", *at)[1]) == {"dead letters": 1}
    with Store.open(shared_url) as store:
        assert store.dead_letters() == []


def test_without_a_store_the_command_says_how_to_name_one(told: Told, tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    config.write_text("contact: desk@example.org\n")
    code, _, said = told("status", "--config", str(config))
    assert (code, "--store URL" in said) == (2, True)


def test_the_store_of_the_settings_is_taken_from_the_environment(
    postgres_url: str, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSROOM_STORE", postgres_url)
    config = tmp_path / "settings.yaml"
    config.write_text("store_env: NEWSROOM_STORE\n")
    code, out, _ = told("status", "--config", str(config))
    assert (code, str(make_url(postgres_url).database) in out) == (0, True)
