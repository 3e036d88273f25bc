"""Retention: what is kept, for what purpose, by what law and for how long, as a dated table (``retention.toml``).

Every table of the store and every file of an installation belongs to exactly one class. What the rules do is in
`serving.office.retaining`.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from features.parcel.problems import ParcelRiskError

FILE = "retention.toml"
_TEXTS = {"name", "holds", "purpose", "legal_basis"}
_DAYS = {"days", "mask_days", "finding_days"}


class RetentionError(ParcelRiskError):
    """The table of what is kept for how long cannot be used."""


class Rule(StrEnum):
    """How the data of a class come to their end."""

    PARCEL = "parcel"
    AGE = "age"
    KEPT = "kept"


_NEEDS = {Rule.PARCEL: _DAYS, Rule.AGE: {"days"}, Rule.KEPT: {"because"}}
"""What a rule needs in addition to texts, tables and files."""


@dataclass(frozen=True, kw_only=True)
class DataClass:
    """One class of data.

    Attributes
    ----------
    holds, purpose, legal_basis:
        In words.
    days:
        After which its data are erased, or its rows deleted; None where they are kept.
    mask_days:
        After which persons and texts of a parcel are masked; None but for the rule ``parcel``.
    finding_days:
        The same as `days` for a parcel in which contraband was found.
    because:
        Why it is kept; empty where it is not.
    tables, files:
        What belongs to it: tables of the store, and patterns of paths in the home folder.
    """

    name: str
    holds: str
    purpose: str
    legal_basis: str
    rule: Rule
    tables: tuple[str, ...]
    files: tuple[str, ...]
    days: int | None = None
    mask_days: int | None = None
    finding_days: int | None = None
    because: str = ""


@dataclass(frozen=True, kw_only=True)
class Periods:
    """After what time a parcel is masked, erased, and erased where contraband was found in it."""

    mask: timedelta
    erase: timedelta
    finding: timedelta

    def is_erased(self, age: timedelta, *, has_finding: bool) -> bool:
        """Whether a parcel lodged so long ago is to be erased."""
        return age >= (self.finding if has_finding else self.erase)

    def is_masked(self, age: timedelta, *, has_finding: bool) -> bool:
        """Whether it is to be masked; a finding keeps it readable."""
        return age >= self.mask and not has_finding


@dataclass(frozen=True, kw_only=True)
class Retention:
    """All classes; `digest` stands for the whole file."""

    first_on: date
    classes: tuple[DataClass, ...]
    digest: str

    @property
    def parcels(self) -> Periods:
        """Periods of parcels."""
        days = next((one.mask_days, one.days, one.finding_days) for one in self.classes if one.rule is Rule.PARCEL)
        return Periods(**dict(zip(("mask", "erase", "finding"), (timedelta(days=n or 0) for n in days), strict=True)))

    def of_table(self, table: str) -> DataClass | None:
        """Class of a table; None where it has none."""
        return next((one for one in self.classes if table in one.tables), None)

    def of_file(self, path: str) -> DataClass | None:
        """Class of a file or folder, by its path in the home folder; None where it has none."""
        return next((one for one in self.classes if any(fnmatch(path, pattern) for pattern in one.files)), None)

    def by_age(self) -> Iterator[tuple[str, timedelta]]:
        """Tables whose rows are deleted by their age, and that age."""
        for one in self.classes:
            if one.rule is Rule.AGE:
                yield from ((table, timedelta(days=one.days or 0)) for table in one.tables)


def load_retention(folder: Path | None) -> Retention:
    """Read the table from `folder`; the shipped one without a folder, or where it holds none.

    Raises
    ------
    RetentionError
        When it cannot be used.
    """
    path = folder / FILE if folder is not None else None
    if path is None or not path.is_file():
        return shipped_retention()
    try:
        return retention_of(path.read_text("utf-8"))
    except (RetentionError, ValueError) as error:
        raise RetentionError(f"{path} cannot be used: {error} Compare with policy/{FILE} that is shipped.") from error


@cache
def shipped_retention() -> Retention:
    """The table that this package ships."""
    return retention_of(files("policy").joinpath(FILE).read_text("utf-8"))


def retention_of(text: str) -> Retention:
    """Table of the text of a file.

    Raises
    ------
    RetentionError
        When a class cannot be used, or there is not exactly one of the rule ``parcel``.
    ValueError
        When it is no TOML.
    """
    document = tomllib.loads(text)
    first_on = document.get("from")
    if not isinstance(first_on, date):
        raise RetentionError("from is missing. Give the day from which the rules hold, as in from = 2026-11-26.")
    classes = tuple(_class(entry) for entry in document.get("class", []))
    if sum(one.rule is Rule.PARCEL for one in classes) != 1:
        raise RetentionError("exactly one class has the rule parcel. Give masks and periods of parcels once.")
    tables = [table for one in classes for table in one.tables]
    twice = next((table for table in tables if tables.count(table) > 1), None)
    if twice is not None:
        raise RetentionError(f"the table {twice} belongs to several classes. Name it in one.")
    _refuse_longer(classes)
    return Retention(first_on=first_on, classes=classes, digest=hashlib.sha256(text.encode()).hexdigest()[:12])


def _refuse_longer(classes: tuple[DataClass, ...]) -> None:
    """Refuse rows that could be left when the parcel that they repeat is erased: it may be lodged for a year."""
    parcels = next(one.days or 0 for one in classes if one.rule is Rule.PARCEL)
    for one in classes:
        if one.rule is Rule.AGE and (one.days or 0) + _DAYS_OF_A_NUMBER > parcels:
            raise RetentionError(
                f"class {one.name}: {one.days} days and a year are longer than the {parcels} days of a parcel, which "
                "its rows may repeat. Shorten them."
            )


_DAYS_OF_A_NUMBER = 366


def _class(entry: Mapping[str, Any]) -> DataClass:
    name = entry.get("name", "without a name")
    try:
        rule = Rule(entry.get("rule", ""))
    except ValueError:
        raise RetentionError(f"class {name}: rule is none of {', '.join(Rule)}. Give one of them.") from None
    wanted = {*_TEXTS, "rule", "tables", "files", *_NEEDS[rule]}
    if entry.keys() != wanted:
        wrong = min(entry.keys() ^ wanted)
        raise RetentionError(f"class {name}: {wrong} is missing or too much; rule {rule} needs {', '.join(wanted)}.")
    days = [entry[key] for key in ("mask_days", "days", "finding_days") if key in entry]
    if not all(isinstance(n, int) and n > 0 for n in days) or days != sorted(days):
        raise RetentionError(f"class {name}: days are whole numbers, mask_days <= days <= finding_days. Correct them.")
    given = {**entry, "rule": rule, "tables": tuple(entry["tables"]), "files": tuple(entry["files"])}
    return DataClass(**given)
