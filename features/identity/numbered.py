"""Accounts and tax numbers: in one form, and none of those that stand for a platform or for nobody."""

from __future__ import annotations

import re
from functools import lru_cache

from features.identity.tables import words
from features.identity.texts import normalise

# Numbers under which a marketplace declares for all of its sellers: IOSS (EU), VOEC (Norway), ARN (Australia).
_PLATFORM = re.compile(r"(?:ioss)?im[0-9]{10}|voec[0-9]{7}|(?:gst)?arn[0-9]{12}")
_LABELS = words(
    "vat ust ustid ustidnr idnr vatno id nr no tin eori nif cif piva p iva cf btw tva gst gstin kvk siret siren mwst "
    "uid inn tax number"
)
_VAT_PREFIXES = words(
    "AT BE BG CY CZ DE DK EE EL ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI CHE NO IN BR"
)
_SAME_COUNTRY = {"EL": "GR", "XI": "GB", "CHE": "CH"}
_PREFIXED = re.compile(r"([a-z]{2,3})([0-9a-z]*[0-9][0-9a-z]*)")
_SWISS_END = re.compile(r"(?<=[0-9])(mwst|tva|iva|hr)$")
_LONG = 5
_LENGTHS = {"BE": 10, "GR": 9}
"""Numbers whose zeros in front are often left out."""
_NOTHING = words(
    "none na no nil null unknown unbekannt guest test anonymous keine kein xxx default private privat cash "
    "notapplicable notavailable individual consumer customer exempt pending"
)


@lru_cache(maxsize=50_000)
def account_of(text: str | None) -> str:
    """Account in small letters and digits; "" where it stands for nobody or for a platform."""
    bare = normalise(text).replace(" ", "")
    return "" if bare in _NOTHING or not bare.strip("0x") or _PLATFORM.fullmatch(bare) else bare


@lru_cache(maxsize=50_000)
def tax_number_of(text: str | None, country: str | None) -> str:
    """Tax number behind its country, without blanks, dots and labels; "" where it stands for nobody or for a platform.

    ``BE 0123.456.789`` and ``0123456789`` of a party in Belgium are one.
    """
    spelled = normalise(text).split()
    while len(spelled) > 1 and spelled[0] in _LABELS:
        spelled.pop(0)
    bare = "".join(spelled)
    if _PLATFORM.fullmatch(bare) or _is_dummy(bare):
        return ""
    found = _PREFIXED.fullmatch(bare)
    of, prefix = country or "", found[1].upper() if found else ""
    if found and (prefix in _VAT_PREFIXES or prefix == of):
        of, bare = _SAME_COUNTRY.get(prefix, prefix), found[2]
    elif found and prefix[:2] in _VAT_PREFIXES | {of} and prefix != "CHE":
        of, bare = _SAME_COUNTRY.get(prefix[:2], prefix[:2]), prefix[2:].lower() + found[2]
    if of == "CH":
        bare = _SWISS_END.sub("", bare)
    bare = bare.zfill(_LENGTHS.get(of, 0))
    return f"{of}|{bare}"


def _is_dummy(bare: str) -> bool:
    """Whether a number has no digit but zeros, or one digit at length; without any it is a long code, or no number."""
    digits = "".join(filter(str.isdigit, bare))
    if not digits:
        return len(bare) <= _LONG or bare in _NOTHING
    return not digits.strip("0") or (len(digits) >= _LONG and not digits.strip(digits[0]))
