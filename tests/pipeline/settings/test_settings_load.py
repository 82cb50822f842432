"""A settings file: what it may say, how its paths are read, and every way to write it wrongly."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.bundled import bundled
from pipeline.settings import Settings, check, default_config, load, load_settings
from pipeline.sinks.spec import ConsoleSpec, JsonlSpec, SlackSpec
from pipeline.store.reference import StoreRef
from transforms.errors import Fault, Faults
from transforms.parse.decoding import LIMIT

Write = Callable[[str, str | bytes], Path]


def faults(path: Path) -> list[str]:
    """The faults of a settings file, without the folder it stands in."""
    with pytest.raises(Faults) as caught:
        load_settings(path)
    return [str(fault).replace(f"{path.parent}/", "") for fault in caught.value.faults]


def test_what_is_not_written_has_a_default(write: Write) -> None:
    settings = load_settings(write("s.yaml", "contact: desk@example.org\n"))
    assert settings.store is None
    assert settings.watches == (str(bundled("configs/watches")),)
    assert settings.topics == (str(bundled("configs/topics")),)
    assert settings.entities == (str(bundled("configs/entities")),)
    assert settings.feeds == ()
    assert settings.sinks == (SlackSpec(),)
    assert settings.link.window == timedelta(hours=72)
    kept = settings.retention
    assert (kept.articles.days, kept.stories.days, kept.dead_letters.days) == (400, 400, 90)


def test_paths_are_relative_to_the_file_that_names_them(write: Write, tmp_path: Path) -> None:
    write("news/rss.xml", "<rss/>")
    write(
        "lists/feeds.yaml",
        "- {id: recorded, url: ../news/rss.xml}\n- {id: far, url: https://example.org/rss}\n",
    )
    settings = load_settings(
        write(
            "s.yaml",
            """
            watches: [mine, packaged, /etc/watches.yaml]
            feeds: lists/feeds.yaml
            sinks: [{kind: jsonl, path: out/alerts.jsonl}, console]
            """,
        )
    )
    assert settings.watches == (f"{tmp_path}/mine", str(bundled("configs/watches")), "/etc/watches.yaml")
    near, far = (feed.url for feed in settings.feeds)
    assert near == f"{tmp_path}/news/rss.xml"
    assert far == "https://example.org/rss"
    first, second = settings.sinks
    assert isinstance(first, JsonlSpec)
    assert first.path == f"{tmp_path}/out/alerts.jsonl"
    assert second == ConsoleSpec()


def test_feeds_stand_in_the_settings_or_in_files_or_both(write: Write) -> None:
    write("more/a.yaml", "- {id: a, url: https://example.org/a}\n")
    write("more/b.yml", "- {id: b, url: https://example.org/b}\n")
    settings = load_settings(write("s.yaml", "feeds:\n  - more\n  - id: c\n    url: https://example.org/c\n"))
    assert [feed.id for feed in settings.feeds] == ["a", "b", "c"]


def test_settings_travel_to_workers(write: Write) -> None:
    settings = load_settings(write("s.yaml", "watches: mine\nlink: {window: 3d}\n"))
    again = pickle.loads(pickle.dumps(settings))  # noqa: S301 - our own bytes
    assert again == settings
    assert (again.origin, again.line_of("watches")) == (settings.origin, 1)


def test_without_a_name_the_settings_of_the_working_folder_are_taken_else_the_packaged(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_config() == bundled("configs/local.yaml")
    write("configs/local.yaml", "contact: here@example.org\n")
    assert load_settings().contact == "here@example.org"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wathces: [a]", "wathces: no such key here; did you mean 'watches'?"),
        ("link: {windw: 3h}", "link.windw: no such key here; did you mean 'window'? (known: window)"),
        ("link: {window: 5}", "link.window: must be a time: a number and one of s, m, h, d, w, as in 15m or"),
        ("link: {window: 0h}", "link.window: input should be greater than"),
        ("link: 72h", "link: must be a mapping (key: value), not text"),
        ("link:", "link: holds nothing: write a value, or remove the key"),
        ("limits: {feed: 15 elephants}", "limits.feed: must be a size"),
        ("limits: {feed: 3 B}", "limits.feed: input should be greater than or equal to 1024"),
        ("limits: {feed: 20 MiB}", "limits.feed: input should be less than or equal to"),
        ("limits: {fetch: 60}", "limits.fetch: must be a time"),
        ("retention: {articles: 400}", "retention.articles: must be a time"),
        ("retention: {stories: 1h}", "retention.stories: input should be greater than or equal to"),
        ("retention: {letters: 9d}", "retention.letters: no such key here"),
        ("retention: 90d", "retention: must be a mapping (key: value), not text"),
        ("watches: 5", "watches: must be a list, not a number"),
        ("watches: []", "watches: must not be empty"),
        ("watches: {a: b}", "watches: must be a list, not a mapping"),
        ("topics: [a, 2024]", "topics[1]: must be text, not a number; put it in quotes"),
        ("store: tocsin.db", "store: must be the URL of a store: sqlite:///tocsin.db for a file"),
        ("store: mysql://host/db", "store: must be the URL of a store"),
        ("store: sqlite://tocsin.db", "store: a slash is missing"),
        ("store: postgresql:host", "store: is no URL"),
        ("store: [a]", "store: must be text, not a list"),
        ("store_env: tocsin store", "store_env: must be the name of an environment variable, in capitals"),
        ("store: sqlite:///a\nstore_env: STORE", "store_env: store is written too: keep one of them"),
        ("store_secret: a/b", "store_secret: must be a reference to a secret: env:NAME, file:/run/secrets/name or"),
        ("store_secret: file:relative", "store_secret: must be a reference to a secret"),
        ("store_secret: secret-manager:projects/p/secrets/s", "store_secret: must be a reference to a secret"),
        ("store_secret: [a]", "store_secret: must be "),
        ("{store_env: A, store_secret: 'env:B'}", "store_secret: store_env is written too: keep one of them"),
        ("{store: 'sqlite:///a', store_secret: 'env:B'}", "store_secret: store is written too: keep one of them"),
        ("store_password: env:B", "store_password: belongs to a store with a user: write store: postgresql://"),
        ("{store: 'sqlite:///a', store_password: 'env:B'}", "store_password: belongs to a store with a user"),
        ("{store: 'postgresql://db/news', store_password: 'env:B'}", "store_password: belongs to a store with a user"),
        ("sinks: [{kind: slack, token_secret: desk}]", "sinks[0].token_secret: must be a reference to a secret"),
        ("sinks: [{kind: slack, token_env: A, token_secret: 'env:A'}]", "sinks[0]: token_env and token_secret"),
        ("contact: nobody", "contact: must be an address that a publisher can write to"),
        ('contact: "a@b\\r\\nX-Evil: 1"', "contact: must be an address"),
        ("allow_hosts: ['http://127.0.0.1:80/']", "allow_hosts[0]: must be a host name or an address without scheme"),
        ("sinks: []", "sinks: must not be empty"),
        ("sinks: {kind: slack}", "sinks: must be a list, not a mapping"),
        ("sinks: [slak]", "sinks[0]: must be console or jsonl or slack or webhook or email; did you mean 'slack'?"),
        ("sinks: [{kind: slak}]", "sinks[0].kind: must be console or jsonl or slack or webhook or email; did you"),
        ("sinks: [{path: a}]", "sinks[0].kind: is missing"),
        ("sinks: [console, {kind: jsonl}]", "sinks[1].path: is missing"),
        ("sinks: [{kind: slack, token_en: A}]", "sinks[0].token_en: no such key here; did you mean 'token_env'?"),
        ("sinks: [{kind: slack, base_url: 'http://example.org'}]", "sinks[0].base_url: base_url must be https"),
        ("sinks: [5]", "sinks[0]: "),
        ("sinks: [slack, {kind: slack, token_env: OTHER}]", "sinks[1]: two sinks are called 'slack'"),
        ("feeds: 5", "feeds: must be the path of a feeds file, or a list of feeds"),
        ("feeds: [5]", "feeds[0]: must be a feed: a mapping with id and url"),
        ("feeds: gone.yaml", "feeds: gone.yaml cannot be read: there is no such file or folder"),
        ("feeds: [{id: a}]", "feeds[0].url: is missing"),
        ("feeds: [{id: a, url: 'https://a.org', evry: 1h}]", "feeds[0].evry: no such key here; did you mean 'every'?"),
        ("feeds: [{id: a, url: 'ftp://a.org/'}]", "feeds[0].url: must begin with http:// or https://"),
        ("feeds: [{id: a, url: 'https://a.org', every: soon}]", "feeds[0].every: must be a time"),
        ("feeds: [{id: A B, url: 'https://a.org'}]", "feeds[0].id: must be lower-case letters"),
    ],
)  # fmt: skip
def test_what_is_written_wrongly_is_said_with_file_line_and_key(write: Write, line: str, said: str) -> None:
    path = write("s.yaml", f"# a comment\n\n{line}\n")
    (fault,) = faults(path)
    number = 4 if "store_env: STORE" in line else 3
    assert fault.startswith(f"s.yaml:{number}: {said}")
    assert "\n" not in fault


def test_a_feed_that_is_a_missing_file_matters_to_whoever_polls_alone(write: Write) -> None:
    path = write("s.yaml", "feeds: [{id: a, url: gone.xml}]\n")
    assert load(path)[0].feeds[0].id == "a"
    with pytest.raises(Faults, match=r"s\.yaml:1: feeds\[0\]\.url: there is no file"):
        load(path, polls=True)
    (fault,) = check(path, {}).faults
    assert "there is no file" in str(fault)


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(write: Write) -> None:
    write("feeds.yaml", "- id: a\n  url: https://example.org\n  evry: 1h\n- 5\n")
    path = write("s.yaml", "store: nowhere\nfeeds: feeds.yaml\nlink: {windw: 1h}\nsinks: [slak]\n")
    assert [fault.split(": ")[:2] for fault in faults(path)] == [
        ["s.yaml:1", "store"],
        ["s.yaml:3", "link.windw"],
        ["s.yaml:4", "sinks[0]"],
        ["feeds.yaml:3", "[0].evry"],
        ["feeds.yaml:4", "[1]"],
    ]


def test_of_very_many_faults_the_first_thousand_are_told(write: Write) -> None:
    told = faults(write("s.yaml", "".join(f"key{number}: 1\n" for number in range(5000)) + "link: x\n"))
    assert len(told) == 1001
    assert sum("more faults follow" in fault for fault in told) == 1


def test_two_feeds_with_one_id_are_told_with_both_places(write: Write) -> None:
    write("feeds.yaml", "- id: a\n  url: https://example.org/1\n")
    path = write("s.yaml", "feeds:\n  - feeds.yaml\n  - url: https://example.org/2\n    id: a\n")
    (fault,) = faults(path)
    assert (
        fault
        == "s.yaml:4: feeds[1].id: the feed 'a' stands in feeds.yaml:1 already: give one of them another id"
    )


def test_a_feeds_file_that_is_no_list_or_no_yaml_is_told_at_its_place(write: Write) -> None:
    write("map.yaml", "id: a\nurl: https://example.org\n")
    write("tab.yaml", "- id: a\n\turl: b\n")
    path = write("s.yaml", "feeds: [map.yaml, tab.yaml]\n")
    first, second = faults(path)
    assert first == "map.yaml:1: must be a list of feeds: each begins with a dash"
    assert second.startswith("tab.yaml:2: ")
    assert "a tab stands" in second


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("- a\n", "s.yaml:1: must be a mapping (key: value)"),
        ("just words\n", "s.yaml:1: must be a mapping (key: value)"),
        ("a: 1\n---\nb: 2\n", "s.yaml:3: has several documents (---): settings are one"),
        ("", "s.yaml:1: is empty"),
        (b"\xff\xff", "s.yaml:1: the byte 0xff is no UTF-8"),
    ],
)
def test_a_file_that_is_no_settings_at_all_is_told(write: Write, content: str | bytes, said: str) -> None:
    (fault,) = faults(write("s.yaml", content))
    assert fault.startswith(said)


def test_a_settings_file_that_is_not_there_or_is_a_folder_is_told(tmp_path: Path) -> None:
    assert faults(tmp_path / "gone.yaml") == ["gone.yaml: cannot be read: there is no such file or folder"]
    (tmp_path / "folder").mkdir()
    assert faults(tmp_path / "folder") == ["folder: cannot be read: it is a folder, a file is needed"]


def store_of(settings: Settings) -> StoreRef:
    ref = settings.store_ref()
    assert ref is not None
    return ref


def test_the_store_url_comes_from_the_environment_and_is_never_repeated(write: Write) -> None:
    ref = store_of(load_settings(write("s.yaml", "store_env: TOCSIN_STORE\n")))
    url = "postgresql://desk:hunter2@db/tocsin"
    assert ref.resolve({"TOCSIN_STORE": url}) == url
    with pytest.raises(
        Fault, match=r"s\.yaml:1: store_env: the environment variable TOCSIN_STORE is not set"
    ):
        ref.resolve({})
    with pytest.raises(Fault) as caught:
        ref.resolve({"TOCSIN_STORE": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_feed_may_be_as_large_as_what_is_read_of_an_input() -> None:
    assert Settings().limits.feed == LIMIT


def test_behind_a_link_two_dots_lead_where_the_file_system_leads(write: Write, tmp_path: Path) -> None:
    write("real/inner/s.yaml", "watches: ../mine\n")
    (tmp_path / "link").symlink_to(tmp_path / "real/inner")
    (watches,) = load_settings(tmp_path / "link/s.yaml").watches
    assert Path(watches).resolve() == tmp_path / "real/mine"


def test_settings_can_be_made_without_a_file() -> None:
    assert Settings().origin is None
    assert Settings().store_ref() is None
    assert store_of(Settings(store="sqlite://")).resolve({}) == "sqlite://"
