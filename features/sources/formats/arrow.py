"""Parquet and Arrow: columns of the record by name and type, or any table with recognisable headers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import polars as pl
import pyarrow as pa

from features.parcel.schema import LINE, PARCEL_SCHEMA
from features.sources.adapter import BATCH_ROWS, EVERY_FIELD, EVERY_PIECE_FIELD, KEPT_CHARACTERS, Batch, Content
from features.sources.columns.decimals import Decimals
from features.sources.columns.headers import recognise_headers
from features.sources.columns.table_rows import TableRows
from features.sources.columns.tables import filled, settled
from features.sources.item import RawBatch
from features.sources.syntax.arrow_tables import as_text, numbered_tables, parquet_columns, parquet_tables, undamaged

_PARQUET, _ARROW_FILE, _ARROW_STREAM = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"


class Parquet:
    """Parquet files."""

    name = "parquet"
    says = "Parquet: columns of the record by name and type; other columns by their headers, as in CSV."
    content = Content.PARCELS
    media_type = "application/vnd.apache.parquet"
    suffix = ".parquet"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def recognises(self, head: bytes) -> bool:
        """True for the mark at the beginning."""
        return head.startswith(_PARQUET)

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels, row group by row group."""
        for first, table in self.tables(file):
            yield _parcels(table, first)

    def tables(self, file: BinaryIO) -> Iterator[tuple[int, pl.DataFrame]]:
        """Tables as they are written, each with the number of its first row."""
        return parquet_tables(file)

    def columns(self, file: BinaryIO) -> pl.DataFrame:
        """A table without rows that has the columns of a file."""
        return parquet_columns(file)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels with all columns of the record."""
        rows.select(PARCEL_SCHEMA.names()).write_parquet(file, row_group_size=20_000)


class Arrow:
    """Arrow IPC, as a stream or a file."""

    name = "arrow"
    says = "Arrow IPC, stream or file: columns of the record by name and type; others by their headers, as in CSV."
    content = Content.PARCELS
    media_type = "application/vnd.apache.arrow.stream"
    suffix = ".arrow"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def recognises(self, head: bytes) -> bool:
        """True for the marks at the beginning of a file or a stream."""
        return head.startswith((_ARROW_FILE, _ARROW_STREAM))

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels, record batch by record batch."""
        for first, table in self.tables(file):
            yield _parcels(table, first)

    def tables(self, file: BinaryIO) -> Iterator[tuple[int, pl.DataFrame]]:
        """Tables as they are written, each with the number of its first row."""
        return numbered_tables(_arrow_tables(file))

    def columns(self, file: BinaryIO) -> pl.DataFrame:
        """A table without rows that has the columns of a file."""
        _, table = next(self.tables(file))  # the first one has no rows
        return table

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels with all columns of the record, as a stream."""
        rows.select(PARCEL_SCHEMA.names()).write_ipc_stream(file)


def _arrow_tables(file: BinaryIO) -> Iterator[pa.Table]:
    def tables() -> Iterator[pa.Table]:
        head = file.read(len(_ARROW_FILE))
        file.seek(0)
        if head == _ARROW_FILE:
            with pa.ipc.open_file(file) as reader:
                yield reader.schema.empty_table()
                for index in range(reader.num_record_batches):
                    yield from _slices(reader.get_batch(index))
            return
        with pa.ipc.open_stream(file) as stream:
            yield stream.schema.empty_table()
            for batch in stream:
                yield from _slices(batch)

    return undamaged(tables(), "Arrow IPC")


def _slices(batch: pa.RecordBatch) -> Iterator[pa.Table]:
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield pa.Table.from_batches([batch.slice(start, BATCH_ROWS)])


def _parcels(table: pl.DataFrame, first: int) -> Batch:
    """Typed columns of the record as they are; the others as text, by their headers."""
    lines = pl.int_range(first, first + table.height, dtype=pl.Int64, eager=True).alias(LINE)
    ready = [name for name, dtype in table.schema.items() if fits(name, dtype)]
    rest = [name for name, dtype in table.schema.items() if name not in ready and not dtype.is_nested()]
    ignored = [name for name, dtype in table.schema.items() if name not in ready and dtype.is_nested()]
    texts = pl.DataFrame([lines, *table.select(as_text(table, [name for name in rest if name != LINE]))])
    raw = RawBatch(table=texts, n_rows=table.height)
    recognised = settled(raw, recognise_headers(texts.columns), kind="parquet", ready=frozenset(ready))
    assignments = recognised.assignments
    if "pieces" in ready:
        ignored += [str(one.column) for one in assignments if one.piece]
        assignments = [one for one in assignments if not one.piece]
    assigned = filled(raw, assignments, Decimals(), TableRows())
    typed = pl.DataFrame([lines, *table.select(pl.col(name).cast(PARCEL_SCHEMA[name]) for name in ready)])
    rows = assigned.rows.join(typed, on=LINE, how="inner", maintain_order="left")
    return Batch(
        rows=rows,
        rejections=assigned.rejections,
        doubts=assigned.doubts,
        n_rows=table.height,
        ignored=(*recognised.ignored, *ignored),
        original=lambda line: _shown(table.row(line - first, named=True)),
    )


def fits(name: str, dtype: Any) -> bool:
    """Whether a column is one of the record by name and type."""
    wanted = PARCEL_SCHEMA.get(name)
    if wanted is None:
        return False
    if name == "pieces":
        return bool(dtype == wanted)
    if isinstance(wanted, pl.Datetime):
        return isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
    return bool(dtype == wanted)


def _shown(row: dict[str, Any]) -> str:
    return str({name: value for name, value in row.items() if value is not None})[:KEPT_CHARACTERS]


ADAPTERS = (Arrow(), Parquet())
