"""Code lists and currency rates: files that an office may replace by its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from features.parcel.country_names import letters_of
from features.parcel.problems import ParcelRiskError

CODES, RATES = "codes.toml", "rates.toml"


class ReferenceError(ParcelRiskError):
    """A file of codes or rates cannot be used."""


class Unknown(StrEnum):
    """What happens to a code that is not listed: left out and flagged, kept and flagged, or kept."""

    DROP = "drop"
    FLAG = "flag"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True)
class CodeList:
    """Known codes, and what becomes of an unknown one.

    `entries` holds what a code stands for, where it does; `aliases` the codes that other ones in capitals mean.
    """

    codes: frozenset[str]
    unknown: Unknown
    entries: Mapping[str, str]
    aliases: Mapping[str, str]

    @cached_property
    def by_letters(self) -> Mapping[str, str]:
        """Codes by the letters of their aliases, case and all between them left out; two letters may be anything."""
        letters = {letters_of(alias): code for alias, code in self.aliases.items()}
        return {alias: code for alias, code in letters.items() if len(alias) > 2 or not alias.isascii()}


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Units of each currency for one euro, as of a day."""

    as_of: date
    units_per_euro: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)  # compared and hashed by identity: rules are built once for each
class Reference:
    """Everything that the files hold; `rates` are in order of their days. It is passed to whatever needs it."""

    lists: Mapping[str, CodeList]
    rates: tuple[Rates, ...]
    texts: Mapping[str, str]
    """Content of the files by name, from which `reference_of` makes the same in another process."""

    @property
    def countries(self) -> frozenset[str]:
        """Known countries."""
        return self.lists["country"].codes

    @property
    def currencies(self) -> frozenset[str]:
        """Known currencies."""
        return self.lists["currency"].codes

    @cached_property
    def rated(self) -> frozenset[str]:
        """Currencies that have a rate on any day."""
        return frozenset().union(*(table.units_per_euro for table in self.rates))

    @property
    def units_per_euro(self) -> Mapping[str, float]:
        """Newest rates: ISO 4217 code to units of that currency for one euro."""
        return self.rates[-1].units_per_euro


@cache
def shipped_reference() -> Reference:
    """Lists and rates that this package ships: for tests, generated docs and synthetic worlds.

    What an installation does goes by its own folder (`load_reference`), which may replace them.
    """
    return load_reference(None)


def load_reference(folder: Path | None) -> Reference:
    """Read lists and rates from `folder`; a file that it does not hold, or without a folder, comes from this package.

    Raises
    ------
    ReferenceError
        When a file cannot be used.
    """
    return reference_of({name: _text(folder, name) for name in (CODES, RATES)}, folder)


def reference_of(texts: Mapping[str, str], folder: Path | None = None) -> Reference:
    """Lists and rates of the texts of both files; `folder` is named where they cannot be used.

    Raises
    ------
    ReferenceError
        When a text cannot be used.
    """
    try:
        codes, rates = (tomllib.loads(texts[name]) for name in (CODES, RATES))
        lists = {name: _list(entry) for name, entry in codes.items()}
        reference = Reference(lists=MappingProxyType(lists), rates=_rates(rates), texts=texts)
        missing = {"country", "currency", "hs_chapter", "mail_class", "service_indicator", "postcode"} - set(lists)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReferenceError(
            f"{folder}: codes.toml or rates.toml cannot be used ({type(error).__name__}: {error}). "
            "Compare with the file of the same name that the package features.parcel ships."
        ) from error
    if missing:
        raise ReferenceError(f"{folder}: {CODES} lacks the list [{sorted(missing)[0]}]. Copy it from the shipped file.")
    return reference


def _text(folder: Path | None, name: str) -> str:
    path = folder / name if folder is not None else None
    if path is not None and path.is_file():
        try:
            return path.read_text("utf-8")
        except ValueError as error:
            raise ReferenceError(f"{path} is not UTF-8. Save it as UTF-8.") from error
    return files("features.parcel").joinpath(name).read_text("utf-8")


def _list(entry: dict[str, Any]) -> CodeList:
    entries = {**entry.get("means", {}), **entry.get("form", {})}
    unknown = "drop" if entry["unknown"] == "reject" else entry["unknown"]  # as files of before call it
    return CodeList(
        codes=frozenset(entry.get("codes", entries)),
        unknown=Unknown(unknown),
        entries=MappingProxyType(entries),
        aliases=MappingProxyType(
            {alias: code for alias, _, code in (one.rpartition("=") for one in entry.get("alias", ()))}
        ),
    )


def _rates(document: dict[str, Any]) -> tuple[Rates, ...]:
    tables = document.get("table") or [document]
    return tuple(
        sorted(
            (
                Rates(
                    as_of=table.get("as_of", date.min),
                    units_per_euro=MappingProxyType(
                        {code: float(units) for code, units in table["units_per_euro"].items()}
                    ),
                )
                for table in tables
            ),
            key=lambda rates: rates.as_of,
        )
    )
