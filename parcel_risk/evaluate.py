"""Command `evaluate`: figures of a bundle on parcels that it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from features.identity import derive
from features.log import WITHHELD, parcel_events
from parcel_risk.arguments import MappingOpt, OutOpt, RejectionsOpt
from parcel_risk.console import out, show_figures, working
from parcel_risk.manifest_files import read_manifest, report_rejections
from parcel_risk.stored_log import NAMED, as_read, read_log
from parcel_risk.stored_models import loaded
from serving.settings import Settings


def evaluate(
    file: Annotated[Path | None, typer.Argument(help="CSV or Parquet file with outcomes; default: the log.")] = None,
    mapping: MappingOpt = None,
    bundle: Annotated[str | None, typer.Option(help="Bundle to evaluate; default: the newest.")] = None,
    out_file: OutOpt = None,
    rejections: RejectionsOpt = None,
    where: Annotated[
        str, typer.Option(help="Only parcels that meet an SQL condition over fields of the parcel and features.")
    ] = "",
) -> None:
    """Figures, with intervals, on parcels that the model has not seen; their outcomes stay hidden from the history."""
    evaluate_bundle(Settings(), file, mapping, bundle, out_file, rejections, where)


def evaluate_bundle(
    settings: Settings,
    file: Path | None,
    mapping: Path | None,
    name: str | None,
    out_file: Path | None,
    rejections: Path | None,
    where: str = "",
) -> dict[str, float]:
    """Figures of a bundle on a file with outcomes, or on the newest part of the log."""
    from features.model_store import ModelStore
    from serving.installation import Installation
    from training.evaluation import unseen

    installation = Installation.open(settings)
    models = ModelStore(settings.models_dir)
    folder = models.path(name) if name else models.latest()
    bundle = loaded(settings, folder)
    texts = WITHHELD if where else NAMED
    log = read_log(settings, texts)
    if file is None:
        result = unseen.evaluate_log(bundle, log, where)
    else:
        with working(f"reading {file.name}"):
            reading = read_manifest(file, mapping, reference=installation.reference)
        report_rejections(reading, reading.rejections, rejections)
        timed = reading.parcels.filter(pl.col("lodged_at").is_not_null())
        derived = derive(timed, installation.identity, reference=installation.reference)
        events = as_read(parcel_events(derived, pl.col("lodged_at")), texts)
        with working("scoring"):
            result = unseen.evaluate(bundle, past=log, parcels=events, outcomes=reading.outcomes, where=where)
    if out_file is not None:
        result.parcels.write_parquet(out_file)
        out.print(f"one row per parcel in {out_file}")
    show_figures(f"{folder.name} on {file.name if file else 'the newest part of the log'}", result.metrics)
    return result.metrics
