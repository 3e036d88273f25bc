"""Command `log`: the event log as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from serving.settings import Settings


def log(out_folder: Annotated[Path, typer.Option("--out", help="Folder to write to.", show_default=False)]) -> None:
    """Write the event log, without personal data, item numbers and texts, as Parquet files."""
    write_log(Settings(), out_folder)


def write_log(settings: Settings, folder: Path) -> None:
    """Write the log of the store as Parquet files that a replay takes."""
    from features.replay.files import write_whole
    from serving.installation import opened_store
    from serving.store import log as event_log

    if folder.is_dir() and any(folder.glob("*.parquet")):
        raise ParcelRiskError(
            f"{folder}: Parquet files are stored there. Give an empty folder, so that two logs never mix."
        )
    folder.mkdir(parents=True, exist_ok=True)
    n_events = n_files = 0
    with working("writing the log"), opened_store(settings) as store, store.begin_read() as connection:
        for n_files, part in enumerate(event_log.parts(connection), start=1):
            write_whole(part, folder / f"log-{n_files - 1:06d}.parquet")
            n_events += part.height
    out.print(f"{n_events:,} events in {n_files:,} files in {folder}")
