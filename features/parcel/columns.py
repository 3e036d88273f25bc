"""A table of parcels as columns of plain values, which are checked, and repaired or dropped where they break a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

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
from features.parcel.rules import NOW
from features.parcel.schema import LINE, PARCEL_SCHEMA, PIECE_SCHEMA, TIME

# Times that Python cannot hold are brought to the nearest that it can: both are far outside every range.
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Columns = dict[str, list[Any]]


class Parcels:
    """Columns of a parcel table as plain values, each read once; what is changed in them goes back into the table."""

    def __init__(self, table: pl.DataFrame, at: datetime, reference: Reference, doubts: Iterable[Doubt]) -> None:
        """Take a tidied table of ``PARCEL_SCHEMA`` with ``line``, and what was doubted when it was read."""
        self._table, self._at, self._reference = table, at, reference
        self._columns: Columns = {}
        self._changed: set[str] = set()
        self.lines: list[int] = table[LINE].to_list()
        self.rejections: list[Rejection] = []
        self._doubts = list(doubts)

    def _column(self, name: str) -> list[Any]:
        if name not in self._columns:
            self._columns[name] = [self._at] * self._table.height if name == NOW else plain(self._current(name))
        return self._columns[name]

    def _current(self, name: str) -> pl.Series:
        return self._pieces.lists() if name == "pieces" and name in self._changed else self._table[name]

    @cached_property
    def _pieces(self) -> _Pieces:
        return _Pieces(self._table["pieces"])

    def check_fields(self) -> None:
        """Check every field by its declaration, those of parcels before those of their pieces."""
        for field, wrong in broken_values(PARCEL_CHECKS, self._column):
            if field.name in IDENTIFYING:
                self._reject(field.name, wrong)
            else:
                self._change(field.name, self._repairs(field, wrong))
        self._cut_pieces()
        for field, wrong in broken_values(PIECE_CHECKS, self._pieces.column):
            self._change(field.name, self._repairs(field, wrong), in_pieces=True)

    def _reject(self, name: str, wrong: dict[Any, Check]) -> None:
        pairs = zip(self.lines, self._column(name), strict=True)
        self.rejections += [rejection_by(wrong[value], line, name) for line, value in pairs if value in wrong]

    def _repairs(self, field: FieldChecks, wrong: dict[Any, Check]) -> dict[Any, Repair]:
        return {value: repaired(field.field, value, check, self._reference) for value, check in wrong.items()}

    def _change(
        self, name: str, repairs: dict[Any, Repair], indices: Iterable[int] | None = None, *, in_pieces: bool = False
    ) -> None:
        """Put repaired values in place of others, everywhere or at `indices`, and doubt those that lost something."""
        values = self._pieces.column(name) if in_pieces else self._column(name)
        for index in range(len(values)) if indices is None else indices:
            repair = repairs.get(values[index])
            if repair is None:
                continue
            row, number = self._pieces.at[index] if in_pieces else (index, 0)
            values[index] = repair.value
            doubt = repair.doubt(self.lines[row], piece_field(name, number))
            if doubt is not None:
                self._doubts.append(doubt)
        self._changed.add("pieces" if in_pieces else name)

    def _cut_pieces(self) -> None:
        lengths = self._table["pieces"].list.len()
        rows = (lengths > MAX_PIECES).arg_true().to_list()
        if rows:
            self._doubts += [too_many(self.lines[row], lengths[row]) for row in rows]
            self._table = self._table.with_columns(pl.col("pieces").list.head(MAX_PIECES))

    def enforce(self, rule: ValidationRule) -> None:
        """Reject the rows, or drop or read otherwise the values that break a rule."""
        column = self._pieces.column if rule.in_pieces else self._column
        broken = rows_that_break(rule, column)
        if not broken:
            return
        if rule.severity is Severity.REJECT:
            told = {one.line for one in self.rejections if one.field == rule.field}
            lines = (self.lines[row] for row in broken)
            self.rejections += [rejection_by(rule, line, rule.field) for line in lines if line not in told]
            return
        values = column(rule.field)
        repairs = {values[index]: repaired_by(rule, values[index], self._reference) for index in broken}
        self._change(rule.field, repairs, broken, in_pieces=rule.in_pieces)

    def rows_that_break(self, rule: ValidationRule) -> Iterable[int]:
        """Rows that break a rule, or of which a piece does."""
        if not rule.in_pieces:
            return rows_that_break(rule, self._column)
        return dict.fromkeys(self._pieces.at[index][0] for index in rows_that_break(rule, self._pieces.column))

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
        changed = [
            pl.Series(name, self._columns[name], dtype=PARCEL_SCHEMA[name]) for name in self._changed - {"pieces"}
        ]
        if "pieces" in self._changed:
            changed.append(self._pieces.lists())
        return self._table.with_columns(changed) if changed else self._table


class _Pieces:
    """Pieces of all parcels below each other: their columns, the row of their parcel and their number in it."""

    def __init__(self, lists: pl.Series) -> None:
        self._lists = lists
        flat = lists.explode(keep_nulls=False, empty_as_null=False).struct.unnest()
        self.columns: Columns = flat.to_dict(as_series=False)
        self.at = [
            (row, number) for row, n in enumerate(lists.list.len().to_list()) for number in range(1, (n or 0) + 1)
        ]

    def column(self, name: str) -> list[Any]:
        """Values of a field."""
        return self.columns[name]

    def lists(self) -> pl.Series:
        """The column of lists, made anew of the values."""
        flat = pl.DataFrame(self.columns, schema=PIECE_SCHEMA.to_schema()).to_struct("pieces")
        rows = pl.Series("row", [row for row, _ in self.at], dtype=pl.Int64)
        gathered = pl.DataFrame([rows, flat]).group_by("row", maintain_order=True).agg("pieces")
        every = pl.DataFrame({"row": pl.int_range(len(self._lists), eager=True), "before": self._lists})
        joined = every.join(gathered, on="row", how="left", maintain_order="left")
        return joined.select(pl.coalesce("pieces", "before").alias("pieces")).to_series()


def plain(series: pl.Series) -> list[Any]:
    """Values of a column as Python holds them."""
    if series.dtype == PARCEL_SCHEMA["pieces"]:
        return pieces_of(series)
    return (series.clip(_EARLIEST, _LATEST) if series.dtype == TIME else series).to_list()


def broken_values(
    fields: Iterable[FieldChecks], column: Callable[[str], list[Any]]
) -> Iterator[tuple[FieldChecks, dict[Any, Check]]]:
    """Fields of which values break a check, with these values and the first check that each breaks."""
    for field in fields:
        distinct = set(column(field.name))
        if not field.is_required:
            distinct.discard(None)
        wrong: dict[Any, Check] = {}
        for check in field.checks if distinct else ():
            found = {value for value in distinct if check.broken(value)}
            distinct -= found
            wrong |= dict.fromkeys(found, check)
        if wrong:
            yield field, wrong


def rows_that_break(rule: ValidationRule, column: Callable[[str], list[Any]]) -> list[int]:
    """Indices of the records that break a rule; it is asked once for each distinct set of the values that it reads."""
    rows = list(zip(*map(column, rule.reads), strict=True))
    if "pieces" in rule.reads:  # lists are not hashable, and hardly two are the same
        return [row for row, values in enumerate(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))]
    wrong = {values for values in set(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))}
    return [row for row, values in enumerate(rows) if values in wrong] if wrong else []
