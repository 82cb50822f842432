"""tocsin silence, deliveries and explain: what the desk was told, what not and why, and what a person may change."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.courier import deliver_due
from pipeline.newsdesk import decide_match
from pipeline.store import Store
from pipeline.store.silences import Verdict
from transforms.article import Delivery, Match, Receipt
from transforms.errors import Refused
from transforms.policy import Desk, Policy
from transforms.watch import Rules, Watch

Make = Callable[..., Match]
Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tocsin.db'}"


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Told:
    """Runs the command: exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


class Shut:
    """A sink that nobody let in."""

    name = "desk"

    def send(self, delivery: Delivery) -> Receipt:
        raise Refused(f"invite the app to {delivery.channel}")

    def find(self, delivery: Delivery) -> Receipt | None:
        del delivery
        return None

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def rung(url: str, watch: Watch, match: Make, noon: datetime) -> str:
    """A store with an alert that nobody heard yet; the alert's id."""
    with Store.open(url) as store:
        outcome = decide_match(store, match("a", "CNN"), watch, ("desk",), noon)
    assert outcome.alert is not None
    return outcome.alert.id


def test_an_empty_outbox_says_so(url: str, told: Told) -> None:
    Store.open(url).close()
    code, out, said = told("deliveries", "--store", url)
    assert (code, out, "no message yet" in said) == (0, "", True)
    assert "no silence holds" in told("silence", "--store", url)[2]


def test_what_waits_is_listed_and_shown_whole(url: str, told: Told, rung: str, noon: datetime) -> None:
    code, out, said = told("deliveries", "--store", url)
    assert code == 0
    assert rung[:8] in out
    assert "waiting" in out
    assert "1 waiting" in said
    with Store.open(url) as store:
        store.judge(Verdict(alert=rung, who="U1", name="Ann", verdict="wrong", at=noon))
    code, out, _ = told("deliveries", "show", rung[:6], "--store", url)
    assert code == 0
    assert "Forged orders a" in out
    assert "phrase forged orders" in out
    assert "wrong: Ann" in out
    shown = json.loads(told("deliveries", "show", rung, "--store", url, "--json")[1])
    assert shown["alert"]["id"] == rung
    assert [each["state"] for each in shown["messages"]] == ["waiting"]
    code, _, said = told("deliveries", "show", "nothing", "--store", url)
    assert (code, "no alert 'nothing'" in said) == (2, True)


def test_what_failed_for_good_says_why_and_is_put_back(
    url: str, told: Told, rung: str, noon: datetime
) -> None:
    with Store.open(url) as store:
        deliver_due(store, {"desk": Shut()}, lambda: noon)
    (line,) = told("deliveries", "list", "--state", "dead", "--store", url, "--json")[1].splitlines()
    assert "invite the app to #energy" in json.loads(line)["error"]
    assert told("deliveries", "retry", "--store", url)[0] == 2
    code, _, said = told("deliveries", "retry", "ffff", "--store", url)
    assert (code, "begins with 'ffff'" in said) == (2, True)
    code, _, said = told("deliveries", "retry", rung[:8], "--store", url)
    assert (code, "1 message back in the outbox" in said) == (0, True)
    assert json.loads(told("deliveries", "list", "--store", url, "--json")[1])["state"] == "waiting"


def test_send_says_what_is_due_to_the_sinks_of_the_settings(
    url: str, told: Told, tmp_path: Path, watch: Watch, match: Make
) -> None:
    heard = tmp_path / "heard.jsonl"
    name = f"jsonl:{heard}"
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"store: {url}\nsinks: [{{kind: jsonl, path: {heard}}}]\n", "utf-8")
    with Store.open(url) as store:
        decide_match(store, match("a", "CNN"), watch, (name,), datetime.now().astimezone())
    code, _, said = told("deliveries", "send", "--config", str(settings))
    assert (code, "sent" in said) == (0, True)
    (line,) = heard.read_text("utf-8").splitlines()
    assert json.loads(line)["kind"] == "new"
    assert told("deliveries", "send", "--config", str(settings))[0] == 0
    assert len(heard.read_text("utf-8").splitlines()) == 1


def test_a_silence_is_set_listed_and_ended(url: str, told: Told, rung: str) -> None:
    add = ("silence", "add", "--store", url)
    assert told(*add, "--for", "1h", "--reason", "known")[0] == 2
    assert told(*add, "--watch", "grid", "--reason", "known")[0] == 2
    for wrong in (("--for", "soon"), ("--for", "400d"), ("--until", "yesterday"), ("--until", "2001-01-01")):
        code, _, said = told(*add, "--watch", "grid", "--reason", "known", *wrong)
        assert (code, wrong[1] in said) == (2, True), said
    code, _, said = told(*add, "--text", "!!", "--for", "1h", "--reason", "known")
    assert (code, "has no word in it" in said) == (2, True)
    code, _, said = told(
        *add, "--story", rung[:8], "--watch", "grid", "--for", "12h", "--reason", "known", "--owner", "ann"
    )
    assert (code, "watch grid, story " in said) == (0, True)
    (kept,) = told("silence", "list", "--store", url, "--json")[1].splitlines()
    silence = json.loads(kept)
    assert (silence["owner"], silence["reason"], silence["watch"]) == ("ann", "known", "grid")
    with Store.open(url) as store:
        assert silence["story"] == store.alerts()[0].story
    assert "ann" in told("silence", "--store", url)[1]
    code, _, said = told("silence", "end", silence["id"][:6], "--store", url)
    assert (code, "is over" in said) == (0, True)
    assert "no silence holds" in told("silence", "--store", url)[2]
    assert "(over)" in told("silence", "list", "--all", "--store", url)[1]
    assert told("silence", "end", silence["id"], "--store", url)[0] == 2


def test_a_silence_of_a_watch_that_is_not_there_is_refused(told: Told, tmp_path: Path, url: str) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"store: {url}\n", "utf-8")
    code, _, said = told(
        "silence", "add", "--config", str(settings), "--watch", "wildfire", "--for", "1h", "--reason", "r"
    )
    assert (code, "no watch 'wildfire'" in said, "wildfires" in said) == (2, True, True)


def test_explain_tells_why_an_article_that_rang_was_not_heard(
    url: str, told: Told, watch: Watch, match: Make, noon: datetime
) -> None:
    policy = Policy.model_validate({"wait": "10m"})
    there = watch.model_copy(update={"id": "wildfires"})
    with Store.open(url) as store:
        made = match("a", "CNN").model_copy(update={"watch": "wildfires"})
        store.claim([made.reading.article], noon)
        decide_match(
            store, made, there, ("desk",), noon, rules=Rules({"wildfires": there}, desk=Desk(policy))
        )
    out = told("explain", "wildfires", "a", "--store", url)[1]
    assert (
        f"desk #energy: message waiting: wait until {noon + timedelta(minutes=10):%Y-%m-%d %H:%M} UTC" in out
    )
    said = json.loads(told("explain", "wildfires", "a", "--store", url, "--json")[1])
    assert [each["held"] for each in said["messages"]] == ["wait"]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("policy: {wait: soon}", "policy.wait: must be a time"),
        ("policy: {quiet: {from: 22:00}}", "policy.quiet.to"),
        ("policy: {sinks: [slak]}", "no sink is called 'slak'; did you mean 'slack'?"),
        ('channels: {"#elektions": {wait: 1m}}', "no watch and no route rings in '#elektions'"),
        ('routes: [{channel: "#all", watches: [wildfire]}]', "no watch 'wildfire'; did you mean 'wildfires'?"),
        ('routes: [{channel: "#all", severity: loud}]', "routes[0].severity"),
    ],
)  # fmt: skip
def test_check_says_what_is_wrong_with_a_policy(told: Told, tmp_path: Path, written: str, wrong: str) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"sinks: [slack]\n{written}\n", "utf-8")
    code, _, said = told("check", "--config", str(settings))
    assert (code, wrong in said) == (2, True), said
    assert f"{settings}:2" in said
