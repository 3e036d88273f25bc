"""The project's own CSV, in and out: pieces side by side, units in the headers, any of four delimiters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.problems import SourceError
from features.sources.adapter import EVERY_FIELD, EVERY_PIECE_FIELD, Batch, Content
from features.sources.columns.cells import assign
from features.sources.columns.export import iso_times, safe
from features.sources.columns.headers import parcel_assignments
from features.sources.syntax.csv_tables import RawBatch, csv_batches


class Csv:
    """CSV with the names of the record as headers, or common other names; see `features.sources.columns.headers`."""

    name = "csv"
    says = "Own CSV: field names or common aliases as headers, comma, semicolon, tab or | between the cells."
    content = Content.PARCELS
    media_type = "text/csv"
    suffix = ".csv"
    carries = EVERY_FIELD
    carries_in_pieces = EVERY_PIECE_FIELD

    def recognises(self, head: bytes) -> bool:
        """True for text that no other format claims."""
        is_text = b"\x00" not in head or head[:2] in (b"\xff\xfe", b"\xfe\xff")
        return is_text and not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[", b"<", b"UNA", b"UNB"))

    def read(self, file: BinaryIO) -> Iterator[Batch]:
        """Read parcels.

        Raises
        ------
        SourceError
            When the file is empty, has no usable header, or no column holds the identifier.
        """
        for raw in csv_batches(file):
            yield parcels_of(raw)

    def write(self, rows: pl.DataFrame, file: BinaryIO) -> None:
        """Write parcels. Texts that a spreadsheet would run get an apostrophe in front, which reading takes away."""
        file.write(safe(flat_parcels(rows)).write_csv().encode())


def parcels_of(raw: RawBatch) -> Batch:
    """Recognise the columns of a table and fill the record.

    Raises
    ------
    SourceError
        When no column holds the identifier.
    """
    assignments, ignored = parcel_assignments(raw.table.columns)
    if not any(assignment.name == "parcel_id" for assignment in assignments):
        raise SourceError(
            "no column holds parcel_id, so these are not parcels. "
            "Name the column parcel_id, or give a column mapping with --mapping. "
            f"The header has {len(raw.table.columns) - 1} columns; cells are separated by one of , ; tab |."
        )
    table = assign(raw.table, assignments)
    return Batch(
        rows=table.rows,
        rejections=(*raw.rejections, *table.rejections),
        doubts=table.doubts,
        n_rows=raw.n_rows,
        ignored=tuple(ignored),
        original=raw.original,
    )


def flat_parcels(parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels in the columns of the project's own CSV: pieces side by side, ISO 8601 times, no empty columns."""
    n_pieces = int(parcels["pieces"].list.len().max() or 0)  # type: ignore[arg-type]
    pieces = [
        pl.col("pieces").list.get(index, null_on_oob=True).struct.field(field.name).alias(_header(index, field.name))
        for index in range(n_pieces)
        for field in PIECE_FIELDS
    ]
    flat = parcels.select(*(field.name for field in PARCEL_FIELDS), *pieces).with_columns(iso_times(parcels))
    return flat.select(column for column in flat if column.null_count() < flat.height)


def _header(index: int, name: str) -> str:
    return name if index == 0 else f"piece_{index + 1}_{name}"


ADAPTERS = (Csv(),)
