"""Write a world out as an office would receive it: own CSV, ITMATT-like XML, courier JSON, and the event log.

One manifest file per day, so that a live feed can be played from it. The XML and JSON use our own neutral element
names after CN 23 and the WCO data elements; no operator's schema is copied. The truth goes into a folder of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from data.synthetic.event_log import event_log
from data.synthetic.world import World
from features.identity import IdentityKey
from features.parcel.fields import PARCEL_FIELDS, PIECE_FIELDS
from features.parcel.problems import ParcelRiskError

FORMATS = ("csv", "outcomes", "days", "log", "xml", "json", "truth")
PARTS = (
    "name",
    "street",
    "number",
    "additional",
    "po_box",
    "postcode",
    "city",
    "subdivision",
    "country",
    "phone",
    "email",
    "tax_id",
    "account",
)
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
        files.append(_written(out / "parcels.csv", flat_parcels(world.parcels).write_csv()))
    if "outcomes" in formats:
        times = pl.col("inspected_at", "known_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        files.append(_written(out / "outcomes.csv", world.outcomes.with_columns(times).write_csv()))
    if "days" in formats:
        files += [
            _written(out / "days" / f"{day}.csv", flat_parcels(rows).write_csv()) for day, rows in by_day(world.parcels)
        ]
    if "log" in formats and identity is not None:
        files += write_log(event_log(world, identity), out / "log")
    if "xml" in formats:
        postal = world.parcels.filter(pl.col("stream").is_in(_POSTAL))
        files += [_written(out / "xml" / f"{day}.xml", itmatt(rows)) for day, rows in by_day(postal)]
    if "json" in formats:
        express = world.parcels.filter(pl.col("stream") == "express")
        files += [_written(out / "json" / f"{day}.json", courier_json(rows)) for day, rows in by_day(express)]
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


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
    return path


def flat_parcels(parcels: pl.DataFrame) -> pl.DataFrame:
    """Parcels in the columns of the project's own CSV: pieces side by side, ISO 8601 times, no empty columns."""
    n_pieces = int(parcels["pieces"].list.len().max() or 0)  # type: ignore[arg-type]
    pieces = [
        pl.col("pieces").list.get(place, null_on_oob=True).struct.field(field.name).alias(_header(place, field.name))
        for place in range(n_pieces)
        for field in PIECE_FIELDS
    ]
    times = pl.col("lodged_at", "posted_at", "due_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    flat = parcels.with_columns(times).select(*(field.name for field in PARCEL_FIELDS), *pieces)
    return flat.select(column for column in flat if column.null_count() < flat.height)


def _header(place: int, name: str) -> str:
    return name if place == 0 else f"piece_{place + 1}_{name}"


def nested(row: dict[str, Any]) -> dict[str, Any]:
    """Return one parcel as nested plain values: parties and pieces grouped, absent fields left out, times as text."""
    document: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or name == "pieces":
            continue
        text = value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
        role, _, part = name.partition("_")
        if role in ("sender", "recipient") and part in PARTS:
            document.setdefault(role, {})[part] = text
        else:
            document[name] = text
    document["pieces"] = [
        {key: value for key, value in piece.items() if value is not None} for piece in row["pieces"] or ()
    ]
    return document


def courier_json(parcels: pl.DataFrame) -> str:
    """Return express consignments as one JSON document: ``{"consignments": [...]}``, fields as in the record."""
    consignments = [nested(row) for row in parcels.iter_rows(named=True)]
    return json.dumps({"consignments": consignments}, ensure_ascii=False, indent=1) + "\n"


def itmatt(parcels: pl.DataFrame) -> str:
    """Return postal parcels as one XML message in the manner of ITMATT, with neutral names after CN 23.

    ``ItemAttributes`` holds ``Item`` elements; each has one element per field of the record in CamelCase, ``Sender``
    and ``Recipient`` with their parts, and ``ContentPiece`` elements.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<ItemAttributes>"]
    for row in parcels.iter_rows(named=True):
        lines.append("  <Item>")
        lines += list(_elements(nested(row), 2))
        lines.append("  </Item>")
    return "\n".join([*lines, "</ItemAttributes>", ""])


def _elements(document: dict[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, value in document.items():
        tag = camel(name)
        if isinstance(value, dict):
            yield f"{indent}<{tag}>"
            yield from _elements(value, depth + 1)
            yield f"{indent}</{tag}>"
        elif isinstance(value, list):
            for piece in value:
                yield f"{indent}<ContentPiece>"
                yield from _elements(piece, depth + 1)
                yield f"{indent}</ContentPiece>"
        else:
            yield f"{indent}<{tag}>{escape(str(value))}</{tag}>"


def camel(name: str) -> str:
    """Name of a field as an XML element: ``gross_weight_g`` becomes ``GrossWeightG``."""
    return "".join(part.capitalize() for part in name.split("_"))
