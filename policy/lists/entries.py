"""Entries of a list as CSV: read with every fault in its line, and written so that no spreadsheet runs a cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from features.identity import IdentityKey
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.columns.export import safe
from policy.lists.cells import CLEAR, COLUMNS, duplicate, read_cells
from policy.lists.content import Content
from policy.lists.faults import Faults, fault_of
from policy.lists.keys import PARCEL_COLUMNS, Lack, Mark, marks_of, stated
from policy.lists.terms import ListField, Terms, until_us

_LONG, _SUSPECTS = 2_000, 500
"""Entries of a file whose suspects are looked at first, and of these so many alike and so many short ones."""
_FIRST = "Correct these first."
_BETWEEN = "\x1f"
_MARKS = r"[^\p{L}\p{N}\x1f]+"


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
    table = read_cells(data, terms, today)
    return _with_marks(table, key) if isinstance(table, pl.DataFrame) else Entries(None, table)


def _with_marks(table: pl.DataFrame, key: IdentityKey) -> Entries:
    """Make the keys; entries that give the same ones are duplicates, however they are spelled.

    Keys take some time. Of a long file those entries that are likely to be wrong get theirs first, and where one is,
    the others get none.
    """
    if table.height > _LONG:
        faults, _ = _marks(suspects(table), key)
        if faults:
            faults.add(fault_of(table[LINE][-1], "line", "more", "further lines were not checked.", _FIRST))
            return Entries(None, faults.said())
    faults, marks = _marks(table, key)
    if faults:
        return Entries(None, faults.said())
    kept = [name for name in COLUMNS if table[name].null_count() < table.height]
    return Entries(Content.of(marks, table.select("entry", *kept)), [])


def _marks(table: pl.DataFrame, key: IdentityKey) -> tuple[Faults, list[tuple[int, Mark, int | None]]]:
    """What is wrong with entries, and their marks with expiry."""
    marks: list[tuple[int, Mark, int | None]] = []
    faults = Faults()
    seen: dict[tuple[Mark, ...], int] = {}
    for row in table.iter_rows(named=True):
        found = marks_of(ListField(row["field"]), row, key)
        if isinstance(found, Lack):
            faults.add(fault_of(row[LINE], found.field, "identifies_nothing", found.reason, found.remedy))
            continue
        found = list(dict.fromkeys(found))
        earlier = seen.setdefault(tuple(found), row[LINE])
        if earlier != row[LINE]:
            faults.add(duplicate(row[LINE], earlier))
        until = row["expires_on"] and until_us(dt.date.fromisoformat(row["expires_on"]))
        marks.extend((row["entry"], mark, until) for mark in found)
    return faults, marks


def suspects(table: pl.DataFrame) -> pl.DataFrame:
    """Entries that are alike but for case, marks and accents, and the shortest ones, in their order."""
    given = [name for name in ("field", *CLEAR) if table[name].null_count() < table.height]
    whole = table.select(
        "entry", said=pl.concat_str(pl.col(given).fill_null(""), separator=_BETWEEN).str.to_lowercase()
    )
    bare = pl.col("said")
    if whole["said"].str.contains(r"[^\x00-\x7f]").any():
        bare = bare.str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    bare = bare.str.replace_all(_MARKS, " ")
    told = whole.select("entry", bare=bare, length=pl.col("said").str.len_bytes())
    alike = told.filter(pl.col("bare").is_duplicated()).sort("bare", maintain_order=True).head(_SUSPECTS)
    shortest = told.bottom_k(_SUSPECTS, by="length")
    return table.filter(pl.col("entry").is_in(pl.concat([alike["entry"], shortest["entry"]]).implode()))


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
