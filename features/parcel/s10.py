"""S10 item identifiers: two letters, eight digits, a check digit, the ISO country of the post (UPU S10)."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import numpy as np
import polars as pl

_FORM = r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$"
_WHOLE = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_OTHERWISE = {10: 0, 11: 5}
_DIGITS = pl.Series([_OTHERWISE.get(11 - rest, 11 - rest) for rest in range(11)], dtype=pl.Int64)
"""Check digit by the remainder of the weighted sum."""


def check_digit(serial: str) -> int:
    """Return the check digit of an eight-digit serial number: 11 - (weighted sum mod 11), where 10 is 0 and 11 is 5."""
    rest = 11 - sum([weight * int(digit) for weight, digit in zip(_WEIGHTS, serial, strict=True)]) % 11
    return _OTHERWISE.get(rest, rest)


@lru_cache(maxsize=1_000)  # six rules and keys ask about one number
def is_s10(text: str) -> bool:
    """Whether an identifier looks like S10; the check digit is not looked at."""
    return _WHOLE.fullmatch(text) is not None


def country_of_s10(text: str) -> str | None:
    """Country suffix of an S10 identifier; None for any other form."""
    return text[11:] if is_s10(text) else None


def has_s10_form(parcel_id: pl.Expr) -> pl.Expr:
    """True where the identifier looks like S10; the check digit is not looked at."""
    return parcel_id.str.contains(_FORM)


def s10_country(parcel_id: pl.Expr) -> pl.Expr:
    """Country suffix of an S10 identifier; null for any other form."""
    return pl.when(has_s10_form(parcel_id)).then(parcel_id.str.slice(11, 2))


@cache
def _sums(weights: tuple[int, ...]) -> pl.Series:
    """Weighted sum of the digits of every number of four digits: looked up, because dividing takes Polars long."""
    digits = np.indices((10,) * len(weights)).reshape(len(weights), -1)
    return pl.Series(np.array(weights) @ digits, dtype=pl.Int64)


def check_digit_is_wrong(text: str) -> bool:
    """Whether the ninth digit of an S10 identifier is not the check digit of the first eight; False for other forms."""
    return is_s10(text) and check_digit(text[2:10]) != int(text[10])


def has_wrong_check_digit(parcel_id: pl.Expr) -> pl.Expr:
    """Column of `check_digit_is_wrong`."""
    number = pl.when(has_s10_form(parcel_id)).then(parcel_id.str.slice(2, 9)).cast(pl.Int64)
    first, last = (pl.lit(_sums(weights)) for weights in (_WEIGHTS[:4], _WEIGHTS[4:]))
    weighted = first.gather(number // 100_000) + last.gather(number // 10 % 10_000)
    return pl.lit(_DIGITS).gather(weighted % 11).ne(number % 10)
