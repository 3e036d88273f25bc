"""Read CSV as a table of text columns, batch by batch."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.adapter import BATCH_ROWS
from features.sources.item import RawBatch
from features.sources.syntax.csv_records import DELIMITERS, CsvRecord, CsvRecords, Header
from features.sources.syntax.encodings import Text


def csv_batches(file: BinaryIO, rows: int = BATCH_ROWS, *, encoding: str | None = None) -> Iterator[RawBatch]:
    """Read a CSV file `rows` rows at a time; a file with nothing but a header is one batch without rows.

    A stated `encoding` is used whatever the bytes look like; without one it is detected.

    Raises
    ------
    SourceError
        When the file is empty, or its first line cannot be a header.
    """
    text = Text(file, encoding)
    records = CsvRecords(text)
    stream = iter(records)
    batch = list(islice(stream, rows))
    yield _batch(batch, records.header, text.notes)
    while batch := list(islice(stream, rows)):
        yield _batch(batch, records.header, text.notes)


def _batch(records: list[CsvRecord], header: Header, notes: tuple[str, ...]) -> RawBatch:
    records = [_without_empty_ends(record, header) for record in records]
    is_utf8 = _is_utf8(b"\n".join(record.text for record in records))
    faults = [_fault(record, header, is_utf8=is_utf8) for record in records]
    usable = [record for record, fault in zip(records, faults, strict=True) if fault is None]
    table, unreadable = _table(usable, header)
    by_line = {record.line: record for record in records}
    return RawBatch(
        table=table,
        rejections=(*(fault for fault in faults if fault is not None), *unreadable),
        n_rows=len(records),
        original=lambda line: by_line[line].shown() if line in by_line else "",
        notes=notes,
        delimiter=header.delimiter.decode(),
    )


def _without_empty_ends(record: CsvRecord, header: Header) -> CsvRecord:
    """A record without empty cells behind those that the header names."""
    text, mark = record.text, header.delimiter
    if record.fault is not None or not text.endswith(mark):
        return record
    n_empty = len(text) - len(text.rstrip(mark))
    excess = text.count(mark) + 1 - len(header.names)
    if b'"' in text and excess > 0:
        try:
            excess = len(_cells(record, header, padded=False)) - len(header.names)
        except (csv.Error, ValueError):
            return record
    return record._replace(text=text[: len(text) - min(excess, n_empty)]) if excess > 0 else record


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fault(record: CsvRecord, header: Header, *, is_utf8: bool) -> Rejection | None:
    """Reason why a record cannot be a row of this table; those with quotes are looked at when they are taken apart."""
    if record.fault is not None:
        return record.fault
    if not is_utf8 and not record.text.isascii():
        try:
            record.text.decode("utf-8")
        except UnicodeDecodeError as error:
            return _not_utf8(record.line, error.start)
    if b'"' in record.text:
        return None
    return _wrong_count(record, record.text.count(header.delimiter) + 1, header)


def _wrong_count(record: CsvRecord, n_cells: int, header: Header) -> Rejection | None:
    """Too many cells, or too few where the file is truncated; spreadsheets leave out empty cells at the end."""
    n_columns = len(header.names)
    if n_cells > n_columns:
        return _rejection(
            record.line,
            "cells",
            f"the row has {n_cells:,} cells, the header names {n_columns:,} columns.",
            "Put cells that hold the delimiter into quotes.",
        )
    if n_cells < n_columns and record.is_cut_off:
        return _rejection(
            record.line,
            "truncated",
            f"the file ends within this row, after {n_cells:,} of {n_columns:,} cells.",
            "Send the whole file again; rows that were accepted are recognised.",
        )
    if n_cells == 1 < n_columns and any(mark in record.text for mark in DELIMITERS if mark != header.delimiter):
        return _rejection(
            record.line,
            "delimiter",
            f"the row has a single cell, the header names {n_columns:,} columns.",
            f"Separate the cells by {header.delimiter.decode()!r} as in the header.",
        )
    return None


def _table(records: list[CsvRecord], header: Header) -> tuple[pl.DataFrame, list[Rejection]]:
    """Text columns of well-formed records: by Polars, or row by row where Polars sees another number of rows."""
    schema = pl.Schema(dict.fromkeys(header.names, pl.String()))
    quoted = [record for record in records if b'"' in record.text]
    rejections = [fault for record in quoted if (fault := _quoted_fault(record, header)) is not None]
    if rejections:
        bad = {rejection.line for rejection in rejections}
        records = [record for record in records if record.line not in bad]
    table = _by_polars(records, header, schema)
    if table is None:
        table = pl.DataFrame([_cells(record, header) for record in records], schema=schema, orient="row")
    lines = pl.Series(LINE, [record.line for record in records], dtype=pl.Int64)
    return table.drop(LINE, strict=False).with_columns(lines), rejections


def _by_polars(records: list[CsvRecord], header: Header, schema: pl.Schema) -> pl.DataFrame | None:
    if not records:
        return pl.DataFrame(schema=schema)
    text = b"\n".join(record.text for record in records) + b"\n"
    try:
        table = pl.read_csv(text, has_header=False, separator=header.delimiter.decode(), schema=schema)
    except (PolarsError, ValueError):
        return None
    return table if table.height == len(records) else None


def _quoted_fault(record: CsvRecord, header: Header) -> Rejection | None:
    try:
        n_cells = len(_cells(record, header, padded=False))
    except (csv.Error, ValueError):  # a cell of more than 131,072 characters fails here, too
        return _rejection(
            record.line,
            "quotes",
            "text follows the closing quote of a cell, or a cell is far too long.",
            'Put the whole cell into quotes; write a quote within it twice, as in "12"" pipe".',
        )
    return _wrong_count(record, n_cells, header)


def _cells(record: CsvRecord, header: Header, *, padded: bool = True) -> list[str | None]:
    file = io.StringIO(record.text.decode("utf-8"), newline="")
    (cells,) = csv.reader(file, delimiter=header.delimiter.decode(), strict=True)
    missing = len(header.names) - len(cells) if padded else 0
    return [*cells, *[None] * missing]


def _not_utf8(line: int, byte: int) -> Rejection:
    return _rejection(
        line,
        "encoding",
        f"the row is not UTF-8 at its byte {byte + 1:,}.",
        "Save the file as UTF-8; the rows that are UTF-8 were read.",
    )


def _rejection(line: int, code: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field="line", code=code, reason=reason, remedy=remedy)
