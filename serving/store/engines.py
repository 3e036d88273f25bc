"""Connections to the database: what they are opened with, and what their failures are called.

Two engines for one database. Writers begin with the lock on the whole file (``BEGIN IMMEDIATE`` on SQLite), so that a
store which is busy says so before anything was computed; readers see one moment of the store, take no lock, and cannot
write.
"""

from __future__ import annotations

import threading
from sqlite3 import SQLITE_BUSY, SQLITE_FULL, SQLITE_IOERR, SQLITE_LOCKED, SQLITE_READONLY
from types import TracebackType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from features.parcel.problems import StoreBusy, StoreError, StoreFull
from serving.store.statements import Statement

BUSY_S = 10
"""How long a writer waits for another one."""
_SQLITE = {
    SQLITE_IOERR: "the disk cannot be read or written. Nothing of this transaction was stored.",
    SQLITE_READONLY: "its file is read-only. Give this account the right to write it.",
}
_FULL = "the disk is full. Make room; nothing of this transaction was stored."
_POSTGRESQL_FULL = "53100"
_SQLITE_BUSY = {SQLITE_BUSY, SQLITE_LOCKED}
_POSTGRESQL_OPTIONS = f"-c lock_timeout={BUSY_S}s -c idle_in_transaction_session_timeout=120s"
_POSTGRESQL = {
    "57P01": "it has ended this connection, because it stops, or because another service became the writer of the "
    "store. Nothing of this transaction was stored."
}
_POSTGRESQL_BUSY = {"55P03", "57014", "40001", "40P01"}
"""Lock or statement timeout, serialisation failure, deadlock."""


def parsed(url: str) -> URL:
    """URL of a store.

    Raises
    ------
    StoreError
        When it is none, or no database can be behind it that keeps one.
    """
    try:
        found = make_url(url)
    except ArgumentError:
        raise StoreError("the URL of the store cannot be read. Give one as in sqlite:///var/parcel-risk.db.") from None
    if found.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"a store lives in SQLite or PostgreSQL, not in {found.get_backend_name()}. Change its URL.")
    if not found.database or found.database == ":memory:":
        raise StoreError(
            f"the URL {found.render_as_string(hide_password=True)} names no file or database. Add it, as in "
            "sqlite:///var/parcel-risk.db."
        )
    return found


def writing_engine(url: URL, *, foreign_keys: bool = True, session: str = "") -> Engine:
    """Engine whose transactions hold the writers' lock from their beginning.

    A server knows its connections by the name `session`, so that another writer can end them.
    """
    engine = _engine(url, session)
    if url.get_backend_name() == "sqlite":
        # WAL lets pages be read while the writer commits; FULL makes a commit survive a power cut.
        keys = "ON" if foreign_keys else "OFF"
        _sqlite(engine, "BEGIN IMMEDIATE", "journal_mode=WAL", "synchronous=FULL", f"foreign_keys={keys}")
    return engine


def reading_engine(url: URL) -> Engine:
    """Engine whose transactions see one moment of the store and cannot write."""
    engine = _engine(url)
    if url.get_backend_name() == "sqlite":
        _sqlite(engine, "BEGIN DEFERRED", "query_only=ON")
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


class Transactions:
    """Transactions of an engine, on connections that stay open between them.

    To give a connection back to the pool and take it again costs as much as all statements of a parcel.
    """

    def __init__(self, engine: Engine) -> None:
        """Connect when a transaction needs it."""
        self._engine = engine
        self._idle: list[Connection] = []

    def one(self, patience_s: float | None = None) -> _Transaction:
        """Transaction of a ``with`` statement: committed at its end, or rolled back on any exception.

        `patience_s` is how long another writer of a file is waited for; by default ``BUSY_S``.
        """
        return _Transaction(self, patience_s)

    def connection(self) -> Connection:
        """Connection that nobody uses."""
        try:
            return self._idle.pop()  # in one step: threads need no lock
        except IndexError:
            return self._engine.connect()

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose transaction has ended for the next one."""
        self._idle.append(connection)

    def close(self) -> None:
        """Close the connections of transactions that have ended."""
        while self._idle:
            self._idle.pop().close()
        self._engine.dispose()


class _Transaction:
    """One transaction; the connection is given up on any exception.

    On SQLite it begins and ends on the driver. SQLAlchemy joins it where it runs a statement itself, which costs as
    much as several statements of the driver, and which a parcel does not need.
    """

    def __init__(self, transactions: Transactions, patience_s: float | None) -> None:
        self._transactions, self._patience_s = transactions, patience_s

    def __enter__(self) -> Connection:
        connection = self._connection = self._transactions.connection()
        try:
            if self._patience_s is not None:
                _wait_for(connection, self._patience_s)
            begin = connection.get_execution_options().get(_BEGIN)
            if begin is None:
                connection.begin()
            else:
                begin.run(connection, {})
            if self._patience_s is not None:
                _wait_for(connection, BUSY_S)
        except BaseException:
            connection.close()
            raise
        return connection

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        connection = self._connection
        if kind is not None:
            connection.close()
            return
        try:
            joined = connection.get_transaction()
            if joined is None:
                _commit(connection)
            else:
                joined.commit()
        except BaseException:
            connection.close()
            raise
        self._transactions.give_back(connection)


def _commit(connection: Connection) -> None:
    try:
        connection.dialect.do_commit(connection.connection)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError("COMMIT", None, error, hide_parameters=True) from None


_BEGIN = "begin"
"""Option of the connections of a file: the statement by which its transactions begin."""


def _wait_for(connection: Connection, seconds: float) -> None:
    if connection.dialect.name == "sqlite":
        connection.connection.dbapi_connection.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")  # type: ignore[union-attr]


class Glances:
    """One connection of a reading engine on which every statement sees what is committed, without a transaction.

    In a ``with`` statement it is the connection, for one statement at a time; it is made anew behind a failure.
    """

    def __init__(self, engine: Engine) -> None:
        """Connect when it is first used."""
        self._engine = engine
        self._connection: Connection | None = None
        self._turn = threading.Lock()
        self._in_words = FailuresInWords()

    def __enter__(self) -> Connection:
        self._turn.acquire()
        if self._connection is not None:
            return self._connection
        try:
            with self._in_words:
                self._connection = self._connected()
                return self._connection
        except BaseException:
            self._turn.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None:
                return
            self._give_up()
        finally:
            self._turn.release()
        self._in_words.__exit__(kind, error, None)

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
        self.close()

    def _connected(self) -> Connection:
        connection = self._engine.connect()
        if connection.dialect.name == "sqlite":  # whose driver begins no transaction by itself
            return connection
        return connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _engine(url: URL, session: str = "") -> Engine:
    # A transaction whose process was stopped holds its locks only for so long.
    shared = {"options": _POSTGRESQL_OPTIONS, "application_name": session or "parcel-risk"}
    options = {} if url.get_backend_name() == "sqlite" else shared
    try:
        # A statement that fails must not print what it was to store.
        return create_engine(url, hide_parameters=True, connect_args=options)
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"the driver of {url.drivername} is not installed. Install parcel-risk[postgresql]."
        ) from error


def _sqlite(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # The driver's own transactions begin late and end before a change of the schema; ours are opened below.
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_S * 1000}", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    statement = Statement(text(begin))
    engine.update_execution_options(**{_BEGIN: statement})

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            statement.run(connection, {})


class FailuresInWords:
    """Says what failed in the database within a ``with`` statement, without repeating what it was to store, or where.

    Raises
    ------
    StoreBusy
        When another process holds it for too long.
    StoreFull
        When there is no room.
    StoreError
        When it failed in another way.
    """

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is None:
            return
        if isinstance(error, DBAPIError):
            # The driver's own text may repeat values, so it is not shown, not even as the cause.
            raise _in_words(error.orig) from None
        if isinstance(error, SQLAlchemyError):
            raise StoreError(f"the store cannot be used ({type(error).__name__}).") from None


def _in_words(error: object) -> StoreError:
    code = getattr(error, "sqlite_errorcode", None)
    state = getattr(error, "sqlstate", None)
    if (code is not None and code & 0xFF in _SQLITE_BUSY) or state in _POSTGRESQL_BUSY:
        return StoreBusy(
            f"the store is busy: another process has been writing to it for more than {BUSY_S} seconds. "
            "Nothing was stored; try again."
        )
    if (code is not None and code & 0xFF == SQLITE_FULL) or state == _POSTGRESQL_FULL:
        return StoreFull(f"the store: {_FULL}")
    if code is not None and code & 0xFF in _SQLITE:
        return StoreError(f"the store: {_SQLITE[code & 0xFF]}")
    if state in _POSTGRESQL:
        return StoreError(f"the store: {_POSTGRESQL[state]}")
    what = getattr(error, "sqlite_errorname", None) or state or type(error).__name__
    return StoreError(f"the store failed ({what}). Nothing of this transaction was stored.")
