"""Entries of a list as CSV: read with every fault in its line, and written so that no spreadsheet runs a cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from io import BytesIO
from typing import Any, NamedTuple

import polars as pl

from features.identity import IdentityKey
from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE
from features.sources.columns.export import safe
from features.sources.syntax.csv_tables import csv_batches
from policy.lists.content import Content
from policy.lists.keys import PARCEL_COLUMNS, Lack, Mark, marks_of, stated
from policy.lists.terms import MAX_TEXT, ListField, Terms, until_us

MAX_ENTRIES = 250_000
MAX_BYTES = 64 * 1024**2
MAX_FAULTS = 1_000
"""Faults that are said one by one; of more it is said how many there are."""
_CLEAR = (
    *("name", "street", "number", "additional", "po_box", "postcode", "city", "country"),
    *("phone", "email", "tax_id", "account", "operator", "parcel_id", "origin", "destination", "words", "key"),
)
COLUMNS = ("field", *_CLEAR, "reason", "expires_on")
"""Columns of an entry, all of them text."""
_MARK = r"^'([=@+\-'])"
"""Apostrophe that keeps a spreadsheet from running a text as a formula."""


class Entries(NamedTuple):
    """What a file of entries gives: its content, or nothing and what is wrong with it."""

    content: Content | None
    faults: list[Rejection]


def read_entries(data: bytes, terms: Terms, key: IdentityKey, today: dt.date) -> Entries:
    """Read entries from CSV; one line that cannot be used refuses them all.

    Parameters
    ----------
    data:
        CSV whose header names some of ``COLUMNS``.
    key:
        Under which entity keys are made.
    """
    too_much = _too_much(data)
    if too_much is not None:
        return Entries(None, [too_much])
    try:
        (batch, *_) = csv_batches(BytesIO(data), rows=MAX_ENTRIES + 1)
    except SourceError as error:
        return Entries(None, [_fault(1, "line", "unreadable", str(error), "")])
    faults = [*_faulty_header(batch.table.columns), *batch.rejections]
    if faults:
        return Entries(None, _shown(faults))
    table = _table(batch.table, terms)
    if not table.height:
        return Entries(None, [_fault(1, "line", "empty", "the file has no entries.", "Give at least one.")])
    faults = list(_faulty_cells(table, terms, today))
    if faults:
        return Entries(None, _shown(faults))
    return _with_marks(table, key)


def _too_much(data: bytes) -> Rejection | None:
    """Why a file is refused unread."""
    if len(data) > MAX_BYTES:
        return _fault(1, "line", "too_large", f"the file has more than {MAX_BYTES:,} bytes.", "Divide the list.")
    if data.count(b"\n") > MAX_ENTRIES + 1:
        line = MAX_ENTRIES + 2
        return _fault(line, "line", "too_many", f"a list has at most {MAX_ENTRIES:,} entries.", "Divide the list.")
    return None


def _faulty_header(columns: Sequence[str]) -> Iterator[Rejection]:
    for column in columns:
        if column != LINE and column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(COLUMNS)}."
            yield _fault(1, "header", "unknown_column", "the header names a column that no list has.", remedy)


def _table(raw: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """All columns, without blanks and marks against spreadsheets; empty cells are null, a field that is clear given."""
    texts = [
        pl.col(name).str.strip_chars().str.replace(_MARK, "$1") if name in raw.columns else pl.lit(None, pl.String)
        for name in COLUMNS
    ]
    table = raw.select(LINE, *(pl.when(text != "").then(text).alias(n) for n, text in zip(COLUMNS, texts, strict=True)))
    if len(terms.fields) == 1:
        table = table.with_columns(pl.col("field").fill_null(terms.fields[0].value))
    return table.with_row_index("entry", offset=1).with_columns(pl.col("entry").cast(pl.Int64))


def _faulty_cells(table: pl.DataFrame, terms: Terms, today: dt.date) -> Iterator[Rejection]:
    """What can be said of columns without making keys."""
    known = ", ".join(terms.fields)
    day = pl.col("expires_on").str.to_date("%Y-%m-%d", strict=False)
    for field, code, is_bad, reason, remedy in (
        ("field", "required", pl.col("field").is_null(), "the list has several fields.", f"Give one of {known}."),
        ("field", "unknown_choice", ~pl.col("field").is_in(list(terms.fields)), "it is no field of this list.", known),
        ("country", "malformed", ~pl.col("country").str.contains("^[A-Z]{2}$"), "no country has it.", "Give ISO 3166."),
        ("expires_on", "malformed", pl.col("expires_on").is_not_null() & day.is_null(), "no day.", "Write 2027-01-31."),
        ("expires_on", "expired", day < today, "the entry has expired already.", "Leave it out, or give a later day."),
        *(
            (name, "too_long", pl.col(name).str.len_chars() > MAX_TEXT, "the cell is too long.", f"Cut to {MAX_TEXT}.")
            for name in COLUMNS
        ),
    ):
        for line in table.filter(is_bad)[LINE].to_list():
            yield _fault(line, field, code, reason, remedy)
    yield from _twice(table, ["field", *_CLEAR])


def _twice(table: pl.DataFrame, by: list[str]) -> Iterator[Rejection]:
    first = table.group_by(by, maintain_order=True).agg(pl.col(LINE).first().alias("first"), pl.col(LINE))
    for earlier, lines in first.filter(pl.col(LINE).list.len() > 1).select("first", LINE).iter_rows():
        for line in lines[1:]:
            yield _same(line, earlier)


def _same(line: int, earlier: int) -> Rejection:
    return _fault(line, "line", "duplicate", f"the entry is that of line {earlier}.", "Leave one of them out.")


def _with_marks(table: pl.DataFrame, key: IdentityKey) -> Entries:
    """Make the keys; entries that give the same ones are duplicates, however they are spelled."""
    marks: list[tuple[int, Mark, int | None]] = []
    faults: list[Rejection] = []
    seen: dict[tuple[Mark, ...], int] = {}
    for row in table.iter_rows(named=True):
        found = marks_of(ListField(row["field"]), row, key)
        if isinstance(found, Lack):
            faults.append(_fault(row[LINE], found.field, "identifies_nothing", found.reason, found.remedy))
            continue
        found = list(dict.fromkeys(found))
        earlier = seen.setdefault(tuple(found), row[LINE])
        if earlier != row[LINE]:
            faults.append(_same(row[LINE], earlier))
        until = row["expires_on"] and until_us(dt.date.fromisoformat(row["expires_on"]))
        marks.extend((row["entry"], mark, until) for mark in found)
    if faults:
        return Entries(None, _shown(faults))
    kept = [name for name in COLUMNS if table[name].null_count() < table.height]
    return Entries(Content.of(marks, table.select("entry", *kept)), [])


def parcels_as_entries(
    parcels: Sequence[Mapping[str, Any]], fields: Sequence[ListField], *, reason: str = ""
) -> Content | None:
    """Content of a list of what parcels on record have; None where they have nothing of the fields.

    Parameters
    ----------
    parcels:
        Their events.
    fields:
        Those of ``PARCEL_COLUMNS``.
    """
    entries: dict[tuple[Mark, ...], ListField] = {}
    for event in parcels:
        for field in fields:
            keys = ((column, event.get(column)) for column in PARCEL_COLUMNS[field])
            found = tuple(Mark(column, key) for column, key in keys if key is not None)
            if found:
                entries.setdefault(found, field)
    if not entries:
        return None
    marks = [(number, mark, None) for number, found in enumerate(entries, start=1) for mark in found]
    given = {
        "entry": range(1, len(entries) + 1),
        "field": [field.value for field in entries.values()],
        "key": [" ".join(stated(mark.column, mark.key or 0) for mark in found) for found in entries],
        "reason": [reason] * len(entries),
    }
    return Content.of(marks, pl.DataFrame(given, schema_overrides={"entry": pl.Int64}))


def written(content: Content) -> str:
    """Entries as CSV that a spreadsheet runs nothing of, and that can be imported again."""
    columns = [name for name in COLUMNS if name in content.given.columns]
    return safe(content.given.select(columns)).write_csv()


def _fault(line: int, field: str, code: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=line, field=field, code=code, reason=reason, remedy=remedy)


def _shown(faults: list[Rejection]) -> list[Rejection]:
    """Faults by line; those beyond ``MAX_FAULTS`` are counted."""
    ordered = sorted(faults, key=lambda fault: fault.line)
    shown, rest = ordered[:MAX_FAULTS], ordered[MAX_FAULTS:]
    if rest:
        shown.append(_fault(rest[0].line, "line", "more", f"{len(rest):,} more faults.", "Correct these first."))
    return shown
