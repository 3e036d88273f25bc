"""Write a world out as an office would receive it: own CSV, ITMATT-like XML, courier JSON, and the event log.

One manifest file per day, so that a live feed can be simulated from it. The writers are those of `features.sources`, so
that every format adapter can read what is written here. The truth goes into a folder of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from data.synthetic.event_log import event_log
from data.synthetic.world import World
from features.identity import IdentityKey
from features.parcel.problems import ParcelRiskError
from features.sources.registry import adapter_named

FORMATS = ("csv", "outcomes", "days", "log", "xml", "json", "truth")
_POSTAL = ("letter", "parcel", "ems")


class WriteError(ParcelRiskError):
    """A world cannot be written as asked."""


def write(
    world: World, out: Path, *, formats: tuple[str, ...] = FORMATS, identity: IdentityKey | None = None
) -> list[Path]:
    """Write `world` below the folder `out` and return the files, in order.

    Parameters
    ----------
    formats:
        Some of ``csv`` (all parcels in one file of own CSV), ``outcomes`` (CSV), ``days`` (own CSV, a file per day),
        ``log`` (events as Parquet, a file per day), ``xml`` (postal parcels, a file per day), ``json`` (express
        consignments, a file per day) and ``truth`` (Parquet, in the folder ``truth``, for evaluation only).
    identity:
        Key under which the log replaces personal data; only needed for ``log``.

    Raises
    ------
    WriteError
        When a format is unknown or the log is asked for without a key.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise WriteError(f"unknown format {unknown[0]!r}. Known: {', '.join(FORMATS)}.")
    if "log" in formats and identity is None:
        raise WriteError("the event log needs an identity key. Give one, or leave out the format log.")
    files: list[Path] = []
    if "csv" in formats:
        files.append(_manifest(out / "parcels.csv", "csv", world.parcels))
    if "outcomes" in formats:
        times = pl.col("inspected_at", "known_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        files.append(_written(out / "outcomes.csv", world.outcomes.with_columns(times).write_csv()))
    if "days" in formats:
        files += [_manifest(out / "days" / f"{day}.csv", "csv", rows) for day, rows in by_day(world.parcels)]
    if "log" in formats and identity is not None:
        files += write_log(event_log(world, identity), out / "log")
    if "xml" in formats:
        postal = world.parcels.filter(pl.col("stream").is_in(_POSTAL))
        files += [_manifest(out / "xml" / f"{day}.xml", "itmatt", rows) for day, rows in by_day(postal)]
    if "json" in formats:
        express = world.parcels.filter(pl.col("stream") == "express")
        files += [_manifest(out / "json" / f"{day}.json", "courier", rows) for day, rows in by_day(express)]
    if "truth" in formats:
        files += _write_truth(world, out / "truth")
    return files


def by_day(parcels: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Parcels of each day of lodging, in order."""
    days = parcels.with_columns(pl.col("lodged_at").dt.strftime("%Y-%m-%d").alias("day"))
    for (day,), rows in days.group_by("day", maintain_order=True):
        yield str(day), rows.drop("day")


def write_log(log: pl.DataFrame, folder: Path) -> list[Path]:
    """Write the event log as one Parquet file per day on which events became known."""
    folder.mkdir(parents=True, exist_ok=True)
    days = log.with_columns(pl.col("known_at").dt.strftime("%Y-%m-%d").alias("day"))
    files = []
    for (day,), rows in days.group_by("day", maintain_order=True):
        files.append(folder / f"{day}.parquet")
        rows.drop("day").write_parquet(files[-1], compression="zstd", statistics=True)
    return files


def _write_truth(world: World, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "truth.parquet", folder / "policy.parquet"]
    world.truth.write_parquet(files[0], compression="zstd")
    world.policy.write_parquet(files[1], compression="zstd")
    return files


def _manifest(path: Path, form: str, parcels: pl.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        adapter_named(form).write(parcels, file)
    return path


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return path
