"""Countries by their names in the languages of manifests, however these are turned, shortened or bracketed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

_LANGUAGES = (
    "en de fr es it pt nl pl cs sk hu ro bg ru uk el tr sv da nb fi et lv lt sl hr sr ja ko zh zh_Hant ar he vi th id"
)
_STATES = (
    "the of republic rep kingdom federal federation fed state states union commonwealth principality sultanate islamic "
    "plurinational bolivarian peoples people s sar special administrative region pr fyr former yugoslav province"
)
_OF_STATES = frozenset(_STATES.split())
"""Words of the full names of states without which most are called; those that make another state are not here."""
_SEVERAL = frozenset(
    ["congo", "kongo", "korea", "guinea", "samoa", "virginislands", "america", "unitedamerica", "china"]
)
"""What is left of the names of several countries; each is known by its whole name, or not read."""
_BRACKETS = re.compile(r"\s*[(\[]([^)\]]*)[)\]]")
IN_BRACKETS = re.compile(r"([^(\[]+)[(\[]([^)\]]*)[)\]]")
"""A name and another one in brackets behind it."""
_SIDES = re.compile(r"\s*[/|]\s*|\s+[-–—]\s+|^([A-Z]{2}) (?=[A-Z][a-z])|(?<=[a-z]) (?=[A-Z]{2}$)")
_WITHOUT_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
_NUMERIC = re.compile("[0-9]{3}")
_NOT_LETTERS = re.compile(r"[\W_]+")


@lru_cache(maxsize=5_000)
def country_named(text: str) -> str | None:
    """Code of the country that a name or a code of ISO 3166-1 in digits means; None where it means none or several."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if _NUMERIC.fullmatch(plain):
        return _numeric(plain)
    for name in _turned(plain):
        found = _by_name().get(letters_of(name))
        if found is not None:
            return found
    sides = {country_named(side) or _as_code(side) for side in _SIDES.split(plain) if side and side != plain}
    if sides:
        return sides.pop() if len(sides) == 1 else None
    return _shortened(plain)


def _turned(plain: str) -> Iterator[str]:
    """A name as it is, and with what is in brackets or behind a comma in front."""
    yield plain
    if brackets := _BRACKETS.search(plain):
        base = _BRACKETS.sub("", plain)
        yield f"{brackets[1]} {base}"
        named = _by_name().get(letters_of(brackets[1]))
        if letters_of(base) not in _SEVERAL and named in (None, _by_name().get(letters_of(base))):
            yield base
    base, comma, behind = plain.partition(",")
    if comma:
        yield f"{behind} {base}"


def _shortened(plain: str) -> str | None:
    """Country by the words of a name that do not say what kind of state it is; China behind Hong Kong says whose."""
    words = [word for word in _NOT_LETTERS.split(_folded(plain)) if word]
    own = [word for word in words if word not in _OF_STATES]
    if len(own) > 1 and own[-1] == "china":
        own.pop()
    short = "".join(own)
    is_plain_china = short == "china" and {"people", "peoples", "pr"} & set(words)
    if not own or own == words or (short in _SEVERAL and not is_plain_china):
        return None
    return _by_name().get(short)


def _as_code(side: str) -> str | None:
    return side if side in _by_name().values() else None


@cache
def _by_name() -> dict[str, str]:
    """Countries by the names that they have in any language; one that two countries share is left out."""
    # Two megabytes, and seldom needed.
    from babel import Locale
    from phonenumbers.geodata.locale import LOCALE_DATA

    found: dict[str, set[str]] = {}
    named = [(code, name) for one in _LANGUAGES.split() for code, name in Locale.parse(one).territories.items()]
    named += [(code, name) for code, names in LOCALE_DATA.items() for name in names.values()]
    for code, name in named:
        if not name.startswith("*") and len(code) == 2 and code.isalpha() and (len(name) > 2 or not name.isascii()):
            found.setdefault(letters_of(name), set()).add(code)
    german = [(code, name.translate(_WITHOUT_UMLAUTS)) for code, name in Locale.parse("de").territories.items()]
    for code, name in german:  # as keyboards without these letters have it
        found.setdefault(letters_of(name), {code})
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1 and name}


def _numeric(digits: str) -> str | None:
    from babel.core import get_global

    codes = get_global("territory_aliases").get(digits, ())
    return codes[0] if len(codes) == 1 else None


def letters_of(name: str) -> str:
    """Letters of a name without marks, case and what stands between them."""
    return _NOT_LETTERS.sub("", _folded(name).removeprefix("the "))


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and ").replace("ł", "l").replace("ı", "i"))
    return "".join(mark for mark in letters if not unicodedata.combining(mark))
