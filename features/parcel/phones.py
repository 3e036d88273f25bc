"""Whether a phone number can exist, from the numbering plans of the phonenumbers package."""

from __future__ import annotations

import re
from functools import cache

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata

from features.parcel.blanks import BLANKS

_SHORTEST_NATIONAL, _LONGEST_E164 = 4, 15
_TRUNK = 1
"""A national number may be written with a trunk digit in front, and often is with the 0 left standing behind +."""
_NO_DIGIT = re.compile(r"[^0-9]")
_WORD = re.compile(r"[A-Za-z]{4,}")
_CALLING_CODES = frozenset(str(code) for code in COUNTRY_CODE_TO_REGION_CODE)


def phone_is_impossible(phone: str, country: str | None) -> bool:
    """True where the digits fit no number: unknown calling code, or a length that the country's plan does not have."""
    if _WORD.search(phone):
        return True
    digits, begun = _NO_DIGIT.sub("", phone), phone.lstrip(BLANKS)
    if begun.startswith(("+", "00")):
        bare = digits[2:] if begun.startswith("00") else digits
        known = _CALLING_CODES.intersection((bare[:1], bare[:2], bare[:3]))
        return not known or not _SHORTEST_NATIONAL + 2 <= len(bare) <= _LONGEST_E164
    longest = _longest(country or "") + _TRUNK
    return len(digits) < _SHORTEST_NATIONAL or len(digits) > max(longest, _LONGEST_E164 - 3)


def may_be_impossible(phone: pl.Expr) -> pl.Expr:
    """Column that is true where `phone_is_impossible` has to be asked: not for a calling code and enough digits."""
    is_international = phone.str.contains(rf"^\+(?:{'|'.join(sorted(_CALLING_CODES))})")
    n_digits = phone.str.count_matches("[0-9]")
    is_sound = n_digits.is_between(_SHORTEST_NATIONAL + 2, _LONGEST_E164) & ~phone.str.contains(_WORD.pattern)
    return ~(is_international & is_sound)


@cache
def _longest(country: str) -> int:
    """Digits of the longest national number of a country; of any number where it has no plan."""
    plan = PhoneMetadata.metadata_for_region(country, None) if country in SUPPORTED_REGIONS else None
    lengths = plan.general_desc.possible_length if plan is not None and plan.general_desc is not None else ()
    return max(lengths) if lengths else _LONGEST_E164
