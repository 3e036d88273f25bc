"""When the manifest came, against the clock and against the parcel."""

from __future__ import annotations

import math

from features.declared.declare import Kind, feature, yes_no
from features.declared.scalar import NAN, hours_between, is_above, yes

SOURCE = "manifest: times of posting, lodging and arrival"
"""Where these features come from, for the docs."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAY_S = 86_400.0


def hour_of(at_s: float) -> float:
    """Hour of the day, 0 to 23."""
    return at_s // 3_600.0 % 24.0


def weekday_of(at_s: float) -> float:
    """Day of the week, 0 for Monday; 1970 began on a Thursday."""
    return (at_s // _DAY_S + 3.0) % 7.0


@feature(unit="h", says="the parcel was lodged about {value:.0f}:00 UTC")
def hour_of_day(known_at_s: float) -> float:
    """Hour of the day (UTC, 0 to 23) at which the manifest became known."""
    return hour_of(known_at_s)


@feature(
    unit="h",
    says="the manifest was lodged {value:.0f} hours after posting",
    says_missing="the time of posting is not given",
)
def lodged_after_posting_h(posted_at_us: float, lodged_at_us: float) -> float:
    """Hours from posting to lodging, negative when lodged before. Missing when either time is missing."""
    return hours_between(posted_at_us, lodged_at_us)


@feature(
    unit="h",
    says="the manifest was lodged {value:.0f} hours before arrival",
    says_missing="the time of arrival is not given",
)
def lodged_before_due_h(lodged_at_us: float, due_at_us: float) -> float:
    """Hours from lodging to expected arrival, negative when lodged after it. Missing when either is missing."""
    return hours_between(lodged_at_us, due_at_us)


@feature(unit="code", kind=Kind.CATEGORY, says="the parcel was lodged on a {value}", labels=WEEKDAYS)
def weekday(known_at_s: float) -> float:
    """Day of the week (UTC) on which the manifest became known."""
    return weekday_of(known_at_s)


@yes_no("the parcel was lodged at night, between 22:00 and 5:00 UTC", "the parcel was not lodged at night")
def lodged_at_night(known_at_s: float) -> float:
    """Whether the manifest became known between 22 and 5 o'clock UTC."""
    hour = hour_of(known_at_s)
    return NAN if math.isnan(hour) else yes(hour >= 22.0 or hour < 5.0)


@feature(
    unit="code",
    kind=Kind.CATEGORY,
    says="the parcel was posted on a {value}",
    says_missing="the time of posting is not given",
    labels=WEEKDAYS,
)
def posted_weekday(posted_at_us: float) -> float:
    """Day of the week (UTC) of posting. Missing when the time of posting is missing."""
    return weekday_of(posted_at_us // 1e6)


@yes_no("only the day of posting is given", "the hour of posting is given", "the time of posting is not given")
def posted_without_hour(posted_at_us: float) -> float:
    """Whether the time of posting is midnight exactly: a day without an hour. Missing when it is missing."""
    return is_above(1e6, posted_at_us % (_DAY_S * 1e6))


@feature(
    unit="h", says="posting and arrival are {value:.0f} hours apart", says_missing="posting or arrival is not given"
)
def transit_time_h(posted_at_us: float, due_at_us: float) -> float:
    """Hours from posting to expected arrival. Missing when either is missing."""
    return hours_between(posted_at_us, due_at_us)


@yes_no(
    "the parcel was lodged after it was due",
    "the parcel was lodged before it was due",
    "the time of arrival is not given",
)
def lodged_after_arrival(lodged_at_us: float, due_at_us: float) -> float:
    """Whether the manifest was lodged after the expected arrival. Missing when either time is missing."""
    return is_above(lodged_at_us, due_at_us)
