"""When the manifest came, against the clock and against the parcel."""

from __future__ import annotations

import polars as pl

from features.declared.declare import Kind, feature, yes_no
from features.declared.expressions import hours

SOURCE = "manifest: times of posting, lodging and arrival"
"""Where these features come from, for the docs."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_KNOWN, _POSTED, _LODGED, _DUE = (pl.col(name) for name in ("known_at", "posted_at", "lodged_at", "due_at"))


@feature(unit="h", says="the parcel was lodged at {value:.0f} o'clock UTC")
def hour_of_day() -> pl.Expr:
    """Hour of the day (UTC, 0 to 23) at which the manifest became known."""
    return _KNOWN.dt.hour()


@feature(
    unit="h", says="the manifest was lodged {value:.0f} hours after posting", says_missing="time of posting not given"
)
def lodged_after_posting_h() -> pl.Expr:
    """Hours from posting to lodging, negative when lodged before. Missing when either time is missing."""
    return hours(_LODGED - _POSTED)


@feature(
    unit="h", says="the manifest was lodged {value:.0f} hours before arrival", says_missing="time of arrival not given"
)
def lodged_before_due_h() -> pl.Expr:
    """Hours from lodging to expected arrival, negative when lodged after it. Missing when either is missing."""
    return hours(_DUE - _LODGED)


@feature(unit="code", kind=Kind.CATEGORY, says="the parcel was lodged on a {value}", labels=WEEKDAYS)
def weekday() -> pl.Expr:
    """Day of the week (UTC) on which the manifest became known."""
    return _KNOWN.dt.weekday() - 1


@yes_no("the parcel was lodged at night, between 22 and 5 o'clock UTC", "the parcel was not lodged at night")
def lodged_at_night() -> pl.Expr:
    """Whether the manifest became known between 22 and 5 o'clock UTC."""
    return (_KNOWN.dt.hour() >= 22) | (_KNOWN.dt.hour() < 5)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel was posted on a {value}",
    says_missing="time of posting not given",
    labels=WEEKDAYS,
)
def posted_weekday() -> pl.Expr:
    """Day of the week (UTC) of posting. Missing when the time of posting is missing."""
    return _POSTED.dt.weekday() - 1


@yes_no("only the day of posting is given", "the hour of posting is given", "time of posting not given")
def posted_without_hour() -> pl.Expr:
    """Whether the time of posting is midnight exactly: a day without an hour. Missing when it is missing."""
    return (_POSTED.dt.hour() == 0) & (_POSTED.dt.minute() == 0) & (_POSTED.dt.second() == 0)


@feature(unit="h", says="{value:.0f} hours from posting to arrival", says_missing="posting or arrival not given")
def transit_time_h() -> pl.Expr:
    """Hours from posting to expected arrival. Missing when either is missing."""
    return hours(_DUE - _POSTED)


@yes_no(
    "the parcel was lodged after it was due", "the parcel was lodged before it was due", "time of arrival not given"
)
def lodged_after_arrival() -> pl.Expr:
    """Whether the manifest was lodged after the expected arrival. Missing when either time is missing."""
    return _LODGED > _DUE
