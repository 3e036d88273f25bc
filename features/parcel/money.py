"""What an amount of money means: hundredths of the main unit in the record, minor units where a sender says so.

The record gives every amount in hundredths of the currency's main unit, whatever coins the currency has: 1,000 yen are
100,000 and 1.250 Kuwaiti dinar are 125. The minor unit of a currency, in which payment systems write amounts, has no
digits behind the point in some currencies and three in others (ISO 4217).
"""

from __future__ import annotations

_NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF")
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
MINOR_DIGITS: dict[str, int] = {**dict.fromkeys(_NONE, 0), **dict.fromkeys(_THREE, 3)}
"""Digits of the minor unit behind the point where they are not two (ISO 4217, list one)."""
_USUAL_DIGITS = 2


def hundredths_of_minor(currency: str | None) -> float:
    """Hundredths of the main unit that one minor unit is; EUR without a currency."""
    return float(10 ** (_USUAL_DIGITS - MINOR_DIGITS.get(currency or "EUR", _USUAL_DIGITS)))
