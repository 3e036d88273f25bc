"""Read texts as times: ISO 8601, or the format that a mapping states; what is ambiguous is never guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from features.parcel.schema import TIME
from features.sources.columns.dates import in_iso

_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z")
_NAIVE_FORMATS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY = "%Y-%m-%d"
_YEAR_FIRST = "^[0-9]{4}-"
HAS_ZONE = r"[0-9][Zz]$|[+-][0-9]{2}:?[0-9]{0,2}$"
"""End of a time with a zone. A date alone ends like one, and so counts only behind a time of day."""


def read_times(text: pl.Series, form: str | None, zone: str) -> pl.Series:
    """Times in UTC, null where a text is none; those without zone are read in `zone`."""
    return read_spelled(text, form, zone)[0]


def read_spelled(text: pl.Series, form: str | None, zone: str) -> tuple[pl.Series, pl.Series]:
    """Times as `read_times` reads them, and the texts with those that are spelled otherwise in ISO 8601."""
    if form is not None:
        return _showable(_by_form(text, form, zone)), text
    times = _iso_times(text, zone)
    if times.null_count() == text.null_count():
        return times, text
    spelled = in_iso(text.set(times.is_not_null(), None).drop_nulls().unique(maintain_order=True))
    if not spelled:
        return times, text
    text = text.replace(list(spelled), list(spelled.values()))
    return _iso_times(text, zone), text


def _showable(times: pl.Series) -> pl.Series:
    """Times that a clock in UTC can show: near the ends of the calendar another zone has times that it has not."""
    return times.set(~times.is_between(_FIRST, _LAST), None)


def _iso_times(text: pl.Series, zone: str) -> pl.Series:
    text = text.set(~text.str.contains(_YEAR_FIRST), None)  # else 02-11-26 would be in the year 2
    aware = [pl.col("text").str.to_datetime(one, strict=False, time_unit="us").cast(TIME) for one in _FORMATS]
    naive = [pl.col("text").str.to_datetime(one, strict=False, time_unit="us") for one in _NAIVE_FORMATS]
    day = pl.col("text").str.to_date(_DAY, strict=False).cast(pl.Datetime("us"))
    return _showable(_first_that_reads(text, [*aware, *(_in_zone(local, zone) for local in (*naive, day))]))


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
