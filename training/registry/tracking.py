"""The MLflow side of a run: everything about it in one place, so that the MLflow UI alone tells the story."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mlflow
import mlflow.lightgbm
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient

from training.fit.run import Trained
from training.report.training_report import HEADLINES

EXPERIMENT = "parcel-risk"
MODEL = "parcel-risk"
_N_EXAMPLE = 200
_KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Makes the UI show runs and figures of models; without it, it guesses, and may ask about conversations."""


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """Where a run was recorded."""

    run_id: str
    version: str


def connect(uri: str, artifacts: Path) -> None:
    """Use the tracking store at `uri`; a new experiment keeps its artifacts under `artifacts`."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        # A server keeps artifacts where it is configured to; a local store keeps them next to it.
        where = None if uri.startswith("http") else artifacts.absolute().as_uri()
        mlflow.create_experiment(EXPERIMENT, artifact_location=where, tags=dict(_KIND))
    mlflow.set_experiment(EXPERIMENT)


def track(trained: Trained, bundle: Path, *, report: Path, command: str) -> Tracked:
    """Record a run: parameters, figures, data set, plots, report, bundle, model, and the trials as nested runs.

    `report` is a folder whose content is kept with the run.
    """
    with mlflow.start_run(run_name=trained.meta.name, description=trained.card) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow hints at integer columns and type hints; nothing the user could act on
        mlflow.log_params(_params(trained))
        measured = {name: value for name, value in trained.meta.metrics.items() if np.isfinite(value)}
        mlflow.log_metrics(measured | _headlines(measured))
        mlflow.set_tags(_tags(trained, command))
        example = _example(trained)
        source = mlflow.data.from_pandas(example, name="log", digest=trained.data.digest[:36])
        mlflow.log_input(source, context="training")
        mlflow.log_artifacts(str(bundle), "bundle")
        mlflow.log_artifacts(str(report), "report")
        for path in sorted(report.glob("*.png")):
            mlflow.log_artifact(str(path), "plots")
        _log_trials(trained)
        booster = trained.fitted.booster
        info = mlflow.lightgbm.log_model(
            booster,
            name="model",
            signature=infer_signature(example, np.asarray(booster.predict(example.to_numpy()))),
            registered_model_name=MODEL,
            pip_requirements=["lightgbm"],
        )
    version = str(info.registered_model_version)
    MlflowClient().set_model_version_tag(MODEL, version, "bundle", trained.meta.name)
    return Tracked(run_id=run.info.run_id, version=version)


def _headlines(measured: dict[str, float]) -> dict[str, float]:
    """Figures to look at first, with their ends, under names that the UI shows before all others."""
    wanted = [f"{name}{end}" for name in HEADLINES for end in ("", "_low", "_high")]
    return {f"headline/{name}": measured[name] for name in wanted if name in measured}


def _params(trained: Trained) -> dict[str, Any]:
    training = dict(trained.meta.training)
    params: dict[str, Any] = {
        name: value for name, value in training.pop("params").items() if name != "monotone_constraints"
    }
    kept = ("as_of", "window_days", "maturity_days", "weights", "n_background", "monotone", "without_stations")
    facts = {name: training[name] for name in kept}
    return {**params, **facts, "n_features": len(trained.meta.features), "n_trees": training["n_trees"]}


def _tags(trained: Trained, command: str) -> dict[str, str]:
    training = trained.meta.training
    return {
        "catalogue_fingerprint": trained.meta.fingerprint,
        "data_digest": training["data_digest"],
        "data_from": training["first_lodged_at"],
        "data_to": training["last_lodged_at"],
        "bundle": trained.meta.name,
        "trained_by": training["trained_by"],
        "command": command,
        "reproduce": _reproducing(command, trained),
    }


def _reproducing(command: str, trained: Trained) -> str:
    """Command that makes the same figures again when the log has grown, in a bundle of another name."""
    command = re.sub(r" --name[ =]\S+", "", command)
    if "--as-of" in command:
        return command
    as_of = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=trained.data.as_of_us)
    return f"{command} --as-of {as_of.isoformat()}"


def _log_trials(trained: Trained) -> None:
    for index, trial in enumerate(trained.trials):
        with mlflow.start_run(run_name=f"trial-{trial.number:02d}", nested=True):
            mlflow.log_params({**trial.params, "monotone": trial.monotone, "n_trees": trial.n_trees})
            mlflow.log_metrics(
                {"tune_log_loss": trial.log_loss, "tune_average_precision": trial.average_precision, "place": index + 1}
            )


def _example(trained: Trained) -> pd.DataFrame:
    """Every so-manieth feature row of the run, at most 200, as pandas."""
    names = list(trained.meta.features)
    step = max(1, len(trained.data) // _N_EXAMPLE)
    columns = trained.columns
    return pd.DataFrame(trained.data.values[::step][:_N_EXAMPLE, columns], columns=names)
