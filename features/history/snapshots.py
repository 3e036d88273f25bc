"""Snapshots of the history: written next to the log so that a start need not replay it, and never trusted unchecked.

A snapshot is one file: a line of JSON (layout, entities, last sequence number, mark of the log, digest) and the state's
words as little-endian int64. One that is damaged, cut short, of another layout or of other entities is refused; the log
is the truth and rebuilds it. The *mark* is a digest of the last event that it holds: it cannot meet another log.

Saving takes as long as the disk does. The writer takes `Engine.frozen`, a copy in memory; another thread may save it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from features import snapshot_words
from features.history import kernel
from features.history.engine import Engine
from features.history.entities import ENTITIES, Entity, declared
from features.history.events import Words
from features.history.state import State
from features.log import LOG_SCHEMA, WITHHELD
from features.parcel.problems import SnapshotError

_NAMED = ("seq", "kind", "known_at", "subject_seq", "operator")
"""Columns without which an event is not named."""
_MAY_COVER = tuple(name for name in LOG_SCHEMA if name not in (*_NAMED, *WITHHELD, "pieces"))
KEPT = 2
"""Snapshots that are kept: the newest, and one before it in case it is damaged."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A verified snapshot."""

    engine: Engine
    mark: str


def mark_of(log: pl.DataFrame) -> str | None:
    """Digest of the last event of a segment of log: says which log a snapshot belongs to, and where in it.

    It covers every column of the log that is present and not null, so that it does not depend on columns that a later
    version adds; and none of the numbers and texts, which may be erased. None, which is the mark of no snapshot, where
    there is no such event.
    """
    if log.height == 0:
        return None
    event = log.tail(1).select(*_NAMED, *(name for name in _MAY_COVER if name in log.columns))
    said = {name: value for name, value in sorted(event.row(0, named=True).items()) if value is not None}
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


def save(engine: Engine, folder: Path, *, mark: str | None) -> Path:
    """Write a snapshot of `engine` and remove all but the newest ``KEPT``; a crash leaves no half of one.

    Parameters
    ----------
    engine:
        Nobody may advance it meanwhile: give `Engine.frozen` to save in another thread.
    mark:
        `mark_of` the last event that `engine` has processed.

    Raises
    ------
    ValueError
        When there is no such event, or an update of `engine` was interrupted.
    """
    engine.check_whole()
    if not mark:
        raise ValueError(
            f"a history at seq {engine.last_seq} without the mark of its last event: that event is not in the log. "
            "Rebuild the history from the log."
        )
    folder.mkdir(parents=True, exist_ok=True)
    parts = [part.astype("<i8", copy=False) for state in engine.states.values() for part in _words(state)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.data)
    header = {
        "layout": kernel.LAYOUT,
        "last_seq": engine.last_seq,
        "mark": mark,
        "entities": declared(engine.entities),
        "sizes": [int(part.size) for part in parts],
        "sha256": digest.hexdigest(),
    }
    path = folder / f"{engine.last_seq:015d}{snapshot_words.SUFFIX}"
    partial = path.with_suffix(".new")
    with partial.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        for part in parts:
            file.write(part.data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    for old in _paths(folder)[KEPT:]:
        old.unlink()
    return path


def restore(path: Path, entities: tuple[Entity, ...] = ENTITIES) -> Snapshot:
    """Read and verify a snapshot.

    Raises
    ------
    SnapshotError
        When it cannot be read, was damaged, or has another layout or other entities.
    """
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        _check(path, header, entities)
        parts = iter(snapshot_words.read(path))
        states = {entity.name: State(table=next(parts), arena=next(parts), meta=next(parts)) for entity in entities}
        engine = Engine(entities, states=states, last_seq=int(header["last_seq"]))
        return Snapshot(engine=engine, mark=header["mark"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise SnapshotError(f"{path.name}: not a readable snapshot ({type(error).__name__}).") from error


def remove_all(folder: Path) -> None:
    """Remove every snapshot: the log before the event that one names is no longer the one that it was taken of."""
    for path in _paths(folder):
        path.unlink()


def usable(folder: Path, entities: tuple[Entity, ...] = ENTITIES) -> Iterator[Snapshot | SnapshotError]:
    """Snapshots in `folder`, newest first; for one that is refused the reason."""
    for path in _paths(folder):
        try:
            yield restore(path, entities)
        except SnapshotError as error:
            yield error


def _check(path: Path, header: dict[str, Any], entities: tuple[Entity, ...]) -> None:
    if header["layout"] != kernel.LAYOUT:
        raise SnapshotError(f"{path.name}: layout {header['layout']}, this version has {kernel.LAYOUT}.")
    if header["entities"] != declared(entities):
        raise SnapshotError(f"{path.name}: taken with other entities than this version has.")
    if not isinstance(header["mark"], str) or not header["mark"]:
        raise SnapshotError(f"{path.name}: does not name the event at which it was taken.")
    if len(header["sizes"]) != snapshot_words.PARTS * len(entities):
        raise snapshot_words.damaged(path)


def _words(state: State) -> tuple[Words, ...]:
    return state.table, state.arena[: state.meta[kernel.WORDS_USED]], state.meta


def _paths(folder: Path) -> list[Path]:
    return snapshot_words.paths(folder)
