"""Many rows at once: SQLite takes them one by one in no time, PostgreSQL all of them in one statement, as JSON.

There every row is an answer of its own otherwise; and of all that holds many values, JSON is made fastest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Executable,
    Integer,
    String,
    Table,
    Text,
    TextClause,
    bindparam,
    text,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from pipeline.store.schema import plain

Row = Mapping[str, Any]
_Process = Callable[[Any], Any]

_KINDS: tuple[tuple[type[Any], str], ...] = (
    (Boolean, "boolean"),
    (Integer, "integer"),
    (DateTime, "timestamptz"),
    (String, "text"),
)


class Among(FunctionElement[bool]):
    """Whether a column is among texts, which are given as a JSON list: the question is the same for any number of them.

    Args:
        column: text.
        listed: a parameter; ``listing`` makes its value.
    """

    name = "among"
    type = Boolean()
    inherit_cache = True


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: Any, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({listed}))"  # noqa: S608 - the compiler's own words


@compiles(Among, "postgresql")
def _among_postgres(element: Among, compiler: Any, **options: Any) -> str:
    column, listed = (compiler.process(each, **options) for each in element.clauses)
    # An array is known before the rows are looked for, so that an index finds them.
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({listed} AS json))))"


def among(column: ColumnElement[str], name: str) -> Among:
    """Whether the column is among the texts of this parameter; see ``listing``."""
    return Among(column, bindparam(name, type_=Text()))


def listing(values: Iterable[str]) -> str:
    """Texts, as a parameter of ``among``."""
    return json.dumps(sorted({plain(value) for value in values}), ensure_ascii=False)


def for_all(tx: Connection, one: Executable, at_once: Executable, rows: Sequence[Row]) -> None:
    """Do something for every row.

    Args:
        tx: a transaction that may write.
        one: does it for one row.
        at_once: the same for all of them on PostgreSQL, given a list for each column, for ``unnest``; it holds the rows
            that it changes in the order of their keys.
        rows: in the order of their keys.
    """
    if not rows:
        return
    if tx.dialect.name == "postgresql":
        tx.execute(at_once, {name: [row[name] for row in rows] for name in rows[0]})
    else:
        tx.execute(one, rows)


def insert_all(
    tx: Connection, insert: Any, table: Table, rows: Sequence[Row], instead: Sequence[str] | None = None
) -> None:
    """Insert rows, all with the same columns.

    Args:
        tx: a transaction that may write.
        insert: the dialect's insert.
        table: where.
        rows: in the order of their keys, so that two who write the same wait for each other and never both.
        instead: columns that are put in place of what stands there; none: what stands there stays.
    """
    if not rows:
        return
    instead = tuple(instead or ())
    if tx.dialect.name == "postgresql":
        names = tuple(rows[0])
        tx.execute(_insert_json(table, names, instead), {"rows": _as_json(rows)})
    else:
        _one_by_one(tx, _insert(insert, table, tuple(rows[0]), instead), rows)


def update_all(tx: Connection, table: Table, key: str, rows: Sequence[Row]) -> None:
    """Put values into rows that are there, all with the same columns.

    Args:
        tx: a transaction that may write.
        table: where.
        key: the column by which a row is known.
        rows: the key and what is put, in the order of their keys.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if tx.dialect.name == "postgresql":
        tx.execute(_update_json(table, key, names), {"rows": _as_json(rows)})
    else:
        given = [{f"_{key}": row[key]} | {name: row[name] for name in names if name != key} for row in rows]
        _one_by_one(tx, _update(table, key, names), given)


def _one_by_one(tx: Connection, statement: ClauseElement, rows: Sequence[Row]) -> None:
    """The statement for each row, by the driver itself: what a column makes of its values is looked up once for all."""
    words, made = _compiled(statement, tx.dialect)
    listed = [
        [row[name] if process is None else process(row[name]) for row in rows] for name, process in made
    ]
    tx.exec_driver_sql(words, list(zip(*listed, strict=True)))


@lru_cache
def _compiled(
    statement: ClauseElement, dialect: Dialect
) -> tuple[str, Sequence[tuple[str, _Process | None]]]:
    """The statement in the database's words, and its parameters in their order with what their columns make of them."""
    compiled: Any = statement.compile(dialect=dialect)
    return str(compiled), [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup
    ]


@lru_cache
def _insert(insert: Any, table: Table, names: tuple[str, ...], instead: tuple[str, ...]) -> ClauseElement:
    statement = insert(table).values({name: bindparam(name) for name in names})
    if not instead:
        nothing: ClauseElement = statement.on_conflict_do_nothing()
        return nothing
    put: ClauseElement = statement.on_conflict_do_update(
        index_elements=table.primary_key.columns, set_={name: statement.excluded[name] for name in instead}
    )
    return put


@lru_cache
def _update(table: Table, key: str, names: tuple[str, ...]) -> ClauseElement:
    values: dict[str, Any] = {name: bindparam(name) for name in names if name != key}
    return update(table).where(table.c[key] == bindparam(f"_{key}")).values(values)


@lru_cache
def _insert_json(table: Table, names: tuple[str, ...], instead: tuple[str, ...]) -> TextClause:
    # Names are the schema's own: nothing of them comes from outside.
    columns = ", ".join(f'"{name}"' for name in names)
    conflict = "DO NOTHING"
    if instead:
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
        conflict = f"({keys}) DO UPDATE SET " + ", ".join(f'"{name}" = excluded."{name}"' for name in instead)
    return text(
        f'INSERT INTO "{table.name}" ({columns}) SELECT {columns} FROM {_given(table, names)} ON CONFLICT {conflict}'  # noqa: S608
    )


@lru_cache
def _update_json(table: Table, key: str, names: tuple[str, ...]) -> TextClause:
    put = ", ".join(f'"{name}" = given."{name}"' for name in names if name != key)
    same = f'"{table.name}"."{key}" = given."{key}"'
    return text(f'UPDATE "{table.name}" SET {put} FROM {_given(table, names)} WHERE {same}')  # noqa: S608


def _given(table: Table, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}" {_kind_of(table.c[name])}' for name in names)
    return f"json_to_recordset(CAST(:rows AS json)) AS given ({columns})"


def _kind_of(column: Column[Any]) -> str:
    kind = getattr(column.type, "impl_instance", column.type)
    return next(name for known, name in _KINDS if isinstance(kind, known))


def _as_json(rows: Sequence[Row]) -> str:
    kept = [
        {name: plain(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    ]
    return json.dumps(kept, ensure_ascii=False, default=datetime.isoformat)
