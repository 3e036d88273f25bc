"""Cells of a file of entries: read as text, and checked a column at a time.

A file without quotes is taken apart whole, because a list of a hundred thousand lines must be refused at once; any
other one, and every line that does not fit the header, goes through the reader of manifests, which says what is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from io import BytesIO

import polars as pl

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE
from features.sources.syntax.csv_records import parse_header
from features.sources.syntax.csv_tables import csv_batches
from policy.lists.terms import MAX_TEXT, Terms

MAX_ENTRIES = 250_000
MAX_BYTES = 64 * 1024**2
MAX_FAULTS = 1_000
"""Faults that are said one by one; of more it is said how many there are."""
CLEAR = (
    *("name", "street", "number", "additional", "po_box", "postcode", "city", "country"),
    *("phone", "email", "tax_id", "account", "operator", "parcel_id", "origin", "destination", "words", "key"),
)
COLUMNS = ("field", *CLEAR, "reason", "expires_on")
"""Columns of an entry, all of them text."""
_MARK = r"^'([=@+\-'\t\r])"
"""Apostrophe that keeps a spreadsheet from running a text as a formula."""
_BETWEEN = "\x1f"


def fault_of(line: int, field: str, code: str, reason: str, remedy: str) -> Rejection:
    """Why a line refuses its file."""
    return Rejection(line=line, field=field, code=code, reason=reason, remedy=remedy)


class Faults:
    """What is wrong with a file: so many faults one by one, the others counted."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._said: list[Rejection] = []
        self._n = 0

    def __bool__(self) -> bool:
        return self._n > 0

    def add(self, *faults: Rejection, of: int | None = None) -> None:
        """Add faults, which are the first of so many where there are more."""
        self._n += len(faults) if of is None else of
        self._said += faults[:MAX_FAULTS]

    def said(self) -> list[Rejection]:
        """Faults by line, and how many more there are."""
        shown = sorted(self._said, key=lambda fault: fault.line)[:MAX_FAULTS]
        if self._n > len(shown):
            more = f"{self._n - len(shown):,} more faults."
            shown.append(fault_of(shown[-1].line, "line", "more", more, "Correct these first."))
        return shown


def read_cells(data: bytes, terms: Terms, today: dt.date) -> pl.DataFrame | list[Rejection]:
    """Cells of CSV whose header names some of ``COLUMNS``, with ``line`` and ``entry``; or every fault.

    Blanks around cells and marks against spreadsheets are removed, empty cells are null, and the field is filled in
    where the list has a single one.
    """
    refusal = _too_much(data)
    if refusal is not None:
        return [refusal]
    faults = Faults()
    try:
        raw = _plain(data, faults)
        raw = _by_records(data, faults) if raw is None else raw
    except SourceError as error:
        return [fault_of(1, "line", "unreadable", str(error), "")]
    if not faults and not raw.height:
        faults.add(fault_of(1, "line", "empty", "the file has no entries.", "Give at least one."))
    if faults:
        return faults.said()
    table = _tidy(raw, terms)
    _check(table, terms, today, faults)
    return faults.said() if faults else table


def _too_much(data: bytes) -> Rejection | None:
    """Why a file is refused unread."""
    if len(data) > MAX_BYTES:
        return fault_of(1, "line", "too_large", f"the file has more than {MAX_BYTES:,} bytes.", "Divide the list.")
    if data.count(b"\n") > MAX_ENTRIES + 1:
        line = MAX_ENTRIES + 2
        return fault_of(line, "line", "too_many", f"a list has at most {MAX_ENTRIES:,} entries.", "Divide the list.")
    return None


def _plain(data: bytes, faults: Faults) -> pl.DataFrame | None:
    """Cells of a file in UTF-8 without quotes whose first line is a header of lists; None for any other."""
    if b'"' in data or b"\r" in data.replace(b"\r\n", b""):
        return None
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        header = parse_header(text.partition("\n")[0].encode())
    except (UnicodeDecodeError, SourceError):
        return None
    if not header.names or not set(header.names) <= set(COLUMNS):
        return None
    delimiter = header.delimiter.decode()
    lines = pl.DataFrame({"text": text.split("\n")[1:]}).with_row_index(LINE, offset=2).cast({LINE: pl.Int64})
    lines = lines.filter(pl.col("text").str.strip_chars(f"{delimiter} \t") != "")
    fits = pl.col("text").str.count_matches(delimiter, literal=True) < len(header.names)
    for line, row in lines.filter(~fits).head(MAX_FAULTS).iter_rows():
        (batch, *_) = csv_batches(BytesIO(f"{delimiter.join(header.names)}\n{row}\n".encode()))
        faults.add(*(replace(fault, line=line) for fault in batch.rejections))
    cells = pl.col("text").str.split_exact(delimiter, len(header.names) - 1).struct.rename_fields(header.names)
    return lines.select(LINE, cells.alias("cells")).unnest("cells")


def _by_records(data: bytes, faults: Faults) -> pl.DataFrame:
    """Cells of any file that the reader of manifests takes; the header is judged before the rest is read."""
    batches = csv_batches(BytesIO(data), rows=MAX_ENTRIES + 1)
    first = next(csv_batches(BytesIO(data), rows=1)).table
    faults.add(*_faulty_header(first.columns))
    if faults:
        return first
    (batch, *_) = batches
    faults.add(*batch.rejections)
    return batch.table


def _faulty_header(columns: Sequence[str]) -> Iterator[Rejection]:
    for column in columns:
        if column != LINE and column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(COLUMNS)}."
            yield fault_of(1, "header", "unknown_column", "the header names a column that no list has.", remedy)


def _tidy(raw: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    present = [name for name in COLUMNS if name in raw.columns]
    tidy = {name: pl.col(name).str.strip_chars().str.replace(_MARK, "$1") for name in present}
    table = raw.select(LINE, *(pl.when(text != "").then(text).alias(name) for name, text in tidy.items()))
    table = table.with_columns(pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in present)
    if len(terms.fields) == 1:
        table = table.with_columns(pl.col("field").fill_null(terms.fields[0].value))
    return table.with_row_index("entry", offset=1).cast({"entry": pl.Int64})


def _check(table: pl.DataFrame, terms: Terms, today: dt.date, faults: Faults) -> None:
    """Add what can be said of columns without making keys."""
    known, present = ", ".join(terms.fields), [name for name in COLUMNS if table[name].null_count() < table.height]
    day = pl.col("expires_on").str.to_date("%Y-%m-%d", strict=False)
    checks = [
        ("field", "required", pl.col("field").is_null(), "the list has several fields.", f"Give one of {known}."),
        ("field", "unknown_choice", ~pl.col("field").is_in(list(terms.fields)), "it is no field of this list.", known),
        ("country", "malformed", ~pl.col("country").str.contains("^[A-Z]{2}$"), "no country has it.", "Give ISO 3166."),
        ("expires_on", "malformed", pl.col("expires_on").is_not_null() & day.is_null(), "no day.", "Write 2027-01-31."),
        ("expires_on", "expired", day < today, "the entry has expired already.", "Leave it out, or give a later day."),
    ]
    too_long = "the cell is too long.", f"Cut it to {MAX_TEXT} characters."
    checks += [(name, "too_long", pl.col(name).str.len_chars() > MAX_TEXT, *too_long) for name in present]
    for field, code, is_bad, reason, remedy in checks:
        if field in present or code == "required":
            lines = table.filter(is_bad)[LINE]
            said = (fault_of(line, field, code, reason, remedy) for line in lines.head(MAX_FAULTS))
            faults.add(*said, of=lines.len())
    _check_once(table.select(LINE, *(name for name in ("field", *CLEAR) if name in present)), faults)


def _check_once(table: pl.DataFrame, faults: Faults) -> None:
    """Add lines that say the same as one before."""
    whole = pl.concat_str(pl.exclude(LINE).fill_null(""), separator=_BETWEEN).alias("whole")
    lines = table.select(LINE, whole)
    again = lines.filter(~pl.col("whole").is_first_distinct())
    if again.height:
        first = lines.filter(pl.col("whole").is_first_distinct()).select("whole", pl.col(LINE).alias("first"))
        earlier = again.head(MAX_FAULTS).join(first, on="whole", how="left")
        faults.add(*(duplicate(line, of) for line, of in earlier.select(LINE, "first").iter_rows()), of=again.height)


def duplicate(line: int, earlier: int) -> Rejection:
    """Why an entry is given once too often."""
    return fault_of(line, "line", "duplicate", f"the entry is that of line {earlier}.", "Leave one of them out.")
