"""Read the first sheet of an XLSX workbook as a table of text columns, batch by batch."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, BinaryIO

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from features.parcel.problems import SourceError
from features.parcel.schema import LINE
from features.sources.adapter import BATCH_ROWS, KEPT_CHARACTERS
from features.sources.item import RawBatch
from features.sources.syntax.csv_records import MAX_COLUMNS
from features.sources.syntax.xlsx_package import checked_package

_HEADER_ROWS = 20
"""Rows among which the header is looked for: titles and empty rows may stand above it."""
_EXACT = 10**15
"""A spreadsheet keeps fifteen digits of a number; the rest of a longer one are zeros that nobody wrote."""
Row = list[Any]


def xlsx_batches(file: BinaryIO, rows: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read the first sheet that is shown, `rows` rows at a time; the line of a row is its number in the sheet.

    Raises
    ------
    SourceError
        When the file is no XLSX workbook, would take too much memory, or its first sheet is empty.
    """
    sheet, notes = _first_sheet(file)
    numbered = enumerate(sheet, start=1)
    first = list(islice(numbered, _HEADER_ROWS))
    at = _header_at([row for _, row in first])
    names = _names(first[at][1])
    stream = ((number, row) for part in (first[at + 1 :], numbered) for number, row in part if row.count("") < len(row))
    batch = list(islice(stream, rows))
    yield _batch(batch, names, notes)
    while batch := list(islice(stream, rows)):
        yield _batch(batch, names, notes)


def _first_sheet(file: BinaryIO) -> tuple[Iterator[Row], tuple[str, ...]]:
    data = io.BytesIO(file.read())
    if not data.getbuffer().nbytes:
        raise SourceError("the file is empty. Send an XLSX workbook whose first sheet is the manifest.")
    checked_package(data)
    try:
        workbook = CalamineWorkbook.from_filelike(data)
        shown = [one.name for one in workbook.sheets_metadata if one.visible is SheetVisibleEnum.Visible]
        names = shown or workbook.sheet_names
        sheet = workbook.get_sheet_by_name(names[0])
        rows = iter(sheet.iter_rows())
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise SourceError("not readable as an XLSX workbook. Save it again as XLSX, or as CSV.") from error
    others = len(names) - 1
    return rows, (f"Only the first sheet was read; {others:,} others were not.",) if others else ()


def _header_at(rows: list[Row]) -> int:
    """Index of the first row with at least half as many texts as the fullest one: titles above it have fewer."""
    counts = [sum(isinstance(cell, str) and not cell.isspace() and cell != "" for cell in row) for row in rows]
    if not any(counts):
        raise SourceError("the first sheet has no header. Put the names of the columns into its first row.")
    return next(index for index, count in enumerate(counts) if 2 * count >= max(counts))


def _names(row: Row) -> list[str]:
    names: list[str] = []
    while row and not _text(row[-1]):
        row = row[:-1]
    if len(row) > MAX_COLUMNS:
        raise SourceError(f"the header names {len(row):,} columns; at most {MAX_COLUMNS:,} are read.")
    for cell in row:
        name = _text(cell) or ""
        n = sum(other == name or other.startswith(f"{name}_duplicated_") for other in names)
        names.append(f"{name}_duplicated_{n - 1}" if n else name)
    return names


def _batch(rows: list[tuple[int, Row]], names: list[str], notes: tuple[str, ...]) -> RawBatch:
    columns = [
        _column(name, [row[index] if index < len(row) else "" for _, row in rows]) for index, name in enumerate(names)
    ]
    lines = pl.Series(LINE, [number for number, _ in rows], dtype=pl.Int64)
    table = pl.DataFrame([one for one in columns if one.name != LINE]).with_columns(lines)
    return RawBatch(table=table, n_rows=len(rows), original=_original(rows, names), notes=notes)


def _column(name: str, cells: list[Any]) -> pl.Series:
    if all(type(cell) is str for cell in cells):
        return pl.Series(name, cells, dtype=pl.String)
    return pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)


def _original(rows: list[tuple[int, Row]], names: list[str]) -> Callable[[int], str]:
    by_line = dict(rows)

    def shown(line: int) -> str:
        cells = {name: _text(cell) for name, cell in zip(names, by_line.get(line, []), strict=False)}
        return json.dumps({name: text for name, text in cells.items() if text}, ensure_ascii=False)[:KEPT_CHARACTERS]

    return shown


def _text(cell: Any) -> str | None:
    """A cell as a person would write it; a number with more digits than a spreadsheet keeps shows its exponent."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return _number(float(cell)) if isinstance(cell, float) or abs(cell) >= _EXACT else str(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else None


def _number(value: float) -> str:
    if abs(value) >= _EXACT:
        return f"{value:.14E}"
    return str(int(value)) if value == int(value) else repr(value)
