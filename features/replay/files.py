"""A log as Parquet files in a folder, read chunk by chunk, and feature rows as Parquet files in another."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from polars.exceptions import PolarsError

from features.catalogue import FeatureRows, catalogue
from features.facts.withheld import log_schema
from features.parcel.problems import SourceError
from features.replay.rows import CHUNK


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A segment of one file: at most `CHUNK` events."""

    number: int
    path: Path
    start: int
    length: int


@dataclass(frozen=True, kw_only=True)
class LogFiles:
    """A log in Parquet files, in the order of their names, cut into chunks; plain values, so that workers can have it.

    Attributes
    ----------
    digest:
        Digest of names, sizes and of the catalogue: a replay may be continued only with the same ones.
    """

    chunks: tuple[Chunk, ...]
    digest: str

    @classmethod
    def of(cls, folder: Path, chunk: int = CHUNK) -> LogFiles:
        """Look at the files of `folder`.

        Raises
        ------
        SourceError
            When there is none, or one is not Parquet or lacks columns of the log.
        """
        paths = sorted(folder.glob("*.parquet"))
        if not paths:
            raise SourceError(f"{folder}: no Parquet files of a log there. Write some with `parcel-risk log --out`.")
        sizes = {path: _n_events(path) for path in paths}
        cuts = [(path, start, min(chunk, n - start)) for path, n in sizes.items() for start in range(0, n, chunk)]
        names = [(path.name, n, path.stat().st_size) for path, n in sizes.items()]
        text = json.dumps([names, chunk, catalogue().fingerprint])
        return cls(
            chunks=tuple(
                Chunk(number=number, path=path, start=start, length=length)
                for number, (path, start, length) in enumerate(cuts)
            ),
            digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        )

    @property
    def n_events(self) -> int:
        """Events in all files."""
        return sum(chunk.length for chunk in self.chunks)


def _n_events(path: Path) -> int:
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path.name}: not readable as Parquet ({type(error).__name__}).") from error
    missing = [name for name in ("seq", "kind", "known_at", "subject_seq") if name not in file.schema_arrow.names]
    if missing:
        raise SourceError(f"{path.name}: not a file of the log; it has no column {missing[0]}.")
    return int(file.metadata.num_rows)


def read_chunk(chunk: Chunk, columns: Iterable[str] | None = None) -> pl.DataFrame:
    """Some `columns` of the events of a chunk, all of them by default; those that the file lacks are null.

    A file without numbers and texts has the columns of ``WITHHELD_SCHEMA``, another one those of ``LOG_SCHEMA``.
    """
    try:
        table = pl.scan_parquet(chunk.path).slice(chunk.start, chunk.length)
        given = table.collect_schema().names()
        schema = log_schema(given)
        return table.select(
            pl.col(name).cast(schema[name]) if name in given else pl.lit(None, dtype=schema[name]).alias(name)
            for name in columns or schema
        ).collect()
    except PolarsError as error:
        raise SourceError(f"{chunk.path.name}: not a file of the log ({str(error).splitlines()[0]}).") from error


def rows_path(folder: Path, number: int) -> Path:
    """File of the feature rows of chunk `number`."""
    return folder / f"rows-{number:06d}.parquet"


def write_rows(folder: Path, number: int, rows: FeatureRows) -> Path:
    """Write the feature rows of a chunk: ``seq`` and one column per feature."""
    table = pl.DataFrame({"seq": rows.seq}).hstack(pl.DataFrame(rows.values, schema=list(catalogue().names)))
    return write_whole(table, rows_path(folder, number))


def write_whole(table: pl.DataFrame, path: Path) -> Path:
    """Write a Parquet file that is there whole or not at all."""
    partial = path.with_suffix(".new")
    table.write_parquet(partial, compression="zstd", compression_level=1)
    os.replace(partial, path)
    return path
