"""A real PostgreSQL server on loopback, from the host's own packages, in a temporary folder.

It writes to the disk as a server in earnest does (``fsync``), wants a password, and can be killed and started again.
``TOCSIN_TEST_POSTGRES=URL`` names one that runs already, with a user who may make databases.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from pipeline.store import Store

GIVEN = "TOCSIN_TEST_POSTGRES"
MISSING = "PostgreSQL is not installed (Debian: postgresql)"
USER, PASSWORD = "tocsin", "bell-and-rope"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "fsync": "on",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m %p %a ",
}
PATIENCE = 60.0


def binaries() -> Path | None:
    """Where initdb and postgres are: Debian keeps them out of PATH."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


def available() -> bool:
    """Whether tests can have a server."""
    return GIVEN in os.environ or binaries() is not None


class PostgresServer:
    """A server with a template of Tocsin's schema; databases are made of it in no time.

    Args:
        settings: what differs from the server's defaults.
    """

    def __init__(self, settings: Mapping[str, str] = SETTINGS) -> None:
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self._free: list[str] = []
        self.folder: Path | None = None
        self.given = os.environ.get(GIVEN)
        self.template = f"template_{uuid.uuid4().hex[:12]}"
        if self.given:
            self._root = make_url(self.given)
        else:
            self._found(_free_port())
            self.start()
        self.empty(self.template)
        with Store.open(self.url(self.template), unchecked=True) as store:
            store.migrate()

    def _found(self, port: int) -> None:
        folder = binaries()
        assert folder is not None, MISSING
        self.bin, self.port = folder, port
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
        self._as = _user()
        if self._as:
            os.chown(self.folder, self._as["user"], self._as["group"])
        word = self.folder / "word"
        word.write_text(PASSWORD)
        if self._as:
            os.chown(word, self._as["user"], self._as["group"])
        self.data = self.folder / "data"
        self._root = make_url(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres")
        subprocess.run(
            [
                self.bin / "initdb", "-D", self.data, "-U", USER, "--pwfile", word, "-E", "UTF8", "--locale=C.UTF-8",
                "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions",
            ],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._as,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers; what a killed one left is recovered first."""
        assert self.folder is not None
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                # Children of a killed server hold its memory for a moment: until then it does not start.
                with (self.folder / "log").open("ab") as log:
                    self.process = subprocess.Popen(
                        [
                            self.bin / "postgres",
                            "-D",
                            self.data,
                            "-p",
                            str(self.port),
                            "-k",
                            self.folder,
                            *options,
                        ],
                        stdout=log,
                        stderr=log,
                        cwd=self.folder,
                        **self._as,
                    )
            with contextlib.suppress(psycopg.OperationalError):
                self.ask("SELECT 1")
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text("utf-8", "replace"))

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out, or a machine that loses its power."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, and forget everything."""
        if self.process is not None and self.process.poll() is None:
            # At once and without a checkpoint: nobody will read it again.
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif self.given:
            self.drop(self.template)

    def ask(self, statement: str, database: str | None = None) -> list[Any]:
        """Rows of a statement outside of any transaction, as the owner of the server."""
        url = self._root if database is None else self._root.set(database=database)
        text = url.render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str, **changed: Any) -> str:
        """The URL of a database, password and all; parts of it may be changed."""
        return self._root.set(database=database, **changed).render_as_string(hide_password=False)

    def fresh(self) -> str:
        """The name of a database with Tocsin's schema and nothing in it."""
        if self._free:
            return self._free.pop()
        name = f"t_{uuid.uuid4().hex[:16]}"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return name

    def back(self, name: str) -> None:
        """A test is done with this database: it is emptied for the next, which costs less than another one.

        One whose schema was changed is left alone until the server stops.
        """
        with contextlib.suppress(psycopg.Error):
            self.ask(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            if self.ask(tables, name) != self.ask(tables, self.template):
                return
            version = "SELECT version_num FROM alembic_version"
            if self.ask(version, name) == self.ask(version, self.template):
                full = [table for (table,) in self.ask(tables, name) if table != "alembic_version"]
                self.ask(";".join(f'DELETE FROM "{table}"' for table in full), name)
                self._free.append(name)

    def empty(self, name: str | None = None) -> str:
        """The name of a new database with nothing in it."""
        name = name or f"t_{uuid.uuid4().hex[:16]}"
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return name

    def drop(self, name: str) -> None:
        """Forget a database, whoever is still connected."""
        with contextlib.suppress(psycopg.OperationalError):
            self.ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _user() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses to be run by root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            known = pwd.getpwnam(name)
            return {"user": known.pw_uid, "group": known.pw_gid, "extra_groups": []}
    raise AssertionError("root may not run PostgreSQL, and there is neither a user postgres nor nobody")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
