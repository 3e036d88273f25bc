"""The store: opens the database, guards the single writer, and hands out transactions."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Engine, select

from features.parcel.problems import StoreError
from serving.store.engines import FailuresInWords, Glances, Transactions, parsed, reading_engine, writing_engine
from serving.store.log import SEGMENTS
from serving.store.migrations import newest, revision_of, upgrade
from serving.store.segment_folder import SegmentFolder
from serving.store.statements import insertion
from serving.store.tables import audit, meta
from serving.store.writer import Lease, holder_of, locked, taken


class Store:
    """A database chosen by URL. Close it, or use it in a ``with`` statement."""

    def __init__(self, url: str, segments: Path | None = None, *, lease_s: float = 30.0) -> None:
        """Open the database, making its tables when it is new.

        `segments` is the folder of the sealed part of the log: next to a database in a file by default; without one in
        another database nothing is sealed. In a database that hosts share, a writer that is killed keeps the writer
        lock for `lease_s` seconds.

        Raises
        ------
        StoreError
            When it cannot be opened, or was written by another version.
        """
        self.url = parsed(url)
        path = self._file()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.segments = SegmentFolder(segments or (path and path.parent / "segments"))
        self._in_words = FailuresInWords()
        self._session = "" if path is not None else f"parcel-risk writer {secrets.token_hex(8)}"
        writing, reading = writing_engine(self.url, session=self._session), reading_engine(self.url)
        for engine in (writing, reading):
            engine.update_execution_options(**{SEGMENTS: self.segments})
        self._writing, self._reading, self._glances = Transactions(writing), Transactions(reading), Glances(reading)
        self._guard: IO[str] | None = None
        self._lease: Lease | None = None
        self._lease_s = lease_s
        try:
            _make_or_check(self, writing)
        except BaseException:
            self.close()
            raise

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
    def begin(self, *, patience_s: float | None = None) -> Iterator[Connection]:
        """Open a transaction that writes: committed at the end, rolled back on any exception.

        Another process that writes to a file is waited for as long as usual, or only `patience_s` seconds.

        Raises
        ------
        StoreBusy
            At its beginning, when another process writes for too long.
        StoreError
            When the database fails, or another process has become the writer.
        """
        with self._in_words, self._writing.one(patience_s) as connection:
            held = self._lease
            if held is not None:
                held.check(connection)
            yield connection
            if held is not None:
                held.renew(connection)

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        with self._in_words, self._writing.one() as connection:
            yield connection

    @contextmanager
    def begin_read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the store, waits for nobody, and cannot write."""
        with self._in_words, self._reading.one() as connection:
            yield connection

    def glance(self) -> AbstractContextManager[Connection]:
        """Connection for one prepared statement that reads what is committed; a transaction costs ten times as much."""
        return self._glances

    def become_writer(self) -> None:
        """Take the lock of the single writer, which owns the order of the log, until `close`.

        Raises
        ------
        StoreError
            When another process is the writer.
        """
        if self._lease is not None:
            return
        path = self._file()
        if path is not None:
            self._guard = locked(path)
        self._lease = taken(self._begun, self._lease_s, session=self._session)

    @property
    def is_shared(self) -> bool:
        """Whether several hosts can open it, so that one can wait for the end of another."""
        return self._file() is None

    @property
    def is_replaced(self) -> bool:
        """Whether this was the writer, and another one has been seen to be it since."""
        return self._lease is not None and self._lease.is_lost

    def holder(self) -> tuple[str, float]:
        """Who was the writer last, and the seconds for which its lease still holds: below 0 where it has ended."""
        with self.begin_read() as connection:
            return holder_of(connection)

    def close(self) -> None:
        """Release the writer lock and the connections."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        self._glances.close()
        self._writing.close()
        self._reading.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _make_or_check(store: Store, writing: Engine) -> None:
    """Make the tables of a new store; refuse one that is older or newer."""
    # A writer's connection first: it makes the file, and lets it be read while it is written.
    with FailuresInWords(), writing.connect() as connection:
        revision = revision_of(connection)
    if revision is None:
        with store.begin() as connection:
            upgrade(connection)
    elif revision != newest():
        raise StoreError(
            f"the store at {store.url.render_as_string()} is at revision {revision}, this program needs {newest()}. "
            "Stop the service and run `parcel-risk migrate`, which keeps a copy."
        )


def note(
    connection: Connection, *, at_us: int, client_id: str, action: str, seqs: Sequence[int], detail: str = ""
) -> None:
    """Write one audit row for each run of consecutive sequence numbers; one without a number when there is none."""
    shared = {"at": at_us, "client_id": client_id, "action": action, "detail": detail or None}
    runs = _runs(seqs) or [(None, None)]
    _NOTE.run(connection, [{**shared, "seq": first, "until_seq": last} for first, last in runs])


def _runs(seqs: Sequence[int]) -> list[tuple[int | None, int | None]]:
    runs: list[tuple[int, int]] = []
    for seq in seqs:
        if runs and seq == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], seq
        else:
            runs.append((seq, seq))
    return [(first, last if last > first else None) for first, last in runs]


def noted(connection: Connection, action: str) -> list[int]:
    """Sequence numbers that the audit names for an action, oldest first."""
    query = select(audit.c.seq, audit.c.until_seq).where(audit.c.action == action, audit.c.seq.is_not(None))
    rows = connection.execute(query.order_by(audit.c.id)).all()
    return [seq for first, last in rows for seq in range(first, (last or first) + 1)]


_NOTE = insertion(audit)
