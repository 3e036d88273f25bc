"""When the manifest came, against the clock and against the parcel."""

from __future__ import annotations

import polars as pl

from features.declared.declare import feature
from features.declared.expressions import hours


@feature(unit="h", says="lodged at {value:.0f} o'clock UTC")
def hour_of_day() -> pl.Expr:
    """Hour of the day (UTC, 0 to 23) at which the manifest became known."""
    return pl.col("known_at").dt.hour()


@feature(unit="h", says="manifest lodged {value:.0f} hours after posting", says_missing="time of posting not given")
def lodged_after_posting_h() -> pl.Expr:
    """Hours from posting to lodging, negative when lodged before. Missing when either time is missing."""
    return hours(pl.col("lodged_at") - pl.col("posted_at"))


@feature(unit="h", says="manifest lodged {value:.0f} hours before arrival", says_missing="time of arrival not given")
def lodged_before_due_h() -> pl.Expr:
    """Hours from lodging to expected arrival, negative when lodged after it. Missing when either is missing."""
    return hours(pl.col("due_at") - pl.col("lodged_at"))
