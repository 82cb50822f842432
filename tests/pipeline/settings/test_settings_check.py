"""``tocsin check``: what a person is told about settings and everything they name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.settings import check
from pipeline.settings.check import must_say_something
from transforms.watch import Clause

Write = Callable[[str, str | bytes], Path]


def test_right_settings_have_no_fault_and_a_summary(newsroom: Path) -> None:
    checked = check(newsroom, {"SLACK_BOT_TOKEN": "set"})
    assert checked.faults == ()
    assert checked.summary == "1 watch, 1 topic, 3 entities, 0 feeds, 0 queues, 1 sink, 0 faults"
    assert checked.notes == ("no feed and no queue is named: `tocsin run` has nothing to read",)


def test_a_file_that_cannot_be_read_is_a_fault_like_any_other(tmp_path: Path) -> None:
    checked = check(tmp_path / "gone.yaml", {})
    assert [str(fault) for fault in checked.faults] == [
        f"{tmp_path}/gone.yaml: cannot be read: there is no such file or folder"
    ]
    assert checked.summary.endswith("1 fault")


def test_faults_of_the_settings_and_of_the_rules_are_told_together(write: Write, newsroom: Path) -> None:
    write("watches/w.yaml", "id: w\ntitle: W\nwhen: {topic: zzz}\nchannel: a\n")
    newsroom.write_text(newsroom.read_text() + "lnk: {}\n")
    assert [fault.key for fault in check(newsroom, {}).faults] == ["lnk", "when.topic"]


def test_what_is_no_fault_but_good_to_know_is_a_note(write: Write, newsroom: Path) -> None:
    write("watches/w.yaml", "id: all-of-cnn\ntitle: W\nwhen: {outlet: CNN}\nchannel: a\n")
    feeds = "feeds:\n  - {id: a, url: 'https://example.org/1'}\n  - {id: b, url: 'https://example.org/1'}\n"
    newsroom.write_text(newsroom.read_text() + "store_env: TOCSIN_STORE\n" + feeds)
    checked = check(newsroom, {})
    assert checked.faults == ()
    first, second, third, fourth, fifth = checked.notes
    assert first.startswith("watch all-of-cnn reads every article")
    assert second == "sink slack: SLACK_BOT_TOKEN is not set here; its alerts are shown on the console"
    assert third.startswith("store_env: the environment variable TOCSIN_STORE is not set")
    assert fourth.startswith("contact is not written")
    assert fifth == "feeds a and b have the same url: its articles are read twice"


@pytest.mark.parametrize(
    ("clause", "says"),
    [
        ({"topic": "a"}, True),
        ({"entity": "country/CN"}, True),
        ({"phrase": "on strike"}, True),
        ({"outlet": "CNN"}, False),
        ({"not": {"topic": "a"}}, False),
        ({"all": [{"outlet": "CNN"}, {"topic": "a"}]}, True),
        ({"all": [{"outlet": "CNN"}, {"not": {"topic": "a"}}]}, False),
        ({"any": [{"outlet": "CNN"}, {"topic": "a"}]}, False),
        ({"any": [{"phrase": "a b"}, {"all": [{"topic": "a"}, {"outlet": "CNN"}]}]}, True),
    ],
)
def test_a_watch_reads_every_article_unless_something_must_stand_in_the_text(
    clause: dict[str, object], *, says: bool
) -> None:
    assert must_say_something(Clause.model_validate(clause)) is says
