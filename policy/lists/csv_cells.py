"""Cells of CSV whose header names columns of lists: whole columns where lines are well formed, one by one the others.

A list of a hundred thousand lines must be refused at once, whatever is wrong with one of them. Lines that hold a whole
row each, with quotes or without, are therefore taken apart together. Any other line goes through the reader of
manifests, which says what is wrong, or collects the lines of a row; and so does a file that is unlike all that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from io import BytesIO

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE
from features.sources.syntax.csv_records import DELIMITERS, MAX_LINES, Header, parse_header
from features.sources.syntax.csv_tables import csv_batches
from policy.lists.faults import Faults, fault_of

_QUOTED = r'"(?:[^"]|"")*"'
_MOST_APART = 1_000
"""Rows over several lines that are collected one by one before the whole file is read in order."""
_MOST_SAID = 50
"""Lines without a whole row of which it is said what is wrong; of more it is said how many there are."""


def csv_cells(data: bytes, columns: Sequence[str], faults: Faults, *, most: int) -> pl.DataFrame:
    """Text columns of a file, with ``line``; adds what is wrong with lines and header.

    Parameters
    ----------
    columns:
        Names that a header may have.
    most:
        Rows that a file may have.

    Raises
    ------
    SourceError
        When the file is empty, or its first line cannot be a header.
    """
    found = Faults()
    table = _together(data, columns, found)
    if table is None:
        return _one_by_one(data, columns, faults, most)
    faults.take(found)
    return table


def _one_by_one(data: bytes, columns: Sequence[str], faults: Faults, most: int) -> pl.DataFrame:
    """Cells of any file that the reader of manifests takes; the header is judged before the rest is read."""
    first = next(csv_batches(BytesIO(data), rows=1)).table
    faults.add(*_faulty_header(first.columns, columns))
    if faults:
        return first
    (batch, *_) = csv_batches(BytesIO(data), rows=most + 1)
    faults.add(*batch.rejections)
    return batch.table


def _faulty_header(named: Sequence[str], columns: Sequence[str]) -> Iterator[Rejection]:
    for column in named:
        if column != LINE and column not in columns:
            near = get_close_matches(column, columns, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(columns)}."
            yield fault_of(1, "header", "unknown_column", "the header names a column that no list has.", remedy)


def _together(data: bytes, columns: Sequence[str], faults: Faults) -> pl.DataFrame | None:
    """Cells of a file in UTF-8 whose first line is a header of lists; None for any other."""
    if b"\r" in data and b"\r" in data.replace(b"\r\n", b""):
        return None
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        head, _, rest = text.partition("\n")
        header = parse_header(head.encode())
    except (UnicodeDecodeError, SourceError):
        return None
    if not header.names or not set(header.names) <= set(columns):
        return None
    mark = header.delimiter.decode()
    every = pl.Series("text", [rest]).str.split("\n").explode()
    lines = pl.DataFrame(every).with_row_index(LINE, offset=2).cast({LINE: pl.Int64})
    lines = lines.filter(pl.col("text").str.strip_chars(f"{mark} \t\v\f") != "")
    is_doubtful = _is_doubtful(lines, header, n_lines=every.len() + 1)
    plain, quoted = _whole_rows(header)
    is_plain = lines["text"].str.contains(plain) & ~is_doubtful
    is_quoted = ~is_plain & lines["text"].str.contains(quoted) & ~is_doubtful if not is_plain.all() else ~is_plain
    apart = _apart(lines.filter(~is_plain & ~is_quoted), rest, header, faults)
    if apart is None:
        return None
    taken, rows = apart
    is_row = ~lines[LINE].is_in(list(taken)) if taken else pl.lit(True)
    try:
        unquoted = _cells(lines.filter(is_row, is_plain), header, quote=None)
        closed = _cells(lines.filter(is_row, is_quoted), header, quote='"')
    except (PolarsError, ValueError):
        return None
    return pl.concat([unquoted, closed, *(row.select(LINE, *header.names) for row in rows)]).sort(LINE)


def _whole_rows(header: Header) -> tuple[str, str]:
    """Patterns of a line that holds a row of not too many cells: none of them quoted, and those that are closed.

    A quote in the middle of a cell that is not quoted means nothing.
    """
    mark = re.escape(header.delimiter.decode())
    plain, quoted = f'(?:[^"{mark}][^{mark}]*)?', f'(?:{_QUOTED}|[^"{mark}]*)'
    first, second = (f"^{cell}(?:{mark}{cell}){{0,{len(header.names) - 1}}}$" for cell in (plain, quoted))
    return first, second


def _is_doubtful(lines: pl.DataFrame, header: Header, *, n_lines: int) -> pl.Series:
    """Lines that seem to separate cells by another mark than the header, and a last one that may be cut off."""
    if len(header.names) == 1:
        return pl.repeat(False, lines.height, eager=True)
    mark = header.delimiter.decode()
    others = [other.decode() for other in DELIMITERS if other != header.delimiter]
    bare = (
        lines["text"].str.replace_all(_QUOTED, "")
        if lines["text"].str.contains('"', literal=True).any()
        else lines["text"]
    )
    is_single = ~bare.str.contains(mark, literal=True) & lines["text"].str.contains_any(others)
    is_short = bare.str.count_matches(mark, literal=True) < len(header.names) - 1
    return is_single | (is_short & (lines[LINE] == n_lines))


def _apart(bad: pl.DataFrame, rest: str, header: Header, faults: Faults) -> tuple[set[int], list[pl.DataFrame]] | None:
    """Read lines that hold no whole row: the lines of rows over several, and these rows; None where there are many.

    After so many faults the others are counted, by the lines in which they may be.
    """
    taken: set[int] = set()
    rows: list[pl.DataFrame] = []
    lines, n_bad = rest.split("\n") if bad.height else [], 0
    for n_read, line in enumerate(bad[LINE]):
        if line in taken:
            continue
        if len(rows) > _MOST_APART:
            return None
        if n_bad >= _MOST_SAID:
            faults.add(of=bad.height - n_read)
            break
        row, n_lines = _first_row(lines[line - 2 : line + MAX_LINES], header, is_end=line + MAX_LINES >= len(lines))
        taken |= set(range(line, line + n_lines))
        if isinstance(row, Rejection):
            faults.add(replace(row, line=line))
            n_bad += 1
        else:
            rows.append(row.with_columns(pl.lit(line, pl.Int64).alias(LINE)))
    return taken, rows


def _first_row(lines: list[str], header: Header, *, is_end: bool) -> tuple[pl.DataFrame | Rejection, int]:
    """The row that begins in the first of some lines, or why there is none; and how many lines it takes."""
    text = "\n".join([header.delimiter.decode().join(header.names), *lines, *([] if is_end else [""])])
    batch = next(csv_batches(BytesIO(text.encode()), rows=2))
    if [name for name in batch.table.columns if name != LINE] != header.names:
        # The reader took the header for a title above a row of many more cells.
        remedy = "Put cells that hold the delimiter into quotes."
        return fault_of(2, "line", "cells", "the row has many more cells than the header names columns.", remedy), 1
    numbers = sorted([*batch.table[LINE], *(fault.line for fault in batch.rejections)])
    wrong = [fault for fault in batch.rejections if fault.line == numbers[0]]
    n_lines = (numbers[1] if len(numbers) > 1 else len(lines) + 2) - numbers[0]
    return wrong[0] if wrong else batch.table.head(1), n_lines


def _cells(lines: pl.DataFrame, header: Header, *, quote: str | None) -> pl.DataFrame:
    """Text columns of lines that hold a row each.

    Raises
    ------
    PolarsError, ValueError
        Where Polars sees no cells, or another number of rows.
    """
    schema = pl.Schema(dict.fromkeys(header.names, pl.String()))
    if not lines.height:
        return pl.DataFrame(schema={LINE: pl.Int64, **schema})
    mark = header.delimiter.decode()
    text = f"{mark.join(header.names)}\n{lines['text'].str.join(chr(10))[0]}\n".encode()
    return pl.read_csv(text, separator=mark, schema=schema, quote_char=quote).insert_column(0, lines[LINE])
