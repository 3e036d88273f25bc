"""Values of the record as texts that other programs read: times, cells of a spreadsheet, objects without nulls."""

from __future__ import annotations

from typing import Any

import polars as pl

from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.schema import TIME

FORMULA = r"^(?:[=@'\t\r\n\u{ff1d}\u{ff20}]|[+\-\u{ff0b}\u{ff0d}](?:.*[^0-9 ().\-/].*|$))"
"""Texts that a spreadsheet would run as a formula, and those that begin with the mark that stops it."""


def iso_times(table: pl.DataFrame) -> list[pl.Expr]:
    """Times as ISO 8601 in UTC, with a fraction where there is one."""
    names = [name for name, dtype in table.schema.items() if dtype == TIME]
    return [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ") for name in names]


def safe(table: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run as a formula, with an apostrophe in front."""
    texts = [pl.col(name) for name, dtype in table.schema.items() if dtype == pl.String]
    marked = [
        pl.when(text.str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text) for text in texts
    ]
    return table.with_columns(
        expression.alias(text.meta.output_name()) for text, expression in zip(texts, marked, strict=True)
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
