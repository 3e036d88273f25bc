"""Command `release`: nominate a bundle as challenger."""

from __future__ import annotations

from typing import Annotated

import typer

from parcel_risk.console import out, working
from serving.settings import Settings


def release(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to release; default: the newest.")] = None,
) -> None:
    """Make a bundle the challenger: it awaits the approval of another person."""
    release_bundle(Settings(), bundle)


def release_bundle(settings: Settings, name: str | None) -> str:
    """Make a bundle the challenger in MLflow: the one that waits for approval."""
    from features import bundle as bundles
    from features.model_store import ModelStore
    from training.registry import aliases, tracking

    models = ModelStore(settings.models_dir)
    chosen = name or models.latest().name
    with working("verifying"):
        bundles.load(models.path(chosen), trusted=None)
    with working("telling MLflow"):
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        version = aliases.nominate(chosen)
    known = f"version {version}, alias {aliases.CHALLENGER}" if version else "unknown to the MLflow registry"
    out.print(f"{chosen} awaits approval; {known}")
    out.print(f"approve it with: parcel-risk approve {chosen} --as 'YOUR NAME' --key YOUR_KEY", soft_wrap=True)
    return chosen
