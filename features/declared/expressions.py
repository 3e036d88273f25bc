"""Words shared by feature declarations: units, ratios, codes.

Never divide a column by a number: Polars multiplies long columns by its reciprocal and divides short ones, which differ
in the last bit, so a parcel scored alone would get another row than in a replay. Multiply instead.
"""

from __future__ import annotations

from string import ascii_uppercase

import polars as pl

COUNTRIES = tuple(first + second for first in ascii_uppercase for second in ascii_uppercase)
"""All two-letter combinations in order: the code of a country needs no list and never changes."""
_COUNTRY_CODE = {country: code for code, country in enumerate(COUNTRIES)}


def eur(cents: pl.Expr) -> pl.Expr:
    """Euro cents as euro."""
    return cents * 0.01


def kilograms(grams: pl.Expr) -> pl.Expr:
    """Grams as kilograms."""
    return grams * 0.001


def hours(duration: pl.Expr) -> pl.Expr:
    """A duration in hours."""
    return duration.dt.total_seconds() * (1.0 / 3600.0)


def positive(value: pl.Expr) -> pl.Expr:
    """Null instead of zero or less: safe to divide by."""
    return pl.when(value > 0).then(value)


def country_code(country: pl.Expr) -> pl.Expr:
    """Place of an ISO country in ``COUNTRIES``."""
    return country.replace_strict(_COUNTRY_CODE, default=None, return_dtype=pl.Int64)


def code_of(choice: pl.Expr, choices: tuple[str, ...]) -> pl.Expr:
    """Place of a text among `choices`; null for any other."""
    return choice.replace_strict({text: code for code, text in enumerate(choices)}, default=None, return_dtype=pl.Int64)


def differs(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """True where both are given and not the same; null where one is missing."""
    return left != right
