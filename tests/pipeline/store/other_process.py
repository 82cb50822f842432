"""Another process on the same store: ``other_process.py ACTION URL``. It says ``ready``, waits for a line, and acts.

It is a script of its own, so that what is tested is two real processes, and a real SIGKILL.
"""

import json
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from pipeline.newsdesk import decide_match
from pipeline.store import Store
from pipeline.store.outbox import Done
from transforms.article import Article, Held, Match, Reading, Receipt
from transforms.watch import Clause, Watch

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
WATCH = Watch(id="grid", title="The grid", when=Clause(phrase="forged orders"), channel="#energy")
TEXT = "Envoy Mara Quill said on Monday that the grid operator had found forged orders in its control rooms. "
ARTICLES = [
    Article(
        text=f"{TEXT * 3} Mark {number}.",
        outlet=f"Outlet {number}",
        origin=f"{number}.txt",
        order=(number, 0),
    )
    for number in range(8)
]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work(store: Store, run: str, articles: list[Article]) -> None:
    """What the graph does with these articles."""
    for verdict in store.claim(articles, NOON, run):
        if verdict.goes_on:
            why = (Held(clause="phrase forged orders", text="forged orders", start=66, end=79),)
            match = Match(watch="grid", reading=Reading(article=verdict.article), why=why)
            decide_match(store, match, WATCH, ("desk",), NOON)
    for delivery in store.due("desk", NOON, limit=9):
        # The desk's own log: what it heard, whether the store knows it or not.
        with Path(os.environ["DESK"]).open("a", encoding="utf-8") as desk:
            desk.write(f"{delivery.id} {delivery.attempted is not None}\n")
        store.record([Done(delivery, receipt=Receipt())], NOON)


def die_at(statement: int) -> None:
    """Die right before the statement of this number, or the end of a transaction, begins."""
    left = [statement]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def every_statement(url: str) -> None:
    """For every statement of a run: a child dies there, another run follows; say what is in the store then."""
    for statement in range(1, 60, 8):
        killed_and_run_again(another(url, f"fresh{statement}", full=False), statement)
    with Store.open(url, unchecked=True) as store:
        store.migrate()
    statement, died = 0, True
    while died:
        statement += 1
        died = killed_and_run_again(another(url, f"at{statement}", full=True), statement)


def another(url: str, name: str, *, full: bool) -> str:
    """The URL of a store like this one, ``full`` of tables, or with nothing in it."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        if full:
            shutil.copy(path, f"{path}.{name}")
        return f"{url}.{name}"
    with psycopg.connect(url, autocommit=True) as server:
        if not full:
            server.execute("DROP SCHEMA public CASCADE")
            server.execute("CREATE SCHEMA public")
        tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            if table != "alembic_version":
                server.execute(f'DELETE FROM "{table}"'.encode())
    return url


def killed_and_run_again(url: str, statement: int) -> bool:
    os.environ["DESK"] = f"{os.environ['DESK'].partition('.at')[0]}.at{time.monotonic_ns()}"
    child = os.fork()
    if child == 0:
        die_at(statement)
        with Store.open(url, unchecked=True) as store:
            store.migrate()
            work(store, "one", ARTICLES[:2])
        os._exit(0)
    died = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    with Store.open(url, unchecked=True) as store:
        store.migrate()
        work(store, "two", ARTICLES[:2])
        known = store.summary()
        found = {
            "alerts": known.alerts,
            "pending": known.pending,
            "coverage": [len(standing.alert.coverage) for standing in store.alerts()],
            "deliveries": known.deliveries,
            "heard": Path(os.environ["DESK"]).read_text("utf-8").split("\n")[:-1],
        }
    say(json.dumps(found))
    return died


def main(action: str, url: str) -> None:
    say("ready")
    sys.stdin.readline()
    if action == "every-statement":
        every_statement(url)
        return
    with Store.open(url) as store:
        if action == "work":
            work(store, str(os.getpid()), ARTICLES)
        if action in {"lease", "lease-and-die"}:
            say(str(len(store.due("desk", NOON))))
            if action == "lease-and-die":
                die()
            sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
