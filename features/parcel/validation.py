"""Decide which rows of a table can be used, and flag the doubtful ones: by the rules of `checking`, column by column.

A check is asked once for each distinct value of its field, a rule once for each distinct set of the values that it
reads, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl

from features.parcel.checking import (
    PARCEL_CHECKS,
    PIECE_CHECKS,
    TOO_MANY,
    FieldChecks,
    piece_field,
    rejection_by,
    tidy_text,
)
from features.parcel.field_checks import MAX_PIECES, Check
from features.parcel.fields import OUTCOME_FIELDS
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.goods import pieces_of
from features.parcel.numbers import lodged_numbers
from features.parcel.problems import Accepted, Rejection
from features.parcel.reference import Reference
from features.parcel.rule import Severity, ValidationRule
from features.parcel.rules import NOW, rules
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, TIME, conform

OUTCOME_CHECKS = FieldChecks.of(OUTCOME_FIELDS)
# Times that Python cannot hold are brought to the nearest that it can: both are far outside every range.
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def validate_parcels(
    rows: pl.DataFrame, *, reference: Reference, fields_checked: bool = False, at: datetime | None = None
) -> Accepted:
    """Split `rows` into usable parcels and rejections.

    Parameters
    ----------
    rows:
        Any subset of the columns of ``PARCEL_SCHEMA``, optionally with ``line``.
    reference:
        Code lists of the office.
    fields_checked:
        True when the format adapter has already enforced the field declarations (the API models do).
    at:
        Time of reading, for dates that lie too far ahead; now when left out.

    Returns
    -------
    Accepted
        Rows in ``PARCEL_SCHEMA`` order with ``line`` in front and ``quality_flags`` at the end. Texts are on one line
        and have no blanks around them.
    """
    table = _tidied(conform(rows, PARCEL_SCHEMA))
    parcels = _Parcels(table, at or datetime.now(UTC))
    rejections = [] if fields_checked else list(parcels.broken_fields())
    faulty = {(one.line, one.field) for one in rejections}
    flags: list[list[str]] = [[] for _ in range(table.height)]
    for rule in rules(reference):
        for row, number in parcels.broken(rule):
            if rule.severity is Severity.REJECT:
                rejection = rejection_by(rule, parcels.lines[row], piece_field(rule.field, number))
                if (rejection.line, rejection.field) not in faulty:
                    rejections.append(rejection)
            elif rule.code not in flags[row]:
                flags[row].append(rule.code)
    flagged = table.with_columns(_lists(flags).alias(QUALITY_FLAGS))
    return Accepted(rows=_without(flagged, rejections), rejections=tuple(rejections))


def validate_outcomes(rows: pl.DataFrame) -> Accepted:
    """Split `rows` into usable outcomes, in ``OUTCOME_SCHEMA`` order with ``line``, and rejections."""
    table = lodged_numbers(conform(rows, OUTCOME_SCHEMA))
    lines = table[LINE].to_list()
    broken = [
        rejection_by(check, lines[row], name)
        for name, check, row in _broken(OUTCOME_CHECKS, lambda name: _plain(table[name]))
    ]
    rejections = [*broken, *_contradictions(table)]
    return Accepted(rows=_without(table, rejections), rejections=tuple(rejections))


def _lists(flags: list[list[str]]) -> pl.Series:
    """Column of lists of which few differ: each is made once, because Polars takes microseconds for a list."""
    index: dict[tuple[str, ...], int] = {}
    rows = [index.setdefault(tuple(codes), len(index)) for codes in flags]
    return pl.Series(list(map(list, index)), dtype=pl.List(pl.String)).gather(rows)


class _Parcels:
    """Columns of a parcel table as plain values, each read once, and which of its rows break what."""

    def __init__(self, table: pl.DataFrame, at: datetime) -> None:
        self._table, self._at = table, at
        self._columns: dict[str, list[Any]] = {}
        self.lines: list[int] = table[LINE].to_list()

    def _column(self, name: str) -> list[Any]:
        if name not in self._columns:
            self._columns[name] = [self._at] * self._table.height if name == NOW else _plain(self._table[name])
        return self._columns[name]

    @cached_property
    def _pieces(self) -> _Pieces:
        return _Pieces.of(self._table["pieces"])

    def broken_fields(self) -> Iterator[Rejection]:
        """Rejections by the declarations of the fields, of parcels before those of their pieces."""
        for name, check, row in _broken(PARCEL_CHECKS, self._column):
            yield rejection_by(check, self.lines[row], name)
        for row, pieces in enumerate(self._table["pieces"].list.len().to_list()):
            if pieces is not None and pieces > MAX_PIECES:
                yield rejection_by(TOO_MANY, self.lines[row], "pieces")
        for name, check, index in _broken(PIECE_CHECKS, self._pieces.column):
            row, number = self._pieces.row[index], self._pieces.number[index]
            yield rejection_by(check, self.lines[row], piece_field(name, number))

    def broken(self, rule: ValidationRule) -> list[tuple[int, int]]:
        """Rows that break a rule, each with the number of its first piece that does; 0 where the rule is over rows."""
        if not rule.in_pieces:
            return [(row, 0) for row in _rows_that_break(rule, self._column)]
        first: dict[int, int] = {}
        for index in _rows_that_break(rule, self._pieces.column):
            first.setdefault(self._pieces.row[index], self._pieces.number[index])
        return list(first.items())


@dataclass(frozen=True)
class _Pieces:
    """Pieces of all parcels below each other: their columns, the row of their parcel and their number in it."""

    columns: dict[str, list[Any]]
    row: list[int]
    number: list[int]

    @classmethod
    def of(cls, pieces: pl.Series) -> _Pieces:
        """Pieces of a column of lists."""
        flat = pieces.explode(keep_nulls=False, empty_as_null=False).struct.unnest()
        places = [
            (row, number) for row, n in enumerate(pieces.list.len().to_list()) for number in range(1, (n or 0) + 1)
        ]
        return cls(flat.to_dict(as_series=False), [row for row, _ in places], [number for _, number in places])

    def column(self, name: str) -> list[Any]:
        """Values of a field."""
        return self.columns[name]


def _plain(series: pl.Series) -> list[Any]:
    if series.dtype == PARCEL_SCHEMA["pieces"]:
        return pieces_of(series)
    return (series.clip(_EARLIEST, _LATEST) if series.dtype == TIME else series).to_list()


def _broken(fields: Iterable[FieldChecks], column: Callable[[str], list[Any]]) -> Iterator[tuple[str, Check, int]]:
    """Names of fields and the checks that they break, with the row."""
    for name, is_required, checks in fields:
        values = column(name)
        distinct = set(values)
        if not is_required:
            distinct.discard(None)
        for check in checks if distinct else ():
            wrong = {value for value in distinct if check.broken(value)}
            if wrong:
                yield from ((name, check, row) for row, value in enumerate(values) if value in wrong)


def _rows_that_break(rule: ValidationRule, column: Callable[[str], list[Any]]) -> list[int]:
    rows = list(zip(*map(column, rule.reads), strict=True))
    if "pieces" in rule.reads:  # lists are not hashable, and hardly two are the same
        return [row for row, values in enumerate(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))]
    wrong = {values for values in set(rows) if rule.broken(dict(zip(rule.reads, values, strict=True)))}
    return [row for row, values in enumerate(rows) if values in wrong] if wrong else []


def _tidied(table: pl.DataFrame) -> pl.DataFrame:
    """Put texts on one line and identifiers of S10 into one word, in parcels and in their pieces."""
    changes = {name: _changes(table[name], name) for name, dtype in table.schema.items() if dtype == pl.String}
    table = table.with_columns(_replaced(pl.col(name), found) for name, found in changes.items() if found)
    flat = table["pieces"].explode(keep_nulls=False, empty_as_null=False).struct.unnest()
    in_pieces = {name: _changes(flat[name], name) for name, dtype in flat.schema.items() if dtype == pl.String}
    fields = [
        _replaced(pl.element().struct.field(name), found).alias(name) for name, found in in_pieces.items() if found
    ]
    if not fields:
        return table
    return table.with_columns(pl.col("pieces").list.eval(pl.element().struct.with_fields(fields)))


def _changes(texts: pl.Series, name: str) -> dict[str, str | None]:
    """Texts of a column that are not tidy, with what becomes of them."""
    distinct = set(texts.to_list()) - {None}
    return {text: tidy for text in distinct if (tidy := tidy_text(name, text)) != text}


def _replaced(text: pl.Expr, changes: dict[str, str | None]) -> pl.Expr:
    return text.replace(list(changes), pl.Series(list(changes.values()), dtype=pl.String))


def _contradictions(outcomes: pl.DataFrame) -> Iterator[Rejection]:
    for name in ("finding_class", "finding_mass_g"):
        for line in outcomes.filter((pl.col("result") != "found") & pl.col(name).is_not_null())[LINE]:
            yield Rejection(
                line=line,
                field=name,
                code="contradiction",
                reason="something is said to be found, but the result says otherwise.",
                remedy="Set result to found, or leave the field empty.",
            )


def _without(table: pl.DataFrame, rejections: list[Rejection]) -> pl.DataFrame:
    if not rejections:
        return table
    lines = pl.Series(sorted({rejection.line for rejection in rejections}), dtype=pl.Int64)
    return table.filter(~pl.col(LINE).is_in(lines.implode()))
