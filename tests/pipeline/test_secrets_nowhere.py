"""However a secret is configured, its value is in nothing that travels, is kept, or is said."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.cli.house import house_of
from pipeline.graph import build
from pipeline.house import House
from pipeline.runners import run
from pipeline.settings import Settings, check, load_settings
from pipeline.sources.replay import Replay
from pipeline.sources.ticks import Once
from pipeline.store import Store
from tests.doubles.slack import SlackDouble, broken, refused, reset, strange
from transforms.errors import TocsinError

PASSWORD = "correct-horse-that-must-not-be-seen"  # noqa: S105 - made up
TOKEN = "xoxb-998877665544-this-must-not-be-seen"  # noqa: S105 - made up
URL = f"postgresql://desk:{PASSWORD}@127.0.0.1:1/news"
SEEDS = Path(__file__).parents[2] / "seeds"
MANAGER = "secret-manager:projects/newsroom/secrets/desk/versions/1"
# What the settings say, and what lies in the variable and the mounted file that they refer to.
STORES = {
    "the URL in a variable": ("store_env: HELD", URL),
    "the URL by reference to a variable": ("store_secret: env:HELD", URL),
    "the URL in a file": ("store_secret: file:FILE", URL),
    "the password in a variable":
        ("{store: 'postgresql://desk@127.0.0.1:1/news', store_password: 'env:HELD'}", PASSWORD),
    "the password in a file":
        ("{store: 'postgresql://desk@127.0.0.1:1/news', store_password: 'file:FILE'}", PASSWORD),
}  # fmt: skip
TOKENS = {
    "the token in a variable": ("token_env: HELD", TOKEN),
    "the token by reference to a variable": ("token_secret: env:HELD", TOKEN),
    "the token in a file": ("token_secret: file:FILE", TOKEN),
}
Configure = Callable[[str, str], Settings]


def lay(pipeline: beam.Pipeline, house: House, *paths: Path) -> None:
    build(pipeline, house, Once(house.clock()), Replay(paths, now=house.clock()))


def clean(*said: object) -> None:
    for each in said:
        body = each if isinstance(each, bytes) else str(each).encode()
        for value in (PASSWORD, TOKEN):
            assert value.encode() not in body
            assert value.encode("utf-16-le") not in body


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    def made(line: str, value: str) -> Settings:
        (tmp_path / "held").write_text(value + "\n")
        monkeypatch.setenv("HELD", value)
        (tmp_path / "s.yaml").write_text(line.replace("FILE", f"{tmp_path}/held") + "\n")
        return load_settings(tmp_path / "s.yaml")

    return made


def house_as_configured(settings: Settings, tmp_path: Path) -> House:
    return house_of(settings, settings.store_ref() or f"sqlite:///{tmp_path}/x.db", settings.sinks)


@pytest.mark.parametrize("way", [*STORES, *TOKENS])
def test_what_travels_to_workers_has_no_secret_in_it(way: str, configure: Configure, tmp_path: Path) -> None:
    line, value = STORES[way] if way in STORES else TOKENS[way]
    written = line if way in STORES else f"sinks: [{{kind: slack, {line}}}]"
    settings = configure(written, value)
    house = house_as_configured(settings, tmp_path)
    options = PipelineOptions([], save_main_session=False)
    pipeline = beam.Pipeline(runner=FnApiRunner(), options=options)
    lay(pipeline, house, tmp_path / "s.yaml")
    clean(
        pickle.dumps(house),
        pickle.dumps(settings),
        repr(house),
        repr(settings),
        pipeline.to_runner_api().SerializeToString(),
        options.get_all_options(),
    )


@pytest.mark.parametrize("way", [*STORES, *TOKENS])
@pytest.mark.parametrize("there", [True, False])
def test_what_check_tells_has_no_secret_in_it(
    way: str, configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, there: bool
) -> None:
    line, value = STORES[way] if way in STORES else TOKENS[way]
    configure(line if way in STORES else f"sinks: [{{kind: slack, {line}}}]", value)
    if not there:
        monkeypatch.delenv("HELD")
        (tmp_path / "held").unlink()
    checked = check(tmp_path / "s.yaml", {} if not there else {"HELD": value})
    clean(repr(checked), *checked.faults, *checked.notes)
    assert not checked.faults
    about = [note for note in checked.notes if "HELD" in note or f"{tmp_path}/held" in note]
    assert len(about) == (not there)


def test_check_asks_no_network_of_secret_manager(configure: Configure, tmp_path: Path) -> None:
    configure(f"{{store_secret: '{MANAGER}', sinks: [{{kind: slack, token_secret: '{MANAGER}'}}]}}", "x")
    checked = check(tmp_path / "s.yaml", {})
    assert not checked.faults
    assert all("install tocsin[dataflow]" in note for note in checked.notes if MANAGER in note)


@pytest.mark.parametrize("way", STORES)
@pytest.mark.slow
def test_a_store_that_fails_is_said_and_logged_without_its_secret(
    way: str, configure: Configure, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = house_as_configured(configure(*STORES[way]), tmp_path)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(TocsinError) as caught:
        run(lambda pipeline: lay(pipeline, house, tmp_path / "s.yaml"))
    clean(*traceback.format_exception(caught.value), vars(caught.value), caplog.text)
    clean(*(record.__dict__ for record in caplog.records))
    assert "127.0.0.1" in str(caught.value)


def test_a_sink_that_fails_leaves_no_token_in_logs_outbox_or_dead_letters(
    configure: Configure, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with SlackDouble(token=TOKEN) as slack:
        line = f"token_secret: 'file:FILE', base_url: '{slack.url}'"
        settings = configure(f"{{sinks: [{{kind: slack, {line}}}]}}", TOKEN)
        house = house_of(settings, f"sqlite:///{tmp_path}/x.db", settings.sinks)
        caplog.set_level(logging.DEBUG)
        echo = strange(f'{{"ok": false, "error": "{TOKEN}"}}'.encode())
        for trouble in (
            refused("invalid_auth"),
            reset("after"),
            broken(),
            echo,
            *[refused("invalid_auth")] * 9,
        ):
            slack.fail_next(trouble)
        run(lambda pipeline: lay(pipeline, house, *sorted(SEEDS.glob("*.txt"))))
        assert slack.asked
    with Store.open(f"sqlite:///{tmp_path}/x.db") as store:
        dead = store.dead_letters()
        clean(dead, store.alerts(), *(store.dead_letter(letter.id) for letter in dead))
        assert any(
            f"put a valid bot token into the secret file:{tmp_path}/held" in each.message for each in dead
        )
    clean(caplog.text, *capfd.readouterr(), *(path.read_bytes() for path in tmp_path.glob("x.db*")))
