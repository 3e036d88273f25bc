"""Chores of the data scientist: train and evaluate."""

from __future__ import annotations

import getpass
import re
import shlex
import sys
from dataclasses import replace
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
from serving.settings import Settings
from serving.store import Store
from serving.store import log as event_log
from training.evaluation.unseen import evaluate, evaluate_log
from training.fit.run import Plan, train, write_bundle
from training.fit.tune import Trial
from training.report.baselines import truth_of
from training.report.training_report import write_report


def read_log(settings: Settings) -> pl.DataFrame:
    """Read the whole log from the store."""
    with working("reading the log"), Store(settings.database) as store, store.begin_read() as connection:
        return event_log.read(connection)


def train_bundle(settings: Settings, plan: Plan, *, truth: Path | None = None) -> Path:
    """Train on the log; write the bundle and its report; record the run."""
    if plan.name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", plan.name):
        raise BundleError(f"--name {plan.name!r}: a name has letters, digits, dots, dashes and underscores only.")
    if truth is not None and not truth.is_file():
        raise NothingToLearn(f"--truth {truth}: there is no such file; `synth` writes it to truth/truth.parquet.")
    log = read_log(settings)
    if log.height == 0:
        raise NothingToLearn("the log is empty. Ingest manifests and outcomes first: `parcel-risk ingest FILE`.")
    plan = replace(
        plan,
        name=plan.name or f"parcel-risk-{datetime.now(UTC):%Y%m%dT%H%M%S}",
        trained_by=plan.trained_by or getpass.getuser(),
    )
    folder = settings.models_dir / plan.name
    if folder.exists():
        raise BundleError(f"{folder} exists; give another --name. A bundle is never overwritten.")
    with working("training") as progress:
        task = progress.task_ids[0]

        def on_trial(trial: Trial) -> None:
            progress.update(task, total=plan.n_trials)
            progress.advance(task)

        trained = train(
            log, plan, stage=lambda text: progress.update(task, description=text, total=None), on_trial=on_trial
        )
        progress.update(task, description="measuring baselines and drawing the report", total=None)
        holds = truth_of(trained.data, pl.read_parquet(truth)) if truth else None
        report = write_report(trained, log, settings.home / "reports" / plan.name, holds=holds)
    write_bundle(trained, folder)
    show_figures("Figures on the test slice; those named flow_ are estimates for the whole flow", trained.meta.metrics)
    out.print(f"report {report}", soft_wrap=True)
    from training.registry import tracking  # takes seconds to import

    with working("recording the run in MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        command = shlex.join(["parcel-risk", *sys.argv[1:]])
        tracked = tracking.track(trained, folder, report=report.parent, command=command)
    out.print(f"run {tracked.run_id}, version {tracked.version} of {tracking.MODEL}")
    out.print(f"bundle {folder}; make it the challenger with: parcel-risk release {plan.name}", soft_wrap=True)
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
