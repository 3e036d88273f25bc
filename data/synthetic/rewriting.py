"""How posts write one party in several ways: the typing noise of manifests, over the rows of a finished world.

Each row is rewritten by itself, so that one sender comes in many spellings. What is done is what data-entry offices do:
capitals, the family name first, titles, umlauts in two letters or none, legal forms in full, kinds of street
abbreviated, the number in the street line, postcodes with and without blanks, and now and then a wrong letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import polars as pl
from anyascii import anyascii

from data.synthetic.parties import FIRM_ENDS

_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "oe", "å": "aa"}
)
_FORMS = {
    "Ltd": ("Limited", "LTD.", "Ltd."),
    "GmbH": ("G.m.b.H.", "gmbh"),
    "LLC": ("L.L.C.",),
    "BV": ("B.V.",),
    "SARL": ("S.A.R.L.",),
    "SAS": ("S.A.S.",),
}
_TYPES = {
    "straße": ("str.", "strasse", "str"),
    "Straße": ("Str.", "Strasse"),
    "straat": ("str.",),
    "Street": ("St", "St."),
    "Road": ("Rd", "Rd."),
    "Avenue": ("Ave", "Av."),
    "Lane": ("Ln",),
    "Drive": ("Dr",),
    "Boulevard": ("Blvd",),
}
_TITLES = ("Mr", "Mrs", "Dr.", "Ms")
_WRONG = 0.04
"""Share of the rewritten texts with a wrong letter: the rest says the same in another way."""
Row = dict[str, str | None]
_PARTS = ("name", "street", "number", "postcode", "city", "country")


def rewritten(parcels: pl.DataFrame, share: float, rng: np.random.Generator) -> pl.DataFrame:
    """Parcels with a `share` of names, streets, postcodes and cities of both parties written otherwise."""
    columns: dict[str, pl.Series] = {}
    for role in ("sender", "recipient"):
        names = [f"{role}_{part}" for part in _PARTS]
        rows = [dict(zip(_PARTS, row, strict=True)) for row in parcels.select(names).iter_rows()]
        written = [_party(row, share, rng) for row in rows]
        columns |= {
            f"{role}_{part}": pl.Series([row[part] for row in written], dtype=pl.String) for part in _PARTS[:-1]
        }
    return parcels.with_columns(**columns)


def _party(row: Row, share: float, rng: np.random.Generator) -> Row:
    for part, change in (("name", _name), ("street", _street), ("postcode", _postcode), ("city", _city)):
        if row[part] is not None and rng.random() < share:
            row = change(row, rng)
    return row


def _name(row: Row, rng: np.random.Generator) -> Row:
    name = row["name"] or ""
    words = name.split()
    is_firm = words[-1] in FIRM_ENDS
    ways: list[Callable[[], str]] = [name.upper, lambda: name.translate(_UMLAUTS), lambda: anyascii(name)]
    if is_firm:
        ways.append(lambda: _replaced(name, _FORMS, rng))
    elif len(words) > 1:
        ways += [lambda: f"{words[-1]}, {' '.join(words[:-1])}", lambda: f"{_picked(_TITLES, rng)} {name}"]
    return row | {"name": _typed(ways[int(rng.integers(len(ways)))](), rng)}


def _street(row: Row, rng: np.random.Generator) -> Row:
    street = row["street"] or ""
    way = int(rng.integers(4))
    if way == 0 and row["number"] is not None:
        return row | {"street": f"{street} {row['number']}", "number": None}
    changed = (street.upper(), _replaced(street, _TYPES, rng), anyascii(street))[way % 3]
    return row | {"street": _typed(changed, rng)}


def _postcode(row: Row, rng: np.random.Generator) -> Row:
    code, country = row["postcode"] or "", row["country"]
    if country == "US":
        return row | {"postcode": f"{code}-{int(rng.integers(1000, 9999))}"}
    if " " in code:
        return row | {"postcode": code.replace(" ", "").lower()}
    return row | {"postcode": f"{country}-{code}"} if country in ("DE", "AT", "BE") else row


def _city(row: Row, rng: np.random.Generator) -> Row:
    city = row["city"] or ""
    return row | {"city": (city.upper(), anyascii(city), city.translate(_UMLAUTS))[int(rng.integers(3))]}


def _typed(text: str, rng: np.random.Generator) -> str:
    """Leave out a letter of a few texts."""
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    if not letters or rng.random() >= _WRONG:
        return text
    place = letters[int(rng.integers(len(letters)))]
    return text[:place] + text[place + 1 :]


def _replaced(text: str, table: dict[str, tuple[str, ...]], rng: np.random.Generator) -> str:
    for word, others in table.items():
        if word in text:
            return re.sub(rf"{word}\b", _picked(others, rng), text)
    return text


def _picked(words: tuple[str, ...], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
