"""`tocsin check --online` says before a deployment what would fail in it, with the line to change."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipeline.cli.check import command
from pipeline.online import feeds as asking
from pipeline.store import Store
from tests.doubles.slack import SlackDouble, limited, refused

RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><title>One</title>'
    b"<link>https://x.example.org/1</link><description>Words of one.</description></item></channel></rss>"
)
ANSWERS = {
    "/fine": (200, RSS),
    "/page": (200, b"<html>Welcome</html>"),
    "/gone": (410, b""),
    "/sick": (503, b""),
}
STORE = "TOCSIN_STORE"
TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of the variable


class Handler(BaseHTTPRequestHandler):
    """A publisher."""

    def do_GET(self) -> None:
        status, body = ANSWERS.get(self.path, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Tests are quiet."""


@pytest.fixture
def publisher() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def slack() -> Iterator[SlackDouble]:
    with SlackDouble(channels=["energy", "other"]) as double:
        yield double


class Newsroom:
    """A folder with a configuration, and what `tocsin check` says of it."""

    def __init__(self, folder: Path, slack: SlackDouble):
        self.folder, self.slack = folder, slack
        self.feeds: list[str] = []
        self.store: str | None = None
        self.channel = "'#energy'"
        self.sink = ""

    def check(self, *options: str, **environ: str | None) -> Result:
        lines = [
            "watches: [w.yaml]",
            "sinks:",
            f"  - {{kind: slack, base_url: '{self.slack.url}'{self.sink}}}",
        ]
        lines += (
            ["feeds:", *(f"  - {{id: f{n}, url: '{url}'}}" for n, url in enumerate(self.feeds))]
            if self.feeds
            else []
        )
        lines += [f"store{'_env' if self.store == STORE else ''}: {self.store}"] if self.store else []
        lines += ["topics: []", "entities: []"]
        (self.folder / "c.yaml").write_text("\n".join(lines) + "\n")
        (self.folder / "w.yaml").write_text(
            f"id: grid\ntitle: The grid\nchannel: {self.channel}\nwhen: {{phrase: forged orders}}\n"
        )
        known = {TOKEN: self.slack.token, "NO_COLOR": "1"} | environ
        config = str(self.folder / "c.yaml")
        return CliRunner().invoke(command, ["--config", config, *options], env=known, standalone_mode=False)


@pytest.fixture
def newsroom(tmp_path: Path, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setattr(asking, "GAP", 0.0)
    return Newsroom(tmp_path, slack)


def code(result: Result) -> int:
    if result.exception is not None:
        raise result.exception
    found: int = result.return_value
    return found


def test_what_would_work_is_said_so_and_nothing_is_changed(newsroom: Newsroom, publisher: str) -> None:
    newsroom.feeds = [f"{publisher}/fine"]
    newsroom.store = f"sqlite:///{newsroom.folder / 'news.db'}"
    done = newsroom.check("--online")
    assert code(done) == 0
    assert "Slack knows it as tocsin in Newsroom" in done.output
    assert "the channels of 1 of 1 watches can be told" in done.output
    assert "1 of 1 feeds answered with articles" in done.output
    assert "the first run makes it" in done.output
    assert "online: 0 faults, 0 not reached" in done.output
    assert not (newsroom.folder / "news.db").exists()
    assert newsroom.slack.messages == []
    assert newsroom.slack.token not in done.output


def test_without_the_option_nothing_is_asked(newsroom: Newsroom) -> None:
    assert code(newsroom.check()) == 0
    assert newsroom.slack.asked == []


def test_faults_in_the_files_come_first(newsroom: Newsroom) -> None:
    newsroom.channel = "''"
    done = newsroom.check("--online")
    assert code(done) == 2
    assert "mend the faults first" in done.output
    assert newsroom.slack.asked == []


@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
def test_a_bad_token_is_a_fault_with_the_sinks_line(newsroom: Newsroom, error: str) -> None:
    newsroom.slack.fail_next(refused(error))
    done = newsroom.check("--online")
    assert code(done) == 2
    assert f"c.yaml:3: sinks[0]: sink slack: auth.test: {error}" in done.output
    assert TOKEN in done.output


def test_a_token_that_is_not_here_cannot_be_asked_about(newsroom: Newsroom) -> None:
    done = newsroom.check("--online", **{TOKEN: None})
    assert code(done) == 1
    assert "not reached: " in done.output
    assert newsroom.slack.asked == []


def test_an_app_token_that_opens_a_line_is_said_so_and_no_line_stays_open(newsroom: Newsroom) -> None:
    newsroom.sink = ", app_token_env: SLACK_APP_TOKEN"
    done = newsroom.check("--online", SLACK_APP_TOKEN=newsroom.slack.app_token)
    assert code(done) == 0
    assert "buttons can be listened to" in done.output


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("xoxb-1", "variable SLACK_APP_TOKEN holds no app-level token"),
        ("xapp-1-wrong", "connections:write into the environment variable SLACK_APP_TOKEN"),
        (None, "SLACK_APP_TOKEN is not set"),
    ],
)
def test_an_app_token_that_opens_none_is_a_fault_with_the_sinks_line(
    newsroom: Newsroom, token: str | None, said: str
) -> None:
    newsroom.sink = ", app_token_env: SLACK_APP_TOKEN"
    done = newsroom.check("--online", SLACK_APP_TOKEN=token)
    assert code(done) == 2
    assert "c.yaml:3" in done.output
    assert said in " ".join(done.output.split())
    assert token is None or token not in done.output


def test_slack_that_asks_to_wait_is_not_reached(newsroom: Newsroom) -> None:
    newsroom.slack.fail_next(limited(30))
    assert code(newsroom.check("--online")) == 1


def test_a_scope_that_is_needed_is_a_fault_and_one_that_is_useful_a_note(newsroom: Newsroom) -> None:
    newsroom.slack.workspace.scopes -= {"groups:history", "groups:read"}
    done = newsroom.check("--online")
    assert code(done) == 0
    assert "without the scope groups:history" in done.output
    newsroom.slack.workspace.scopes.discard("chat:write")
    done = newsroom.check("--online")
    assert code(done) == 2
    assert "give the app the scope chat:write" in done.output


def test_without_leave_to_look_the_channels_are_not_known(newsroom: Newsroom) -> None:
    newsroom.slack.workspace.scopes.discard("channels:read")
    done = newsroom.check("--online")
    assert code(done) == 1
    assert "channels:read" in done.output


@pytest.mark.parametrize(
    ("channel", "state", "words"),
    [
        ("'#nowhere'", "", "channel_not_found"),
        ("C99999999", "", "channel_not_found"),
        ("'#energy'", "archived", "is_archived"),
        ("'#energy'", "outside", "not_in_channel"),
    ],
)
def test_a_channel_that_could_not_be_told_is_a_fault_with_its_line(
    newsroom: Newsroom, channel: str, state: str, words: str
) -> None:
    newsroom.channel = channel
    if state:
        getattr(newsroom.slack.workspace, state).add("energy")
    done = newsroom.check("--online")
    assert code(done) == 2
    assert "w.yaml:3: channel: sink slack: " in done.output
    assert words in done.output


def test_a_channel_by_id_and_one_open_to_every_app_are_fine(newsroom: Newsroom) -> None:
    newsroom.channel = newsroom.slack.workspace.names()["other"]
    assert code(newsroom.check("--online")) == 0
    newsroom.slack.workspace.outside.add("other")
    newsroom.slack.workspace.scopes.add("chat:write.public")
    assert code(newsroom.check("--online")) == 0


@pytest.mark.parametrize(
    ("path", "exit_code", "words"),
    [
        ("/page", 2, "c.yaml:5: feeds[0].url: feed f0: "),
        ("/gone", 2, "http-410"),
        ("/nowhere", 2, "http-404"),
        ("/sick", 1, "not reached: "),
    ],
)
def test_each_feed_is_asked_once(
    newsroom: Newsroom, publisher: str, path: str, exit_code: int, words: str
) -> None:
    newsroom.feeds = [f"{publisher}{path}", f"{publisher}/fine"]
    done = newsroom.check("--online")
    assert code(done) == exit_code
    assert words in done.output
    assert "1 of 2 feeds answered with articles" in done.output


def test_a_publisher_that_is_away_is_not_reached(newsroom: Newsroom) -> None:
    newsroom.feeds = ["http://127.0.0.1:9/feed"]
    done = newsroom.check("--online")
    assert code(done) == 1
    assert "connection" in done.output


def test_a_store_is_looked_at_and_left_as_it_is(newsroom: Newsroom) -> None:
    path = newsroom.folder / "news.db"
    newsroom.store = f"sqlite:///{path}"
    Store.open(newsroom.store).close()
    assert "as it should be" in newsroom.check("--online").output
    connection = sqlite3.connect(path)
    for version, exit_code, words in (("0001", 0, "the older schema 0001"), ("9999", 2, "a newer Tocsin")):
        with connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        done = newsroom.check("--online")
        assert code(done) == exit_code
        assert words in done.output
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (version,)
    connection.close()
    path.write_bytes(b"no database" * 1000)
    assert code(newsroom.check("--online")) == 2


def test_a_shared_store_that_is_not_ready_is_a_fault_and_one_that_is_away_is_not_reached(
    newsroom: Newsroom, postgres_url: str
) -> None:
    newsroom.store = STORE
    with Store.open(postgres_url) as store, store.transaction() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    done = newsroom.check("--online", **{STORE: postgres_url})
    assert code(done) == 2
    assert "c.yaml:4: store_env: " in done.output
    assert "tocsin store migrate" in done.output
    away = "postgresql://nobody:bell-and-rope@127.0.0.1:9/news"
    gone = newsroom.check("--online", **{STORE: away})
    assert code(gone) == 1
    assert "bell-and-rope" not in done.output + gone.output


def test_machines_read_it_as_one_object(newsroom: Newsroom) -> None:
    newsroom.channel = "'#nowhere'"
    done = newsroom.check("--online", "--json")
    assert code(done) == 2
    said = json.loads(done.output)
    (fault,) = [found for found in said["online"] if found["kind"] == "fault"]
    assert (Path(fault["path"]).name, fault["line"], fault["key"]) == ("w.yaml", 3, "channel")
    assert "online" not in json.loads(newsroom.check("--json").output)
