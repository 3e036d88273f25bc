"""Files of manifests as commands read them, and what is said of rows that were not accepted."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.parcel.doubted import Doubted, counted
from features.parcel.problems import ParcelRiskError, Rejection
from features.parcel.reference import Reference
from features.sources.columns.export import safe
from features.sources.reading import Reading, read_file
from features.sources.registry import mapping_named
from parcel_risk.console import out, show_rejections


def read_manifest(file: Path, mapping: Path | None, *, reference: Reference) -> Reading:
    """Read a manifest of any format, or a table that a mapping describes."""
    return read_file(file, mapping_named(str(mapping)) if mapping else None, reference=reference)


def report_rejections(reading: Reading, rejections: tuple[Rejection, ...], file: Path | None) -> None:
    """Print which columns and rows were not used, and write the rows to `file`."""
    for note in reading.notes:
        out.print(note, markup=False, soft_wrap=True)
    if file is not None:
        names = ("line", "field", "code", "reason", "remedy")
        safe(pl.DataFrame([one.as_dict() for one in rejections], schema=names, orient="row")).write_csv(file)
    show_unused(
        ignored=reading.ignored,
        doubts=counted(reading.doubts),
        n_rows=reading.n_rows,
        n_rejected=len({rejection.line for rejection in rejections}),
        rejections=rejections,
        n_rejections=len(rejections),
        is_repetition=all(rejection.code == "already_lodged" for rejection in rejections),
    )


def show_unused(
    *,
    ignored: tuple[str, ...],
    doubts: tuple[Doubted, ...],
    n_rows: int,
    n_rejected: int,
    rejections: tuple[Rejection, ...],
    n_rejections: int,
    is_repetition: bool,
) -> None:
    """Print which columns, values and rows were not used; the first `rejections` suffice.

    Raises
    ------
    ParcelRiskError
        When nothing of the file could be used, unless all of it was there before.
    """
    if ignored:
        out.print(f"columns that were not used: {', '.join(ignored)}", markup=False)
    show_doubts(doubts)
    if n_rejections:
        out.print(f"{n_rejected:,} of {n_rows:,} rows rejected")
        show_rejections(rejections, n_rejections)
        if n_rejected >= n_rows and not is_repetition:
            raise ParcelRiskError("no row of the file could be used.")


def show_doubts(doubts: tuple[Doubted, ...]) -> None:
    """Print which values were read otherwise, cut or left out, counted by field and reason."""
    for one in doubts:
        out.print(f"doubt: {one}", markup=False, soft_wrap=True)
