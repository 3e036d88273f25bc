"""Values of the record as texts that other programs read: times, cells of a spreadsheet, objects without nulls."""

from __future__ import annotations

from typing import Any

import polars as pl

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.schema import TIME

_BEGINNINGS, _SIGNS = r"=@'\t\r\n\u{ff1d}\u{ff20}", r"+\-\u{ff0b}\u{ff0d}"
FORMULA = rf"^(?:[{_BEGINNINGS}]|[{_SIGNS}](?:.*[^0-9 ().\-/].*|$))"
"""Texts that a spreadsheet would run as a formula, and those that begin with the mark that stops it."""
MARKED = rf"^'([{_BEGINNINGS}{_SIGNS}])"
"""Texts with that mark in front; the group is the character that follows it."""


def iso_times(table: pl.DataFrame) -> list[pl.Expr]:
    """Times as ISO 8601 in UTC, with a fraction where there is one."""
    names = [name for name, dtype in table.schema.items() if dtype == TIME]
    return [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ") for name in names]


def safe(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run as a formula, with an apostrophe in front."""
    return _with_mark(table, FORMULA)


def unmistakable(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that look as if they had that apostrophe already, with another one: whoever reads takes one away."""
    return _with_mark(table, MARKED)


def _with_mark(table: pl.DataFrame, pattern: str) -> pl.DataFrame:
    names = [name for name, dtype in table.schema.items() if dtype == pl.String]
    return table.with_columns(
        pl.when(pl.col(name).str.contains(pattern)).then(pl.concat_str(pl.lit("'"), name)).otherwise(name).alias(name)
        for name in names
    )


def given(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is null, down into the pieces."""
    return {
        name: [given(piece) for piece in value] if isinstance(value, list) else value
        for name, value in row.items()
        if value is not None
    }


def flat_parcels(parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels in the columns of the project's own CSV: pieces side by side, ISO 8601 times, no empty columns."""
    n_pieces = int(parcels["pieces"].list.len().max() or 0)  # type: ignore[arg-type]
    pieces = [
        pl.col("pieces").list.get(index, null_on_oob=True).struct.field(field.name).alias(_header(index, field.name))
        for index in range(n_pieces)
        for field in PIECE_FIELDS
    ]
    flat = parcels.select(*(field.name for field in PARCEL_FIELDS), *pieces).with_columns(iso_times(parcels))
    return flat.select(column for column in flat if column.null_count() < flat.height)


def _header(index: int, name: str) -> str:
    return name if index == 0 else f"piece_{index + 1}_{name}"
