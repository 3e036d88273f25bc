"""Numbers and times as a language writes them: the digits are those of the English text, only the signs differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal


@lru_cache(maxsize=4096)
def localised(written: str, locale: Locale) -> str:
    """A number as `format` wrote it, in the signs of a locale; what is no plain number stays as it is."""
    percent = written.endswith("%")
    digits = written.removesuffix("%")
    plain = digits.replace(",", "")
    if "e" in plain or not plain.lstrip("-").replace(".", "", 1).isdigit():
        return written
    decimals = len(plain.partition(".")[2])
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    said: str = format_decimal(Decimal(plain), format=pattern, locale=locale, group_separator="," in digits)
    return said + (locale.percent_formats[None].suffix[0] if percent else "")


def time_in(at: dt.datetime, locale: Locale) -> str:
    """A time, to the minute."""
    at = at.astimezone(dt.UTC)
    return f"{day_in(at.date(), locale)}, {at:%H:%M} UTC"


def day_in(on: dt.date, locale: Locale) -> str:
    """A day."""
    said: str = format_date(on, "medium", locale=locale)
    return said
