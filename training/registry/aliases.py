"""The MLflow registry: which run is the challenger, which the champion, and who said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from training.registry.tracking import EXPERIMENT, MODEL

CHALLENGER, CHAMPION = "challenger", "champion"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A training run as MLflow knows it."""

    run_id: str
    bundle: str
    started_at: str
    alias: str
    trained_by: str
    data_digest: str
    metrics: dict[str, float]


def runs() -> list[Run]:
    """Training runs, newest first; the trials of a search are left out."""
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return []
    logged = MlflowClient().search_runs([experiment.experiment_id], "tags.bundle != ''")
    aliases = _aliases()
    return [
        Run(
            run_id=run.info.run_id,
            bundle=run.data.tags["bundle"],
            started_at=datetime.fromtimestamp(run.info.start_time / 1000, UTC).isoformat(timespec="minutes"),
            alias=", ".join(aliases.get(run.data.tags["bundle"], [])),
            trained_by=run.data.tags.get("trained_by", ""),
            data_digest=run.data.tags.get("data_digest", ""),
            metrics=dict(run.data.metrics),
        )
        for run in logged
    ]


def nominate(bundle: str) -> str | None:
    """Point the alias `challenger` at the version of a bundle; None when the registry does not know it."""
    version = _version(bundle)
    if version is not None:
        MlflowClient().set_registered_model_alias(MODEL, CHALLENGER, version)
    return version


def challenger() -> str | None:
    """Bundle that awaits approval; None when there is none."""
    return next((bundle for bundle, names in _aliases().items() if CHALLENGER in names), None)


def promote(bundle: str, *, approver: str, override: str = "") -> str | None:
    """Point the alias `champion` at the version of an approved bundle; None when the registry does not know it."""
    version = _version(bundle)
    if version is None:
        return None
    client = MlflowClient()
    if bundle == challenger():
        client.delete_registered_model_alias(MODEL, CHALLENGER)
    client.set_registered_model_alias(MODEL, CHAMPION, version)
    client.set_model_version_tag(MODEL, version, "approved_by", approver)
    if override:
        client.set_model_version_tag(MODEL, version, "approved_although", override)
    return version


def promote_again(bundle: str, *, by: str) -> str | None:
    """Point the alias `champion` back at an earlier version."""
    version = _version(bundle)
    if version is None:
        return None
    client = MlflowClient()
    client.set_registered_model_alias(MODEL, CHAMPION, version)
    client.set_model_version_tag(MODEL, version, "rolled_back_to_by", by)
    return version


def _version(bundle: str) -> str | None:
    for version in MlflowClient().search_model_versions(f"name = '{MODEL}'"):
        if version.tags.get("bundle") == bundle:
            return str(version.version)
    return None


def _aliases() -> dict[str, list[str]]:
    """Aliases of each bundle."""
    client = MlflowClient()
    try:
        aliases = client.get_registered_model(MODEL).aliases
    except MlflowException:
        return {}
    by_bundle: dict[str, list[str]] = {}
    for alias, version in aliases.items():
        bundle = client.get_model_version(MODEL, version).tags.get("bundle", "")
        by_bundle.setdefault(bundle, []).append(alias)
    return by_bundle
