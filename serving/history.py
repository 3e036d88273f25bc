"""The history in memory: rebuilt from the newest snapshot that can be trusted and the tail of the log behind it."""

from __future__ import annotations

from pathlib import Path

import structlog
from sqlalchemy import Connection

from features.history import Engine, mark_of, snapshots
from features.parcel.problems import SnapshotError
from serving.store import log as event_log

_log = structlog.get_logger()
_CHUNK = 50_000
SNAPSHOT_AFTER = 20_000
"""Events that a snapshot must be behind before another one is worth its writing."""


def rebuilt(connection: Connection, folder: Path) -> Engine:
    """History of the whole log; memory stays bounded however long the log is."""
    engine = _from_snapshot(connection, folder) or Engine()
    start = engine.last_seq
    while True:
        part = event_log.read(connection, after=engine.last_seq, limit=_CHUNK)
        if part.height == 0:
            break
        engine.advance(part)
    if engine.last_seq - start >= SNAPSHOT_AFTER:
        keep(connection, engine, folder)
    return engine


def keep(connection: Connection, engine: Engine, folder: Path) -> None:
    """Write a snapshot of `engine`; nothing for an empty log, or where it has seen what is not committed."""
    if engine.last_seq == 0:
        return
    mark = _mark(connection, engine.last_seq)
    if mark is None or not engine.is_whole:
        _log.warning("snapshot not written", reason=f"the history at seq {engine.last_seq} is not that of the log")
        return
    snapshots.save(engine, folder, mark=mark)


def _from_snapshot(connection: Connection, folder: Path) -> Engine | None:
    for snapshot in snapshots.usable(folder):
        if isinstance(snapshot, SnapshotError):
            _log.warning("snapshot refused", reason=str(snapshot))
        elif snapshot.mark == _mark(connection, snapshot.engine.last_seq):
            return snapshot.engine
        else:
            _log.warning("snapshot refused", reason="it belongs to another log")
    return None


def _mark(connection: Connection, seq: int) -> str | None:
    return mark_of(event_log.read(connection, after=seq - 1, limit=1))
