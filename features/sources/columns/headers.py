"""Recognise the headers of a table: the record's field names, common aliases, and units taken from the header.

``gross_weight_kg``, ``Weight (kg)`` and ``gross_weight_g`` all fill ``gross_weight_g``. Pieces are columns too:
``description`` belongs to the first piece, ``piece_2_description`` to the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names

from features.parcel.fields import Field, Quantity
from features.parcel.problems import SourceError
from features.parcel.schema import LINE
from features.sources.columns.cells import OUTCOME, PARCEL, PIECE, Assignment
from features.sources.columns.units import FACTOR

_PIECE_HEADER = re.compile(r"^piece_?0{0,2}([1-9]\d{0,2})_(.+)$")
_REPEATED = re.compile(r"_duplicated_\d+$")  # what Polars puts behind a header that occurs again
_CANONICAL_UNIT = {Quantity.MASS: "g", Quantity.LENGTH: "mm", Quantity.MONEY: "cents"}


def parcel_assignments(headers: list[str]) -> tuple[list[Assignment], list[str]]:
    """Recognise the headers of a parcel file; return the assignments and the headers that mean nothing here."""
    return _assignments(headers, PARCEL, PIECE)


def outcome_assignments(headers: list[str]) -> tuple[list[Assignment], list[str]]:
    """Recognise the headers of an outcome file."""
    return _assignments(headers, OUTCOME, {})


def _assignments(
    headers: list[str], fields: Names[str, Field], pieces: Names[str, Field]
) -> tuple[list[Assignment], list[str]]:
    assignments: list[Assignment] = []
    ignored: list[str] = []
    for header in headers:
        if header == LINE:
            continue
        tidy = re.sub(r"[^0-9a-z]+", "_", _REPEATED.sub("", header).strip("\ufeff ").lower()).strip("_")
        numbered = _PIECE_HEADER.match(tidy)
        if numbered and pieces:
            assignment = _recognise(header, numbered[2], pieces, piece=int(numbered[1]))
        else:
            assignment = _recognise(header, tidy, fields, piece=0) or _recognise(header, tidy, pieces, piece=1)
        if assignment is None:
            ignored.append(header)
            continue
        twin = next((other for other in assignments if other.name == assignment.name), None)
        if twin is not None:
            raise SourceError(
                f"columns {twin.column!r} and {_REPEATED.sub('', header)!r} both fill the field {assignment.name}. "
                "Remove or rename one of them."
            )
        assignments.append(assignment)
    return assignments, ignored


def _recognise(header: str, tidy: str, fields: Names[str, Field], *, piece: int) -> Assignment | None:
    for field in fields.values():
        if tidy == field.name:
            return Assignment(target=field, piece=piece, column=header)
        canonical = _CANONICAL_UNIT.get(field.quantity or Quantity.COUNT)
        bare = field.name.removesuffix(f"_{canonical}") if canonical else ""
        for base in filter(None, (bare, *field.aliases)):
            if tidy == base and not bare:
                return Assignment(target=field, piece=piece, column=header)
            if tidy == base and field.quantity is Quantity.MONEY:
                return Assignment(target=field, piece=piece, column=header, unit="units")
            if tidy == base:
                known = ", ".join(f"{base}_{unit}" for unit in FACTOR[field.quantity or Quantity.COUNT])
                raise SourceError(f"column {header!r} does not say its unit. Rename it to one of: {known}.")
            if bare and tidy.startswith(f"{base}_"):
                assignment = _with_unit(header, tidy.removeprefix(f"{base}_"), field, piece)
                if assignment is not None:
                    return assignment
    return None


def _with_unit(header: str, unit: str, field: Field, piece: int) -> Assignment | None:
    quantity = field.quantity or Quantity.COUNT
    if unit in FACTOR[quantity]:
        return Assignment(target=field, piece=piece, column=header, unit=unit)
    if quantity is Quantity.MONEY and re.fullmatch(r"[a-z]{3}", unit):
        return Assignment(target=field, piece=piece, column=header, unit="units", currency=unit.upper())
    return None
