"""Secrets at the command line: none in what a command prints, none in its arguments, and none taken from them."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.doubles.slack import SlackDouble
from tests.integration.conftest import ELECTION, SEEDS, Tocsin, command, environment

VALUE = "correct-horse-that-must-not-be-seen"
URL = f"postgresql://desk:{VALUE}@127.0.0.1:1/news"
TOKEN = f"xoxb-1234-{VALUE}"
RECORDED = SEEDS / "recorded" / "feed.rss.xml"


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", SEEDS, "--json"),
        ("run", "--once", "--config", "s.yaml"),
        ("dead-letters", "replay"),
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    arguments: tuple[object, ...], tocsin: Tocsin, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(f"feeds: [{{id: a, url: '{RECORDED}'}}]\n")
    done = tocsin(*arguments, "--store", URL, code=2)
    assert "--store: a password does not belong on a command line" in done.stderr
    assert "store_secret" in done.stderr
    assert VALUE not in done.stderr + done.stdout


@pytest.mark.parametrize("line", ["store_env: HELD", "store_secret: file:FILE"])
@pytest.mark.slow
def test_commands_say_what_is_wrong_without_the_secret(line: str, tocsin: Tocsin, tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_text(URL)
    (tmp_path / "s.yaml").write_text(
        f"{line.replace('FILE', str(held))}\nfeeds: [{{id: a, url: '{RECORDED}'}}]\n"
    )
    for arguments, code in (
        (("check", "--json"), 0),
        (("replay", RECORDED, "--json"), None),
        (("run", "--once"), None),
    ):
        done = subprocess.run(
            command("--verbose", *arguments, "--config", "s.yaml"),
            cwd=tmp_path,
            env=environment(HELD=URL),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode in ({1, 2} if code is None else {code}), done.stderr
        assert "Traceback" not in done.stderr
        assert VALUE not in done.stderr + done.stdout
    held.unlink()
    said = tocsin("replay", RECORDED, "--config", "s.yaml", code=2).stderr
    assert "s.yaml:1: store_" in said
    assert "HELD is not set" in said or f"file:{held}: there is no such file" in said


def test_a_token_that_cannot_be_read_is_said_before_anything_runs(tocsin: Tocsin, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(f"sinks:\n  - kind: slack\n    token_secret: file:{tmp_path}/gone\n")
    done = tocsin("replay", RECORDED, "--config", "s.yaml", "--store", "sqlite:///x.db", code=2)
    assert f"s.yaml:3: sinks[0].token_secret: file:{tmp_path}/gone: there is no such file" in done.stderr


def test_a_live_run_rings_with_a_mounted_token_that_stands_in_no_process_list(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    with SlackDouble(token=TOKEN) as slack:
        (tmp_path / "s.yaml").write_text(
            f"feeds: [{{id: a, url: '{RECORDED}', backfill_after: 520w}}]\nstore: sqlite:///x.db\n"
            f"sinks: [{{kind: slack, token_secret: 'file:{tmp_path}/token', base_url: '{slack.url}'}}]\n"
        )
        with subprocess.Popen(
            command("run", "--config", "s.yaml"),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running:
            try:
                assert running.stderr is not None
                said = ""
                for line in running.stderr:
                    said += line
                    if "messages" in line:
                        break
                process = Path(f"/proc/{running.pid}")
                seen = [(process / told).read_bytes() for told in ("cmdline", "environ") if process.is_dir()]
                running.send_signal(signal.SIGTERM)
                out, err = running.communicate(timeout=60)
            finally:
                running.kill()
        assert VALUE.encode() not in b"".join(seen)
        assert running.returncode == 0
        assert VALUE not in said + out + err
        assert any(asked.method == "chat.postMessage" for asked in slack.asked)
        assert ELECTION in (tmp_path / "x.db").read_bytes().decode("latin-1")
    assert VALUE.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
