"""Units in which manifests give weights, lengths and money, as headers, mappings and messages name them."""

from __future__ import annotations

from features.parcel.field import Quantity

MINOR = "minor"
"""Unit of money in which payment systems write: yen, cents of a euro, thousandths of a dinar."""
DOLLARS = ("USD", "AUD", "CAD", "HKD", "NZD", "SGD", "TWD", "MXN")
"""Currencies that a bare dollar sign may mean."""
FACTOR: dict[Quantity, dict[str, float]] = {
    Quantity.MASS: {"g": 1, "kg": 1000, "mg": 0.001, "oz": 28.349523125, "lb": 453.59237},
    Quantity.LENGTH: {"mm": 1, "cm": 10, "m": 1000, "in": 25.4},
    Quantity.MONEY: {"cents": 1, "units": 100, MINOR: 1},
    Quantity.COUNT: {"": 1},
    Quantity.RATE: {"bp": 1, "percent": 100, "share": 10_000},
}
"""What one unit is in the unit of the record, by the names that headers and mappings use.

The minor unit of money is a hundredth in most currencies; in the others it is converted by `features.parcel.money`.
"""

_CODES: dict[Quantity, dict[float, str]] = {
    Quantity.MASS: {
        0.001: "MGM milligram milligrams milligramme milligrammes",
        0.01: "CGM cg centigram centigrams",
        0.1: "DG decigram decigrams",
        1: "GRM G GR GRS GM GMS gram grams gramme grammes gramm gramo gramos г гр 克",
        10: "DJ dag decagram decagrams",
        100: "HGM hg hectogram hectograms",
        500: "M86 pfund 斤",
        1000: "KGM KG KGS KILO KILOS K 58 E4 KGG KGN kilogram kilograms kilogramme kilogrammes kilogramm кг 千克 公斤",
        100_000: "DTN decitonne decitonnes quintal",
        1_000_000: "TNE T MT 2U tonne tonnes t",
        1_000_000_000: "KTN kilotonne kilotonnes",
        0.06479891: "GRN grain grains",
        0.2: "CTM carat carats",
        1.55517384: "DWT pennyweight",
        1.7718451953125: "DRA dram drams",
        28.349523125: "ONZ OZ OZS OZA ounce ounces unze unzen",
        31.1034768: "APZ ozt troy_ounce troy_ounces",
        373.2417216: "LBT troy_pound troy_pounds",
        453.59237: "LBR LB LBS L # pound pounds",
        6350.29318: "STI stone stones",
        45_359.237: "CWA cwt hundredweight",
        50_802.34544: "CWI",
        907_184.74: "STN short_ton short_tons",
        1_016_046.9088: "LTN long_ton long_tons",
    },
    Quantity.LENGTH: {
        0.001: "4H micrometre micrometer",
        1: "MMT MM millimetre millimetres millimeter millimeters мм 毫米",
        10: "CMT CM centimetre centimetres centimeter centimeters см 厘米",
        100: "DMT DM decimetre decimetres decimeter decimeters",
        1000: "MTR M MTS metre metres meter meters м 米",
        25.4: 'INH IN INS inch inches "',
        304.8: "FOT FT foot feet",
        914.4: "YRD YD yard yards",
    },
}
"""Codes of UN/ECE Recommendation 20 (first), of IATA (K, L), and what couriers write instead.

A word that means several units is not there: "ton" is short, long or metric.
"""


def _by_word(codes: dict[float, str]) -> dict[str, float]:
    return {tidy_unit(word): factor for factor, words in codes.items() for word in words.split()}


def tidy_unit(text: str) -> str:
    """A unit as the table spells it: in small letters, without blanks around it and without a point behind it."""
    return text.strip().rstrip(".").casefold().replace(" ", "_")


UNIT_CODES: dict[Quantity, dict[str, float]] = {quantity: _by_word(codes) for quantity, codes in _CODES.items()}
"""What one unit is in the unit of the record, by code or word as `tidy_unit` spells it."""


def unit_factor(text: str, quantity: Quantity) -> float | None:
    """What one unit of this code or word is in the unit of the record; None where it is not known."""
    tidy = tidy_unit(text)
    return UNIT_CODES.get(quantity, {}).get(tidy, FACTOR[quantity].get(tidy))
