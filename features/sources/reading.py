"""Read a whole file through the fitting door and validate it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from features.parcel.problems import Rejection, SourceError
from features.parcel.schema import LINE, OUTCOME_SCHEMA, PARCEL_SCHEMA, conform
from features.parcel.validation import validate_outcomes, validate_parcels
from features.sources.cells import assign
from features.sources.csv import outcome_assignments, parcel_assignments, read_csv_table
from features.sources.mapping import Mapping


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file held.

    Attributes
    ----------
    parcels:
        Validated parcels (see `features.parcel.validation`).
    outcomes:
        Validated outcomes; empty when the file carries none.
    rejections:
        Why the other rows cannot be used.
    ignored:
        Columns that no field takes up.
    n_rows:
        Rows in the file.
    """

    parcels: pl.DataFrame
    outcomes: pl.DataFrame
    rejections: tuple[Rejection, ...]
    ignored: tuple[str, ...]
    n_rows: int


def read_table(path: Path) -> pl.DataFrame:
    """Read a CSV or Parquet file as text columns with ``line``.

    Raises
    ------
    SourceError
        When the file does not exist or is not what its ending says.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such file.")
    if path.suffix.lower() in {".parquet", ".pq"}:
        try:
            table = pl.read_parquet(path)
        except (PolarsError, OSError) as error:
            raise SourceError(f"{path.name}: not readable as Parquet ({str(error).splitlines()[0]}).") from error
        nested = [name for name, dtype in table.schema.items() if dtype.is_nested()]
        return table.drop(nested).select(
            pl.all().cast(pl.String), pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE)
        )
    return read_csv_table(path)


def read_file(path: Path, mapping: Mapping | None = None) -> Reading:
    """Read parcels, and outcomes where a mapping says how, from a CSV or Parquet file."""
    raw = read_table(path)
    assignments, ignored = (mapping.parcels, []) if mapping else parcel_assignments(raw.columns)
    if not mapping and not any(assignment.name == "parcel_id" for assignment in assignments):
        raise SourceError(
            f"{path.name}: no column holds parcel_id, so these are not parcels. "
            "Name the column parcel_id, or give a column mapping with --mapping."
        )
    table = assign(raw, assignments)
    accepted = validate_parcels(table.rows)
    outcomes, spoiled = _outcomes(raw, accepted.rows, mapping) if mapping else (_no_outcomes(), ())
    return Reading(
        parcels=accepted.rows,
        outcomes=outcomes,
        rejections=(*table.rejections, *accepted.rejections, *spoiled),
        ignored=tuple(ignored),
        n_rows=raw.height,
    )


def read_outcomes(path: Path) -> Reading:
    """Read a file of outcomes in the project's own CSV."""
    raw = read_table(path)
    assignments, ignored = outcome_assignments(raw.columns)
    table = assign(raw, assignments)
    accepted = validate_outcomes(table.rows)
    return Reading(
        parcels=conform(pl.DataFrame(), PARCEL_SCHEMA).clear(),
        outcomes=accepted.rows,
        rejections=(*table.rejections, *accepted.rejections),
        ignored=tuple(ignored),
        n_rows=raw.height,
    )


def _no_outcomes() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.Int64(), **OUTCOME_SCHEMA})


def _outcomes(raw: pl.DataFrame, parcels: pl.DataFrame, mapping: Mapping) -> tuple[pl.DataFrame, tuple[Rejection, ...]]:
    """Outcomes in the rows of accepted parcels; a row without a result has none."""
    if not mapping.outcomes:
        return _no_outcomes(), ()
    table = assign(raw, mapping.outcomes)
    who = parcels.select(LINE, "parcel_id", "operator", "lodged_at")
    rows = table.rows.filter(pl.col("result").is_not_null()).join(who, on=LINE)
    if "known_at" not in rows.columns:
        seconds = round(86_400 * (mapping.known_after_days or 0.0))
        rows = rows.with_columns((pl.col("lodged_at") + pl.duration(seconds=seconds)).alias("known_at"))
    accepted = validate_outcomes(rows.drop("lodged_at"))
    return accepted.rows, (*table.rejections, *accepted.rejections)
