"""Countries and currencies as manifests spell them: codes in any case, other codes, names, signs."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from features.parcel.reference import CodeList

_NOT_LETTERS = re.compile(r"[\W_]+")


def read_code(text: str, known: CodeList) -> tuple[str | None, bool]:
    """Code of the list that a text means, None where it means none; and whether it is no more than its spelling."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if plain in known.codes:
        return plain, True
    return known.aliases.get(plain), False


def read_country(text: str, known: CodeList) -> tuple[str | None, bool]:
    """As `read_code`; names of countries in the languages of the package phonenumbers are read as well."""
    code, is_plain = read_code(text, known)
    if code is None and (len(text) > 2 or not text.isascii()):
        code = _by_name().get(_bare(text))
        code = code if code in known.codes else None
    return code, is_plain


@cache
def _by_name() -> dict[str, str]:
    """Countries by the names that they have in any language; one that two countries share is left out."""
    # Half a megabyte, and seldom needed.
    from phonenumbers.geodata.locale import LOCALE_DATA

    found: dict[str, set[str]] = {}
    for country, names in LOCALE_DATA.items():
        for name in names.values():
            if not name.startswith("*") and len(country) == 2 and (len(name) > 2 or not name.isascii()):
                found.setdefault(_bare(name), set()).add(country)
    return {name: countries.pop() for name, countries in found.items() if len(countries) == 1}


def _bare(name: str) -> str:
    """Letters of a name without marks, case and what stands between them."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return _NOT_LETTERS.sub("", "".join(mark for mark in letters if not unicodedata.combining(mark)))
