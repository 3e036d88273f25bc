"""Cells of a file of entries: read as text, and checked a column at a time."""

from __future__ import annotations

import datetime as dt

import polars as pl

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE
from features.sources.columns.export import MARKED
from policy.lists.csv_cells import csv_cells
from policy.lists.faults import MAX_FAULTS, Faults, fault_of
from policy.lists.terms import MAX_TEXT, Terms

MAX_ENTRIES = 250_000
MAX_BYTES = 64 * 1024**2
CLEAR = (
    *("name", "street", "number", "additional", "po_box", "postcode", "city", "country"),
    *("phone", "email", "tax_id", "account", "operator", "parcel_id", "origin", "destination", "words", "key"),
)
COLUMNS = ("field", *CLEAR, "reason", "expires_on")
"""Columns of an entry, all of them text."""
_BETWEEN = "\x1f"


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
        raw = csv_cells(data, COLUMNS, faults, most=MAX_ENTRIES)
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


def _tidy(raw: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    present = [name for name in COLUMNS if name in raw.columns]
    table = raw.select(LINE, pl.col(present).str.strip_chars())
    marked = [name for name in present if table[name].str.starts_with("'").any()]
    table = table.with_columns(pl.col(marked).str.replace(MARKED, "$1"))
    table = table.with_columns(pl.when(pl.col(present) != "").then(pl.col(present)).name.keep())
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
