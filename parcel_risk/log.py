"""Command `log`: the event log as Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.parcel.problems import ParcelRiskError
from parcel_risk.console import out, working
from serving.settings import Settings


def log(out_folder: Annotated[Path, typer.Option("--out", help="Folder to write to.", show_default=False)]) -> None:
    """Write the event log, which holds no personal data, as Parquet files."""
    write_log(Settings(), out_folder)


def write_log(settings: Settings, folder: Path) -> None:
    """Write the log of the store as Parquet files of 20,000 events."""
    from features.replay.files import write_whole
    from features.replay.rows import CHUNK
    from serving.store import Store
    from serving.store import log as event_log

    if folder.is_dir() and any(folder.glob("*.parquet")):
        raise ParcelRiskError(
            f"{folder}: Parquet files are stored there. Give an empty folder, so that two logs never mix."
        )
    folder.mkdir(parents=True, exist_ok=True)
    done = n_files = 0
    with working("writing the log"), Store(settings.database) as store, store.begin_read() as connection:
        while (part := event_log.read(connection, after=done, limit=CHUNK)).height:
            write_whole(part, folder / f"log-{n_files:06d}.parquet")
            done, n_files = int(part["seq"][-1]), n_files + 1
    out.print(f"{done:,} events in {n_files:,} files in {folder}")
