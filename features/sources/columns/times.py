"""Read texts as times: ISO 8601, or the format that a mapping states; what is ambiguous is never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import polars as pl

from features.parcel.schema import TIME

_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_NAIVE_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY = "%Y-%m-%d"
_YEAR_AND_TIME = r"(?P<year>(?:19|20)\d{2})(?:[ T]+(?P<time>\d{1,2}:\d{2})(?::\d{2})?)?$"
_ORDERED = r"^(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})[./-]" + _YEAR_AND_TIME
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:(?:r?uary)|ch|il|e|y|ust|t|(?:t?em|o|em)?ber)?"
_NAMED = (
    rf"(?i)^(?P<day>\d{{1,2}})[ ./-]+{_MONTH}[ .,/-]+{_YEAR_AND_TIME}",
    rf"(?i)^{_MONTH}[ ./-]+(?P<day>\d{{1,2}})[ ,./-]+{_YEAR_AND_TIME}",
)
HAS_ZONE = r"[0-9][Zz]$|[+-][0-9]{2}:?[0-9]{0,2}$"
"""End of a time with a zone. A date alone ends like one, and so counts only behind a time of day."""


def read_times(text: pl.Series, form: str | None, zone: str) -> pl.Series:
    """Times in UTC, null where a text is none; those without zone are read in `zone`."""
    return _showable(_by_form(text, form, zone) if form is not None else _by_any_form(text, zone))


def _showable(times: pl.Series) -> pl.Series:
    """Times that a clock in UTC can show: near the ends of the calendar another zone has times that it has not."""
    return times.set(~times.is_between(_FIRST, _LAST), None)


def _by_any_form(text: pl.Series, zone: str) -> pl.Series:
    aware = [pl.col("text").str.to_datetime(one, strict=False, time_unit="us").cast(TIME) for one in _FORMATS]
    naive = [pl.col("text").str.to_datetime(one, strict=False, time_unit="us") for one in _NAIVE_FORMATS]
    day = pl.col("text").str.to_date(_DAY, strict=False).cast(pl.Datetime("us"))
    times = _first_that_reads(text, [*aware, *(_in_zone(local, zone) for local in (*naive, day))])
    return times if times.null_count() == text.null_count() else _with_year_behind(text, times, zone)


def _with_year_behind(text: pl.Series, times: pl.Series, zone: str) -> pl.Series:
    """Times with those that end with the year, where the name of the month or other dates show which is the day."""
    left = text.set(times.is_not_null(), None)
    written = pl.DataFrame([_ordered(left).alias("0"), *(_named(left, form).alias(form) for form in _NAMED)])
    iso = pl.coalesce(pl.all()).str.to_datetime("%Y-%m-%d %H:%M", strict=False, time_unit="us")
    return times.zip_with(times.is_not_null(), written.select(_in_zone(iso, zone)).to_series())


def _ordered(text: pl.Series) -> pl.Series:
    """Dates of digits alone; of those with one mark, such as a slash, some must show whether the day goes first."""
    parts = text.str.extract_groups(_ORDERED).struct.unnest()
    first, second, mark = pl.col("first").cast(pl.Int64), pl.col("second").cast(pl.Int64), pl.col("mark")
    has_day_first = (first > 12).any().over("mark") | (mark == ".")
    has_month_first = (second > 12).any().over("mark")
    day, month = (
        pl.when(has_day_first).then(first).otherwise(second),
        pl.when(has_day_first).then(second).otherwise(first),
    )
    return parts.select(pl.when(has_day_first != has_month_first).then(_iso("year", month, day))).to_series()


def _named(text: pl.Series, form: str) -> pl.Series:
    """Dates with the English name of the month."""
    parts = text.str.extract_groups(form).struct.unnest()
    numbers = dict(zip(_MONTHS, range(1, 13), strict=True))
    month = pl.col("month").str.to_lowercase().replace_strict(numbers, default=None)
    return parts.select(_iso("year", month, "day")).to_series()


def _iso(*date: str | pl.Expr) -> pl.Expr:
    return pl.format("{}-{}-{} {}", *date, pl.col("time").fill_null("00:00"))


def may_have_month_first(text: str) -> bool:
    """Whether a text is a date of digits alone, whose first number may be the day or the month."""
    return re.match(_ORDERED, text) is not None


def lack_zone(text: pl.Series, form: str | None) -> pl.Series:
    """Whether the time that a text gives is without zone."""
    if form is not None:
        return pl.Series([not any(mark in form for mark in ("%z", "%#z", "%:z", "%s", "Z"))]).new_from_index(
            0, len(text)
        )
    return ~(text.str.contains(":", literal=True) & text.str.contains(HAS_ZONE))


def _first_that_reads(text: pl.Series, forms: list[pl.Expr]) -> pl.Series:
    """Try one form after the other, as long as a text is left that none has read; most files keep to one."""
    frame = text.alias("text").to_frame().with_columns(pl.lit(None, dtype=TIME).alias("time"))
    for form in forms:
        if frame["time"].null_count() == text.null_count():
            break
        frame = frame.with_columns(pl.coalesce("time", form).alias("time"))
    return frame["time"]


def _in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    aware = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def _by_form(text: pl.Series, form: str, zone: str) -> pl.Series:
    if "%z" in form or "%#z" in form or "%:z" in form:
        return text.str.to_datetime(form, strict=False, time_unit="us").cast(TIME)
    has_time = any(mark in form for mark in ("%H", "%I", "%T", "%s"))
    local = (
        text.str.to_datetime(form, strict=False, time_unit="us")
        if has_time
        else text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    )
    return local.to_frame("t").select(_in_zone(pl.col("t"), zone)).to_series()
