"""References to secrets: how they are written, read where they are used, and what is said where they cannot be."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.secrets import LARGEST, Secret, SecretRef
from pipeline.sinks import SlackSpec, open_sinks
from pipeline.store.reference import StoreRef, open_store
from transforms.errors import Fault, StoreError

VALUE = "correct-horse-that-must-not-be-seen"
WRONG = [
    "", "env:", "env:lower", "env:A B", "ENV:NAME", " env:NAME", "file:", "file:relative", "file:~/a", "file:/a\nb",
    "vault:a", "secret-manager:", "secret-manager:projects/p/secrets/s",
    "secret-manager:projects/p/secrets/s/versions/",
    "secret-manager:projects/p/secrets/s/versions/1/x",
    "secret-manager:projects/../secrets/s/versions/1", VALUE,
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "env:SLACK_BOT_TOKEN",
        "file:/run/secrets/slack",
        "secret-manager:projects/p-1/secrets/s_2/versions/latest",
    ],
)
def test_a_reference_is_what_it_was_written_as_also_after_travelling(text: str) -> None:
    ref = SecretRef.parse(text)
    assert str(ref) == text
    assert pickle.loads(pickle.dumps(ref)) == ref  # noqa: S301 - our own bytes


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_reference_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="must be a reference to a secret") as caught:
        SecretRef.parse(text)
    assert VALUE not in str(caught.value)


@given(st.text(min_size=6, max_size=40))
def test_a_secret_shows_itself_nowhere(value: str) -> None:
    secret = Secret(value)
    assert {repr(secret), repr([secret])} == {"Secret(hidden)", "[Secret(hidden)]"}
    assert {str(secret), f"{secret}", f"{secret:>40}"} == {"(hidden)"}
    assert secret.reveal() == value
    for travel in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as caught:
            travel(secret)
        assert "pickled" in str(caught.value) or "JSON" in str(caught.value)


def test_a_variable_is_read_when_it_is_asked_for() -> None:
    ref = SecretRef.parse("env:DESK")
    assert ref.read({"DESK": f" {VALUE}\n"}).reveal() == VALUE
    with pytest.raises(Fault, match="the environment variable DESK is not set: it must hold the bot token"):
        ref.read({"DESK": "  "}, "the bot token")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_mounted_file_is_read_without_the_line_break_at_its_end(tmp_path: Path, end: str) -> None:
    (tmp_path / "real").write_bytes(f"{VALUE} ä\n{end}".encode())
    (tmp_path / "link").symlink_to("real")
    ref = SecretRef.parse(f"file:{tmp_path}/link")
    assert ref.read({}).reveal() == f"{VALUE} ä\n{end}".removesuffix("\n").removesuffix("\r")


def test_a_file_that_cannot_be_read_is_said_with_its_place_and_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"a" * (LARGEST + 1))
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for name, why in {
        "gone": "there is no such file: mount the secret there",
        "gone/below": "there is no such file",
        "empty/below": "it cannot be read: Not a directory",
        "folder": "no regular file",
        "pipe": "no regular file",
        "large": "larger than 64 KiB",
        "empty": "it is empty",
        "bytes": "no UTF-8",
    }.items():
        ref = SecretRef.parse(f"file:{tmp_path}/{name}").at("s.yaml", 3, "store_secret")
        with pytest.raises(Fault) as caught:
            ref.read({})
        assert str(caught.value).startswith(f"s.yaml:3: store_secret: file:{tmp_path}/{name}: ")
        assert why in str(caught.value)


def test_a_file_that_may_not_be_read_asks_for_leave(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "shut").write_text(VALUE)
    (tmp_path / "shut").chmod(0)
    with pytest.raises(Fault, match="give it leave"):
        SecretRef.parse(f"file:{tmp_path}/shut").read({})


URLS = [
    f"postgresql://desk:{VALUE}@db/news",
    f"postgresql+psycopg://desk:{VALUE}@db:5432/news",
    f"postgresql://db/news?password={VALUE}",
    f"postgresql://desk@db/news?sslpassword={VALUE}",
    f"mysql://desk:{VALUE}@db:port/news",
    f"sqlite://desk:{VALUE}@/news",
]


@pytest.mark.parametrize("url", URLS)
def test_a_url_with_a_password_travels_nowhere(url: str) -> None:
    with pytest.raises(Fault, match="--store: a password does not belong on a command line") as caught:
        StoreRef(url)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///a.db", "postgresql://desk@db/news", "postgresql:///news?host=/tmp", "nonsense"]
)
def test_a_url_without_one_may_travel(url: str) -> None:
    assert StoreRef(url).resolve({}) == url


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=30))
def test_a_password_of_any_letters_comes_through(password: str) -> None:
    from sqlalchemy import make_url  # noqa: PLC0415 - the other side

    ref = StoreRef("postgresql://desk@db:5433/news?application_name=tocsin", password=SecretRef("env", "P"))
    url = make_url(ref.resolve({"P": password}))
    assert (url.password, url.username, url.host, url.port) == (password, "desk", "db", 5433)
    assert url.query == {"application_name": "tocsin"}


@pytest.mark.parametrize(
    "held",
    [
        VALUE,
        f"postgresql:{VALUE}",
        f"postgresql://desk:{VALUE}?@db:x/news",
        f"mysql://desk:{VALUE}@db/news",
        f"://{VALUE}",
    ],
)
def test_what_is_no_url_of_a_store_is_a_fault_that_repeats_nothing(held: str) -> None:
    ref = StoreRef(secret=SecretRef("env", "TOCSIN_STORE"))
    with pytest.raises(Fault, match="what TOCSIN_STORE holds is no URL of a store") as caught:
        open_store(ref, {"TOCSIN_STORE": held})
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize(
    "held",
    [
        f"postgresql://desk:{VALUE}@127.0.0.1:1/news",
        f"postgresql://desk:{VALUE}@127.0.0.1:1/news?password={VALUE}",
        f"postgresql://127.0.0.1:1/news?sslpassword={VALUE}",
        f"sqlite:////proc/none/a.db?password={VALUE}",
    ],
)
@pytest.mark.slow
def test_a_store_that_cannot_be_opened_is_said_without_its_password(held: str) -> None:
    ref = StoreRef(secret=SecretRef("env", "TOCSIN_STORE"))
    with pytest.raises(StoreError) as caught:
        open_store(ref, {"TOCSIN_STORE": held})
    assert VALUE not in str(caught.value)


def test_the_kind_of_a_store_is_known_where_its_reference_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://desk:x@db/news\n")
    assert StoreRef("sqlite:///a.db").kind({}) == "sqlite"
    assert StoreRef(secret=SecretRef("file", f"{tmp_path}/url")).kind({}) == "postgresql"
    assert StoreRef(secret=SecretRef("env", "GONE")).kind({}) == ""
    assert StoreRef(secret=SecretRef.parse("secret-manager:projects/p/secrets/s/versions/1")).kind({}) == ""


def test_a_token_out_of_a_file_opens_slack_and_a_missing_one_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-1\n")
    spec = SlackSpec(token_secret=SecretRef("file", f"{tmp_path}/token"))
    assert type(open_sinks([spec], {}, print)["slack"]).__name__ == "SlackSink"
    (tmp_path / "token").write_text("xoxb-1\nX: y")
    with pytest.raises(Fault, match=f"the secret file:{tmp_path}/token holds no Slack token") as caught:
        open_sinks([spec], {}, print)
    assert "X: y" not in str(caught.value)
    (tmp_path / "token").unlink()
    with pytest.raises(Fault, match="there is no such file"):
        open_sinks([spec], {}, print)
