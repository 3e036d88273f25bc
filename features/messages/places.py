"""Names of countries and offices: what a code stands for, in the language of whoever reads."""

from __future__ import annotations

from functools import cache

from phonenumbers.geodata.locale import LOCALE_DATA

from features.parcel.reference import shipped_reference

_LOCATION = "office_location"
_SAME_AS = "*"
"""Mark of an entry of the library's table that repeats another language."""
_MORE = {"XK": {"en": "Kosovo"}}
"""Countries that posts use and the library has not."""


@cache
def country_name(code: str, language: str = "en") -> str:
    """Name of a country (ISO 3166-1 alpha-2); a code without one stands for itself."""
    names = LOCALE_DATA.get(code) or _MORE.get(code, {})
    found = names.get(language) or names.get("en") or code
    while found.startswith(_SAME_AS):
        found = names.get(found.removeprefix(_SAME_AS), code)
    return found


@cache
def office_name(code: str, language: str = "en") -> str:
    """Name of an office of exchange (UPU S34: country, location, qualifier), with its code.

    Of a location that the office's table does not name, the country alone; a code of another form stands for itself.
    """
    if not (len(code) == 6 and code.isalnum()):
        return code
    country = country_name(code[:2], language)
    location = shipped_reference().lists[_LOCATION].entries.get(code[:5])
    name = ", ".join(dict.fromkeys(filter(None, (location, country))))
    return code if country == code[:2] else f"{name} ({code})"
