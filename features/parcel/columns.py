"""A table of parcels as columns of plain values, which are checked, and repaired or dropped where they break a rule."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl

from features.parcel.checking import (
    PARCEL_CHECKS,
    PIECE_CHECKS,
    FieldChecks,
    piece_field,
    rejection_by,
    repaired_by,
    too_many,
)
from features.parcel.field_checks import IDENTIFYING, MAX_PIECES, Check
from features.parcel.goods import pieces_of
from features.parcel.problems import Doubt, Rejection
from features.parcel.reference import Reference
from features.parcel.repair import Repair, repaired
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE, PARCEL_SCHEMA, TIME
from features.parcel.suspects import Rows, both, rows_that_hold, suspects_of_fields

# Times that Python cannot hold are brought to the nearest that it can: both are far outside every range.
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Wrong = dict[Any, Check]
"""Values of a field that break a check, with the first that each breaks."""


class Records:
    """A table whose values are looked at, and changed, as Python holds them; columns of which none are asked stay."""

    def __init__(self, table: pl.DataFrame) -> None:
        """Take a table of any schema."""
        self.table = table
        self.changed: set[str] = set()
        self.touched: set[int] = set()
        """Rows in which something was changed: what the table says of them holds no longer."""
        self._columns: dict[str, list[Any]] = {}

    def column(self, name: str) -> list[Any]:
        """Values of a field."""
        if name not in self._columns:
            self._columns[name] = plain(self.table[name])
        return self._columns[name]

    def values_at(self, name: str, rows: list[int]) -> list[Any]:
        """Values of a field in some rows."""
        if name in self._columns:
            column = self._columns[name]
            return [column[row] for row in rows]
        return plain(self.table[name].gather(rows))

    def put(self, name: str, row: int, value: Any) -> None:
        """Change a value."""
        self.column(name)[row] = value
        self.changed.add(name)
        self.touched.add(row)

    def replace(self, column: pl.Series) -> None:
        """Change a whole column."""
        self.table = self.table.with_columns(column)
        self._columns.pop(column.name, None)

    def broken_values(self, fields: Iterable[FieldChecks], suspects: Rows) -> Iterator[tuple[FieldChecks, Wrong]]:
        """Fields of which a value breaks a check, with what `broken_values` says of those of suspects."""
        asked = [field for field in fields if field.name in suspects]
        return broken_values(asked, lambda name: self.values_at(name, suspects[name]))

    def that_break(self, rule: ValidationRule, suspects: Iterable[int]) -> list[int]:
        """Rows that break a rule, among suspects and those that were changed."""
        if rule.suspects is None:
            return indices_that_break(rule, self.column)
        rows = sorted(self.touched.union(suspects))
        return [rows[i] for i in indices_that_break(rule, lambda name: self.values_at(name, rows))] if rows else []

    def as_table(self) -> pl.DataFrame:
        """The table with what was changed."""
        dtypes = self.table.schema
        return self.table.with_columns(
            pl.Series(name, self._columns[name], dtype=dtypes[name]) for name in self.changed
        )


class Untidy(NamedTuple):
    """Rows of which a text was not tidy, by field: of parcels, and of their pieces below each other."""

    parcels: Rows
    pieces: Rows


class Parcels:
    """A table of parcels and their pieces; what is changed in them goes back into the table."""

    def __init__(self, table: pl.DataFrame, at: datetime, reference: Reference, doubts: Iterable[Doubt]) -> None:
        """Take a tidied table of ``PARCEL_SCHEMA`` with ``line``, and what was doubted when it was read."""
        self._reference = reference
        self._parcels = Records(table.with_columns(pl.lit(at, dtype=TIME).alias(NOW)))
        self._are_pieces_behind = False
        self.lines: list[int] = table[LINE].to_list()
        self.rejections: list[Rejection] = []
        self._doubts = list(doubts)

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._parcels.table["pieces"])

    @cached_property
    def _suspects(self) -> Rows:
        """Suspects of every rule, as the table was before anything in it was changed."""
        found: dict[str, list[int]] = {}
        for records in (self._parcels, self._pieces):
            asked = {
                rule.name: rule.suspects
                for rule in rules(self._reference)
                if rule.suspects is not None and rule.in_pieces is (records is self._pieces)
            }
            found |= rows_that_hold(records.table, asked)
        return found

    def check_fields(self, untidy: Untidy) -> None:
        """Check every field by its declaration, those of parcels before those of their pieces."""
        suspects = both(rows_that_hold(self._parcels.table, suspects_of_fields(in_pieces=False)), untidy.parcels)
        for field, wrong in self._parcels.broken_values(PARCEL_CHECKS, suspects):
            if field.name in IDENTIFYING:
                self._reject(field.name, wrong)
            else:
                self._change(self._parcels, field.name, self._repairs(field, wrong), suspects[field.name])
        was_cut = self._cut_pieces()
        behind = dict.fromkeys(untidy.pieces, range(self._pieces.table.height)) if was_cut else untidy.pieces
        suspects = both(rows_that_hold(self._pieces.table, suspects_of_fields(in_pieces=True)), behind)
        for field, wrong in self._pieces.broken_values(PIECE_CHECKS, suspects):
            self._change(self._pieces, field.name, self._repairs(field, wrong), suspects[field.name])

    def _reject(self, name: str, wrong: Wrong) -> None:
        pairs = zip(self.lines, self._parcels.column(name), strict=True)
        self.rejections += [rejection_by(wrong[value], line, name) for line, value in pairs if value in wrong]

    def _repairs(self, field: FieldChecks, wrong: Wrong) -> dict[Any, Repair]:
        return {value: repaired(field.field, value, check, self._reference) for value, check in wrong.items()}

    def _change(self, records: Records, name: str, repairs: dict[Any, Repair], indices: Iterable[int]) -> None:
        """Put repaired values in place of others at `indices`, and doubt those that lost something."""
        values = records.column(name)
        for index in indices:
            repair = repairs.get(values[index])
            if repair is None:
                continue
            row, number = self._pieces.at(index) if records is self._pieces else (index, 0)
            records.put(name, index, repair.value)
            self._parcels.touched.add(row)
            doubt = repair.doubt(self.lines[row], piece_field(name, number))
            if doubt is not None:
                self._doubts.append(doubt)
        self._are_pieces_behind |= records is self._pieces

    def _cut_pieces(self) -> bool:
        """Cut lists that are too long; whether one was, so that pieces have other places than before."""
        lengths = self._parcels.table["pieces"].list.len()
        rows = (lengths > MAX_PIECES).arg_true().to_list()
        if rows:
            self._doubts += [too_many(self.lines[row], lengths[row]) for row in rows]
            self._parcels.replace(self._parcels.table["pieces"].list.head(MAX_PIECES))
        return bool(rows)

    def enforce(self, rule: ValidationRule) -> None:
        """Reject the rows, or drop or read otherwise the values that break a rule."""
        records, broken = self._broken(rule)
        if not broken:
            return
        if rule.severity is Severity.REJECT:
            told = {one.line for one in self.rejections if one.field == rule.field}
            lines = (self.lines[row] for row in broken)
            self.rejections += [rejection_by(rule, line, rule.field) for line in lines if line not in told]
            return
        values = records.values_at(rule.field, broken)
        self._change(
            records, rule.field, {value: repaired_by(rule, value, self._reference) for value in values}, broken
        )

    def rows_that_break(self, rule: ValidationRule) -> Iterable[int]:
        """Rows that break a rule, or of which a piece does."""
        records, broken = self._broken(rule)
        return broken if records is self._parcels else dict.fromkeys(self._pieces.at(index)[0] for index in broken)

    def _broken(self, rule: ValidationRule) -> tuple[Records, list[int]]:
        """The records that a rule is about, and the indices of those that break it."""
        records = self._pieces if rule.in_pieces else self._parcels
        if self._are_pieces_behind and "pieces" in rule.reads:
            self._put_pieces_back()
        return records, records.that_break(rule, self._suspects.get(rule.name, ()))

    def _put_pieces_back(self) -> None:
        self._parcels.replace(self._pieces.lists())
        self._are_pieces_behind = False

    def doubts_by_row(self) -> dict[int, list[Doubt]]:
        """Doubts of each row that has some, in the order in which they arose."""
        if not self._doubts:
            return {}
        row_of = {line: row for row, line in enumerate(self.lines)}
        by_row: dict[int, list[Doubt]] = {}
        for doubt in self._doubts:
            if doubt.line in row_of:
                by_row.setdefault(row_of[doubt.line], []).append(doubt)
        return by_row

    def doubts_of_the_others(self) -> tuple[Doubt, ...]:
        """Doubts of the rows that are not rejected."""
        rejected = {rejection.line for rejection in self.rejections}
        return tuple(doubt for doubt in self._doubts if doubt.line not in rejected)

    def table(self) -> pl.DataFrame:
        """The table with what was changed."""
        if self._are_pieces_behind:
            self._put_pieces_back()
        return self._parcels.as_table().drop(NOW)


class Pieces(Records):
    """Pieces of all parcels below each other."""

    def __init__(self, lists: pl.Series) -> None:
        """Take a column of lists of pieces."""
        super().__init__(lists.explode(keep_nulls=False, empty_as_null=False).struct.unnest())
        self._lists = lists

    @cached_property
    def _starts(self) -> list[int]:
        """How many pieces there are before those of each parcel."""
        return [0, *self._lists.list.len().fill_null(0).cum_sum().to_list()]

    def at(self, index: int) -> tuple[int, int]:
        """Row of the parcel of a piece, and its number in it, counted from 1."""
        row = bisect_right(self._starts, index) - 1
        return row, index - self._starts[row] + 1

    def lists(self) -> pl.Series:
        """The column of lists, made anew of the values."""
        flat = self.as_table().to_struct("pieces")
        rows = pl.Series("row", [self.at(index)[0] for index in range(flat.len())], dtype=pl.Int64)
        gathered = pl.DataFrame([rows, flat]).group_by("row", maintain_order=True).agg("pieces")
        every = pl.DataFrame({"row": pl.int_range(len(self._lists), eager=True), "before": self._lists})
        joined = every.join(gathered, on="row", how="left", maintain_order="left")
        return joined.select(pl.coalesce("pieces", "before").alias("pieces")).to_series()


def plain(series: pl.Series) -> list[Any]:
    """Values of a column as Python holds them."""
    if series.dtype == PARCEL_SCHEMA["pieces"]:
        return pieces_of(series)
    if series.dtype == TIME:
        # In UTC anyway; Polars makes times with a zone one by one, three times as slowly.
        naive = series.clip(_EARLIEST, _LATEST).dt.replace_time_zone(None).to_list()
        return [None if time is None else time.replace(tzinfo=UTC) for time in naive]
    return series.to_list()


def broken_values(
    fields: Iterable[FieldChecks], column: Callable[[str], list[Any]]
) -> Iterator[tuple[FieldChecks, Wrong]]:
    """Fields of which values break a check, with these values and the first check that each breaks."""
    for field in fields:
        distinct = set(column(field.name))
        if not field.is_required:
            distinct.discard(None)
        wrong: Wrong = {}
        for check in field.checks if distinct else ():
            found = {value for value in distinct if check.broken(value)}
            distinct -= found
            wrong |= dict.fromkeys(found, check)
        if wrong:
            yield field, wrong


def indices_that_break(rule: ValidationRule, column: Callable[[str], list[Any]]) -> list[int]:
    """Indices of the records that break a rule; it is asked once for each distinct set of the values that it reads."""
    rows = list(zip(*map(column, rule.reads), strict=True))
    if "pieces" in rule.reads:  # lists are not hashable, and hardly two are the same
        return [row for row, values in enumerate(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))]
    wrong = {values for values in set(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))}
    return [row for row, values in enumerate(rows) if values in wrong] if wrong else []
