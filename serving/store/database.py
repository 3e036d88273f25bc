"""The store: opens the database, guards the single writer, and hands out transactions."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from features.parcel.problems import StoreError
from serving.store.tables import SCHEMA_VERSION, audit, meta, metadata


class Store:
    """A database chosen by URL. Close it, or use it in a ``with`` statement."""

    def __init__(self, url: str) -> None:
        """Open the database, making its tables when it is new.

        Raises
        ------
        StoreError
            When it cannot be opened, or was written by another version.
        """
        self.url = make_url(url)
        path = self._file()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _engine(url)
        self._guard: IO[str] | None = None
        try:
            metadata.create_all(self._engine)
            self._check_version()
        except SQLAlchemyError as error:
            raise StoreError(
                f"the store at {self.url.render_as_string()} cannot be opened ({error.args[0]})."
            ) from error

    def _check_version(self) -> None:
        version = self._noted("schema_version", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"the store was written with schema version {version}, this program needs {SCHEMA_VERSION}. "
                "Use the version that wrote it, or another database."
            )

    def bind_identity(self, key_id: str) -> None:
        """Make sure that all entity keys of the log are made under one secret, the one named `key_id`.

        Raises
        ------
        StoreError
            When the log was written under another one: the same sender would be two entities.
        """
        known = self._noted("identity_key", key_id)
        if known != key_id:
            raise StoreError(
                f"the log was written under the identity key {known}, this installation has {key_id}. "
                "Put the right identity.key back, or use another database."
            )

    def _noted(self, name: str, value: str) -> str:
        """What the store notes under `name`; `value` is noted where nothing is yet."""
        with self.begin() as connection:
            known = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()
            if known is None:
                connection.execute(meta.insert().values(name=name, value=value))
            return str(known or value)

    def _file(self) -> Path | None:
        database = self.url.database
        return Path(database) if self.url.get_backend_name() == "sqlite" and database else None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a transaction: committed at the end, rolled back on any exception."""
        with self._engine.begin() as connection:
            yield connection

    def become_writer(self) -> None:
        """Take the place of the single writer, which owns the order of the log, until `close`.

        Raises
        ------
        StoreError
            When another process is the writer.
        """
        path = self._file()
        if path is None or self._guard is not None:
            return
        guard = path.with_suffix(".writer").open("w")
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            guard.close()
            raise StoreError(
                f"another process writes to {path}, probably the running service. "
                "Send the file to the service's API, or stop the service first."
            ) from error
        self._guard = guard

    def close(self) -> None:
        """Give up the writer's place and the connections."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def note(
    connection: Connection, *, at_us: int, client_id: str, action: str, places: list[int], detail: str = ""
) -> None:
    """Write one audit row per place in the log; one without a place when there is none."""
    rows = [
        {"at": at_us, "client_id": client_id, "action": action, "seq": seq, "detail": detail or None}
        for seq in (places or (None,))
    ]
    connection.execute(audit.insert(), rows)


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
            # WAL lets pages be read while the writer commits; FULL makes a commit survive a power cut.
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
                connection.execute(f"PRAGMA {pragma}")

    return engine
