"""The MLflow side: runs, the registry and its aliases. The only module that imports mlflow."""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import mlflow.lightgbm
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient

from training.plots import training_plots
from training.train import Trained

EXPERIMENT = "parcel-risk"
MODEL = "parcel-risk"
CHALLENGER, CHAMPION = "challenger", "champion"
_N_EXAMPLE = 200


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """Where a run was recorded."""

    run_id: str
    version: str


def connect(uri: str, artifacts: Path) -> None:
    """Use the tracking store at `uri`; a new experiment keeps its artifacts under `artifacts`."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    if mlflow.get_experiment_by_name(EXPERIMENT) is None:
        mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts.absolute().as_uri())
    mlflow.set_experiment(EXPERIMENT)


def track(trained: Trained, bundle: Path, *, command: str) -> Tracked:
    """Record a run with parameters, figures, data set, plots, bundle and model; register it as challenger."""
    with mlflow.start_run(run_name=trained.meta.name) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow hints at integer columns and type hints; nothing the user could act on
        training = dict(trained.meta.training)
        params: dict[str, Any] = training.pop("params")
        mlflow.log_params({**params, "n_features": len(trained.meta.features), "n_trees": training["n_trees"]})
        mlflow.log_metrics(trained.meta.metrics)
        mlflow.set_tags(
            {
                "catalogue_fingerprint": trained.meta.fingerprint,
                "data_digest": training["data_digest"],
                "bundle": trained.meta.name,
                "command": command,
            }
        )
        example = _example(trained)
        source = mlflow.data.from_pandas(example, name="log", digest=training["data_digest"])
        mlflow.log_input(source, context="training")
        mlflow.log_artifacts(str(bundle), "bundle")
        with tempfile.TemporaryDirectory() as folder:
            for path in training_plots(trained, Path(folder)):
                mlflow.log_artifact(str(path), "plots")
        booster = trained.fitted.booster
        info = mlflow.lightgbm.log_model(
            booster,
            name="model",
            signature=infer_signature(example, np.asarray(booster.predict(example.to_numpy()))),
            registered_model_name=MODEL,
            pip_requirements=["lightgbm"],
        )
    version = str(info.registered_model_version)
    client = MlflowClient()
    client.set_registered_model_alias(MODEL, CHALLENGER, version)
    client.set_model_version_tag(MODEL, version, "bundle", trained.meta.name)
    return Tracked(run_id=run.info.run_id, version=version)


def crown(bundle_name: str, *, approver: str) -> str | None:
    """Point the alias `champion` at the version of a released bundle; None when the registry does not know it."""
    client = MlflowClient()
    for version in client.search_model_versions(f"name = '{MODEL}'"):
        if version.tags.get("bundle") == bundle_name:
            client.set_registered_model_alias(MODEL, CHAMPION, version.version)
            client.set_model_version_tag(MODEL, version.version, "approved_by", approver)
            return str(version.version)
    return None


def _example(trained: Trained) -> pd.DataFrame:
    """Every so-manieth feature row of the run, at most 200, as pandas."""
    names = list(trained.meta.features)
    step = max(1, len(trained.data) // _N_EXAMPLE)
    columns = trained.columns
    return pd.DataFrame(trained.data.values[::step][:_N_EXAMPLE, columns], columns=names)
