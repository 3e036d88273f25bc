"""Whether a phone number can exist, column by column, from the numbering plans of the phonenumbers package."""

from __future__ import annotations

from functools import cache

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_SHORTEST_NATIONAL, _LONGEST_E164 = 4, 15
_TRUNK = 1
"""A national number may be written with a trunk digit in front, and often is with the 0 left standing behind +."""


def phone_is_impossible(phone: pl.Expr, country: pl.Expr) -> pl.Expr:
    """True where the digits fit no number: unknown calling code, or a length that the country's plan does not have."""
    digits = phone.str.replace_all(r"[^0-9]", "")
    is_international = phone.str.contains(r"^\s*(?:\+|00)")
    bare = pl.when(phone.str.contains(r"^\s*00")).then(digits.str.slice(2)).otherwise(digits)
    length = digits.str.len_chars()
    longest = country.replace_strict(_longest(), default=_LONGEST_E164, return_dtype=pl.UInt32) + _TRUNK
    wrong_code = ~pl.any_horizontal(bare.str.slice(0, n).is_in(_calling_codes()) for n in (1, 2, 3))
    too_long = bare.str.len_chars() > _LONGEST_E164
    has_letters = phone.str.contains(r"[A-Za-z]{4,}")
    return (
        pl.when(is_international)
        .then(wrong_code | too_long | (bare.str.len_chars() < _SHORTEST_NATIONAL + 2))
        .otherwise((length < _SHORTEST_NATIONAL) | ((length > longest) & (length > _LONGEST_E164 - 3)))
        | has_letters
    )


@cache
def _calling_codes() -> list[str]:
    return [str(code) for code in COUNTRY_CODE_TO_REGION_CODE]


@cache
def _longest() -> dict[str, int]:
    """Longest national number of each country."""
    plans = {
        region: PhoneMetadata.metadata_for_region(region, None)
        for regions in COUNTRY_CODE_TO_REGION_CODE.values()
        for region in regions
    }
    return {
        region: max(plan.general_desc.possible_length)
        for region, plan in plans.items()
        if plan is not None and plan.general_desc is not None and plan.general_desc.possible_length and len(region) == 2
    }
