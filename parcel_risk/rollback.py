"""Command `rollback`: the champion before this one serves again."""

from __future__ import annotations

from typing import Annotated

import typer

from parcel_risk.console import out, working
from serving.settings import Settings


def rollback(by: Annotated[str, typer.Option("--as", help="Your name; it is recorded.")] = ...) -> None:  # type: ignore[assignment]
    """Make the champion before this one the champion again."""
    roll_back_champion(Settings(), by=by)


def roll_back_champion(settings: Settings, *, by: str) -> None:
    """Make the champion before this one the champion again; the audit says so."""
    from features.model_store import ModelStore
    from parcel_risk.local_client import note_change
    from serving.installation import opened_store
    from serving.office.writer import now
    from serving.store.times import microseconds
    from training.registry import aliases, tracking
    from training.registry.release import roll_back

    with opened_store(settings) as store, working("verifying the champion before this one"):
        approved = roll_back(ModelStore(settings.models_dir), trusted=settings.trusted())
        tracking.connect(settings.mlflow, settings.home / "mlflow-artifacts")
        version = aliases.promote_again(approved.meta.name, by=by)
        with store.begin() as connection:
            note_change(connection, microseconds(now()), "model rolled back", f"{approved.bundle_id} by {by}")
    known = f"version {version}, alias {aliases.CHAMPION}" if version else "unknown to the MLflow registry"
    out.print(f"{approved.bundle_id} serves again; {known}. A running service takes it over within seconds.")
