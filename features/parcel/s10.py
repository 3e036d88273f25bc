"""S10 item identifiers: two letters, eight digits, a check digit, the ISO country of the post (UPU S10)."""

from __future__ import annotations

import re

import polars as pl

_FORM = r"^[A-Z]{2}[0-9]{9}[A-Z]{2}$"
_IS_S10 = re.compile(_FORM.strip("^$")).fullmatch
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def check_digit(serial: str) -> int:
    """Return the check digit of an eight-digit serial number: 11 - (weighted sum mod 11), where 10 is 0 and 11 is 5."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def has_s10_form(parcel_id: pl.Expr) -> pl.Expr:
    """True where the identifier looks like S10; the check digit is not looked at."""
    return parcel_id.str.contains(_FORM)


def is_s10(parcel_id: str) -> bool:
    """Whether the identifier looks like S10; the check digit is not looked at."""
    return _IS_S10(parcel_id) is not None


def country_of_s10(parcel_id: str) -> str | None:
    """Country suffix of an S10 identifier; None for any other form."""
    return parcel_id[11:] if is_s10(parcel_id) else None


def s10_country(parcel_id: pl.Expr) -> pl.Expr:
    """Country suffix of an S10 identifier; null for any other form."""
    return pl.when(has_s10_form(parcel_id)).then(parcel_id.str.slice(11, 2))


def s10_check_digit_is_wrong(parcel_id: pl.Expr) -> pl.Expr:
    """True where the ninth digit is not the check digit of the first eight; null where the form is not S10."""
    digit = [parcel_id.str.slice(2 + position, 1).cast(pl.Int64, strict=False) for position in range(9)]
    rest = 11 - pl.sum_horizontal([weight * digit[position] for position, weight in enumerate(_WEIGHTS)]) % 11
    expected = pl.when(rest == 10).then(0).when(rest == 11).then(5).otherwise(rest)
    return pl.when(has_s10_form(parcel_id)).then(digit[8] != expected)


def tidy_parcel_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Trim identifiers; write those of S10 form (printed ``RB 473124829 US``) without blanks, in capitals."""
    trimmed = pl.col("parcel_id").str.strip_chars()
    compact = trimmed.str.replace_all(" ", "", literal=True).str.to_uppercase()
    return rows.with_columns(pl.when(has_s10_form(compact)).then(compact).otherwise(trimmed).alias("parcel_id"))
