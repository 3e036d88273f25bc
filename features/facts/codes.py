"""Numbers for texts that are codes: choices, countries, HS codes, item numbers, quality flags.

A choice is its place in a list; the number behind the last stands for any other text, so that a text which is not
listed is not taken for a missing one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from string import ascii_uppercase
from zlib import crc32

from features.parcel.life_flags import CONTRADICTIONS, OF_OTHERS
from features.parcel.s10 import is_s10

NAN = math.nan
Numbers = tuple[float, ...]

COUNTRIES = tuple(first + second for first in ascii_uppercase for second in ascii_uppercase)
"""All two-letter combinations in order: the code of a country needs no list and never changes."""
_COUNTRY_CODE = {country: float(code) for code, country in enumerate(COUNTRIES)}
_FIRST_CHARACTER = 2**21  # above every character

PACKAGINGS = ("envelope", "bag", "box", "tube")
ANONYMOUS_PAYMENTS = ("cash", "stamps")
SERVICES = ("E", "C", "R", "V", "L", "M", "Q", "U", "H")
"""First letters of S10 identifiers that name a service (UPU S10)."""
_OTHER_SERVICE = float(len(SERVICES))
_SERVICE_CODE = {letter: float(code) for code, letter in enumerate(SERVICES)}

FLAGS = (
    "sender_incomplete",
    "recipient_incomplete",
    "contents_missing",
    "value_missing",
    "currency_assumed",
    "weight_missing",
    "net_above_gross",
    "s10_check_digit",
    *CONTRADICTIONS,
)
"""Data-quality flags that features read one by one."""

N_SHORT_NUMBERS = 100
"""Codes of one or two digits are their own number."""
N_CODES = 1_000
"""Numbers of codes without a list: any other text falls into one of 900 groups, by a checksum that never changes."""
_SHORT_NUMBER = re.compile(r"[0-9]{1,2}")
_NUMBER = re.compile(r"[+-]?[0-9]+")
_HEADING = 4
_RESIDUAL = re.compile(r"[0-9]{4}(?:90|[0-9]9)")
# White space as Unicode defines it; Python counts four control characters as well.
_WORD = re.compile(r"[^\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def code_in(choices: tuple[str, ...], text: str) -> float:
    """Number that `choice` gives a text of the list."""
    return float(choices.index(text))


def choice(choices: tuple[str, ...]) -> Callable[[str | None], Numbers]:
    """Make the function that numbers a text by its place among `choices`, in whatever case it is written."""
    codes = {text: (float(code),) for code, text in enumerate(choices)}
    other = (float(len(choices)),)

    def numbers(text: str | None) -> Numbers:
        return (NAN,) if text is None else codes.get(text, other)

    return numbers


def choice_in_any_case(choices: tuple[str, ...]) -> Callable[[str | None], Numbers]:
    """Make the function that does as `choice` for a text in any case."""
    numbers = choice(choices)
    return lambda text: numbers(None if text is None else text.lower())


def open_code(text: str | None) -> Numbers:
    """Number of a code of which no list is kept, in whatever case; see ``N_CODES``."""
    if text is None:
        return (NAN,)
    if _SHORT_NUMBER.fullmatch(text):
        return (float(text),)
    return (float(N_SHORT_NUMBERS + crc32(text.casefold().encode()) % (N_CODES - N_SHORT_NUMBERS)),)


def country(text: str | None) -> Numbers:
    """Place in ``COUNTRIES``; another text has a number above them, which its first two characters decide."""
    return (NAN if text is None else _country(text),)


def country_of_office(office: str | None) -> Numbers:
    """Number of the country that the first two characters of an office name."""
    return (NAN if office is None else _country(office[:2]),)


def _country(text: str) -> float:
    known = _COUNTRY_CODE.get(text)
    if known is not None:
        return known
    first, second = (ord(one) for one in text[:2].ljust(2, "\0"))
    return float(len(COUNTRIES) + first * _FIRST_CHARACTER + second)


def item_number(parcel_id: str | None) -> Numbers:
    """Country and service that an S10 identifier names; NaN for other identifiers."""
    if parcel_id is None or not is_s10(parcel_id):
        return NAN, NAN
    return _COUNTRY_CODE[parcel_id[11:]], _SERVICE_CODE.get(parcel_id[0], _OTHER_SERVICE)


def n_offices(text: str | None) -> Numbers:
    """Number of offices in a list separated by blanks; 0 when there is none."""
    return (0.0 if text is None else float(len(_WORD.findall(text))),)


def hs_code(text: str | None) -> Numbers:
    """First six digits and chapter as numbers, number of digits, and whether it is a residual subheading."""
    if text is None:
        return NAN, NAN, NAN, NAN
    residual = 1.0 if _RESIDUAL.match(text) else 0.0
    six = text[:6] if len(text) != _HEADING else f"{text}00"  # a heading is next to its subheadings
    return _number(six), _number(text[:2]), float(len(text.encode())), residual


def _number(text: str) -> float:
    return float(text) if _NUMBER.fullmatch(text) else NAN


def quality_flags(raised: tuple[str, ...]) -> Numbers:
    """Number of doubts about the manifest, and for each of ``FLAGS`` whether it is among them."""
    return float(sum(flag not in OF_OTHERS for flag in raised)), *(1.0 if flag in raised else 0.0 for flag in FLAGS)
