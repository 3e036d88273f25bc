"""Read Parquet and Arrow as tables, batch by batch, damaged ones not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from features.parcel.problems import SourceError
from features.parcel.schema import LINE
from features.sources.adapter import BATCH_ROWS
from features.sources.item import RawBatch


def parquet_batches(file: BinaryIO) -> Iterator[RawBatch]:
    """Read any Parquet file as text columns with ``line``; nested columns are left out."""
    for first, table in parquet_tables(file):
        lines = pl.int_range(first, first + table.height, dtype=pl.Int64, eager=True).alias(LINE)
        flat = [name for name, dtype in table.schema.items() if not dtype.is_nested() and name != LINE]
        yield RawBatch(table=pl.DataFrame([lines, *table.select(as_text(table, flat))]), n_rows=table.height)


def parquet_tables(file: BinaryIO) -> Iterator[tuple[int, pl.DataFrame]]:
    """Tables of a Parquet file by row group, each with the number of its first row."""

    def tables() -> Iterator[pa.Table]:
        with pq.ParquetFile(file) as parquet:
            if parquet.metadata.num_rows == 0:
                yield parquet.schema_arrow.empty_table()
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                yield pa.Table.from_batches([batch])

    return numbered_tables(undamaged(tables(), "Parquet"))


def parquet_columns(file: BinaryIO) -> pl.DataFrame:
    """A table without rows that has the columns of a Parquet file; none of its rows is read."""

    def tables() -> Iterator[pa.Table]:
        with pq.ParquetFile(file) as parquet:
            yield parquet.schema_arrow.empty_table()

    _, table = next(numbered_tables(undamaged(tables(), "Parquet")))
    return table


def undamaged(tables: Iterator[pa.Table], kind: str) -> Iterator[pa.Table]:
    """Tables whose values fit their types.

    Raises
    ------
    SourceError
        Where the file is damaged.
    """
    try:
        for table in tables:
            table.validate(full=True)  # what is damaged must not reach Polars, which trusts it
            yield table
    except (pa.ArrowException, OSError, ValueError, EOFError) as error:
        raise SourceError(
            f"not readable as {kind}. The file is damaged or incomplete; send it again. Nothing behind the last batch "
            "that was read is accepted."
        ) from error


def numbered_tables(tables: Iterator[pa.Table]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Tables with the number of their first row."""
    first = 1
    for table in tables:
        frame = pl.DataFrame(pl.from_arrow(table))
        yield first, frame
        first += frame.height


def as_text(table: pl.DataFrame, names: list[str]) -> list[pl.Expr]:
    """Columns as texts, times as ISO 8601."""
    return [
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z" if dtype.time_zone else "%Y-%m-%dT%H:%M:%S%.f").alias(name)
        if isinstance(dtype := table.schema[name], pl.Datetime)
        else pl.col(name).cast(pl.String, strict=False)
        for name in names
    ]
