"""Chores around a release: list and compare runs, name a challenger, approve it, roll back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from features import bundle as bundles
from features.bundle import Bundle
from features.model_store import ModelStore
from features.parcel.problems import BundleError
from parcel_risk.console import markdown, out, working
from parcel_risk.learning import read_log
from serving.keys import APPROVER
from serving.settings import Settings
from training.compare import Compared, compare
from training.dataset import dataset
from training.release import approve, roll_back

_SHOWN = ("test_average_precision", "test_recall_at_0_5pct", "flow_precision_at_0_5pct", "flow_recall_of_the_line")


def show_runs(settings: Settings) -> None:
    """List the runs that MLflow knows, newest first."""
    from training import registry, tracking  # take seconds to import

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    rows = [
        {
            "run": run.run_id[:8],
            "bundle": run.bundle,
            "at": run.started_at,
            "alias": run.alias,
            "by": run.trained_by,
            "data": run.data_digest,
            **{name: f"{run.metrics[name]:.4f}" if name in run.metrics else "" for name in _SHOWN},
        }
        for run in registry.runs()
    ]
    out.print(markdown(pl.DataFrame(rows)) if rows else "no run yet; `parcel-risk train` makes one", soft_wrap=True)


def compare_runs(settings: Settings, first: str, second: str, *, capacity: float, out_file: Path | None) -> Compared:
    """Score the same parcels of the log with two bundles and show what differs at a capacity."""
    shelf = ModelStore(settings.models_dir)
    a, b = (bundles.load(shelf.path(_bundle_name(settings, shelf, name)), trusted=None) for name in (first, second))
    log = read_log(settings)
    with working("replaying the log and scoring the parcels that neither had seen"):
        seen = max(_last_seq(a), _last_seq(b))
        data = dataset(log)
        later = data.seq > seen
        # Two runs on the same log have both seen all of it: then their test slices are what they had not fitted on.
        rows = later if later.any() else data.lodged_at_us >= _test_from_us(a, b)
        compared = compare(data, rows, a, b, capacity=capacity)
    out.print(compared.says(a.meta.name, b.meta.name, is_new=bool(later.any())))
    if out_file is not None:
        compared.parcels.write_parquet(out_file)
        out.print(f"one row per parcel in {out_file}")
    return compared


def release_bundle(settings: Settings, name: str | None) -> str:
    """Make a bundle the challenger in MLflow: the one that waits for approval."""
    shelf = ModelStore(settings.models_dir)
    chosen = name or shelf.latest().name
    with working("verifying"):
        bundles.load(shelf.path(chosen), trusted=None)
    from training import registry, tracking

    with working("telling MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        version = registry.challenge(chosen)
    known = f"version {version}, alias {registry.CHALLENGER}" if version else "unknown to the MLflow registry"
    out.print(f"{chosen} awaits approval; {known}")
    out.print(f"approve it with: parcel-risk approve {chosen} --as 'YOUR NAME' --key YOUR_KEY", soft_wrap=True)
    return chosen


def approve_bundle(settings: Settings, name: str | None, *, approver: str, key: Path | None, override: str) -> None:
    """Sign a bundle and make it the champion, here and in MLflow."""
    shelf = ModelStore(settings.models_dir)
    from training import registry, tracking

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    chosen = name or registry.challenger() or shelf.latest().name
    with working("verifying and signing"):
        approved = approve(
            shelf,
            chosen,
            approver=approver,
            key=key or settings.keys / APPROVER,
            trusted=settings.trusted(),
            override=override,
        )
        version = registry.crown(chosen, approver=approver, override=override)
    known = f"version {version}, alias {registry.CHAMPION}" if version else "unknown to the MLflow registry"
    out.print(f"{approved.bundle_id} approved by {approver}; {known}")


def roll_back_champion(settings: Settings, *, by: str) -> None:
    """Make the champion before this one the champion again."""
    from training import registry, tracking

    with working("verifying the champion before this one"):
        approved = roll_back(ModelStore(settings.models_dir), trusted=settings.trusted())
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        version = registry.crown_again(approved.meta.name, by=by)
    known = f"version {version}, alias {registry.CHAMPION}" if version else "unknown to the MLflow registry"
    out.print(f"{approved.bundle_id} serves again; {known}. A running service takes it at its next start.")


def _bundle_name(settings: Settings, shelf: ModelStore, name: str) -> str:
    """Bundle of a run: `name` is one on the shelf, or the beginning of a run's id."""
    if name in shelf.names():
        return name
    from training import registry, tracking

    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    found = [run.bundle for run in registry.runs() if run.run_id.startswith(name)]
    if len(found) != 1:
        raise BundleError(f"{name!r} is no bundle here and the beginning of {len(found)} runs. See `parcel-risk runs`.")
    return found[0]


def _last_seq(bundle: Bundle) -> int:
    return int(bundle.meta.training["last_seq"])


def _test_from_us(*compared: Bundle) -> int:
    starts = [pl.Series([bundle.meta.training["test_from"]]).str.to_datetime(time_zone="UTC") for bundle in compared]
    return int(np.max([start.dt.epoch("us").to_numpy() for start in starts]))
