"""Command `ingest`: historical backfill of files, and folders of manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.arguments import MappingOpt, RejectionsOpt
from parcel_risk.console import out, rows_shown, working
from parcel_risk.manifest_files import show_unused
from serving.settings import Settings


def ingest(
    file: Annotated[Path, typer.Argument(help="Manifest of any format, or a folder of them.", show_default=False)],
    mapping: MappingOpt = None,
    outcomes: Annotated[Path | None, typer.Option(help="CSV file of outcomes that belong to the parcels.")] = None,
    rejections: RejectionsOpt = None,
    operator: Annotated[
        str | None,
        typer.Option(help="Lodge the folder's files for this operator as live submissions, like the API does."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Continue with files that arrive in the folder.")] = False,
) -> None:
    """Backfill historical files, or lodge files live; those of a folder move to `done` or `failed`."""
    if file.is_dir():
        ingest_folder(Settings(), file, mapping, operator=operator, watch=watch)
        return
    if operator is not None or watch:
        raise ParcelRiskError(f"{file} is not a folder; --operator and --watch are for folders.")
    ingest_file(Settings(), file, mapping, outcomes, rejections)


def ingest_file(
    settings: Settings, file: Path, mapping: Path | None, outcomes: Path | None, rejections: Path | None
) -> None:
    """Append a historical file to the log; what was interrupted is resumed."""
    from serving.installation import Installation
    from serving.intake.backfill import backfill
    from serving.intake.past import past_of_files

    installation = Installation.open(settings)
    past = past_of_files(file, mapping, outcomes, reference=installation.reference)
    office = installation.office()
    try:
        with working(f"reading {file.name}") as progress:
            done = backfill(
                office, past, folder=settings.home / "backfill", rejections=rejections, told=rows_shown(progress)
            )
    finally:
        office.close()
    out.print(f"{done.n_parcels:,} parcels and {done.n_outcomes:,} outcomes appended to the log")
    show_unused(
        ignored=done.ignored,
        doubts=done.doubts,
        n_rows=done.n_rows,
        n_rejected=done.n_rejected,
        rejections=done.rejections,
        n_rejections=done.n_rejections,
        is_repetition=done.is_repetition,
    )


def ingest_folder(settings: Settings, folder: Path, mapping: Path | None, *, operator: str | None, watch: bool) -> None:
    """Append the files of a folder to the log as historical backfill, or lodge them live for `operator`."""
    from parcel_risk.folders import lodge_folder, work_through

    if watch:
        out.print(f"watching {folder}; Ctrl-C ends it", markup=False)
    if operator is not None:
        n_failed = lodge_folder(settings, folder, operator, mapping, watch=watch)
    else:
        n_failed = work_through(folder, lambda path: ingest_file(settings, path, mapping, None, None), watch=watch)
    if n_failed:
        raise ParcelRiskError(f"{n_failed:,} files could not be used; they are in {folder}/failed with the reasons.")
