"""Pools of names, places and goods, read once from the TOML files within this package."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

LANGUAGES = ("en", "de", "fr", "es")


@cache
def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files("data.synthetic") / "pools" / f"{name}.toml").read_text("utf-8"))


@dataclass(frozen=True, kw_only=True)
class Commodity:
    """One kind of goods: HS code, usual unit weight (g) and price (EUR), and its name in ``LANGUAGES``."""

    hs: str
    g: float
    eur: float
    group: str
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Country:
    """What addresses of a country are made of."""

    code: str
    language: str
    currency: str
    phone: str
    offices: tuple[str, ...]
    places: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]


def known_countries() -> tuple[str, ...]:
    """Countries for which there are names and places."""
    return tuple(code for code in _toml("places") if code != "shared")


@cache
def goods_groups() -> tuple[str, ...]:
    """Groups of commodities that a vendor may choose as a cover."""
    return tuple(sorted({commodity.group for commodity in commodities()}))


@cache
def commodities() -> tuple[Commodity, ...]:
    """All commodities, in the order of the file."""
    return tuple(
        Commodity(
            hs=row["hs"], g=row["g"], eur=row["eur"], group=row["group"], names=tuple(row[lang] for lang in LANGUAGES)
        )
        for row in _toml("goods")["commodities"].values()
    )


def words(kind: str) -> tuple[str, ...]:
    """Brand words, attributes or generic texts."""
    return tuple(_toml("goods")["words"][kind])


def shared_places(kind: str) -> tuple[str, ...]:
    """Names of lockers, hotels or offices."""
    return tuple(_toml("places")["shared"][kind])


def people(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Given and family names of a language area."""
    table = _toml("people")[language]
    return tuple(table["given"]), tuple(table["family"])


POSTCODES_PER_CITY = 90


@cache
def countries() -> tuple[Country, ...]:
    """All countries in the order of `known_countries`; the postcodes are filled in the same way on every run."""
    rng = np.random.default_rng(20)
    return tuple(_country(code, _toml("places")[code], rng) for code in known_countries())


def _country(code: str, row: dict[str, Any], rng: np.random.Generator) -> Country:
    places = tuple(
        (city, postcode)
        for city, form in row["cities"].items()
        for postcode in sorted({_filled(form, rng) for _ in range(POSTCODES_PER_CITY)})
    )
    return Country(
        code=code,
        language=row["language"],
        currency=row["currency"],
        phone=row["phone"],
        offices=tuple(row["offices"]),
        places=places,
        streets=tuple(row["streets"]),
    )


def _filled(form: str, rng: np.random.Generator) -> str:
    """Fill the form of a postcode: # is a digit, @ a letter."""
    digits = re.sub("#", lambda _: str(rng.integers(10)), form)
    return re.sub("@", lambda _: chr(65 + int(rng.integers(26))), digits)
