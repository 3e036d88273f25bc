"""How well the manifest is filled in."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature
from features.parcel.flags import QUALITY_FLAGS


@feature(unit="flags", says="{value:.0f} doubts about the manifest's data")
def n_quality_flags() -> pl.Expr:
    """Number of data-quality flags raised by validation."""
    return pl.col(QUALITY_FLAGS).list.len().fill_null(0)


@feature(
    unit="yes/no",
    kind=Kind.YES_NO,
    says="sender or recipient is incomplete",
    says_not="sender and recipient are complete",
)
def party_is_incomplete() -> pl.Expr:
    """Whether sender or recipient has neither a number (account, tax) nor a name with an address."""
    flags = pl.col(QUALITY_FLAGS).fill_null([])
    return flags.list.contains("sender_incomplete") | flags.list.contains("recipient_incomplete")
