"""From a reading to the numbers that it may stand for, and from a lodged identifier to the one that is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

import polars as pl

from features.parcel.fields import PARCEL_FIELDS
from features.parcel.numbers import gs1
from features.parcel.numbers.form import Candidate, Verdict
from features.parcel.numbers.known import candidate, cores, forms_of
from features.parcel.numbers.spelling import Spelling, TooLong, compact, spelled
from features.parcel.s10 import is_s10

_IDENTIFIER = next(field for field in PARCEL_FIELDS if field.name == "parcel_id")
IDENTIFIER_LENGTH = _IDENTIFIER.max_length
_STORABLE = re.compile(_IDENTIFIER.pattern or "")
_PLAIN = re.compile(r"[0-9A-Z]{1,24}")
"""Identifiers that are spelled as they are stored; in longer ones a value may have been read twice."""
_SHORTEST = 8
"""A part of a reading that is shorter is no number of a parcel, but a house number, a date, a word."""
_SSCC = 18
_MOST_TIMES = 3
"""Times that a scanner reads one value before somebody lets it go."""
_PARTS = re.compile(r"[/?&=#;,:|<>\x1d\x1e\x04\s]+")
_FIELD = re.compile(r"[\x1d\x1e][0-9]{0,3}[A-Z](?=[0-9A-Z])([^\x1d\x1e\x04]+)")
"""Value behind its data identifier in an envelope of ISO/IEC 15434, format 06 (ANSI MH10.8.2)."""
_MAXICODE = re.compile(r"[0-9]([0-9]{2})\x1d1Z([0-9]{8})\x1dUPSN\x1d([0-9A-Z]{6})")
_WITH_BLANKS = re.compile(
    r"(?<![0-9A-Z])(?:[A-Z]{2} ?(?:[0-9] ?){9}[A-Z]{2}|1Z ?(?:[0-9A-Z] ?){15}[0-9])(?![0-9A-Z])", re.ASCII
)
"""S10 and UPS numbers as they are printed, within a text."""


def candidates(reading: str) -> tuple[Candidate, ...]:
    """Numbers that a reading may stand for, in the order in which they are to be looked up.

    The reading itself comes first, then the same without blanks, then the number within it: behind a route, in an
    element string, in an address, or in one that was read several times. None is corrected.

    Raises
    ------
    TooLong
        When the reading has more characters than are understood; nothing of it is cut.
    """
    spelling = spelled(reading)
    numbers = dict.fromkeys(_numbers(spelling))
    return tuple(candidate(number) for number in numbers if number)


def _numbers(spelling: Spelling) -> Iterator[str]:
    text = spelling.text
    whole = compact(text)
    # Parts of an address are numbers of a parcel; it itself is none.
    if whole or _STORABLE.fullmatch(text):
        yield text
    if whole:
        yield whole
        yield from (part for part in _repeated(whole) if forms_of(part))
        yield from cores(whole)
    yield from _in_maxicode(text)
    for number in _in_elements(spelling):
        yield number
        yield from cores(number)
    if not whole or _PARTS.search(unquote(text)):
        yield from _in_parts(text)
    if len(whole) <= _MOST_TIMES * IDENTIFIER_LENGTH:  # also of no known form
        yield from _repeated(whole)


def _repeated(whole: str) -> Iterator[str]:
    """The number, where a value is the same one several times."""
    for times in range(2, len(whole) // _SHORTEST + 1):
        part = whole[: len(whole) // times]
        if part * times == whole:
            yield part


def _is_sound(number: str) -> bool:
    """Whether a number has a form, and no wrong check digit."""
    forms = forms_of(number)
    return bool(forms) and forms[0][1] is not Verdict.WRONG


def _in_elements(spelling: Spelling) -> Iterator[str]:
    if not (_is_element_string(spelling) or spelling.text.startswith(("00", "420"))):
        return
    found = dict(gs1.elements(spelling.text))
    for identifier in gs1.NUMBERS:
        number = compact(found.get(identifier, ""))
        if len(number) >= _SHORTEST and (identifier != "00" or len(number) == _SSCC):
            yield f"{identifier}{number}" if identifier.startswith(("0", "9")) else number
            if identifier.startswith("9"):
                yield number


def _is_element_string(spelling: Spelling) -> bool:
    return spelling.is_gs1 or gs1.SEPARATOR in spelling.text or spelling.text.startswith("(")


def _in_maxicode(text: str) -> Iterator[str]:
    """UPS numbers in the code of a label, which holds the service, the serial number and the shipper apart."""
    for service, serial, shipper in _MAXICODE.findall(text.upper()):
        yield f"1Z{shipper}{service}{serial}"


def _in_parts(text: str) -> Iterator[str]:
    """Numbers within an address or a text: those with a right check digit first, then what may be a number at all."""
    decoded = unquote(text).upper()
    words = [*map(compact, _PARTS.split(decoded)), *map(compact, _FIELD.findall(decoded))]
    words = [word for word in words if len(word) >= _SHORTEST]
    words += [compact(found) for found in _WITH_BLANKS.findall(decoded)]
    words += [word.partition("J")[2] for word in words if re.match(r"[1-6]?J[A-Z]{2}", word)]
    known = [(number, candidate(number)) for word in words for number in (word, *cores(word))]
    yield from (number for number, one in known if one.verdict is Verdict.RIGHT and one.is_certain)
    yield from (number for number, one in known if one.verdict is Verdict.RIGHT and not one.is_certain)
    yield from (number for number, one in known if any(map(str.isdigit, number)))
    yield from (part for part in _PARTS.split(unquote(text)) if len(part) >= _SHORTEST and _may_be_stored(part))


def _may_be_stored(text: str) -> bool:
    return bool(_STORABLE.fullmatch(text)) and any(map(str.isdigit, text)) and len(text) <= IDENTIFIER_LENGTH


def lodged_number(text: str) -> str:
    """Identifier as it is stored: spelled in one way where its form is known, else only without what surrounds it.

    Characters that mean something are never dropped: a barcode with a route in front of the number is stored whole,
    and found by its number as well (`other_spellings`). Only what could not be an identifier at all, such as an
    address, is replaced by the number in it that has a right check digit.
    """
    return text if _PLAIN.fullmatch(text) else _spelled_once(text)


@lru_cache(maxsize=20_000)
def _spelled_once(text: str) -> str:
    try:
        spelling = spelled(text)
    except TooLong:
        return text
    whole = compact(spelling.text)
    certain = _in_elements(spelling) if _is_element_string(spelling) else _repeated(whole)
    for number in filter(_is_sound, certain):
        return number
    if whole and len(whole) <= IDENTIFIER_LENGTH and _is_known(whole):
        return whole
    if _STORABLE.fullmatch(spelling.text) and len(spelling.text) <= IDENTIFIER_LENGTH:
        return spelling.text
    sound = (one.number for one in map(candidate, _numbers(spelling)) if one.verdict is Verdict.RIGHT)
    return next(sound, spelling.text)


def _is_known(whole: str) -> bool:
    """Whether blanks and hyphens are those of print; in a number of no known form they may mean something."""
    one = candidate(whole)
    return bool(one.form) and (one.is_certain or one.verdict is Verdict.RIGHT or whole.isdecimal())


def lodged_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose ``parcel_id`` is as `lodged_number` writes it."""
    texts = [None if text is None else lodged_number(text) for text in rows["parcel_id"].to_list()]
    return rows.with_columns(pl.Series("parcel_id", texts, dtype=pl.String))


def other_spellings(number: str) -> tuple[str, ...]:
    """Numbers by which a stored one is found in addition to itself: without its blanks, without its route or prefix."""
    if is_s10(number):  # most are
        return ()
    whole = compact(number)
    return tuple(one for one in dict.fromkeys((whole, *cores(whole))) if one and one != number)
