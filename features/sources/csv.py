"""The project's own CSV: the record's field names as headers, common aliases, and units taken from the header.

``gross_weight_kg``, ``Weight (kg)`` and ``gross_weight_g`` all fill ``gross_weight_g``. Pieces are columns too:
``description`` belongs to the first piece, ``piece_2_description`` to the second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Names
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.fields import Field, Quantity
from features.parcel.problems import SourceError
from features.parcel.schema import LINE
from features.sources.cells import FACTOR, OUTCOME, PARCEL, PIECE, Assignment

_PIECE_HEADER = re.compile(r"^piece_?0{0,2}([1-9]\d{0,2})_(.+)$")
_REPEATED = re.compile(r"_duplicated_\d+$")  # what Polars puts behind a header that occurs again
_CANONICAL_UNIT = {Quantity.MASS: "g", Quantity.LENGTH: "mm", Quantity.MONEY: "cents"}
_DELIMITERS = ",;\t|"


def read_csv_table(path: Path, delimiter: str | None = None) -> pl.DataFrame:
    """Read a CSV file as text columns, with the line of each row in ``line``.

    The delimiter is the one that occurs most often in the header unless it is given. ``line`` counts records; it is
    off where a quoted cell runs over several lines.

    Raises
    ------
    SourceError
        When the file is empty, is not UTF-8, or a row has more cells than the header.
    """
    with path.open("rb") as file:
        head = file.readline(1_000_000)
    if not head.strip():
        raise SourceError(f"{path.name}: the file is empty. Send a CSV file whose first line names the columns.")
    delimiter = delimiter or max(_DELIMITERS, key=lambda mark: head.count(mark.encode()))
    try:
        raw = pl.read_csv(path, separator=delimiter, infer_schema=False)
    except (PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0].split("`")[0].strip()  # behind the backquote Polars repeats the cell
        raise SourceError(
            f"{path.name}: not readable as CSV in UTF-8 with {delimiter!r} between the cells ({reason}). "
            "Check the encoding, the quotes and that every row has as many cells as the header."
        ) from error
    if LINE in raw.columns:
        raw = raw.drop(LINE)
    return raw.with_columns(pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias(LINE))


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
            found = _recognise(header, numbered[2], pieces, piece=int(numbered[1]))
        else:
            found = _recognise(header, tidy, fields, piece=0) or _recognise(header, tidy, pieces, piece=1)
        if found is None:
            ignored.append(header)
            continue
        twin = next((other for other in assignments if other.name == found.name), None)
        if twin is not None:
            raise SourceError(
                f"columns {twin.column!r} and {_REPEATED.sub('', header)!r} both fill the field {found.name}. "
                "Remove or rename one of them."
            )
        assignments.append(found)
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
                found = _with_unit(header, tidy.removeprefix(f"{base}_"), field, piece)
                if found is not None:
                    return found
    return None


def _with_unit(header: str, unit: str, field: Field, piece: int) -> Assignment | None:
    quantity = field.quantity or Quantity.COUNT
    if unit in FACTOR[quantity]:
        return Assignment(target=field, piece=piece, column=header, unit=unit)
    if quantity is Quantity.MONEY and re.fullmatch(r"[a-z]{3}", unit):
        return Assignment(target=field, piece=piece, column=header, unit="units", currency=unit.upper())
    return None
