"""Command `ingest`: historical backfill of files, and folders of manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from features.parcel.problems import ParcelRiskError
from features.parcel.schema import LINE
from features.sources.reading import Reading, read_outcomes
from parcel_risk.arguments import MappingOpt, RejectionsOpt
from parcel_risk.console import out, working
from parcel_risk.manifest_files import read_manifest, report_rejections
from serving.settings import Settings


def ingest(
    file: Annotated[Path, typer.Argument(help="Manifest of any format, or a folder of them.", show_default=False)],
    mapping: MappingOpt = None,
    outcomes: Annotated[Path | None, typer.Option(help="CSV file of outcomes that belong to the parcels.")] = None,
    rejections: RejectionsOpt = None,
    operator: Annotated[
        str | None, typer.Option(help="Lodge the folder's files for this operator as of now, like the API does.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on with files that arrive in the folder.")] = False,
) -> None:
    """Append files of the past to the log, or lodge files as of now; those of a folder move to `done` or `failed`."""
    if file.is_dir():
        ingest_folder(Settings(), file, mapping, operator=operator, watch=watch)
        return
    if operator is not None or watch:
        raise ParcelRiskError(f"{file} is not a folder; --operator and --watch are for folders.")
    ingest_file(Settings(), file, mapping, outcomes, rejections)


def ingest_file(
    settings: Settings, file: Path, mapping: Path | None, outcomes: Path | None, rejections: Path | None
) -> None:
    """Append a file of the past to the log."""
    from serving.installation import Installation
    from serving.intake.backfill import backfill

    installation = Installation.open(settings)
    with working(f"reading {file.name}"):
        reading = read_manifest(file, mapping, reference=installation.reference)
        if outcomes is not None:
            found = read_outcomes(outcomes)
            reading = Reading(
                parcels=reading.parcels,
                # Lines of two files must not meet: those of the outcomes count on behind the parcels'.
                outcomes=found.outcomes.with_columns(pl.col(LINE) + reading.n_rows + 1),
                rejections=(*reading.rejections, *found.rejections),
                ignored=(*reading.ignored, *found.ignored),
                n_rows=reading.n_rows,
            )
    with working("appending to the log"):
        office = installation.office()
        try:
            with office.writer.transaction() as transaction:
                done = backfill(office, transaction, reading)
        finally:
            office.close()
    out.print(f"{done.n_parcels:,} parcels and {done.n_outcomes:,} outcomes appended to the log")
    report_rejections(reading, done.rejections, rejections)


def ingest_folder(settings: Settings, folder: Path, mapping: Path | None, *, operator: str | None, watch: bool) -> None:
    """Append the files of a folder to the log as of the past, or lodge them for `operator` as of now."""
    from parcel_risk.folders import lodge_folder, work_through

    if operator is not None and mapping is not None:
        raise ParcelRiskError("a column mapping is for files of the past; leave out --operator or --mapping.")
    if watch:
        out.print(f"watching {folder}; Ctrl-C ends it", markup=False)
    if operator is not None:
        n_failed = lodge_folder(settings, folder, operator, watch=watch)
    else:
        n_failed = work_through(folder, lambda path: ingest_file(settings, path, mapping, None, None), watch=watch)
    if n_failed:
        raise ParcelRiskError(f"{n_failed:,} files could not be used; they lie in {folder}/failed with the reasons.")
