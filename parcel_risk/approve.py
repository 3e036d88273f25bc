"""Command `approve`: a named person signs a bundle and makes it the champion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcel_risk.console import out, working
from serving.settings import Settings


def approve(
    bundle: Annotated[str | None, typer.Argument(help="Bundle to approve; default: the challenger.")] = None,
    approver: Annotated[str, typer.Option("--as", help="Your name; it is signed and recorded.")] = ...,  # type: ignore[assignment]
    key: Annotated[Path | None, typer.Option(help="Your private key; default: the local approver's.")] = None,
    override: Annotated[str, typer.Option(help="Why you approve what you trained yourself; signed and recorded.")] = "",
) -> None:
    """Sign a bundle in your name and make it the champion that serves."""
    approve_bundle(Settings(), bundle, approver=approver, key=key, override=override)


def approve_bundle(settings: Settings, name: str | None, *, approver: str, key: Path | None, override: str) -> None:
    """Sign a bundle and make it the champion, here and in MLflow; the audit says so."""
    from features.model_store import ModelStore
    from parcel_risk.local_client import note_change
    from serving.installation import opened_store
    from serving.keys import APPROVER
    from serving.office.writer import now
    from serving.store.times import microseconds
    from training.registry import aliases, release, tracking

    models = ModelStore(settings.models_dir)
    tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
    chosen = name or aliases.challenger() or models.latest().name
    with opened_store(settings) as store, working("verifying and signing"):
        approved = release.approve(
            models,
            chosen,
            approver=approver,
            key=key or settings.keys / APPROVER,
            trusted=settings.trusted(),
            override=override,
        )
        version = aliases.promote(chosen, approver=approver, override=override)
        with store.begin() as connection:
            note_change(connection, microseconds(now()), "model approved", f"{approved.bundle_id} by {approver}")
    known = f"version {version}, alias {aliases.CHAMPION}" if version else "unknown to the MLflow registry"
    out.print(f"{approved.bundle_id} approved by {approver}; {known}")
