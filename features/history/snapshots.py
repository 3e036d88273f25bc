"""Snapshots of the history: written beside the log so that a start need not replay it, and never trusted unchecked.

A snapshot is one file: a line of JSON (layout, entities, last sequence number, mark of the log, digest) and the state's
words as little-endian int64. One that is damaged, cut short, of another layout or of other entities is refused; the log
is the truth and rebuilds it. The *mark* names the event at which it was taken, so that it cannot meet another log.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from features.history import kernel
from features.history.engine import Engine, State
from features.history.entities import ENTITIES, Entity
from features.parcel.problems import SnapshotError

_SUFFIX = ".history"
KEPT = 2
"""Snapshots that are kept: the newest, and one before it in case it is damaged."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A verified snapshot."""

    engine: Engine
    mark: str


def mark_of(log: pl.DataFrame) -> str:
    """Digest of the last event of a stretch of log: says which log a snapshot belongs to, and where in it."""
    event = log.tail(1).select("seq", pl.col("kind").cast(pl.String), pl.col("known_at").dt.epoch("us"), "parcel_id")
    return hashlib.sha256(repr(event.row(0)).encode()).hexdigest()[:16] if event.height else ""


def save(engine: Engine, folder: Path, *, mark: str) -> Path:
    """Write a snapshot of `engine` and remove all but the newest ``KEPT``; a crash leaves no half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = [part.astype("<i8", copy=False) for state in engine.states.values() for part in _words(state)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    header = {
        "layout": kernel.LAYOUT,
        "last_seq": engine.last_seq,
        "mark": mark,
        "entities": _declared(engine.entities),
        "sizes": [int(part.size) for part in parts],
        "sha256": digest.hexdigest(),
    }
    path = folder / f"{engine.last_seq:015d}{_SUFFIX}"
    beside = path.with_suffix(".new")
    with beside.open("wb") as file:
        file.write(json.dumps(header).encode() + b"\n")
        for part in parts:
            file.write(part.tobytes())
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
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
            body = file.read()
        _check(path, header, body, entities)
        words = np.frombuffer(body, dtype="<i8").astype(np.int64)
        parts = iter(np.split(words, np.cumsum(header["sizes"])[:-1]))
        engine = Engine(entities)
        for entity in entities:
            engine.states[entity.name] = _state(parts)
        engine.last_seq = int(header["last_seq"])
        return Snapshot(engine=engine, mark=str(header["mark"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SnapshotError(f"{path.name}: not a readable snapshot ({type(error).__name__}).") from error


def usable(folder: Path, entities: tuple[Entity, ...] = ENTITIES) -> Iterator[Snapshot | SnapshotError]:
    """Snapshots in `folder`, newest first; for one that is refused the reason."""
    for path in _paths(folder):
        try:
            yield restore(path, entities)
        except SnapshotError as error:
            yield error


def _check(path: Path, header: dict[str, Any], body: bytes, entities: tuple[Entity, ...]) -> None:
    if header["layout"] != kernel.LAYOUT:
        raise SnapshotError(f"{path.name}: layout {header['layout']}, this version has {kernel.LAYOUT}.")
    if header["entities"] != _declared(entities):
        raise SnapshotError(f"{path.name}: taken with other entities than this version has.")
    if len(body) != 8 * sum(header["sizes"]) or hashlib.sha256(body).hexdigest() != header["sha256"]:
        raise SnapshotError(f"{path.name}: damaged, its content does not have the digest that it names.")


def _declared(entities: tuple[Entity, ...]) -> list[list[object]]:
    """What decides the content of the state; words for officers do not."""
    return [[entity.name, entity.key, entity.other, entity.value, entity.weight] for entity in entities]


def _words(state: State) -> tuple[np.ndarray[Any, np.dtype[np.int64]], ...]:
    return state.table, state.arena[: state.meta[kernel.WORDS_USED]], state.meta


def _state(parts: Iterator[np.ndarray[Any, np.dtype[np.int64]]]) -> State:
    table, arena, meta = (np.ascontiguousarray(next(parts)) for _ in range(3))
    return State(table=table, arena=arena, meta=meta)


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"), reverse=True)
