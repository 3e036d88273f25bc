"""Files of manifests as commands read them, and what is said of rows that were not accepted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.reference import Reference
from features.sources import Mapping
from features.sources.reading import Reading, read_file
from parcel_risk.console import out, show_rejections


def read_manifest(file: Path, mapping: Path | None, *, reference: Reference) -> Reading:
    """Read a manifest of any format, or a table that a mapping describes."""
    return read_file(file, Mapping.from_toml(mapping) if mapping else None, reference=reference)


def report_rejections(reading: Reading, rejections: tuple[Rejection, ...], file: Path | None) -> None:
    """Print which columns and rows were not used, and write the rows to `file`."""
    if reading.ignored:
        out.print(f"columns that were not used: {', '.join(reading.ignored)}", markup=False)
    if file is not None:
        names = ("line", "field", "code", "reason", "remedy")
        pl.DataFrame([rejection.as_dict() for rejection in rejections], schema=names, orient="row").write_csv(file)
    if rejections:
        lines = len({rejection.line for rejection in rejections})
        out.print(f"{lines:,} of {reading.n_rows:,} rows rejected")
        show_rejections(rejections)
        if lines >= reading.n_rows and any(rejection.code != "already_lodged" for rejection in rejections):
            raise ParcelRiskError("no row of the file could be used.")
