"""Opening the store: fresh, current, newer, damaged, unwritable; every fault is one line that says what to do."""

import sqlite3
import sys
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.store import MIGRATIONS, Store
from pipeline.store.schema import HEAD, metadata
from pipeline.store.sqlite import SQLite
from transforms.article import Article
from transforms.errors import StoreError


def test_the_migrations_lead_to_the_tables_that_the_code_uses(store: Store) -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD
    with store.transaction(write=False) as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_a_store_that_is_up_to_date_opens_without_alembic(
    shared_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store.open(shared_url).close()
    for module in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
        monkeypatch.setitem(sys.modules, module, None)
    Store.open(shared_url).close()


def test_the_folder_of_a_new_store_is_made(tmp_path: Path) -> None:
    path = tmp_path / "var" / "100% new" / "tocsin.db"
    with Store.open(f"sqlite:///{path}"):
        assert path.exists()


def test_a_file_is_in_write_ahead_mode_and_a_memory_is_shared_by_name(tmp_path: Path, noon: datetime) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as store, store.transaction(write=False) as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    with Store.open("sqlite://?name=one") as one, Store.open("sqlite://?name=one") as same:
        one.claim([Article(text="A text.")], noon)
        with Store.open("sqlite://") as other:
            assert (same.summary().articles, other.summary().articles) == (1, 0)
        other.close()
        same.close()
        same.close()
        assert one.summary().articles == 1
    with Store.open("sqlite://?name=one") as later:
        assert later.summary().articles == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("tocsin.db", "sqlite:///"),
        ("", "sqlite:///"),
        ("sqlite://var/tocsin.db", "three slashes"),
        ("sqlite:///tocsin.db?mode=ro", "options"),
        ("mysql://host/db", "not known"),
        ("nonsense://host/db", "sqlite:///"),
    ],
)
def test_a_wrong_url_is_refused_with_what_to_write(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        Store.open(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@host/db",
        "mysql://me:hunter2@host/db?password=hunter2",
        "sqlite://me:hunter2@/x.db",
        "nonsense//me:hunter2@host",
        "postgresql://me:hunter2/@@host/x",
    ],
)
def test_a_password_never_shows(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(url)
    assert "hunter2" not in str(caught.value) + repr(caught.value)


def test_a_path_that_cannot_be_a_store_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path, said in (
        (tmp_path, "folder"),
        (tmp_path / "file" / "a.db", "cannot be made"),
        (Path("/proc/a.db"), "check"),
    ):
        with pytest.raises(StoreError, match=said) as caught:
            Store.open(f"sqlite:///{path}")
        assert str(path) in str(caught.value)


def test_a_damaged_file_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.db"
    path.write_bytes(b"news of the day " * 1000)
    with pytest.raises(StoreError, match="no SQLite database, or it is damaged"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"news of the day " * 1000


def test_a_store_that_is_damaged_inside_is_said_to_be(tmp_path: Path, noon: datetime) -> None:
    path = tmp_path / "tocsin.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.claim([Article(text=f"Text {number}.") for number in range(400)], noon)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(StoreError, match=r"damaged.*backup"):
        Store.open(f"sqlite:///{path}")


def test_a_store_of_a_newer_tocsin_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    with Store.open(url) as store, store.transaction() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer Tocsin \(schema 9999, this one knows"):
        Store.open(url)


def test_a_database_of_something_else_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE photos (name)")
    database.close()
    with pytest.raises(StoreError, match="something else"):
        Store.open(f"sqlite:///{path}")
    database = sqlite3.connect(path)
    assert [row[0] for row in database.execute("SELECT name FROM sqlite_master")] == ["photos"]
    database.close()


def test_a_full_disk_is_said_and_loses_nothing_that_was_kept(tmp_path: Path, noon: datetime) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        assert isinstance(store._database, SQLite)
        engine = store._database.engine
        kept = [
            Article(text=f"Kept {number} " * 9, url=f"https://h.example.org/{number}") for number in range(50)
        ]
        store.claim(kept, noon, "one")
        limit = "PRAGMA max_page_count"
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"{limit}={pages + 2}")
        more = [Article(text=f"More {number} " * 9) for number in range(2000)]
        with pytest.raises(StoreError, match="the disk is full: free some space") as caught:
            store.claim(more, noon, "one")
        assert "\n" not in str(caught.value)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"{limit}=1000000")
        assert {each.kind for each in store.claim(kept, noon, "two")} == {"pending"}
        assert {each.kind for each in store.claim(more, noon, "two")} == {"new"}


def test_the_store_shows_itself_by_name_only(store: Store) -> None:
    assert repr(store) == f"Store({store.name})"
    assert "name=" not in store.name
