"""Read codes of the Harmonised System as forms, spreadsheets and people write them.

A code has an even number of digits: a heading of four, a subheading of six, eight or ten with national ones. A
spreadsheet that takes it for a number drops the zero in front (chapters 01 to 09) and makes the number uneven.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MOST_DIGITS = 10
"""Longer codes are national (Turkey 12, China 13): their first ten digits mean the same."""
FEWEST_DIGITS = 4
_PREFIX = re.compile(
    r"(?:HS|HTS|HSN|HTSUS|TARIC|CN|TARIFF|COMMODITY)?[ \-]*(?:CODE|NO\.?|#)?\s*[:#]?\s*", re.IGNORECASE
)
_SEVERAL = re.compile(r"[,;|/]|\s+(?:AND|UND|ET|&)\s+", re.IGNORECASE)
_WITH_COMMAS = re.compile(r"[0-9]{4}(,[0-9]{2}){1,3}")
"""One code: two digits are none by themselves."""
_FLOAT = re.compile(r"([0-9]{4,10})\.0{1,2}")
_GROUPED = re.compile(r"([0-9]{4})[. \-_]([0-9]{1,2})?(?:[. \-_]([0-9]{1,4}))?")
_WITH_WORDS = re.compile(r"([0-9][0-9. \-]{2,}[0-9])\s*[(\[:;,\u2013\-]*\s*(?=.*[^\W\d_]{2})[^\W\d_].*", re.DOTALL)
"""A code and what it stands for, as in ``610910 (T-shirts)``."""
_IN_A_CHAPTER = re.compile(r"(?!00|98|99)[0-9]{2}(?!00)[0-9]{2}")
_SEPARATORS = re.compile(r"[\s.\-_'\u2010-\u2015]+")


class HsReading(NamedTuple):
    """A code, or None, and the flag that says what was done to read it; None where nothing was lost or supposed."""

    code: str | None
    flag: str | None = None
    reason: str = ""


def read_hs(text: str) -> HsReading:
    """Read a code from a text; where several are given the first."""
    given = _PREFIX.sub("", unicodedata.normalize("NFKC", text).strip(), count=1).strip()
    if _WITH_COMMAS.fullmatch(given):
        given = given.replace(",", ".")
    parts = [part for part in _SEVERAL.split(given) if part.strip()]
    if not parts:
        return HsReading(None)
    one = _read(_PREFIX.sub("", parts[0].strip(), count=1).strip())
    with_words = _WITH_WORDS.fullmatch(given)
    if with_words and (one.code is None or not any(part.strip()[0].isdigit() for part in parts[1:])):
        one = _read(with_words[1].strip())
        if one.code is None or not _IN_A_CHAPTER.match(one.code):  # as "1000 pcs" is none
            return HsReading(None)
        return one if one.flag else one._replace(flag="value_changed", reason=_WORDS_LEFT_OUT)
    if len(parts) == 1 or one.code is None:
        return one
    return HsReading(one.code, "repeated", f"{len(parts)} codes are given; the first is used.")


_WORDS_LEFT_OUT = "words follow the code; the code is used."


def _read(text: str) -> HsReading:
    whole = _FLOAT.fullmatch(text)
    text = whole[1] if whole else text
    digits = _SEPARATORS.sub("", text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) < FEWEST_DIGITS - 1:
        return HsReading(None)
    if len(digits) > MOST_DIGITS:
        return HsReading(
            digits[:MOST_DIGITS], "text_cut", f"the code has {len(digits)} digits; the first ten are used."
        )
    if len(digits) % 2 == 0:
        return HsReading(digits)
    return _odd(text, digits)


def _odd(text: str, digits: str) -> HsReading:
    """A code of three, five, seven or nine digits: by its groups where it has them, else with a zero in front."""
    if _GROUPED.fullmatch(text) and len(digits) > FEWEST_DIGITS:
        kept = digits[: 6 if len(digits) > 6 else FEWEST_DIGITS]
        return HsReading(
            kept, "value_changed", "the code has an uneven number of digits; its first whole groups are used."
        )
    if digits[0] == "0":
        return HsReading(None)
    says = f"the code has {len(digits)} digits, as one does that lost its leading zero; it is read with it."
    return HsReading("0" + digits, "hs_zero_restored", says)
