"""What travels with Tocsin is found, in a checkout and in a wheel, and has no fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.bundled import bundled
from pipeline.settings import check, load
from transforms.errors import Fault


def test_what_is_carried_is_found_and_what_is_not_is_a_fault() -> None:
    assert bundled("configs/watches").is_dir()
    assert bundled("configs/local.yaml").is_file()
    with pytest.raises(Fault, match="does not carry configs/gone"):
        bundled("configs/gone")


def test_what_the_wheel_carries_comes_before_what_stands_beside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline/bundled/configs").mkdir(parents=True)
    (tmp_path / "configs").mkdir()
    monkeypatch.setattr("pipeline.bundled.HOME", tmp_path / "pipeline")
    assert bundled("configs") == tmp_path / "pipeline/bundled/configs"


def test_the_packaged_settings_have_no_fault_and_poll_nobody() -> None:
    checked = check(bundled("configs/local.yaml"), {})
    assert [str(fault) for fault in checked.faults] == []
    assert checked.settings is not None
    assert [feed.id for feed in checked.settings.feeds] == ["recorded-seeds"]
    assert all("://" not in feed.url for feed in checked.settings.feeds)
    assert checked.notes == (
        "sink slack: SLACK_BOT_TOKEN is not set here; its alerts are shown on the console",
    )


def test_the_packaged_watches_are_the_three_that_the_guide_names() -> None:
    _, rules = load(bundled("configs/local.yaml"))
    watches = rules.watches
    assert {watch.id: (watch.channel, watch.severity) for watch in watches.values()} == {
        "campus-protests": ("#campus", "normal"),
        "foreign-election-interference": ("#elections", "high"),
        "wildfires": ("#wildfires", "normal"),
    }
    rule = watches["foreign-election-interference"]
    assert str(rule.when) == "all(topic election-interference, entity country/CN)"
