"""Parcels of the API as a table."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel

from features.parcel.schema import LINE, PARCEL_SCHEMA


def table_of(parcels: list[BaseModel]) -> pl.DataFrame:
    """Rows of the record with ``line`` counted from 1."""
    rows = [{LINE: line, **parcel.model_dump()} for line, parcel in enumerate(parcels, start=1)]
    return pl.DataFrame(rows, schema={LINE: pl.Int64(), **PARCEL_SCHEMA})
