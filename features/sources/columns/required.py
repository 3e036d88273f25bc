"""Reject rows of messages about movements and receptacles in which a required field is missing."""

from __future__ import annotations

import polars as pl

from features.parcel.numbers import lodged_numbers
from features.parcel.problems import Rejection
from features.parcel.schema import LINE
from features.sources.adapter import SCHEMAS, Batch, Content


def with_required(batch: Batch, content: Content, required: tuple[str, ...]) -> Batch:
    """Reject rows without a field in `required`; bring the others to the schema of `content`."""
    schema = SCHEMAS[content]
    full = batch.rows.select(
        LINE,
        *(
            pl.col(name) if name in batch.rows.columns else pl.lit(None, dtype=kind).alias(name)
            for name, kind in schema.items()
        ),
    )
    missing = [
        Rejection(line=line, field=name, code="required", reason="the field is missing.", remedy="Give it.")
        for name in required
        for line in full.filter(pl.col(name).is_null())[LINE]
    ]
    kept = full.filter(pl.all_horizontal(pl.col(name).is_not_null() for name in required))
    return Batch(**(vars(batch) | {"rows": lodged_numbers(kept), "rejections": (*batch.rejections, *missing)}))
