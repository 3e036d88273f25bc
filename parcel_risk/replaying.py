"""Chores of replay: write the log as Parquet files, and replay such files into feature rows."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from features.parcel.problems import ParcelRiskError
from features.replay import LogFiles, replay_files
from features.replay.files import write_whole
from features.replay.rows import CHUNK
from features.replay.runners import cluster, processes
from parcel_risk.console import out, working
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log


def write_log(settings: Settings, folder: Path) -> None:
    """Write the log of the store as Parquet files of 20,000 events."""
    if folder.is_dir() and any(folder.glob("*.parquet")):
        raise ParcelRiskError(f"{folder}: Parquet files lie there. Give an empty folder, so that two logs never mix.")
    folder.mkdir(parents=True, exist_ok=True)
    done = n_files = 0
    with working("writing the log"), Store(settings.database) as store, store.begin_read() as connection:
        while (part := event_log.read(connection, after=done, limit=CHUNK)).height:
            write_whole(part, folder / f"log-{n_files:06d}.parquet")
            done, n_files = int(part["seq"][-1]), n_files + 1
    out.print(f"{done:,} events in {n_files:,} files in {folder}")


def replay_log(folder: Path, out_folder: Path, *, n_workers: int, dask: str | None) -> None:
    """Replay Parquet files of a log into feature rows; a replay that was broken off goes on."""
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
