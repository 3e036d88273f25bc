"""Postcodes in one form for each country, and the region in which a postcode or a city lies."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from features.identity.romanised import plain_latin
from features.identity.tables import table, words
from features.identity.texts import normalise

_NOT_WRITTEN = re.compile(r"[^0-9A-Z]")
_NO_DIGIT = re.compile(r"[^0-9]")
_WITH_LETTERS = words("GB GG JE IM GI IE NL CA MT AR BN BM KY SZ AD VG TC FK SH")
"""Countries whose postcodes have letters; elsewhere a letter in front names the country, as in ``D-10115``."""
_LENGTHS = {
    4: "AT AU BE BG CH CY DK GE HU LI LU LV MD NO NZ PH PT SI TN ZA AM",
    5: "CZ DE EE ES FI FR GR HR ID IT KR LT MC MX MY PK PR RS SA SE SK TH TR UA US SM VA MA DZ EG",
    6: "BY CN CO IN KG KZ RO RU SG VN",
    7: "JP",
    8: "BR",
}
_LENGTH = {country: n for n, countries in _LENGTHS.items() for country in countries.split()}
_REGION = {4: 2, 5: 3, 6: 3, 7: 3, 8: 4}
_MOST_LOST_ZEROS = 2
_CITY_WORDS = words("city shi stadt ville town")


@lru_cache(maxsize=50_000)
def postcode_of(text: str | None, country: str | None) -> str:
    """Postcode without blanks, in the length of its country: no ZIP+4, lost zeros again in front; "" for none."""
    if not text:
        return ""
    written = _NOT_WRITTEN.sub("", plain_latin(text).upper())
    if country in _WITH_LETTERS:
        return written
    digits, length = _NO_DIGIT.sub("", written), _LENGTH.get(country or "")
    if not digits.strip("0"):
        return "" if digits else written
    if length is None:
        return digits if country else written
    return digits[:length] if len(digits) >= length else _with_zeros(digits, length)


def _with_zeros(digits: str, length: int) -> str:
    return digits.zfill(length) if length - len(digits) <= _MOST_LOST_ZEROS else digits


@lru_cache(maxsize=50_000)
def city_of(text: str | None, country: str | None) -> str:
    """City under one name, its letters alone; "" for none."""
    if not text:
        return ""
    spelled = [word for word in normalise(plain_latin(text.removesuffix("市"))).split() if word not in _CITY_WORDS]
    name = "".join(word for word in spelled if not word.isdigit())
    return _places(country or "")[0].get(name, name)


@lru_cache(maxsize=50_000)
def region_of(postcode: str, city: str, country: str | None) -> str:
    """Region of a postcode in the form of `postcode_of`, else of a city as `city_of` gives it; "" for neither.

    The region of a great city is the city, so that it is found by its name, too.
    """
    if not postcode:
        return city
    prefixes = _places(country or "")[1]
    for n in range(len(postcode), 0, -1) if prefixes else ():
        # Letters are a prefix only as a whole: EC is London, and EX, which also begins with E, is not.
        if postcode[:n] in prefixes and (postcode[0].isdigit() or postcode[n : n + 1].isdigit()):
            return prefixes[postcode[:n]]
    if country in _WITH_LETTERS:
        return postcode[:-3] if country == "GB" and len(postcode) > 4 else postcode[:3]
    return postcode[: _REGION.get(_LENGTH.get(country or "", 0), max(len(postcode) - 2, 2))]


@cache
def _places(country: str) -> tuple[dict[str, str], dict[str, str]]:
    """Cities of a country by each of their names, and by the beginnings of their postcodes."""
    names: dict[str, str] = {}
    prefixes: dict[str, str] = {}
    for city, told in table("places").get(country, {}).items():
        for word in (city, *told.split()):
            (prefixes if word[0].isdigit() or word.isupper() else names)[word] = city
    return names, prefixes
