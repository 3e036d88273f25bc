"""Read the manifest of an XLSX workbook as a table of text columns, batch by batch."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any, BinaryIO

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

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


def xlsx_batches(
    file: BinaryIO, rows: int = BATCH_ROWS, *, is_wanted: Callable[[list[str]], bool] = lambda _: True
) -> Iterator[RawBatch]:
    """Read the first sheet that is shown and whose header is wanted, and those with the same header behind it.

    The line of a row is its number in the sheet; in further sheets lines count on from the sheet before.

    Raises
    ------
    SourceError
        When the file is no XLSX workbook, would take too much memory, or no sheet has a header.
    """
    sheets = _with_header(_shown(file))
    first = next((one for one in sheets if is_wanted(one.names)), sheets[0])
    alike = [one for one in sheets if one.names == first.names]
    notes = _notes(len(alike), len(sheets) - len(alike))
    stream = _behind_one_another(alike)
    batch = list(islice(stream, rows))
    yield _batch(batch, first.names, notes)
    while batch := list(islice(stream, rows)):
        yield _batch(batch, first.names, notes)


def _behind_one_another(sheets: list[_Sheet]) -> Iterator[tuple[int, Row]]:
    """Rows that hold something, with lines that count on from sheet to sheet."""
    line = n_before = 0
    for sheet in sheets:
        for number, row in sheet.rows:
            line = n_before + number
            if row.count("") < len(row):
                yield line, row
        n_before = line


@dataclass(frozen=True)
class _Sheet:
    """Header of a sheet, and the rows behind it with their numbers."""

    names: list[str]
    rows: Iterator[tuple[int, Row]]

    @classmethod
    def of(cls, sheet: CalamineSheet) -> _Sheet | None:
        """None where nothing in it can be a header."""
        numbered = enumerate(iter(sheet.iter_rows()), start=1)
        first = list(islice(numbered, _HEADER_ROWS))
        at = _header_at([row for _, row in first])
        if at is None:
            return None
        return cls(_names(first[at][1]), chain(first[at + 1 :], numbered))


def _with_header(shown: list[CalamineSheet]) -> list[_Sheet]:
    """Sheets that can be read; one that cannot is none of the manifest where another can."""
    problem = SourceError("no sheet has a header. Put the names of the columns into the first row.")
    sheets = []
    for one in shown:
        try:
            sheet = _Sheet.of(one)
        except SourceError as error:
            problem = error
            continue
        sheets += [sheet] if sheet else []
    if not sheets:
        raise problem
    return sheets


def _notes(n_read: int, n_others: int) -> tuple[str, ...]:
    read = f"{n_read:,} sheets have the same header and were read one behind the other; their lines count on."
    others = f"Of the sheets with a header, {n_others:,} were not read: their columns are others."
    return (*((read,) if n_read > 1 else ()), *((others,) if n_others else ()))


def _shown(file: BinaryIO) -> list[CalamineSheet]:
    data = io.BytesIO(file.read())
    if not data.getbuffer().nbytes:
        raise SourceError("the file is empty. Send an XLSX workbook with the manifest in it.")
    checked_package(data)
    try:
        workbook = CalamineWorkbook.from_filelike(data)
        shown = [one.name for one in workbook.sheets_metadata if one.visible is SheetVisibleEnum.Visible]
        return [workbook.get_sheet_by_name(name) for name in shown or workbook.sheet_names]
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise SourceError("not readable as an XLSX workbook. Save it again as XLSX, or as CSV.") from error


def _header_at(rows: list[Row]) -> int | None:
    """Index of the first row with at least half as many texts as the fullest one: titles above it have fewer."""
    counts = [sum(isinstance(cell, str) and not cell.isspace() and cell != "" for cell in row) for row in rows]
    if not any(counts):
        return None
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
