"""Files spooled on disk, encrypted in frames so that they can be written and read as streams, and sought in."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from features.parcel.problems import SourceError

FRAME_BYTES = 1 << 20
_OVERHEAD = 12 + 16
"""Nonce and tag of a frame."""
MAX_RATIO = 200
"""A manifest does not shrink to less than a two-hundredth; what does is made to exhaust memory or disk."""
ENCODINGS = ("gzip", "zstd")


class SealedWriter:
    """Writes an encrypted file; frames are authenticated with their index and the name of the file."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Create the file."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.n_bytes = 0
        self._name = path.name
        self._cipher = AESGCM(key)
        self._file = path.open("wb")
        self._frame = bytearray()
        self._index = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self.n_bytes += len(data)
        self._frame += data
        while len(self._frame) >= FRAME_BYTES:
            self._seal(bytes(self._frame[:FRAME_BYTES]))
            del self._frame[:FRAME_BYTES]

    def _seal(self, frame: bytes) -> None:
        nonce = os.urandom(12)
        self._file.write(nonce + self._cipher.encrypt(nonce, frame, f"{self._name}|{self._index}".encode()))
        self._index += 1

    def close(self) -> None:
        """Write the last frame, and make the file durable."""
        if self._frame:
            self._seal(bytes(self._frame))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


class SealedReader(io.RawIOBase):
    """Reads what `SealedWriter` wrote, from any offset."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open the file."""
        super().__init__()
        self._name = path.name
        self._cipher = AESGCM(key)
        self._file = path.open("rb")
        size = path.stat().st_size
        whole, rest = divmod(size, FRAME_BYTES + _OVERHEAD)
        self._size = whole * FRAME_BYTES + max(0, rest - _OVERHEAD)
        self._at = 0
        self._open: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Offset of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read at most one frame."""
        if self._at >= self._size:
            return 0
        index, within = divmod(self._at, FRAME_BYTES)
        data = self._frame(index)[within : within + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _frame(self, index: int) -> bytes:
        if self._open[0] != index:
            self._file.seek(index * (FRAME_BYTES + _OVERHEAD))
            sealed = self._file.read(FRAME_BYTES + _OVERHEAD)
            text = self._cipher.decrypt(sealed[:12], sealed[12:], f"{self._name}|{index}".encode())
            self._open = (index, text)
        return self._open[1]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


class Unpacked(io.RawIOBase):
    """Reads a compressed stream, and stops where it grows beyond all measure."""

    def __init__(self, packed: BinaryIO, encoding: str, n_packed: int, max_bytes: int) -> None:
        """`n_packed` is the size of the stream as it was sent."""
        super().__init__()
        self._stream = pa.CompressedInputStream(packed, encoding)
        self._limit = min(max_bytes, MAX_RATIO * max(n_packed, 1024))
        self._encoding = encoding
        self._n_read = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read on.

        Raises
        ------
        SourceError
            When the stream is damaged, or unpacks to more than it may.
        """
        try:
            data = self._stream.read(len(buffer))
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"the file is not valid {self._encoding}, or is incomplete. Send it again.") from error
        self._n_read += len(data)
        if self._n_read > self._limit:
            raise SourceError(
                f"the file unpacks to more than {self._limit:,} bytes. Split it, or send it without compression."
            )
        buffer[: len(data)] = data
        return len(data)


def opened(path: Path, key: bytes, *, encoding: str | None, max_bytes: int) -> BinaryIO:
    """Open a sealed file as it was before it was encrypted and, where it was, compressed."""
    plain: BinaryIO = io.BufferedReader(SealedReader(path, key), FRAME_BYTES)  # type: ignore[type-var]
    if encoding is None:
        return plain
    n_packed = plain.seek(0, io.SEEK_END)
    plain.seek(0)
    return io.BufferedReader(Unpacked(plain, encoding, n_packed, max_bytes), FRAME_BYTES)  # type: ignore[type-var]
