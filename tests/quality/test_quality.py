"""No score on the sample falls more than 0.01 below the one that is committed in docs/quality.json."""

from __future__ import annotations

import json

from tests.quality.board import HERE, fallen, on_sample, parts, table


def test_no_score_on_the_sample_has_fallen() -> None:
    committed = json.loads((HERE.parents[1] / "docs" / "quality.json").read_text("utf-8"))
    now = on_sample(parts())
    assert now.keys() >= {"credits", "language", "quotes"}
    assert not fallen(committed["sample"], now)


def test_a_score_that_fell_or_is_gone_is_told() -> None:
    committed = {"quotes": {"sample": {"F1": 0.98, "speaker": 0.9}}}
    assert fallen(committed, {"quotes": {"sample": {"F1": 0.971, "speaker": 0.9}}}) == []
    assert fallen(committed, {"quotes": {"sample": {"F1": 0.96, "speaker": 0.9}}}) == [
        "quotes, sample, F1: 0.96 now, 0.9800 committed"
    ]
    assert fallen(committed, {}) == [
        "quotes, sample, F1: None now, 0.9800 committed",
        "quotes, sample, speaker: None now, 0.9000 committed",
    ]


def test_the_table_has_a_line_a_set() -> None:
    assert table(
        {"quotes": {"sample": {"F1": 1.0}}}, {"quotes": {"polnear-dev": {"F1": 0.5}}}
    ).splitlines() == [
        "| part | set | scores |",
        "|---|---|---|",
        "| quotes | polnear-dev | F1 0.500 |",
        "| quotes | sample | F1 1.000 |",
    ]
