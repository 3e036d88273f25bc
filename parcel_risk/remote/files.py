"""Files that are lodged: read from the disk part by part, and recognised when they are sent again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parcel_risk.remote.answers import FileResult, Job
from parcel_risk.remote.calls import Call, file_lodged

ANY = "application/octet-stream"
"""Content type that leaves it to the service to look at the content."""
_AT_ONCE = 1 << 18
_ENCODINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""First bytes of compressed files."""


@dataclass(frozen=True)
class FileToLodge:
    """A file, and how it is to be read.

    Attributes
    ----------
    content_type:
        Left out: the service looks at the content.
    mapping:
        Name of a mapping that the office keeps.
    only_check:
        Say what would become of its rows, and lodge nothing.
    again:
        Text that makes it another request than before, although the file is the same.
    progress:
        Called with the bytes that were sent, and those of the file.
    """

    path: Path
    content_type: str = ANY
    mapping: str | None = None
    only_check: bool = False
    again: str = ""
    progress: Callable[[int, int], None] = lambda sent, of: None

    def key(self) -> str:
        """Idempotency key: the same for the same bytes, sent to be read in the same way."""
        digest = hashlib.sha256()
        for text in (self.content_type, self.mapping or "", str(self.only_check), self.again):
            digest.update(hashlib.sha256(text.encode()).digest())
        for part in self._parts():
            digest.update(part)
        return f"file-{digest.hexdigest()}"

    def call(self) -> Call[FileResult | Job]:
        """The request that lodges it."""
        return file_lodged(
            self._sent,
            key=self.key(),
            content_type=self.content_type,
            encoding=self._encoding(),
            mapping=self.mapping,
            only_check=self.only_check,
        )

    def _encoding(self) -> str | None:
        with self.path.open("rb") as file:
            head = file.read(4)
        return next((name for first, name in _ENCODINGS.items() if head.startswith(first)), None)

    def _sent(self) -> Iterator[bytes]:
        n_sent, n_bytes = 0, self.path.stat().st_size
        for part in self._parts():
            yield part
            n_sent += len(part)
            self.progress(n_sent, n_bytes)

    def _parts(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while part := file.read(_AT_ONCE):
                yield part
