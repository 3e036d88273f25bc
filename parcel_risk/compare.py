"""Command `compare`: two models on the same parcels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import polars as pl
import typer

from features.parcel.problems import BundleError
from parcel_risk.arguments import OutOpt
from parcel_risk.console import out, working
from parcel_risk.stored_log import read_log
from parcel_risk.stored_models import loaded
from serving.settings import Settings

if TYPE_CHECKING:
    from features.bundle import Bundle
    from features.model_store import ModelStore
    from training.evaluation.comparison import Compared


def compare(
    first: Annotated[str, typer.Argument(help="A bundle, or the beginning of a run's id.")],
    second: Annotated[str, typer.Argument(help="Another one.")],
    capacity: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the population that is opened.")] = 0.005,
    out_file: OutOpt = None,
) -> None:
    """Score the same parcels with two models: what is newly caught, what is newly lost."""
    compare_runs(Settings(), first, second, capacity=capacity, out_file=out_file)


def compare_runs(settings: Settings, first: str, second: str, *, capacity: float, out_file: Path | None) -> Compared:
    """Score the same parcels of the log with two bundles and show what differs at a capacity."""
    from features.model_store import ModelStore
    from training.data.datasets import dataset
    from training.evaluation import comparison
    from training.report.comparison_page import write_comparison

    models = ModelStore(settings.models_dir)
    a, b = (loaded(settings, models.path(_bundle_name(settings, models, name))) for name in (first, second))
    log = read_log(settings)
    with working("replaying the log and scoring the parcels that neither had seen"):
        seen = max(_last_seq(a), _last_seq(b))
        data = dataset(log)
        later = data.seq > seen
        # Two runs on the same log have both seen all of it: then their test slices are what they had not fitted on.
        rows = later if later.any() else data.lodged_at_us >= _test_from_us(a, b)
        compared = comparison.compare(data, rows, a, b, capacity=capacity)
        folder = settings.home / "reports" / f"{a.meta.name}-and-{b.meta.name}"
        page = write_comparison(compared, a, b, folder, is_new=bool(later.any()))
    out.print(compared.says(a.meta.name, b.meta.name, is_new=bool(later.any())))
    out.print(f"page {page}", soft_wrap=True)
    if out_file is not None:
        compared.parcels.write_parquet(out_file)
        out.print(f"one row per parcel in {out_file}")
    return compared


def _bundle_name(settings: Settings, models: ModelStore, name: str) -> str:
    """Bundle of a run: `name` is one in the model store, or the beginning of a run's id."""
    if name in models.names():
        return name
    from training.registry import aliases, tracking

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    matches = [run.bundle for run in aliases.runs() if run.run_id.startswith(name)]
    if len(matches) != 1:
        raise BundleError(
            f"{name!r} is no bundle here and the beginning of {len(matches)} runs. See `parcel-risk runs`."
        )
    return matches[0]


def _last_seq(bundle: Bundle) -> int:
    return int(bundle.meta.training["last_seq"])


def _test_from_us(*compared: Bundle) -> int:
    starts = [pl.Series([bundle.meta.training["test_from"]]).str.to_datetime(time_zone="UTC") for bundle in compared]
    return int(np.max([start.dt.epoch("us").to_numpy() for start in starts]))
