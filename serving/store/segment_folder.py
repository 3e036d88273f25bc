"""The folder of the segments: written whole or not at all, read only when they are what the store knows of them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from features.facts.withheld import WITHHELD_SCHEMA
from features.parcel.problems import StoreError
from serving.store.segment_format import GROUP, header_of, scan
from serving.store.segments import Segment

_SUFFIX = ".parquet"
_PART = ".part"
_OURS = re.compile(rf"[0-9a-f]{{64}}{re.escape(_SUFFIX)}(?:{re.escape(_PART)})?")
_GROUPS_KEPT = 16
"""Groups of events that stay in memory, some three megabytes each: stations ask for the same ones again."""
ASIDE = "unknown"
"""Subfolder of files that the store does not know of."""
_BLOCK = 2**20


class SegmentFolder:
    """Segments of one store, each a file named by the SHA-256 of its content. It may be shared by threads."""

    def __init__(self, folder: Path | None) -> None:
        """Of `folder`, which is made when it is needed; None where none was given."""
        self._folder = folder
        self._checked: set[Segment] = set()
        self._group = lru_cache(_GROUPS_KEPT)(self._read_group)

    @property
    def is_given(self) -> bool:
        """Whether there is a folder, so that anything can be sealed."""
        return self._folder is not None

    def put(self, content: bytes) -> str:
        """Store a segment so that it survives a power cut; return its SHA-256."""
        folder = self._path()
        folder.mkdir(parents=True, exist_ok=True)
        sha256 = hashlib.sha256(content).hexdigest()
        path = folder / f"{sha256}{_SUFFIX}"
        part = path.with_name(path.name + _PART)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        sync(folder)
        return sha256

    def sweep(self, known: Collection[str]) -> int:
        """Set files aside that a killed process has left, or another store has written; return their number.

        Call it as the only writer. They are not deleted: where an older copy of the store was put back by mistake, they
        are the log.
        """
        if self._folder is None or not self._folder.is_dir():
            return 0
        unknown = [
            path
            for path in self._folder.iterdir()
            if _OURS.fullmatch(path.name) and path.name.removesuffix(_SUFFIX) not in known
        ]
        for path in unknown:
            (self._folder / ASIDE).mkdir(exist_ok=True)
            os.replace(path, self._folder / ASIDE / path.name)
        return len(unknown)

    def read(self, segment: Segment, *, after: int = 0) -> pl.DataFrame:
        """Events of a segment behind sequence number `after`: columns of ``WITHHELD_SCHEMA``.

        Raises
        ------
        StoreError
            As `path_of`.
        """
        return self.whole(segment, after=after).select(WITHHELD_SCHEMA.names()).collect()

    def whole(self, segment: Segment, *, after: int = 0) -> pl.LazyFrame:
        """Events of a segment behind sequence number `after`: columns of ``segment_format.SCHEMA``.

        Raises
        ------
        StoreError
            As `path_of`.
        """
        return scan(self.path_of(segment)).slice(max(0, after + 1 - segment.first_seq))

    def event(self, segment: Segment, seq: int) -> dict[str, Any]:
        """One event of a segment: columns of ``segment_format.SCHEMA``.

        Raises
        ------
        StoreError
            As `path_of`.
        """
        number, row = divmod(seq - segment.first_seq, GROUP)
        return self._group(segment, number).row(row, named=True)

    def _read_group(self, segment: Segment, number: int) -> pl.DataFrame:
        return scan(self.path_of(segment)).slice(number * GROUP, GROUP).collect()

    def path_of(self, segment: Segment) -> Path:
        """File of a segment, whose content is checked once in a process.

        Raises
        ------
        StoreError
            When it is missing, damaged, or another one than the store knows.
        """
        path = self._path() / f"{segment.sha256}{_SUFFIX}"
        if segment not in self._checked:
            self.check(segment)
            self._checked.add(segment)
        return path

    def check(self, segment: Segment) -> None:
        """Compare the file of a segment with what the store knows of it.

        Raises
        ------
        StoreError
            As `path_of`.
        """
        path = self._path() / f"{segment.sha256}{_SUFFIX}"
        what = f"the segment of the events {segment.first_seq} to {segment.last_seq} of the log"
        remedy = f"Put {path.name} back from a backup of the segments."
        try:
            sha256 = _sha256(path)
        except FileNotFoundError:
            raise StoreError(f"{what} is missing in {path.parent}. {remedy}") from None
        if sha256 != segment.sha256:
            raise StoreError(f"{what} is damaged: its content does not have the digest of its name. {remedy}")
        if header_of(path) != segment.header:
            raise StoreError(f"{what} belongs elsewhere: it says other things of itself than the store. {remedy}")

    def _path(self) -> Path:
        if self._folder is None:
            raise StoreError(
                "events of this store are sealed into segments, and no folder of segments is given. "
                "Set PARCEL_RISK_SEGMENTS_DIR."
            )
        return self._folder


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
