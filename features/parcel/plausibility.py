"""Flags of slips by a factor of ten, a hundred or a thousand: a unit taken for another, a decimal mark that was lost.

The bounds are those of goods that are sent, with room: what lies beyond them is a slip far more often than a parcel.
They mark and never change a value, since which of two figures is wrong cannot be known. Slips within the bounds show
only against what is usual on a lane, which validation does not know; features compare a parcel with its lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import polars as pl

from features.parcel.money import MINOR_DIGITS
from features.parcel.reference import Reference
from features.parcel.rule import Record, ValidationRule

LIGHTEST_G_PER_CM3, DENSEST_G_PER_CM3 = 0.004, 8.0
"""Pillows and packing foam have 0.02 g/cm3, a parcel of books 1, solid steel 7.8: a fifth of the first, and more than
steel without any air, come of sides in centimetres taken for millimetres, or of kilograms taken for grams."""
DEAREST_EUR_PER_G, CHEAPEST_EUR_PER_KG = 400.0, 0.01
"""Gold costs some 130 EUR a gram and watches up to 300; waste paper 0.10 EUR a kilogram. Goods of precious metal and
stones, art and medicines (chapters 71, 97 and 30) have no bound above."""
_BEYOND_PRICE = frozenset({"71", "97", "30"})
_ROOM = 1.001
"""For the last bits of a bound that is worked out in another order."""
_WHOLE_CURRENCIES = frozenset(code for code, digits in MINOR_DIGITS.items() if digits == 0)


def plausibility_rules(reference: Reference) -> Iterator[ValidationRule]:
    """Rules over weight and size, value and weight, value and currency; values at the newest rates."""
    yield ValidationRule(
        code="density_implausible",
        says="Weight and size do not fit: nothing that is sent is so light or so dense.",
        remedy="Check the units of weight, length, width and height.",
        example="340 kg in 250 x 180 x 40 mm",
        reads=("gross_weight_g", "length_mm", "width_mm", "height_mm"),
        broken=_density_is_impossible,
        needs="height_mm",
        suspects=_fit_badly(),
    )
    yield ValidationRule(
        code="value_per_kg_implausible",
        says="Value and weight of a piece do not fit: a unit or a decimal mark is probably wrong.",
        remedy="Check the units of value and net weight.",
        example="12,000.00 EUR for a gram",
        reads=("net_weight_g", "value_cents", "currency", "hs_code"),
        broken=partial(_value_is_impossible, reference),
        needs="net_weight_g",
        suspects=_costs_little_or_much(reference),
        in_pieces=True,
    )
    yield ValidationRule(
        code="minor_units",
        says="An amount of a currency without coins is no whole number: it was probably given in another unit.",
        remedy="Give value_cents in hundredths, whatever coins there are: 1,000 yen are 100000.",
        example="1,250 hundredths of JPY",
        reads=("currency", "value_cents"),
        broken=_is_probably_in_minor_units,
        needs="value_cents",
        suspects=pl.col("currency").is_in(sorted(_WHOLE_CURRENCIES)) & (pl.col("value_cents") % 100 != 0),
        in_pieces=True,
    )


def _density_is_impossible(parcel: Record) -> bool:
    weight, length = parcel["gross_weight_g"], parcel["length_mm"]
    width, height = parcel["width_mm"], parcel["height_mm"]
    if weight is None or length is None or width is None or height is None:
        return False
    cm3 = length * width * height / 1000
    return not LIGHTEST_G_PER_CM3 * cm3 <= weight <= DENSEST_G_PER_CM3 * cm3


def _fit_badly() -> pl.Expr:
    cm3 = pl.col("length_mm").cast(pl.Float64) * pl.col("width_mm") * pl.col("height_mm") / 1000
    return ~pl.col("gross_weight_g").is_between(LIGHTEST_G_PER_CM3 * cm3 * _ROOM, DENSEST_G_PER_CM3 * cm3 / _ROOM)


def _costs_little_or_much(reference: Reference) -> pl.Expr:
    units = pl.col("currency").fill_null("EUR").replace_strict(dict(reference.units_per_euro), default=None)
    per_g = pl.col("value_cents") / units / 100 / pl.col("net_weight_g")
    return ~per_g.is_between(CHEAPEST_EUR_PER_KG / 1000 * _ROOM, DEAREST_EUR_PER_G / _ROOM)


def _value_is_impossible(reference: Reference, piece: Record) -> bool:
    weight, cents = piece["net_weight_g"], piece["value_cents"]
    if weight is None or not cents:
        return False
    units = reference.units_per_euro.get(piece["currency"] or "EUR")
    if units is None:
        return False
    per_g = cents / units / 100 / weight
    code = piece["hs_code"]
    return per_g < CHEAPEST_EUR_PER_KG / 1000 or (
        per_g > DEAREST_EUR_PER_G and (code is None or code[:2] not in _BEYOND_PRICE)
    )


def _is_probably_in_minor_units(piece: Record) -> bool:
    cents = piece["value_cents"]
    return cents is not None and cents % 100 != 0 and piece["currency"] in _WHOLE_CURRENCIES
