"""Values of the record as texts that other programs read: times, cells of a spreadsheet, objects without nulls."""

from __future__ import annotations

from typing import Any

import polars as pl

from features.parcel.schema import TIME

FORMULA = r"^(?:[=@']|[+\-](?:.*[^0-9 ().\-/].*|$))"
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
