"""Rows that may break a check of their field or a rule, found column by column: only these are asked one by one.

Suspects are a superset of what is broken, never its definition: checks and rules are functions of one value or one
record (`field_checks`, `rules`), and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

import polars as pl

from features.parcel.blanks import BLANKS
from features.parcel.field import Field, Kind
from features.parcel.field_checks import FIRST_YEAR, LAST_YEAR
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.placeholders import placeholders_of

Rows = dict[str, list[int]]
"""Indices of suspects by the name of their check or rule; one without any is left out."""
_BLANK = "[" + "".join(rf"\x{{{ord(blank):x}}}" for blank in BLANKS) + "]"
_UNTIDY = rf"^$|^{_BLANK}|{_BLANK}$|[\x00-\x1f\x7f\x{{fffe}}\x{{ffff}}]"
_TIDY_NUMBER = "^[0-9A-Z]{1,24}$"


def rows_that_hold(table: pl.DataFrame, columns: Mapping[str, pl.Expr]) -> Rows:
    """Indices of the rows in which each of the columns is true."""
    found = table.select(column.alias(name) for name, column in columns.items())
    return {one.name: one.arg_true().to_list() for one in found.get_columns() if one.any()}


@lru_cache(maxsize=2)
def suspects_of_fields(*, in_pieces: bool) -> Mapping[str, pl.Expr]:
    """Column by field: true where a value may break a check of it, but for control characters, which make it untidy."""
    return {field.name: _suspects(field) for field in (PIECE_FIELDS if in_pieces else PARCEL_FIELDS)}


def untidy(names: Iterable[str]) -> Mapping[str, pl.Expr]:
    """Column by field of texts: true where one may be changed before it is checked, or holds a control character."""
    return {name: _is_untidy(name, pl.col(name)) for name in names}


def both(one: Rows, other: Mapping[str, Iterable[int]]) -> Rows:
    """Suspects of either."""
    return one | {name: sorted({*one.get(name, ()), *rows}) for name, rows in other.items()}


def _is_untidy(name: str, text: pl.Expr) -> pl.Expr:
    return ~text.str.contains(_TIDY_NUMBER) if name == "parcel_id" else text.str.contains(_UNTIDY)


def _suspects(field: Field) -> pl.Expr:
    value = pl.col(field.name)
    return (_is_doubtful_text(field, value) if field.kind is Kind.TEXT else ~_is_in_range(field, value)).fill_null(
        field.required
    )


def _is_in_range(field: Field, value: pl.Expr) -> pl.Expr:
    if field.kind is Kind.TIME:
        first, behind = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
        return value.is_between(first, behind, closed="left")
    if field.minimum is None or field.maximum is None:
        return pl.lit(True)
    return value.is_between(field.minimum, field.maximum)


def _is_doubtful_text(field: Field, value: pl.Expr) -> pl.Expr:
    if field.choices:
        return ~value.is_in(field.choices)
    doubtful = (value.str.len_chars() > field.max_length) | value.is_in(sorted(placeholders_of(field)))
    if field.pattern:
        return doubtful | ~value.str.contains(f"^(?:{field.pattern})$")
    return doubtful
