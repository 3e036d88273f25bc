"""Statements of the row path: compiled once for each kind of database, and run on the driver.

SQLAlchemy takes 50 to 200 microseconds to run a statement and its driver five; a parcel needs ten. What changes the
store seldom, or reads much at once, has no need of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ClauseElement, Connection, Dialect, Select, String, Table, bindparam, cast, select
from sqlalchemy.dialects.postgresql.psycopg import dialect as postgresql_dialect
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


@cache
def _dialect(database: str) -> Dialect:
    return sqlite_dialect(paramstyle="named") if database == "sqlite" else postgresql_dialect()  # type: ignore[no-untyped-call]


Row = dict[str, Any]


class Statement:
    """One statement, whose parameters are given by name."""

    def __init__(self, statement: ClauseElement, columns: Sequence[str] | None = None) -> None:
        """Of SQLAlchemy Core; it is compiled when it is run first. `columns` are those that an insertion names."""
        self._statement, self._columns = statement, columns
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, connection: Connection, values: Row | Sequence[Mapping[str, Any]]) -> list[Row]:
        """Run it with one set of parameters, or once for each of several; return the rows of the first."""
        database = connection.dialect.name
        if database not in self._compiled:
            self._compile(database)
        sql, constants = self._compiled[database]
        driver: Any = connection.connection.dbapi_connection
        given: Any = values
        try:
            # A cursor that is given up here is closed by that.
            if type(given) is dict:
                cursor = driver.execute(sql, {**constants, **given} if constants else given)
            elif len(given) == 1:
                cursor = driver.execute(sql, given[0])
            else:
                cursor = driver.cursor()
                cursor.executemany(sql, given)
            if not cursor.description or not (rows := cursor.fetchall()):  # as for nearly every parcel
                return []
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in rows]
        except connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(sql, None, error, hide_parameters=True) from None

    def _compile(self, database: str) -> None:
        compiled = self._statement.compile(dialect=_dialect(database), column_keys=self._columns)
        constants = {name: value for name, value in (compiled.params or {}).items() if value is not None}
        self._compiled[database] = str(compiled), constants


def insertion(table: Table) -> Statement:
    """Insert rows, of which the database numbers those that it can."""
    return Statement(table.insert(), [column.name for column in table.columns if column.autoincrement is not True])


class _EachText(FunctionElement[str]):
    """Texts of the JSON array that a parameter holds: any number of them in one statement that never changes."""

    inherit_cache = True
    type = String()
    name = "each_text"


@compiles(_EachText, "sqlite")
def _sqlite(element: _EachText, compiler: Any, **given: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **given)})"


@compiles(_EachText, "postgresql")
def _postgresql(element: _EachText, compiler: Any, **given: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **given)} AS JSON))"


def each_of(name: str) -> Select[tuple[Any]]:
    """Texts that the parameter `name`, made by `texts`, holds; for ``column.in_``."""
    return select(_EachText(bindparam(name, type_=String())).table_valued("value").c.value)


def each_number_of(name: str) -> Select[tuple[Any]]:
    """Numbers that the parameter `name`, made by `texts`, holds; for ``column.in_``."""
    values = _EachText(bindparam(name, type_=String())).table_valued("value")
    return select(cast(values.c.value, BigInteger()))


def texts(values: Iterable[str] | Iterable[int]) -> str:
    """Parameter for `each_of` and `each_number_of`."""
    given = list(values)
    # One number or text, as for nearly every parcel, is written without the machinery of a whole document.
    return json.dumps(given) if len(given) != 1 or type(given[0]) is not str else f"[{_quoted(given[0])}]"


_quoted = json.encoder.encode_basestring_ascii  # as `json.dumps` writes a text
