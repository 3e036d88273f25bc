"""Columns of all parcels of the log, in its order, each a file of its own: a cache that may be removed at any time.

The log only grows, and what features, rules and models say of an event never changes; so a column is written once and
only ever made longer. Columns of another program, or of a log whose facts were derived anew, are thrown away. No number
of an item and no free text is in any of them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_STATE, _LOCK = "state.json", "lock"
Array = npt.NDArray[Any]


class Series:
    """The columns in a folder, as one process has them to itself.

    Attributes
    ----------
    last_seq:
        Event up to which the columns that every question reads are there.
    n:
        Entries of those columns, by the kind of event that they are of.
    names:
        Texts that codes stand for, by the column that holds them.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Read what is there; throw it away where it was made under another `key`."""
        self.folder, self._key = folder, key
        state = _read(folder / _STATE)
        if state.get("key") != key:
            for path in folder.iterdir():
                if path.name != _LOCK:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            state = {}
        self.last_seq: int = state.get("last_seq", 0)
        self.n: dict[str, int] = state.get("n", {})
        self.names: dict[str, list[str]] = state.get("names", {})

    @classmethod
    @contextmanager
    def open(cls, folder: Path, key: str) -> Iterator[Series]:
        """Open the columns; other processes wait."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield cls(folder, key)

    def length(self, name: str, dtype: type) -> int:
        """Entries that a column has."""
        path = self._path(name)
        return path.stat().st_size // np.dtype(dtype).itemsize if path.exists() else 0

    def kept(self, prefix: str) -> list[str]:
        """What follows a prefix in the names of the columns that begin with it."""
        return sorted(path.stem.removeprefix(prefix) for path in self.folder.glob(f"{prefix}*.bin"))

    def read(self, name: str, dtype: type, n: int | None = None) -> Array:
        """A column, or its first `n` entries; they are read from the disk as they are used."""
        size = self.length(name, dtype) if n is None else n
        if not size:
            return np.zeros(0, dtype=dtype)
        return np.memmap(self._path(name), dtype=dtype, mode="r", shape=(size,))

    def append(self, name: str, values: Array, *, behind: int) -> None:
        """Write entries behind the first `behind`; what was behind them is replaced."""
        path = self._path(name)
        with path.open("r+b" if path.exists() else "wb") as file:
            file.truncate(behind * values.dtype.itemsize)
            file.seek(0, os.SEEK_END)
            file.write(np.ascontiguousarray(values).data)

    def codes(self, name: str, texts: Sequence[str]) -> npt.NDArray[np.int32]:
        """Codes of texts of a column; those that are new get the next ones."""
        known = self.names.setdefault(name, [])
        code_of = {text: code for code, text in enumerate(known)}
        found = np.array([code_of.setdefault(text, len(code_of)) for text in texts], dtype=np.int32)
        known += list(code_of)[len(known) :]
        return found

    def commit(self, last_seq: int, n: dict[str, int]) -> None:
        """Note up to which event the columns are there."""
        self.last_seq, self.n = last_seq, n
        state = {"key": self._key, "last_seq": last_seq, "n": n, "names": self.names}
        partial = self.folder / f"{_STATE}.new"
        partial.write_text(json.dumps(state), "utf-8")
        os.replace(partial, self.folder / _STATE)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.bin"


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}
