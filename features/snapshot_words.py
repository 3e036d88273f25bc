"""Words of a snapshot of the history: read from its file and checked, ahead where a service begins.

A history of a million events is some 400 MB. The system's own code reads and checks them while Python still reads the
modules of the service, none of which is needed for it: see `begin`. A file is a line of JSON with ``sizes`` and
``sha256``, and words as little-endian int64, see `features.history.snapshots`.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.parcel.problems import SnapshotError

SUFFIX = ".history"
PARTS = 3
"""Parts of the state of an entity: table, arena, meta."""
_AT_ONCE = 2**21
"""Words that are read at a time."""
_SPARE = 8
"""An arena that is read has room for an eighth more, so that the first transactions need not copy it."""
Words = NDArray[np.int64]


_begun: dict[Path, tuple[os.stat_result, Future[list[Words]]]] = {}


def begin(folder: Path) -> None:
    """Begin to read the newest snapshot of a folder, in a thread of its own; `read` takes it over.

    Nothing begins where there is none, or another service has just written a newer one.
    """
    with suppress(OSError):
        for path in paths(folder)[:1]:
            status, apart = path.stat(), ThreadPoolExecutor(1, thread_name_prefix="snapshot-words")
            _begun[path] = status, apart.submit(_read, path)
            apart.shutdown(wait=False)


def read(path: Path) -> list[Words]:
    """Words of each part of a file, with the digest that its header names.

    Raises
    ------
    SnapshotError
        When it was damaged.
    OSError, ValueError, KeyError, TypeError, AttributeError
        When it is no snapshot.
    """
    begun = _begun.pop(path, None)
    _begun.clear()
    if begun is None or not os.path.samestat(begun[0], path.stat()):
        return _read(path)
    return begun[1].result()


def paths(folder: Path) -> list[Path]:
    """Files of a folder, the newest first."""
    return sorted(folder.glob(f"*{SUFFIX}"), reverse=True)


def damaged(path: Path) -> SnapshotError:
    """Why a file is refused whose words are not those of its header."""
    return SnapshotError(f"{path.name}: damaged, its content does not have the digest that it names.")


def _read(path: Path) -> list[Words]:
    with path.open("rb") as file:
        header = json.loads(file.readline())
        if 8 * sum(header["sizes"]) > path.stat().st_size:
            raise damaged(path)
        return _parts(path, file, header)


def _parts(path: Path, file: BufferedReader, header: dict[str, Any]) -> list[Words]:
    """Read the state's words once, into arrays with room for more."""
    digest, parts = hashlib.sha256(), []
    for number, size in enumerate(header["sizes"]):
        is_arena = number % PARTS == 1
        whole = _room(size + size // _SPARE if is_arena else size)
        for start in range(0, size, _AT_ONCE):
            words = whole[start : min(start + _AT_ONCE, size)]
            if file.readinto(words.data.cast("B")) != words.nbytes:
                raise damaged(path)
            digest.update(words.data)
        parts.append(whole.astype(np.int64, copy=False))
    if file.read(1) or digest.hexdigest() != header["sha256"]:
        raise damaged(path)
    return parts


def _room(size: int) -> Words:
    """Room for `size` words, in small pages.

    NumPy asks for huge pages, and to find and clear them took eight times as long as to read a history of 416 MB into
    them. The system may make huge ones of them later, away from the start.
    """
    if size == 0:
        return np.empty(0, dtype="<i8")
    room = mmap.mmap(-1, 8 * size)
    return np.frombuffer(room, dtype="<i8")
