"""A file at its beginning again, after a part of it was looked at."""

from __future__ import annotations

import io
from typing import BinaryIO


def rewound(seen: bytes, file: BinaryIO) -> BinaryIO:
    """The file from its beginning, of which `seen` was read; a stream that cannot go back gets it put in front."""
    if file.seekable():
        file.seek(0)
        return file
    return io.BufferedReader(_InFront(seen, file))  # type: ignore[type-var]


class _InFront(io.RawIOBase):
    """Bytes, and behind them the rest of a stream."""

    def __init__(self, seen: bytes, file: BinaryIO) -> None:
        super().__init__()
        self._seen, self._file = memoryview(seen), file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._seen[: len(buffer)] if self._seen else self._file.read(len(buffer))
        self._seen = self._seen[len(data) :] if self._seen else self._seen
        buffer[: len(data)] = data
        return len(data)
