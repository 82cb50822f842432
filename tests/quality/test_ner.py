"""The names of the sample inside the repository are found about as well as the model card says."""

from pathlib import Path

from tests.quality.ner import SAMPLE, score

HERE = Path(__file__).parent


def test_names_from_around_the_world_are_found() -> None:
    assert score(HERE / SAMPLE)["f1"] > FLOOR


FLOOR = 0.5
