"""GS1: serial shipping container codes, and strings of elements with application identifiers; licence plates of ISO."""

from __future__ import annotations

import re
from collections.abc import Iterator

from features.parcel.numbers import check_digits
from features.parcel.numbers.form import Form

SEPARATOR = "\x1d"
"""What a scanner delivers for the function character that ends an element."""
_GENERAL = "GS1 General Specifications"
_PRINTED = re.compile(r"\(([0-9]{2,4})\)([^()]*)")
_FIXED = {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, **{str(ai): 6 for ai in range(11, 20)}}
_FIXED |= {str(ai): 6 for ai in range(31, 37)} | {"41": 13}
"""Characters behind an application identifier whose element needs no separator, by its first two digits."""
_LENGTHS = {"0": 2, "1": 2, "20": 2, "21": 2, "22": 2, "23": 3, "24": 3, "25": 3, "30": 2, "37": 2, "3": 4, "4": 3}
_LENGTHS |= {"7": 4, "8": 4, "9": 2}
"""Digits of an application identifier, by how it begins."""
NUMBERS = ("00", "401", "402", "21", "10", "400", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99")
"""Application identifiers whose element may be the number of a parcel or a consignment, best first."""


def elements(text: str) -> Iterator[tuple[str, str]]:
    """Application identifier and value of each element, printed in brackets or as a scanner delivers them.

    It ends where something else begins.
    """
    printed = _PRINTED.findall(text)
    if printed:
        yield from printed
        return
    rest = text.lstrip(SEPARATOR)
    while rest[:2].isdecimal():
        length = _LENGTHS.get(rest[:2]) or _LENGTHS.get(rest[:1]) or 2
        identifier, rest = rest[:length], rest[length:]
        fixed = _FIXED.get(identifier[:2])
        value, rest = (rest[:fixed], rest[fixed:].lstrip(SEPARATOR)) if fixed else _variable(rest)
        yield identifier, value


def _variable(text: str) -> tuple[str, str]:
    value, _, rest = text.partition(SEPARATOR)
    return value, rest.lstrip(SEPARATOR)


FORMS: tuple[Form, ...] = (
    Form(
        name="sscc",
        carrier="GS1",
        says="00 and 18 digits, the serial shipping container code",
        pattern=re.compile(r"00[0-9]{18}"),
        example="00340433836442636597",
        source=f"{_GENERAL}, application identifier 00",
        is_right=lambda number: check_digits.gs1(number[2:]),
        is_certain=True,
        cores=lambda number: (number[2:],),
    ),
    Form(
        name="sscc_bare",
        carrier="GS1",
        says="18 digits, a serial shipping container code without its identifier",
        pattern=re.compile(r"[0-9]{18}"),
        example="340433836442636597",
        source=f"{_GENERAL}, section on SSCC",
        is_right=check_digits.gs1,
    ),
    Form(
        name="gsin",
        carrier="GS1",
        says="17 digits, the global shipment identification number",
        pattern=re.compile(r"[0-9]{17}"),
        example="95012345678902128",
        source=f"{_GENERAL}, application identifier 402",
        is_right=check_digits.gs1,
    ),
    Form(
        name="licence_plate",
        carrier="ISO/IEC 15459",
        says="J, 1J to 6J, agency of two letters, number",
        pattern=re.compile(r"[1-6]?J(?:UN|LE|OD|RH|LB|[KP-Z][A-Z])[0-9A-Z]{8,30}"),
        example="1JUN123456789A2345",
        source="ISO/IEC 15459-2, ANSI MH10.8.2",
        cores=lambda number: (number.partition("J")[2],),
    ),
    Form(
        name="air_waybill",
        carrier="airlines of IATA",
        says="11 digits: three of the airline, seven of the waybill, a check digit",
        pattern=re.compile(r"[0-9]{11}"),
        example="02081140743",
        source="IATA Resolution 600a",
        is_right=check_digits.air_waybill,
    ),
)
