"""First step of a historical backfill: rows of any order become events without personal data, in a folder of work.

A chunk is a few batches of the file. It is there whole or not at all, so that an interrupted backfill continues with
the next one. What is kept of a parcel is what the log will hold of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import polars as pl

from features.identity import derive
from features.log import RESULT_FIELDS
from features.parcel.doubted import counted
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.reading import Reading
from serving.office.office import Office

OF_OUTCOMES = 10**12
"""Added to the lines of a file of outcomes next to one of parcels."""
IS_MAPPED = "is_mapped"
"""Column of outcomes: whether they are in the row of their parcel, and stand and fall with it."""
REJECTION_SCHEMA = pl.Schema(
    {
        "rank": pl.Int8(),
        IS_MAPPED: pl.Boolean(),
        "line": pl.Int64(),
        **dict.fromkeys(("field", "code", "reason", "remedy"), pl.String()),
    }
)
"""Rejections on their way to the report, which has them in the order of ``rank``."""
DOUBT_SCHEMA = pl.Schema({**dict.fromkeys(("field", "code", "reason"), pl.String()), "n": pl.Int64()})
READ, UNDATED, EARLY, TWIN, UNKNOWN_YET, ORPHAN = range(6)
_CHUNK_BATCHES = 10


class Chunks:
    """Chunks in a folder, in the order of the file."""

    def __init__(self, folder: Path) -> None:
        """Begin, or continue behind the last whole chunk."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def paths(self, name: str) -> list[Path]:
        """Files `name` of all chunks, in order."""
        return [chunk / f"{name}.parquet" for chunk in sorted(self._folder.glob("*[0-9]"))]

    @property
    def n_batches(self) -> int:
        """Batches of the file that are in the chunks."""
        return len(self.paths("parcels")) * _CHUNK_BATCHES

    def add(self, tables: dict[str, pl.DataFrame]) -> None:
        """Write the next chunk."""
        number = len(self.paths("parcels"))
        beside = self._folder / f"{number:06d}.new"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        for name, table in tables.items():
            write(table, beside / f"{name}.parquet")
        beside.rename(self._folder / f"{number:06d}")


def prepare(
    office: Office, readings: Iterable[Reading], chunks: Chunks, now: datetime, progress: Callable[[int], None]
) -> tuple[int, tuple[str, ...]]:
    """Write the chunks of `readings` that are missing; return the rows of the file, and the columns without a use."""
    n_rows, ignored = 0, dict[str, None]()
    done, pending = chunks.n_batches, list[dict[str, pl.DataFrame]]()
    for n, reading in enumerate(readings):
        n_rows += reading.n_rows
        ignored |= dict.fromkeys(reading.ignored)
        if n >= done:
            pending.append(prepared(office, reading, now))
        if len(pending) == _CHUNK_BATCHES:
            chunks.add(_together(pending))
            pending = []
        progress(n_rows)
    if pending:
        chunks.add(_together(pending))
    return n_rows, tuple(ignored)


def prepared(office: Office, reading: Reading, now: datetime) -> dict[str, pl.DataFrame]:
    """Rows that the log may take, without personal data, and rejections of the others."""
    parcels = reading.parcels.filter(pl.col("lodged_at") <= now)
    undated = reading.parcels.filter(pl.col("lodged_at").is_null())
    early = reading.parcels.filter(pl.col("lodged_at") > now)
    lost = pl.concat([undated[LINE], early[LINE]])
    mapped = pl.col(LINE).is_in(reading.parcels[LINE].implode()).alias(IS_MAPPED)
    outcomes = reading.outcomes.filter(~pl.col(LINE).is_in(lost.implode())).with_columns(mapped)
    undated_outcomes = outcomes.filter(pl.col("known_at").is_null())
    unknown_yet = outcomes.filter(pl.col("known_at") > now)
    known = outcomes.filter(pl.col("known_at") <= now)
    rejections = [
        as_table(READ, reading.rejections),
        as_table(UNDATED, map(_undated, undated[LINE])),
        as_table(UNDATED, map(_undated_outcome, undated_outcomes[LINE])).with_columns(undated_outcomes[IS_MAPPED]),
        as_table(EARLY, (_in_future(line, "lodged_at") for line in early[LINE])),
        as_table(UNKNOWN_YET, (_in_future(line, "known_at") for line in unknown_yet[LINE])).with_columns(
            unknown_yet[IS_MAPPED]
        ),
    ]
    return {
        "parcels": derive(parcels, office.secrets.identity, reference=office.reference),
        "outcomes": known.select(LINE, IS_MAPPED, "known_at", "operator", "parcel_id", *RESULT_FIELDS),
        "rejections": pl.concat(rejections),
        "doubts": pl.DataFrame([vars(one) for one in counted(reading.doubts)], schema=DOUBT_SCHEMA),
    }


def as_table(rank: int, rejections: Iterable[Rejection]) -> pl.DataFrame:
    """Rejections as ``REJECTION_SCHEMA``."""
    rows = [{"rank": rank, IS_MAPPED: False, **rejection.as_dict()} for rejection in rejections]
    return pl.DataFrame(rows, schema=REJECTION_SCHEMA)


def rejected_lines(rank: int, lines: pl.Series, why: Callable[[int], Rejection]) -> pl.DataFrame:
    """The same rejection for many lines, as ``REJECTION_SCHEMA``."""
    constant = {name: pl.lit(value) for name, value in why(0).as_dict().items() if name != "line"}
    table = pl.DataFrame({"line": lines}, schema={"line": pl.Int64})
    given = {"rank": pl.lit(rank), IS_MAPPED: pl.lit(False), "line": pl.col("line"), **constant}
    return table.select(given[name].cast(dtype).alias(name) for name, dtype in REJECTION_SCHEMA.items())


def twin(line: int) -> Rejection:
    """Rejection of a parcel that is there already."""
    return Rejection(
        line=line,
        field="parcel_id",
        code="already_lodged",
        reason="a parcel with this operator and identifier is in the log, or higher up in the file.",
        remedy="Nothing to do when the file was ingested before.",
    )


def write(table: pl.DataFrame, path: Path) -> None:
    """Write a Parquet file that survives a power cut."""
    with path.open("wb") as file:
        table.write_parquet(file, compression="zstd", compression_level=1, row_group_size=5_000)
        file.flush()
        os.fsync(file.fileno())


def frames(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    """Tables of files, one after the other."""
    return (pl.read_parquet(path) for path in paths)


def _together(batches: list[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """One table of each kind; by time, so that a few days are read without the others."""
    tables = {name: pl.concat([batch[name] for batch in batches]) for name in batches[0]}
    return tables | {
        "parcels": tables["parcels"].sort("lodged_at", maintain_order=True),
        "outcomes": tables["outcomes"].sort("known_at", maintain_order=True),
    }


def _undated(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="lodged_at",
        code="required",
        reason="the time of lodging is missing, so the row cannot be ordered in the log.",
        remedy="Give it, or map a column to it.",
    )


def _undated_outcome(line: int) -> Rejection:
    return Rejection(
        line=line,
        field="known_at",
        code="required",
        reason="neither the time at which the result became known nor that of the inspection is given.",
        remedy="Give one of them, or map a column to it; `parcel-risk outcomes` records results as known now.",
    )


def _in_future(line: int, field: str) -> Rejection:
    return Rejection(
        line=line,
        field=field,
        code="in_future",
        reason="the time is in the future, so nobody can know this yet.",
        remedy="Check the date and its time zone; ingest the row again when its time has come.",
    )
