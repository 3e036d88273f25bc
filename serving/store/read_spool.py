"""Who looked at what, kept in a file while the database cannot be written: a look-up waits for no writer and no room.

The file is given its room when the office opens, so that it can be written to on a full disk. An entry is durable when
`add` returns. Entries that were moved to the audit just before a crash may be moved once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from features.parcel.problems import StoreError

N_BYTES = 4 << 20
"""Some 30,000 looks."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One entry of the audit about a reading: who, when, which events. It holds nothing personal."""

    at_us: int
    client_id: str
    action: str
    seqs: Sequence[int]
    detail: str = ""


class ReadSpool:
    """The file; it is used by one thread at a time."""

    def __init__(self, path: Path, n_bytes: int = N_BYTES) -> None:
        """Open it, with what an earlier process has left; without room, or on a disk that is read-only, it has none."""
        self._n_bytes, self._end = n_bytes, 0
        self._file: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.posix_fallocate(self._file, 0, n_bytes)
        except OSError:
            self.close()
        self._end = len(self._written())

    def _written(self) -> bytes:
        if self._file is None:
            return b""
        data = os.pread(self._file, self._n_bytes, 0).split(b"\0", 1)[0]
        return data[: data.rfind(b"\n") + 1]  # a line that was interrupted was not acknowledged

    def looks(self) -> list[Look]:
        """Entries in their order."""
        return [Look(**json.loads(line)) for line in self._written().splitlines()]

    def add(self, look: Look) -> None:
        """Keep an entry; it survives a crash when this returns.

        Raises
        ------
        StoreError
            When there is no room, or the file cannot be written.
        """
        line = json.dumps(asdict(look), separators=(",", ":")).encode() + b"\n"
        if self._file is None or self._end + len(line) > self._n_bytes:
            raise StoreError("who looks can neither be written to the audit nor be kept for it. Make room on the disk.")
        try:
            os.pwrite(self._file, line, self._end)
            os.fsync(self._file)
        except OSError as error:
            raise StoreError(f"who looks cannot be kept for the audit ({os.strerror(error.errno or 0)}).") from None
        self._end += len(line)

    def clear(self) -> None:
        """Forget all entries: they are in the audit."""
        if self._file is not None and self._end:
            os.pwrite(self._file, bytes(self._end), 0)
            os.fsync(self._file)
            self._end = 0

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
