"""Command `replay`: Parquet files of a log into feature rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.console import out, working


def replay(
    folder: Annotated[Path, typer.Argument(help="Folder with Parquet files of a log.", show_default=False)],
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the feature rows.", show_default=False)],
    workers: Annotated[int, typer.Option(min=1, help="Processes, each with a part of the keys.")] = 1,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, or 'local' to start a cluster here.")
    ] = None,
) -> None:
    """Replay a log of any size into feature rows, one per parcel; an interrupted replay resumes."""
    replay_log(folder, out_folder, n_workers=workers, dask=dask)


def replay_log(folder: Path, out_folder: Path, *, n_workers: int, dask: str | None) -> None:
    """Replay Parquet files of a log into feature rows; an interrupted replay resumes."""
    from features.replay import LogFiles, replay_files
    from features.replay.runners import cluster, processes

    log = LogFiles.of(folder)
    local = processes(n_workers) if n_workers > 1 else None
    address = None if dask in (None, "local") else dask
    with (
        cluster(address, n_workers) if dask is not None else nullcontext(local) as runner,
        working(f"replaying {log.n_events:,} events") as progress,
    ):
        task = progress.task_ids[0]
        paths = replay_files(
            log,
            out_folder,
            runner=runner,
            n_partitions=max(1, n_workers),
            progress=lambda done, steps: progress.update(task, completed=done, total=steps),
        )
    out.print(f"feature rows of {log.n_events:,} events in {len(paths):,} files in {out_folder}")
