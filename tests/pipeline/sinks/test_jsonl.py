"""The JSON Lines sink: one whole line for every message, whoever dies and whoever else writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.sinks.jsonl import JsonlSink
from tests.pipeline.sinks import appending
from tests.pipeline.sinks.conftest import made_digest, made_reply
from transforms.article import Alert, Delivery
from transforms.errors import Refused

Make = Callable[..., Delivery]
MakeAlert = Callable[..., Alert]


def start(path: Path, first: int, last: int, how: str) -> subprocess.Popen[str]:
    # What is tested here may be the checkout or what is installed: the other process is to use the same.
    return subprocess.Popen(
        [sys.executable, appending.__file__, str(path), str(first), str(last), how],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, ["", *sys.path, str(Path.cwd())]))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text("utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "on the way" / "alerts.jsonl"


@pytest.fixture
def file(path: Path) -> JsonlSink:
    return JsonlSink(str(path), name="file")


def test_a_line_is_the_alert_as_the_border_shows_it(path: Path, file: JsonlSink, delivery: Make) -> None:
    sent = delivery()
    file.send(sent)
    (line,) = lines(path)
    assert line.pop("delivery") == sent.id
    assert list(line) == [
        "id",
        "watch",
        "severity",
        "channel",
        "kind",
        "reason",
        "headline",
        "why",
        "topics",
        "entities",
        "coverage",
        "outlets",
        "independent",
        "quotes",
        "at",
        "story",
        "also",
    ]
    assert line["quotes"][0]["in"] == ["a1", "a2"]
    assert line["at"] == "2026-05-04T12:00:00Z"
    assert Alert.model_validate(line) == sent.alert


def test_an_update_is_one_more_line(path: Path, file: JsonlSink, delivery: Make, alert: MakeAlert) -> None:
    first = file.send(delivery())
    file.send(delivery(alert(kind="update"), sequence=2, previous=first))
    assert [line["kind"] for line in lines(path)] == ["new", "update"]


def test_what_was_written_already_is_not_written_again(path: Path, file: JsonlSink, delivery: Make) -> None:
    assert file.send(delivery()) == file.send(delivery())
    assert len(lines(path)) == 1


def test_a_process_killed_between_writing_and_recording_doubles_nothing(path: Path, file: JsonlSink) -> None:
    with start(path, 1, 2, "kill") as process:
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    lost = appending.delivery(2)
    found = file.find(lost)
    assert found is not None
    assert file.send(lost) == found
    assert len(lines(path)) == 2


@pytest.mark.parametrize("rest", ['{"id": "cut off', "{", '{"headline": "' + "é" * 100_000])
@pytest.mark.parametrize("before", [0, 1])
def test_a_last_line_that_was_cut_off_is_repaired(
    path: Path, file: JsonlSink, rest: str, before: int
) -> None:
    for number in range(before):
        file.send(appending.delivery(number))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as cut:
        cut.write(rest)
    file.send(appending.delivery(7))
    assert [line["id"] for line in lines(path)] == [*(f"alert-{n}" for n in range(before)), "alert-7"]


def test_a_line_cut_off_at_any_place_is_written_whole_the_next_time(path: Path, file: JsonlSink) -> None:
    file.send(appending.delivery(1))
    whole = path.read_bytes()
    for end in (*range(0, len(whole), 37), len(whole) - 1):
        path.write_bytes(whole[:end])
        assert file.find(appending.delivery(1)) is None
        file.send(appending.delivery(1))
        assert path.read_bytes() == whole


def test_two_processes_at_once_write_whole_lines_and_each_message_once(path: Path) -> None:
    with start(path, 0, 150, "together") as one, start(path, 0, 200, "together") as other:
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in (one, other):
            process.communicate(timeout=60)
            assert process.returncode == 0
    assert sorted(int(line["id"].removeprefix("alert-")) for line in lines(path)) == list(range(201))


def test_a_full_disk_is_later_and_leaves_no_half_line(path: Path) -> None:
    with start(path, 1, 9, "small") as process:
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "make room" in told
    assert str(path) in told
    assert 0 < len(lines(path)) < 9


def test_a_folder_in_the_files_place_is_refused_naming_it(tmp_path: Path, delivery: Make) -> None:
    sink = JsonlSink(str(tmp_path), name="file")
    for ask in (sink.send, sink.find):
        with pytest.raises(Refused, match="name a file that can be written") as caught:
            ask(delivery())
        assert str(tmp_path) in str(caught.value)


def test_a_file_in_a_folders_place_is_refused_naming_it(tmp_path: Path, delivery: Make) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match=r"file/alerts\.jsonl"):
        JsonlSink(str(tmp_path / "file" / "alerts.jsonl"), name="file").send(delivery())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_without_permission_is_refused_naming_it(path: Path, file: JsonlSink, delivery: Make) -> None:
    path.parent.mkdir(parents=True)
    path.touch(0o400)
    with pytest.raises(Refused, match=r"alerts\.jsonl"):
        file.send(delivery())


@pytest.mark.parametrize(
    "hostile", ['"}\n{"id": "forged"}', "a\u2028b\r\nc", "\ud800", "\x00\x1b[31m", "日本 😀"]
)
def test_hostile_text_stays_on_its_line(
    path: Path, file: JsonlSink, delivery: Make, alert: MakeAlert, hostile: str
) -> None:
    file.send(delivery(alert(headline=hostile)))
    assert path.read_bytes().count(b"\n") == 1
    assert len(path.read_text("utf-8").split("\n")) == 2
    (line,) = (json.loads(text) for text in path.read_text("utf-8").split("\n") if text)
    assert line["headline"] == hostile.replace("\ud800", "?")


def test_text_that_looks_like_anothers_end_of_line_does_not_hide_it(
    path: Path, file: JsonlSink, delivery: Make, alert: MakeAlert
) -> None:
    wanted = appending.delivery(5)
    file.send(delivery(alert(headline=f'"delivery": "{wanted.id}"}}\n')))
    assert file.find(wanted) is None
    file.send(wanted)
    assert len(path.read_text("utf-8").strip().split("\n")) == 2


def test_a_file_that_is_not_there_remembers_nothing_and_is_not_made_by_asking(
    path: Path, file: JsonlSink, delivery: Make
) -> None:
    assert file.find(delivery()) is None
    assert not path.exists()


def test_what_is_told_in_a_thread_is_no_line(path: Path, file: JsonlSink, delivery: Make) -> None:
    first = file.send(delivery())
    assert file.send(made_reply(first)) == first
    assert len(lines(path)) == 1


def test_a_digest_is_a_line_for_each_of_its_alerts(path: Path, file: JsonlSink) -> None:
    sent = made_digest()
    receipt = file.send(sent)
    assert file.send(sent) == receipt == file.find(sent)
    assert [line["watch"] for line in lines(path)] == ["grid", "ports"]
    assert sent.digest is not None
    assert {line["digest"] for line in lines(path)} == {sent.digest.id}
    assert len({line["delivery"] for line in lines(path)}) == 2


def test_a_digest_that_broke_off_is_written_to_its_end(path: Path, file: JsonlSink) -> None:
    sent = made_digest()
    file.send(sent)
    whole = path.read_bytes()
    for cut in (1, whole.index(b"\n") + 1, whole.index(b"\n") + 40, len(whole) - 1):
        path.write_bytes(whole[:cut])
        again = JsonlSink(str(path), name="file")
        assert again.find(sent) is None
        again.send(sent)
        assert path.read_bytes() == whole
