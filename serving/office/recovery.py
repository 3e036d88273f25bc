"""The history in memory: built from the newest snapshot that can be trusted and the log behind it.

Snapshots are written in routine service, so that a start need not replay a long log.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import structlog

from features.event_rows import table_of
from features.history import Engine, mark_of, snapshots
from features.parcel.problems import SnapshotError
from serving.store import Connection, Store
from serving.store import log as event_log

_log = structlog.get_logger()
SNAPSHOT_AFTER = 20_000
"""Events that a snapshot must be behind before another one pays: they are read and replayed in two or three seconds."""
_LONG = 10 * SNAPSHOT_AFTER
"""Events for which a snapshot is taken before the service is ready; for fewer it is behind the first transaction."""
_REST = 20.0
"""A snapshot is followed by so many times the time that it took without another one."""


def rebuilt(connection: Connection, folder: Path) -> tuple[Engine, int]:
    """History of the whole log, and the last event that a snapshot covers; memory stays bounded however long it is."""
    engine = _from_snapshot(connection, folder) or Engine()
    covered = engine.last_seq
    for part in event_log.columns(connection, engine.columns.read, after=engine.last_seq):
        engine.advance(part)
    if engine.last_seq - covered >= _LONG:
        keep(connection, engine, folder)
        covered = engine.last_seq
    return engine, covered


class Followed:
    """The history of a log that another process writes, as a standby keeps it.

    Attributes
    ----------
    engine:
        The history up to the last event that was read.
    covered:
        The last event that a snapshot covers.
    """

    def __init__(self, connection: Connection, folder: Path) -> None:
        """Take the history from the newest snapshot and the log behind it."""
        self._folder = folder
        self._begin(connection)

    def _begin(self, connection: Connection) -> None:
        self.engine, self.covered = rebuilt(connection, self._folder)
        self._mark = _mark(connection, self.engine.last_seq)

    def follow(self, connection: Connection) -> None:
        """Read what was written since; begin anew where the log is another one."""
        known = self.engine.last_seq
        if _mark(connection, known) != self._mark:
            _log.warning("history read again", reason="the log was changed")
            self._begin(connection)
        elif event_log.last_seq(connection) > known:
            for part in event_log.columns(connection, self.engine.columns.read, after=known):
                self.engine.advance(part)
                self._mark = _mark(connection, self.engine.last_seq)


def keep(connection: Connection, engine: Engine, folder: Path) -> None:
    """Write a snapshot of `engine`; nothing where the log does not end where the history does, or is empty."""
    if engine.last_seq and engine.last_seq == event_log.last_seq(connection):
        snapshots.save(engine, folder, mark=_mark(connection, engine.last_seq) or "")


def _from_snapshot(connection: Connection, folder: Path) -> Engine | None:
    for snapshot in snapshots.usable(folder):
        if isinstance(snapshot, SnapshotError):
            _log.warning("snapshot refused", reason=str(snapshot))
        elif snapshot.mark and snapshot.mark == _mark(connection, snapshot.engine.last_seq):
            return snapshot.engine
        else:
            _log.warning("snapshot refused", reason="it belongs to another log")
    return None


def _mark(connection: Connection, seq: int) -> str | None:
    event = event_log.events_at(connection, [seq])
    return mark_of(table_of(event)) if event else None


class Snapshots:
    """Snapshots in routine service, written by a thread of its own so that no transaction waits for the disk."""

    def __init__(self, store: Store, folder: Path, covered: int) -> None:
        """Count from the last event that a snapshot covers: who is killed often must not replay more each time."""
        self._store, self._folder = store, folder
        self._covered = covered
        self._rest_until = 0.0
        self._thread: threading.Thread | None = None

    def after(self, engine: Engine) -> None:
        """Take a snapshot of `engine`, whose events are all committed, when it is time for one."""
        is_due = engine.last_seq - self._covered >= SNAPSHOT_AFTER and time.monotonic() >= self._rest_until
        if is_due and (self._thread is None or not self._thread.is_alive()):
            frozen = engine.frozen()
            self._covered = frozen.last_seq
            self._thread = threading.Thread(target=self._write, args=(frozen,), name="snapshot", daemon=True)
            self._thread.start()

    def _write(self, engine: Engine) -> None:
        started = time.monotonic()
        try:
            with self._store.begin_read() as connection:
                mark = _mark(connection, engine.last_seq)
            if mark:
                snapshots.save(engine, self._folder, mark=mark)
        except Exception as error:  # a snapshot only saves time at the next start
            _log.error("snapshot failed", kind=type(error).__name__)
        ended = time.monotonic()
        self._rest_until = ended + _REST * (ended - started)

    def close(self, engine: Engine) -> None:
        """Wait for the thread, and keep a last snapshot."""
        if self._thread is not None:
            self._thread.join()
        with self._store.begin_read() as connection:
            keep(connection, engine, self._folder)
