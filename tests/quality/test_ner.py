"""The names of the sample inside the repository are found about as well as docs/model-card.md says."""

from pathlib import Path

from tests.quality.ner import SAMPLE, score

FLOOR = 0.6


def test_names_from_around_the_world_are_found() -> None:
    assert score(Path(__file__).parent / SAMPLE)["f1"] > FLOOR
