"""Names of countries and offices: what a code stands for, in the language of whoever reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location

from babel import Locale

from features.parcel.reference import shipped_reference
from features.text import Text

_LOCATION = "office_location"
_SAME_AS = "*"
"""Mark of an entry of the library's table that repeats another language."""
_MORE = {"XK": {"en": "Kosovo"}}
"""Countries that posts use and the library has not."""
ENGLISH = "en"


class Country(str):
    """Code of a country (ISO 3166-1 alpha-2), of which a text says the name."""


class Office(str):
    """Code of an office of exchange, of which a text says the name."""


def country_text(code: str) -> Text:
    """Name of a country, as a text of any language."""
    return Text.of(country_name(code), "{country}", {"country": Country(code)})


def office_text(code: str) -> Text:
    """Name of an office, as a text of any language."""
    return Text.of(office_name(code), "{office}", {"office": Office(code)})


@cache
def _named() -> Mapping[str, Mapping[str, str]]:
    """Names by country and language, of the one module that holds them.

    To import it by its name reads the places of all telephone numbers as well, which takes a quarter of a second.
    """
    path = files("phonenumbers").joinpath("geodata", "locale.py")
    spec = spec_from_file_location("phonenumbers.geodata.locale", str(path))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    names: Mapping[str, Mapping[str, str]] = module.LOCALE_DATA
    return names


@cache
def country_name(code: str, language: str = ENGLISH) -> str:
    """Name of a country (ISO 3166-1 alpha-2); a code without one stands for itself."""
    if language != ENGLISH:
        return str(Locale(language).territories.get(code, code))
    names = _named().get(code) or _MORE.get(code, {})
    found = names.get(language) or code
    while found.startswith(_SAME_AS):
        found = names.get(found.removeprefix(_SAME_AS), code)
    return found


@cache
def office_name(code: str, language: str = ENGLISH) -> str:
    """Name of an office of exchange (UPU S34: country, location, qualifier), with its code.

    Of a location that the office's table does not name, the country alone; a code of another form stands for itself.
    """
    if not (len(code) == 6 and code.isalnum()):
        return code
    country = country_name(code[:2], language)
    location = shipped_reference().lists[_LOCATION].entries.get(code[:5])
    name = ", ".join(dict.fromkeys(filter(None, (location, country))))
    return code if country == code[:2] else f"{name} ({code})"
