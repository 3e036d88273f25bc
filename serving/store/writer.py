"""Who may write: one process at a time.

A store in a file is guarded by a lock of the operating system. A database that several hosts share has a lease: its
holder renews it in the background and again at the end of every transaction. The lease counts its holders; a holder
who was paused until another one took over finds another number, and its transaction fails instead of being committed.
Whoever takes over ends what a paused holder has left open in the database: its locks would be waited for.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import BigInteger as Big
from sqlalchemy import ColumnElement, Connection, Update, cast, extract, func, select, text

from features.parcel.problems import StoreError
from serving.store.statements import Statement
from serving.store.tables import lease

Begin = Callable[[], AbstractContextManager[Connection]]
_WRITER = "writer"
_RENEWALS = 3
"""Times that a lease is renewed before it would end: one may fail."""


def locked(file: Path) -> IO[str]:
    """Lock of the single writer of the store in `file`; it is given up when it is closed, or its process ends.

    Raises
    ------
    StoreError
        When another process has it.
    """
    guard = file.with_suffix(".writer").open("w")
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        guard.close()
        raise StoreError(
            f"another process writes to {file}, probably the running service. "
            "Send the file to the service's API, or stop the service first."
        ) from error
    return guard


@contextmanager
def only_writer(file: Path | None) -> Iterator[None]:
    """Hold the lock of the single writer, where the store is a file."""
    if file is None:
        yield
        return
    with locked(file):
        yield


class Lease:
    """The lock of the single writer in the database. `taken` makes it; the store asks it in every transaction."""

    def __init__(self, begin: Begin, token: int, seconds: float, *, is_shared: bool) -> None:
        """Renew it in the background from now on, where others could take it.

        `is_lost` once another writer was seen to hold it.
        """
        self._begin = begin
        self._token = token
        self._seconds = seconds
        self._is_shared = is_shared
        self.is_lost = False
        self._ended = threading.Event()
        if is_shared:
            threading.Thread(target=self._keep, name="lease", daemon=True).start()

    def check(self, connection: Connection) -> None:
        """Fail early when another writer has taken over: nothing need be computed then."""
        if [row["token"] for row in _TOKEN.run(connection, {})] != [self._token]:
            raise self._lost()

    def renew(self, connection: Connection) -> None:
        """Fail when another writer has taken over; as the last statement of a transaction, hold it until the commit."""
        if self._is_shared and connection.execute(self._mine(_now(connection) + _us(self._seconds))).rowcount == 0:
            raise self._lost()

    def _lost(self) -> StoreError:
        self.is_lost = True
        return StoreError(
            "another service has become the writer of this store while this one was held up; nothing of this "
            "transaction was stored. Start this service again, as a standby while the other one runs."
        )

    def _mine(self, expires_at: ColumnElement[int] | int) -> Update:
        mine = lease.c.name == _WRITER, lease.c.token == self._token
        return lease.update().where(*mine).values(expires_at=expires_at)

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / _RENEWALS) and not self.is_lost:
            try:
                with self._begin() as connection:
                    self.renew(connection)
            except StoreError:
                # The database may come back in time; if not, the next transaction fails by its own check.
                continue

    def release(self) -> None:
        """Let the next writer begin at once."""
        self._ended.set()
        try:
            with self._begin() as connection:
                connection.execute(self._mine(0))
        except StoreError:
            return  # it ends by itself


_TOKEN = Statement(select(lease.c.token).where(lease.c.name == _WRITER))


def taken(begin: Begin, seconds: float, *, session: str) -> Lease:
    """Take the lease for the connections named `session`.

    Without a name it is not shared: the lock on the file has made sure that nobody holds it.

    Raises
    ------
    StoreError
        When another process holds it.
    """
    is_shared = bool(session)
    if is_shared:
        with begin() as connection:
            _end_expired_sessions(connection)
    with begin() as connection:
        if is_shared:
            refuse_while_held(connection)
        token = connection.execute(select(lease.c.token).where(lease.c.name == _WRITER)).scalar_one() + 1
        holder = f"{socket.gethostname()}, process {os.getpid()}"[:120]
        expires_at = _now(connection) + _us(seconds)
        connection.execute(lease.update().values(holder=holder, token=token, expires_at=expires_at, session=session))
    return Lease(begin, token, seconds, is_shared=is_shared)


def holder_of(connection: Connection) -> tuple[str, float]:
    """Who held the lease last, and the seconds for which it still does: below 0 where it has ended."""
    left_us = (lease.c.expires_at - _now(connection)).label("left")
    row = connection.execute(select(lease.c.holder, left_us).where(lease.c.name == _WRITER)).one()
    return row.holder, row.left / 1e6


def _end_expired_sessions(connection: Connection) -> None:
    """End what a holder whose lease is over has left open: a paused process would keep its locks for minutes."""
    connection.execute(_END_SESSIONS)


_END_SESSIONS = text(
    "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN lease l ON a.application_name = l.session "
    f"WHERE l.name = '{_WRITER}' AND l.session <> '' AND a.datname = current_database() AND a.usename = current_user "
    "AND l.expires_at < extract(epoch FROM clock_timestamp()) * 1000000"
)


def refuse_while_held(connection: Connection) -> None:
    """Lock the lease in a shared database, and refuse when somebody holds it."""
    row = connection.execute(
        select(lease.c.holder, (lease.c.expires_at - _now(connection)).label("left")).with_for_update()
    ).one()
    if row.left > 0:
        raise StoreError(
            f"another service writes to this store ({row.holder}). Stop it, or wait: where it was killed, its lock is "
            f"free in {row.left / 1e6:.0f} seconds."
        )


def _now(connection: Connection) -> ColumnElement[int]:
    """Microseconds since 1970 by the clock of the database, which all hosts share."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", "now"), Big) * 1_000_000
    return cast(extract("epoch", func.clock_timestamp()) * 1_000_000, Big)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
