"""Command `train`: from the log to an unsigned bundle, its report and its run in MLflow."""

from __future__ import annotations

import getpass
import re
import shlex
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from features.handling import Sensitivities
from features.parcel.problems import BundleError, NothingToLearn, ParcelRiskError
from parcel_risk.arguments import AsOfOpt, WindowOpt, WithoutStationOpt
from parcel_risk.console import err, out, show_figures, working
from parcel_risk.stored_log import not_for_training, read_log
from parcel_risk.stored_models import identity_of
from serving.settings import Settings

if TYPE_CHECKING:
    from features.bundle import Bundle
    from training.fit.run import Plan
    from training.fit.tune import Trial


def train(
    features: Annotated[
        list[str] | None,
        typer.Option("--features", help="Only features like this ('sender_*'); '!*_usual' leaves out. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the model.")] = 1,
    name: Annotated[str, typer.Option(help="Name of the bundle; default: the time.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who trains; another person approves. Default: your login.")] = "",
    trials: Annotated[int, typer.Option(min=0, help="Sets of parameters to try; 0 takes the defaults.")] = 0,
    weights: Annotated[str, typer.Option(help="none, or ipw: inspected parcels by inverse propensity.")] = "none",
    background: Annotated[
        int, typer.Option(min=0, help="Parcels without result to fit against; 0: inspected parcels alone.")
    ] = 100_000,
    monotone: Annotated[bool, typer.Option(help="Bind the model to the directions that features declare.")] = True,
    without_origin: Annotated[
        bool, typer.Option("--without-origin", help="The model may not read where a parcel comes from.")
    ] = False,
    as_of: AsOfOpt = "",
    window: WindowOpt = None,
    without: WithoutStationOpt = None,
    with_station: Annotated[
        list[str] | None,
        typer.Option("--with-station", help="Learn from a station although its outcomes cannot be chance. Repeatable."),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(help="Truth file of a synthetic world: adds true recall and the ceiling to the report."),
    ] = None,
    label_curve: Annotated[
        bool, typer.Option("--label-curve", help="Fit on parts of the labels, too: what would more of them bring?")
    ] = False,
) -> None:
    """Train on the log, record the run in MLflow, write an unsigned bundle and a report."""
    from training.fit.booster import Options, Weights
    from training.fit.run import Plan

    if weights not in list(Weights):
        raise ParcelRiskError(f"--weights is {weights!r}; it is none or ipw.")
    options = Options(weights=Weights(weights), n_background=background, monotone=monotone)
    plan = Plan(
        name=name,
        seed=seed,
        patterns=tuple(features or ()),
        knows_origin=not without_origin,
        options=options,
        n_trials=trials,
        as_of=moment(as_of),
        window_days=window,
        without_stations=tuple(without or ()),
        with_stations=tuple(with_station or ()),
        trained_by=by,
    )
    train_bundle(Settings(), plan, truth=truth, label_curve=label_curve)


def train_bundle(settings: Settings, plan: Plan, *, truth: Path | None = None, label_curve: bool = False) -> Path:
    """Train on the log; write the bundle and its report; record the run."""
    from training.fit import run
    from training.report.baselines import read_by_rules, truth_of
    from training.report.data_sheet import write_data_sheet
    from training.report.training_report import write_report

    if plan.name and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", plan.name):
        raise BundleError(f"--name {plan.name!r}: a name has letters, digits, dots, dashes and underscores only.")
    if truth is not None and not truth.is_file():
        raise NothingToLearn(f"--truth {truth}: there is no such file; `synth` writes it to truth/truth.parquet.")
    identity = identity_of(settings)  # before the work: without it nothing could be written
    logs = [read_log(settings)]
    if logs[0].height == 0:
        raise NothingToLearn("the log is empty. Ingest manifests and outcomes first: `parcel-risk ingest FILE`.")
    facts = read_by_rules(logs[0])
    plan = replace(
        plan,
        name=plan.name or f"parcel-risk-{datetime.now(UTC):%Y%m%dT%H%M%S}",
        trained_by=plan.trained_by or getpass.getuser(),
        without_parcels=not_for_training(settings),
        sensitivities=Sensitivities.read(settings.sensitivity_file),
    )
    folder = settings.models_dir / plan.name
    if folder.exists():
        raise BundleError(f"{folder} exists; give another --name. A bundle is never overwritten.")
    with working("training") as progress:
        task = progress.task_ids[0]

        def on_trial(trial: Trial) -> None:
            progress.update(task, total=plan.n_trials)
            progress.advance(task)

        trained = run.train(
            logs.pop(),  # nobody else holds it: its memory is free once it has become feature rows
            plan,
            stage=lambda text: progress.update(task, description=text, total=None),
            on_trial=on_trial,
        )
        progress.update(task, description="measuring baselines and drawing the report", total=None)
        holds = truth_of(trained.data, pl.read_parquet(truth)) if truth else None
        report = write_report(
            trained,
            facts,
            settings.home / "reports" / plan.name,
            holds=holds,
            champion=_champion(settings),
            with_label_curve=label_curve,
        )
        write_data_sheet(trained, report.parent)
    run.write_bundle(trained, folder, identity=identity)
    for station in trained.held:
        out.print(
            f"the outcomes of {station} cannot be chance and were not learned from. Find out why; --with-station "
            f"{station} learns from them, --without-station {station} confirms that they are left out.",
            markup=False,
            soft_wrap=True,
        )
    show_figures(
        "Figures on the test slice; those named flow_ are estimates for the screened population", trained.meta.metrics
    )
    out.print(f"report {report}", soft_wrap=True)
    from training.registry import tracking  # takes seconds to import

    with working("recording the run in MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        command = shlex.join(["parcel-risk", *sys.argv[1:]])
        tracked = tracking.track(trained, folder, report=report.parent, command=command)
    out.print(f"run {tracked.run_id}, version {tracked.version} of {tracking.MODEL}")
    out.print(f"bundle {folder}; make it the challenger with: parcel-risk release {plan.name}", soft_wrap=True)
    return folder


def _champion(settings: Settings) -> Bundle | None:
    """Model that serves now; None where there is none or it cannot be used."""
    from features import bundle
    from features.model_store import ModelStore

    try:
        folder = ModelStore(settings.models_dir).champion()
        return (
            None if folder is None else bundle.load(folder, trusted=settings.trusted(), identity=identity_of(settings))
        )
    except ParcelRiskError as error:
        err.print(f"the champion is not part of the report: {error}", markup=False, soft_wrap=True)
        return None


def moment(text: str) -> datetime | None:
    """Read a day or a time; the end of the day when it is a day. None when it is empty."""
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ParcelRiskError(f"{text!r} is neither a day nor a time; write it as in 2026-09-01.") from error
    if len(text) == len("2026-09-01"):
        read = read.replace(hour=23, minute=59, second=59)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
