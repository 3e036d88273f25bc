"""Backups of a store in a file: database, segments and checkpoints of the audit in one folder, the vault's keys apart.

The copy is of one moment, while the service runs: checkpoints first, then the database by SQLite's own backup, then
the segments that this copy names, which never change. A list of digests is written last: a folder without it is none.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from features.parcel.problems import StoreError

DATABASE, SEGMENTS, CHECKPOINTS, LIST = "store.db", "segments", "audit", "backup.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the parts of an installation's data are."""

    database: Path
    segments: Path
    checkpoints: Path


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What a backup holds.

    Attributes
    ----------
    last_seq:
        Newest event of the log.
    n_audit:
        Newest number of the audit.
    files:
        SHA-256, in hex, of every file by its path within the folder.
    """

    made_at: str
    last_seq: int
    n_audit: int
    files: dict[str, str]


def copied(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to, as it is at one moment; whole or not at all.

    Raises
    ------
    StoreError
        When it cannot be copied.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    reading, writing = sqlite3.connect(source), sqlite3.connect(part)
    try:
        reading.backup(writing)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{source.name} cannot be copied to {target}: is the disk full? Nothing changed.") from error
    finally:
        writing.close()
        reading.close()
    _synced(part)
    part.rename(target)


def back_up(places: Places, folder: Path, *, made_at: str) -> Backup:
    """Copy the store to a new folder, and say what it holds.

    Raises
    ------
    StoreError
        When the folder is not empty, or something cannot be copied.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty. Give a folder of its own to each backup.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in sorted(places.checkpoints.glob("*.checkpoint")):
        _copy(path, folder / CHECKPOINTS / path.name)
    copied(places.database, folder / DATABASE)
    for name in _segments(folder / DATABASE):
        _copy(places.segments / name, folder / SEGMENTS / name)
    last_seq, n_audit = _ends(folder / DATABASE)
    files = {path.relative_to(folder).as_posix(): _sha256(path) for path in _files(folder)}
    made = Backup(made_at=made_at, last_seq=last_seq, n_audit=n_audit, files=files)
    (folder / LIST).write_text(json.dumps(asdict(made), indent=1, sort_keys=True), "utf-8")
    _synced(folder / LIST)
    return made


def checked(folder: Path) -> Backup:
    """What a backup holds, once every file of it is as it was written.

    Raises
    ------
    StoreError
        When it is none, or a file is missing or changed.
    """
    try:
        made = Backup(**json.loads((folder / LIST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{folder} holds no whole backup: {LIST} cannot be read. Give another folder.") from error
    for name, digest in made.files.items():
        path = folder / name
        if not path.is_file() or _sha256(path) != digest:
            raise StoreError(f"{name} of the backup is missing or was changed. Use another backup.")
    return made


def restore(folder: Path, places: Places) -> Backup:
    """Put a backup where there is no store yet.

    Raises
    ------
    StoreError
        When there is one, or the backup is not whole.
    """
    made = checked(folder)
    if places.database.exists():
        raise StoreError(f"there is a store at {places.database}. Move it away first: nothing is overwritten.")
    targets = {DATABASE: places.database.parent, SEGMENTS: places.segments, CHECKPOINTS: places.checkpoints}
    for name in sorted(made.files, key=lambda name: name == DATABASE):  # the database last: without it there is none
        kind = name.split("/")[0]
        path = places.database if kind == DATABASE else targets[kind] / Path(name).name
        _copy(folder / name, path)
    return made


def _segments(database: Path) -> list[str]:
    return [f"{sha256}.parquet" for (sha256,) in _read(database, "SELECT sha256 FROM segments ORDER BY first_seq")]


def _ends(database: Path) -> tuple[int, int]:
    query = "SELECT coalesce((SELECT max(seq) FROM events), 0), coalesce((SELECT max(id) FROM audit), 0)"
    ((last_seq, n_audit),) = _read(database, query)
    return int(last_seq), int(n_audit)


def _read(database: Path, query: str) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro&immutable=1", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LIST)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(target.name + ".part")
    try:
        shutil.copyfile(source, part)
        _synced(part)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{source.name} cannot be copied to {target.parent} ({error.strerror}).") from error
    os.chmod(part, 0o600)
    part.rename(target)


def _synced(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
