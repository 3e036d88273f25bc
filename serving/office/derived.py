"""Derivation of parcels one by one."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from features.event_rows import Row
from features.identity import IdentityKey, derive
from features.parcel.flags import QUALITY_FLAGS
from features.parcel.reference import Reference
from features.parcel.schema import PARCEL_SCHEMA

_SCHEMA = pl.Schema({**PARCEL_SCHEMA, QUALITY_FLAGS: pl.List(pl.String())})


def derived_rows(rows: Sequence[Row], key: IdentityKey, reference: Reference) -> list[Row]:
    """What may enter the log of validated parcels."""
    if not rows:
        return []
    table = pl.DataFrame([{name: row[name] for name in _SCHEMA} for row in rows], schema=_SCHEMA)
    return derive(table, key, reference=reference).to_dicts()
