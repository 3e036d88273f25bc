"""Chores of the data scientist: train, evaluate, release."""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from features import bundle as bundles
from features.identity import IdentityKey, derive
from features.log import parcel_events
from features.parcel.problems import BundleError, NothingToLearn
from features.shelf import Shelf
from features.sources import Mapping
from features.sources.reading import read_file
from parcel_risk.console import out, show_figures, show_rejections, working
from serving.keys import APPROVER
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from training.evaluate import evaluate, evaluate_log
from training.release import release
from training.train import train, write_bundle


def read_log(settings: Settings) -> pl.DataFrame:
    """Read the whole log from the store."""
    with working("reading the log"), Store(settings.database) as store, store.begin() as connection:
        return event_log.read(connection)


def train_bundle(settings: Settings, *, patterns: tuple[str, ...], seed: int, name: str | None) -> Path:
    """Train on the log; write the bundle; record the run."""
    log = read_log(settings)
    if log.height == 0:
        raise NothingToLearn("the log is empty. Ingest manifests and outcomes first: `parcel-risk ingest FILE`.")
    label = name or f"parcel-risk-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    with working("training") as progress:
        task = progress.task_ids[0]
        trained = train(
            log, name=label, seed=seed, patterns=patterns, stage=lambda text: progress.update(task, description=text)
        )
    folder = settings.models_dir / label
    if folder.exists():
        raise BundleError(f"{folder} exists; give another --name. A bundle is never overwritten.")
    write_bundle(trained, folder)
    show_figures("Test figures, on inspected parcels only", trained.meta.metrics)
    from training import tracking  # takes seconds to import

    with working("recording the run in MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        command = shlex.join(["parcel-risk", *sys.argv[1:]])
        tracked = tracking.track(trained, folder, command=command)
    out.print(f"run {tracked.run_id}, version {tracked.version} of {tracking.MODEL}, alias {tracking.CHALLENGER}")
    out.print(f"bundle {folder}; release it with: parcel-risk release {label} --as 'YOUR NAME'", soft_wrap=True)
    return folder


def evaluate_bundle(
    settings: Settings,
    file: Path | None,
    mapping: Path | None,
    name: str | None,
    out_file: Path | None,
    rejections: Path | None,
) -> dict[str, float]:
    """Figures of a bundle on a file with outcomes, or on the newest part of the log."""
    shelf = Shelf(settings.models_dir)
    folder = shelf.path(name) if name else shelf.latest()
    bundle = bundles.load(folder, trusted=None)
    log = read_log(settings)
    if file is None:
        result = evaluate_log(bundle, log)
    else:
        with working(f"reading {file.name}"):
            reading = read_file(file, Mapping.from_toml(mapping) if mapping else None)
        show_rejections(reading.rejections)
        if rejections is not None:
            pl.DataFrame([item.as_dict() for item in reading.rejections]).write_csv(rejections)
        timed = reading.parcels.filter(pl.col("lodged_at").is_not_null())
        events = parcel_events(derive(timed, IdentityKey(settings.secret("identity"))), pl.col("lodged_at"))
        with working("scoring"):
            result = evaluate(bundle, past=log, parcels=events, outcomes=reading.outcomes)
    if out_file is not None:
        result.parcels.write_parquet(out_file)
        out.print(f"one row per parcel in {out_file}")
    show_figures(f"{folder.name} on {file.name if file else 'the newest part of the log'}", result.metrics)
    return result.metrics


def release_bundle(settings: Settings, name: str | None, *, approver: str, key: Path | None) -> None:
    """Sign a bundle and make it the champion, here and in MLflow."""
    shelf = Shelf(settings.models_dir)
    chosen = name or shelf.latest().name
    with working("verifying and signing"):
        released = release(
            shelf, chosen, approver=approver, key=key or settings.keys / APPROVER, trusted=settings.trusted()
        )
    from training import tracking

    with working("telling MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        version = tracking.crown(chosen, approver=approver)
    known = f"version {version}, alias {tracking.CHAMPION}" if version else "unknown to the MLflow registry"
    out.print(f"{released.bundle_id} released by {approver}; {known}")
