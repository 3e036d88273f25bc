"""Check digits: each function says whether the last character of a number is the one that the others ask for."""

from __future__ import annotations

from features.parcel.s10 import check_digit

_BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODES_OF_LETTERS = 63  # UPS counts A as 2


def s10(number: str) -> bool:
    """Modulo 11 with weights 8 6 4 2 3 5 9 7 over the eight digits of the serial number (UPU S10)."""
    return check_digit(number[2:10]) == int(number[10])


def gs1(number: str) -> bool:
    """Modulo 10 with weights 3 and 1 from the right (GS1 General Specifications, section 7.9)."""
    return _weighted(number[:-1], 3, 1) == int(number[-1])


def gls(number: str) -> bool:
    """As GS1, with one added to the sum."""
    return _weighted(number[:-1], 3, 1, more=1) == int(number[-1])


def deutsche_post(number: str) -> bool:
    """Modulo 10 with weights 4 and 9 from the right (identcode and leitcode of Deutsche Post)."""
    return _weighted(number[:-1], 4, 9) == int(number[-1])


def _weighted(digits: str, last: int, other: int, more: int = 0) -> int:
    total = last * sum(map(int, digits[-1::-2])) + other * sum(map(int, digits[-2::-2]))
    return -(total + more) % 10


def usps_20(number: str) -> bool:
    """As GS1, over the twenty digits or with the application identifier 91 in front (USPS)."""
    return gs1(number) or gs1("91" + number)


def ups(number: str) -> bool:
    """Modulo 10 with weights 1 and 2 behind ``1Z``; letters count A as 2, B as 3 and so on."""
    values = [int(one) if one.isdigit() else (ord(one) - _CODES_OF_LETTERS) % 10 for one in number[2:]]
    return -(sum(values[0:15:2]) + 2 * sum(values[1:15:2])) % 10 == values[15]


def fedex(number: str) -> bool:
    """Modulo 11, then 10, with weights 1 3 7 from the right (FedEx Express)."""
    total = sum(int(digit) * (1, 3, 7)[place % 3] for place, digit in enumerate(reversed(number[:-1])))
    return total % 11 % 10 == int(number[-1])


def modulo_7(number: str) -> bool:
    """Remainder of the other digits by 7 (DHL Express waybills)."""
    return int(number[:-1]) % 7 == int(number[-1])


def air_waybill(number: str) -> bool:
    """Remainder by 7 of the seven digits behind the airline's prefix (IATA resolution 600a)."""
    return int(number[3:10]) % 7 == int(number[10])


def iso_7064(number: str) -> bool:
    """Modulo 37, 36 over digits and letters (ISO/IEC 7064), as DPD uses it."""
    rest = 36
    for one in number[:-1]:
        total = rest + _BASE_36.index(one)
        rest = 2 * (total % 36 or 36) % 37
    return (rest + _BASE_36.index(number[-1])) % 36 == 1
