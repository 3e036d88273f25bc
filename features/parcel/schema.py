"""Polars schemas of the records, derived from the field declarations."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field, Kind

TIME = pl.Datetime("us", "UTC")
_DTYPES: dict[Kind, pl.DataType] = {
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.TIME: TIME,
    Kind.SHARE: pl.Float64(),
}


def schema_of(fields: Iterable[Field]) -> pl.Schema:
    """Schema of the record that `fields` declare."""
    return pl.Schema({field.name: _DTYPES[field.kind] for field in fields})


PIECE_SCHEMA = pl.Struct(schema_of(PIECE_FIELDS))
PARCEL_SCHEMA = pl.Schema({**schema_of(PARCEL_FIELDS), "pieces": pl.List(PIECE_SCHEMA)})
OUTCOME_SCHEMA = schema_of(OUTCOME_FIELDS)
LINE = "line"


def conform(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Bring `rows` to `schema` plus ``line``: add what is missing as null, drop nothing silently.

    Raises
    ------
    ValueError
        When `rows` has a column that the schema does not know.
    """
    unknown = [name for name in rows.columns if name not in schema and name != LINE]
    if unknown:
        raise ValueError(f"columns that the record does not have: {', '.join(unknown)}")
    lines = pl.col(LINE) if LINE in rows.columns else pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE)
    columns = [
        pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    ]
    return rows.select(lines.cast(pl.Int64), *columns)
