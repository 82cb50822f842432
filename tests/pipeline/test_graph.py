"""The graph: labelled steps, models that travel by their own coder, nothing in it that should not be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.cli.house import house_of
from pipeline.graph import build
from pipeline.settings import load_settings
from pipeline.sinks import JsonlSpec
from pipeline.sources.feeds import Feed
from pipeline.sources.polling import FetchRound, Round
from pipeline.sources.replay import Replay
from pipeline.sources.ticks import Every, Once
from transforms.coder import TRAVELLERS, ModelCoder

NOW = datetime(2024, 4, 27, tzinfo=UTC)
STEPS = [
    "ticks", "source", "take in", "take up", "in hand", "share", "read", "match", "link + decide", "beat", "ring",
    "deliver", "settle", "cannot be read", "dead letters", "forget",
]  # fmt: skip


@pytest.fixture(params=["replay", "feeds", "for ever"])
def laid(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    (tmp_path / "a.txt").write_text("An article.")
    settings = load_settings(None)
    house = house_of(settings, f"sqlite:///{tmp_path}/x.db", [JsonlSpec(path=str(tmp_path / "alerts.jsonl"))])
    pipeline = beam.Pipeline(runner=FnApiRunner())
    source: beam.PTransform = Replay([tmp_path / "a.txt"], now=NOW)
    ticks: Callable[[], beam.PTransform] = partial(Once, NOW)
    if request.param == "for ever":
        ticks = partial(Every, timedelta(seconds=5))
    if request.param != "replay":
        feed = Feed(id="a", url="https://example.org/rss")
        source = FetchRound([feed], Round(), house.store, house.clock)
    build(pipeline, house, ticks(), source)
    return pipeline


def test_every_step_of_the_design_is_one_labelled_transform(laid: beam.Pipeline) -> None:
    proto = laid.to_runner_api()
    root = proto.components.transforms[proto.root_transform_ids[0]]
    labels = [proto.components.transforms[name].unique_name for name in root.subtransforms]
    assert sorted(labels) == sorted(STEPS)


def test_models_travel_as_json_and_not_as_pickles(laid: beam.Pipeline) -> None:
    kinds: set[type] = set()

    class Visitor(beam.pipeline.PipelineVisitor):
        def visit_value(self, value: beam.pvalue.PValue, _: object) -> None:
            hint = value.element_type
            kinds.add(hint)
            if hint in TRAVELLERS:
                assert isinstance(beam.coders.registry.get_coder(hint), ModelCoder)
            assert hint is not beam.typehints.Any, f"{value} has no type: it would travel as a pickle"

    laid.visit(Visitor())
    assert {model.__name__ for model in TRAVELLERS if model in kinds} >= {
        "Document", "Article", "Reading", "Match", "Stopped", "DeadLetter",
    }  # fmt: skip


def test_the_graph_carries_neither_rules_nor_contents_nor_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-not-to-be-found")
    (tmp_path / "a.txt").write_text("A text that is not to be found either.")
    settings = load_settings(None)
    house = house_of(settings, f"sqlite:///{tmp_path}/x.db", settings.sinks)
    pipeline = beam.Pipeline(runner=FnApiRunner())
    build(pipeline, house, Once(NOW), Replay([tmp_path / "a.txt"], now=NOW))
    said = pipeline.to_runner_api().SerializeToString()
    assert b"xoxb-not" not in said
    assert b"not to be found either" not in said
    assert b"Antony Blinken" not in said
    assert len(said) < 200_000


def test_what_workers_call_is_made_of_names(tmp_path: Path) -> None:
    house = house_of(load_settings(None), f"sqlite:///{tmp_path}/x.db", [])
    assert isinstance(house.rules, partial)
    assert isinstance(house.store, partial)
    assert isinstance(house.sinks, partial)
